import type { Cloud, Snapshot, Volume } from '#ports/cloud.ts';
import type { VolumeId } from '#ports/ids.ts';

import { sourceTag } from './tags.ts';

/** A disk, and the tags that tell where its data came from. */
export type Disk = Pick<Volume, 'id' | 'tags'>;

/** What a copy gets from AWS for a volume.
 *  Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Snapshot.html (an arbitrary id that means nothing) */
export const noVolume = 'vol-ffffffff';

/** The volume itself and the one its data came from in an earlier restore. Pure. */
export function lineage({ id, tags }: Disk): readonly VolumeId[] {
  const source = tags[sourceTag];
  return source?.startsWith('vol-') === true && source !== id ? [id, source as VolumeId] : [id];
}

/**
 * Every snapshot of the data of these disks, also those taken before a restore put them in the place of others. Copies are
 * left out: their time is that of the copying. Repeatable; throws as `Cloud.snapshots`.
 */
export async function backupsOf(cloud: Pick<Cloud, 'snapshots'>, disks: readonly Disk[]): Promise<readonly Snapshot[]> {
  const volumeIds = [...new Set(disks.flatMap(lineage))];
  const sources = [...new Set(disks.flatMap((disk) => lineage(disk).slice(1)))];
  const lists = await Promise.all([
    cloud.snapshots({ volumeIds }),
    // Of disks in between, which are gone: their snapshots say whose data it is.
    ...(sources.length === 0 ? [] : [cloud.snapshots({ tagged: { key: sourceTag, values: sources } })]),
  ]);
  return [...new Map(lists.flat().map((one) => [one.id, one])).values()].filter((one) => !isCopy(one));
}

/** Completed, and not archived, since it takes up to 72 h to get an archived one back. Pure.
 *  Source: https://docs.aws.amazon.com/ebs/latest/userguide/snapshot-archive.html */
export function isGood({ state, tier }: Pick<Snapshot, 'state' | 'tier'>): boolean {
  return state === 'completed' && tier === 'standard';
}

/** The newest good snapshot of the data of each disk that has one, by the id of the disk. Linear. Pure. */
export function newestGood(
  disks: readonly Disk[],
  snapshots: readonly Snapshot[],
  isWanted: (one: Snapshot) => boolean = isGood,
): ReadonlyMap<VolumeId, Snapshot> {
  const wanted = snapshots.filter((one) => isWanted(one) && !isCopy(one));
  const taken = newestBy(wanted, ({ volumeId }) => volumeId);
  const said = newestBy(wanted, ({ tags }) => tags[sourceTag]);
  return new Map(
    disks.flatMap((disk) => {
      const [id, ...sources] = lineage(disk);
      const found = [id!, ...sources].flatMap((one) => taken.get(one) ?? []);
      const newest = newerOf([...found, ...sources.flatMap((one) => said.get(one) ?? [])]);
      return newest === undefined ? [] : [[disk.id, newest] as const];
    }),
  );
}

function newestBy(snapshots: readonly Snapshot[], keyOf: (one: Snapshot) => string | undefined) {
  const newest = new Map<string, Snapshot>();
  for (const one of snapshots) {
    const key = keyOf(one);
    if (key !== undefined && (newest.get(key)?.startedAt ?? -Infinity) < one.startedAt) newest.set(key, one);
  }
  return newest;
}

function newerOf(snapshots: readonly Snapshot[]): Snapshot | undefined {
  return snapshots.reduce<Snapshot | undefined>(
    (newest, one) => (newest === undefined || newest.startedAt < one.startedAt ? one : newest),
    undefined,
  );
}

/** Its time is that of the copying, and says nothing of how old its data is. Pure. */
export function isCopy({ volumeId }: Pick<Snapshot, 'volumeId'>): boolean {
  return volumeId === noVolume;
}
