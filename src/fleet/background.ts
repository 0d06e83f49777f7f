import { backupsOf, type Disk, newestGood } from '#lib/backups.ts';
import { drillOf, type LastDrill, lastDrills } from '#lib/drills.ts';
import { existing } from '#lib/targets.ts';
import type { Log } from '#ports/clock.ts';
import type { Cloud, Place, Snapshot } from '#ports/cloud.ts';
import type { History } from '#ports/history.ts';
import type { VolumeId } from '#ports/ids.ts';

import type { Judged } from './together.ts';

/** What an alert says besides what fails. Undefined: it could not be read. */
export type Background = {
  place: Place;
  /** The newest good one of each disk that has one, and its newest drill. */
  snapshots: ReadonlyMap<VolumeId, Snapshot> | undefined;
  drills: ReadonlyMap<VolumeId, LastDrill> | undefined;
};
type World = {
  cloud: Pick<Cloud, 'snapshots' | 'place' | 'volumes'>;
  history: { runs: Pick<History['runs'], 'recent'> };
  log: Log;
};

export const nowhere: Place = { account: '', region: '' };

/** For the words only: an alert never fails because they could not be read. */
export async function readBackground({ cloud, history, log }: World, of: readonly Judged[]): Promise<Background> {
  const volumeIds = of.flatMap(({ look }) => (look.instance?.mappings ?? []).map(({ volumeId }) => volumeId));
  // A restored disk says in its tags whose data it has: without them its snapshots would be missed.
  const [place, backing] = await Promise.all([
    of.length === 0 ? nowhere : cloud.place().catch(() => nowhere),
    readBacking({ cloud, history, log }, disksOf(cloud, volumeIds)),
  ]);
  return { place, ...backing };
}

/** The way back of each disk. Never rejects. */
export async function readBacking(
  { cloud, history, log }: Omit<World, 'cloud'> & { cloud: Pick<Cloud, 'snapshots'> },
  disks: Promise<readonly Disk[]>,
): Promise<Pick<Background, 'snapshots' | 'drills'>> {
  const [snapshots, drills] = await Promise.allSettled([
    disks.then(async (these) => newestGood(these, await backupsOf(cloud, these))),
    Promise.all([disks, lastDrills(history)]).then(([these, last]) => drillsOf(these, last)),
  ]);
  if (snapshots.status === 'rejected') log.warn({ err: snapshots.reason }, 'snapshots could not be read for an alert');
  return {
    snapshots: snapshots.status === 'fulfilled' ? snapshots.value : undefined,
    drills: drills.status === 'fulfilled' ? drills.value : undefined,
  };
}

async function disksOf(cloud: World['cloud'], ids: readonly VolumeId[]): Promise<readonly Disk[]> {
  const found = await existing((some) => cloud.volumes({ ids: some }), ids);
  const tags = new Map(found.map((one) => [one.id, one.tags]));
  return ids.map((id) => ({ id, tags: tags.get(id) ?? {} }));
}

function drillsOf(disks: readonly Disk[], drills: ReadonlyMap<string, LastDrill>): ReadonlyMap<VolumeId, LastDrill> {
  return new Map(
    disks.flatMap((disk) => {
      const last = drillOf(disk, drills);
      return last === undefined ? [] : [[disk.id, last] as const];
    }),
  );
}
