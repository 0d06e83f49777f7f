import { Refusal } from '#errors.ts';
import { lineage } from '#lib/backups.ts';
import { sourceTag } from '#lib/tags.ts';
import { existing, findTargets } from '#lib/targets.ts';
import type { Asking } from '#operations/contract.ts';
import type { Cloud, Instance, Snapshot, Volume } from '#ports/cloud.ts';
import type { VolumeId } from '#ports/ids.ts';

import type { PutBack, Restore } from './arguments.ts';
import { usableSources } from './look.ts';
import { type Draft, drafted, mustBeFew, type RestorePlan } from './plan.ts';
import { snapshotNamed, volumesNamed } from './recycle-bin.ts';
import { differences, planPutBack, planServer, type ServerFacts, wantedMappings } from './server-plan.ts';

/** Reads the servers of the selector, their volumes and all snapshots that could go on them: lists, never one by one. */
export async function readDrafts(asking: Asking, args: Restore): Promise<readonly Draft[]> {
  const facts = await readServers(asking, args);
  mustBeFew(facts.length);
  return facts.map((of) => ({
    instance: of.instance,
    volumes: of.volumes,
    wanted: wantedMappings(of).map(({ volumeId }) => volumeId),
    snapshots: of.snapshots,
    back: [],
    ...drafted(() => planServer(of)),
  }));
}

async function readServers(asking: Asking, args: Restore): Promise<readonly ServerFacts[]> {
  const { cloud } = asking;
  const { instances, volumes, named } = await findTargets(cloud, args.selector);
  if (instances.length === 0) throw notAttached(args);
  const attached = await cloud.volumes({ instanceIds: instances.map(({ id }) => id) });
  const wanted = named.size === 0 ? attached : volumes.filter(({ id }) => named.has(id));
  const snapshots = await readSnapshots(cloud, wanted, args);
  const byVolume = groupBy(snapshots, volumesOf);
  const byInstance = groupBy(attached, (volume) => volume.attachments.map(({ instanceId }) => instanceId));
  return instances.map((instance): ServerFacts => {
    const own = byInstance.get(instance.id) ?? [];
    const lines = new Set(own.flatMap(lineage));
    return {
      instance,
      volumes: own,
      only: own.filter(({ id }) => named.has(id)).map(({ id }) => id),
      disks: args.disks,
      snapshots: [
        ...new Map([...lines].flatMap((id) => byVolume.get(id) ?? []).map((one) => [one.id, one])).values(),
        ...(args.from.kind === 'snapshot'
          ? snapshots.filter(({ id }) => 'id' in args.from && id === args.from.id)
          : []),
      ],
      from: args.from,
      mixed: args.mixed,
      now: asking.now,
    };
  });
}

/** Snapshots of the volumes themselves and of those their data came from, and the named one. */
async function readSnapshots(
  cloud: Cloud,
  volumes: readonly Volume[],
  { from }: Restore,
): Promise<readonly Snapshot[]> {
  const ids = [...new Set(volumes.flatMap(lineage))];
  const lists = await Promise.all([
    cloud.snapshots({ volumeIds: ids }),
    cloud.snapshots({ tagged: { key: sourceTag, values: ids } }),
  ]);
  const own = lists.flat();
  if (from.kind !== 'snapshot' || own.some(({ id }) => id === from.id)) return own;
  return [...own, ...(await snapshotNamed(cloud, from.id))];
}

function volumesOf(snapshot: Snapshot): readonly string[] {
  const source = snapshot.tags[sourceTag];
  return source === undefined ? [snapshot.volumeId] : [snapshot.volumeId, source];
}

function groupBy<T>(list: readonly T[], keysOf: (item: T) => readonly string[]): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const item of list)
    for (const key of keysOf(item)) {
      const group = groups.get(key);
      if (group === undefined) groups.set(key, [item]);
      else group.push(item);
    }
  return groups;
}

function notAttached({ selector }: Restore): Refusal {
  const volume: VolumeId | undefined = selector.volumes[0];
  return new Refusal(
    'unsuitable',
    `${volume ?? 'That'} is not attached to a server, so there is nothing to restore in place. Attach it first, or make a volume from its snapshot in the AWS console.`,
  );
}

/** The servers of a restore that is undone, each with its old volumes. */
export async function readPutBack(
  { cloud }: Asking,
  { servers }: PutBack,
): Promise<{ drafts: readonly Draft[]; lost: RestorePlan['left'] }> {
  const ids = servers.map(({ instance }) => instance);
  const [instances, { volumes: back, binned }] = await Promise.all([
    existing((wanted) => cloud.instances({ ids: wanted }), ids),
    volumesNamed(
      cloud,
      servers.flatMap(({ swaps }) => swaps.map((swap) => swap.back)),
    ),
  ]);
  const attached = await cloud.volumes({ instanceIds: instances.map(({ id }) => id) });
  const there = new Map<string, Instance>(instances.map((instance) => [instance.id, instance]));
  const lost = servers.filter(({ instance }) => !there.has(instance));
  const drafts = servers.flatMap((server): Draft[] => {
    const instance = there.get(server.instance);
    if (instance === undefined) return [];
    const volumes = attached.filter(({ attachments }) =>
      attachments.some(({ instanceId }) => instanceId === instance.id),
    );
    const wanted = server.swaps.map(({ now }) => now);
    return [
      {
        instance,
        volumes,
        wanted,
        snapshots: [],
        back,
        ...drafted(() => planPutBack(server, instance, { back, binned })),
      },
    ];
  });
  const why = 'It no longer exists, so its restore cannot be undone.';
  return { drafts, lost: lost.map(({ instance }) => ({ label: instance, why })) };
}

/** What is no longer as planned, when that holds for every server: where some are still true, each looks again by itself. */
export async function readDifferences(cloud: Cloud, { servers }: RestorePlan): Promise<readonly string[]> {
  const [instances, usable] = await Promise.all([
    existing(
      (ids) => cloud.instances({ ids }),
      servers.map(({ instance }) => instance.id),
    ),
    usableSources(cloud, servers),
  ]);
  const there = new Map(instances.map((instance) => [instance.id, instance]));
  const differ = servers.map((server) => differences(server, there.get(server.instance.id), usable));
  return differ.every((one) => one.length > 0) ? differ.slice(0, 5).flat() : [];
}
