import { Refusal } from '#errors.ts';
import { lineage } from '#lib/backups.ts';
import { label } from '#lib/format.ts';
import { copiedTags, sourceTag } from '#lib/tags.ts';
import type { Instance, Snapshot, Tags, Volume } from '#ports/cloud.ts';
import type { InstanceId, SnapshotId, VolumeId } from '#ports/ids.ts';

import type { Disks, ServerPutBack } from './arguments.ts';
import { chooseSnapshots, type Choosing, isDirect, isOf } from './choose.ts';

/** What comes in place of a volume. */
export type Replacement =
  | { kind: 'create'; snapshotId: SnapshotId; takenAt: number; volume: NewVolumeFacts }
  | { kind: 'existing'; volumeId: VolumeId };
export type NewVolumeFacts = {
  zone: string;
  type: string;
  sizeGiB: number;
  iops?: number;
  throughput?: number;
  encrypted: boolean;
  kmsKeyId?: string;
  tags: Tags;
};
export type Swap = { device: string; deleteOnTermination: boolean; out: VolumeId; outName: string; put: Replacement };

/** What happens to one server; plain JSON. */
export type ServerPlan = {
  /** `group`: its Auto Scaling group, in which it is in Standby. */
  instance: { id: InstanceId; name: string; env: string; zone: string; type: string; group?: string };
  /** It is stopped for the swap and started again. */
  wasRunning: boolean;
  rootDevice: string;
  /** swap: stop, exchange, start. root-task: AWS replaces the root volume of the running server and reboots it. */
  method: 'swap' | 'root-task';
  swaps: readonly Swap[];
};

/** What was read of one server before deciding. */
export type ServerFacts = Choosing & {
  instance: Instance;
  /** Every volume attached to the instance. */
  volumes: readonly Volume[];
  /** The volumes that were asked for by id; empty = those that `disks` names. */
  only: readonly VolumeId[];
  disks: Disks;
};

/** Decides what to swap for what on one server, or refuses with the reason; whether AWS will let it is `preflight`. Pure. */
export function planServer(facts: ServerFacts): ServerPlan {
  const { instance, from } = facts;
  const wanted = wantedOf(facts);
  const chosen = from.kind === 'snapshot' ? onlyMatching(wanted, facts, from.id) : wanted;
  const volumes = chosen.map((mapping) => volumeOf(facts, mapping.volumeId));
  const snapshots = chooseSnapshots(volumes, facts);
  const swaps = chosen.map((mapping, at): Swap => swapOf(mapping, volumes[at]!, snapshots[at]!));
  return {
    instance: short(instance),
    wasRunning: instance.state === 'running',
    rootDevice: instance.rootDevice,
    method: methodOf(instance, swaps, volumes[0]!, snapshots[0]!),
    swaps,
  };
}

function swapOf(mapping: Instance['mappings'][number], volume: Volume, snapshot: Snapshot): Swap {
  return {
    device: mapping.device,
    deleteOnTermination: mapping.deleteOnTermination,
    out: volume.id,
    outName: volume.name,
    put: {
      kind: 'create',
      snapshotId: snapshot.id,
      takenAt: snapshot.startedAt,
      volume: replacementOf(volume, snapshot),
    },
  };
}

/**
 * A root volume alone, on a running server, from a snapshot taken straight from its line, is replaced in place; anything
 * else is exchanged while the server is stopped. Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/replace-root.html
 */
function methodOf(
  instance: Instance,
  swaps: readonly Swap[],
  volume: Volume,
  snapshot: Snapshot,
): ServerPlan['method'] {
  const onlyRoot = swaps.length === 1 && swaps[0]!.device === instance.rootDevice;
  const isMetal = instance.type.includes('.metal');
  // AWS makes a new root exactly as large and of the type of the old one.
  const sameSize = snapshot.sizeGiB <= volume.sizeGiB;
  const can = onlyRoot && instance.state === 'running' && !isMetal && sameSize && isDirect(snapshot, volume);
  return can ? 'root-task' : 'swap';
}

/** The disks that were asked for, as far as they hang on the server. Pure. */
export function wantedMappings({ instance, only, disks }: ServerFacts): Instance['mappings'] {
  if (only.length > 0) return instance.mappings.filter((mapping) => only.includes(mapping.volumeId));
  const isRoot = (mapping: Instance['mappings'][number]) => mapping.device === instance.rootDevice;
  return instance.mappings.filter((mapping) => disks === 'all' || isRoot(mapping) === (disks === 'root'));
}

function wantedOf(facts: ServerFacts): Instance['mappings'] {
  const { instance, disks } = facts;
  const wanted = wantedMappings(facts);
  if (wanted.length > 0) return wanted;
  throw new Refusal(
    'unsuitable',
    disks === 'root'
      ? `${label(instance)} has no root volume attached right now. Look at it with \`/fleet ${instance.id}\`.`
      : `${label(instance)} has no data volume, only its root volume. To put that back as well, ask \`/restore ${instance.id} --root\`.`,
  );
}

/** The old volumes that exist, and of others how to get them out of the Recycle Bin. */
type Returning = { back: readonly Volume[]; binned: ReadonlyMap<VolumeId, string> };

/** The undo: the volumes that were replaced, if they are still there, go back to their devices. Pure. */
export function planPutBack(args: ServerPutBack, instance: Instance, { back, binned }: Returning): ServerPlan {
  const swaps = args.swaps.map((swap): Swap => {
    const held = instance.mappings.find((mapping) => mapping.device === swap.device);
    if (held?.volumeId !== swap.now) {
      throw new Refusal(
        'changed',
        `${swap.device} of ${label(instance)} no longer holds ${swap.now}, so this restore cannot be undone as a whole. Look at it with \`/fleet ${instance.id}\`.`,
      );
    }
    const volume = back.find(({ id }) => id === swap.back);
    const bin = binned.get(swap.back);
    if (bin !== undefined) throw new Refusal('not-found', `The old volume ${swap.back} ${bin}, then ask again.`);
    if (volume === undefined)
      throw new Refusal(
        'not-found',
        `The old volume ${swap.back} is gone, so this restore can no longer be undone. Restore from a snapshot instead: \`/restore ${swap.now}\`.`,
      );
    if (volume.state !== 'available')
      throw new Refusal(
        'conflict',
        `The old volume ${swap.back} is ${volume.state}, not free to be attached. Look at it in the AWS console first.`,
      );
    return {
      device: swap.device,
      deleteOnTermination: swap.deleteOnTermination,
      out: swap.now,
      outName: '',
      put: { kind: 'existing', volumeId: swap.back },
    };
  });
  return {
    instance: short(instance),
    wasRunning: instance.state === 'running',
    rootDevice: instance.rootDevice,
    method: 'swap',
    swaps,
  };
}

/** What differs between the plan and what is there now; empty = still true. Pure. */
export function differences(plan: ServerPlan, instance: Instance | undefined, usable: ReadonlySet<string>): string[] {
  if (instance === undefined) return [`${label(plan.instance)} no longer exists.`];
  const state = plan.wasRunning ? 'running' : 'stopped';
  const differs =
    instance.state === state ? [] : [`${label(plan.instance)} was ${state} and is now ${instance.state}.`];
  if (instance.autoScalingGroup !== undefined && instance.autoScalingGroup !== plan.instance.group)
    differs.push(`${label(plan.instance)} has joined an Auto Scaling group.`);
  for (const swap of plan.swaps) {
    const held = instance.mappings.find((mapping) => mapping.device === swap.device)?.volumeId;
    if (held !== swap.out) differs.push(`${swap.device} held ${swap.out} and now holds ${held ?? 'nothing'}.`);
    const source = sourceOf(swap);
    if (!usable.has(source)) differs.push(`${source} can no longer be used.`);
  }
  return differs;
}

/** The snapshot or volume the data comes from. */
export function sourceOf(swap: Swap): SnapshotId | VolumeId {
  return swap.put.kind === 'create' ? swap.put.snapshotId : swap.put.volumeId;
}

function volumeOf(facts: ServerFacts, id: VolumeId): Volume {
  const volume = facts.volumes.find((one) => one.id === id);
  if (volume === undefined) throw new Refusal('conflict', `${id} could not be read just now. Ask again in a moment.`);
  return volume;
}

function onlyMatching(wanted: Instance['mappings'], facts: ServerFacts, id: SnapshotId): Instance['mappings'] {
  const snapshot = facts.snapshots.find((one) => one.id === id);
  const matching = wanted.filter(
    (mapping) => snapshot !== undefined && isOf(snapshot, volumeOf(facts, mapping.volumeId)),
  );
  if (matching.length > 0) return matching;
  const from = snapshot === undefined ? 'another volume' : snapshot.volumeId;
  throw new Refusal(
    'unsuitable',
    `${id} is a snapshot of ${from}, not of ${facts.only[0] ?? `a data volume of ${label(facts.instance)}`}. Restoring it here would put foreign data on the server. Leave \`--from\` out to take the latest of its own.`,
  );
}

function replacementOf(volume: Volume, snapshot: Snapshot): NewVolumeFacts {
  const origin = lineage(volume).at(-1)!;
  const tags = { ...copiedTags(volume.tags), [sourceTag]: origin };
  return {
    zone: volume.zone,
    type: volume.type,
    sizeGiB: Math.max(volume.sizeGiB, snapshot.sizeGiB),
    ...(volume.iops !== undefined && ['gp3', 'io1', 'io2'].includes(volume.type) ? { iops: volume.iops } : {}),
    ...(volume.throughput !== undefined && volume.type === 'gp3' ? { throughput: volume.throughput } : {}),
    encrypted: volume.encrypted || snapshot.encrypted,
    ...(volume.kmsKeyId === undefined ? {} : { kmsKeyId: volume.kmsKeyId }),
    tags,
  };
}

function short(instance: Instance): ServerPlan['instance'] {
  return {
    id: instance.id,
    name: instance.name,
    env: instance.tags['env'] ?? instance.tags['environment'] ?? '',
    zone: instance.zone,
    type: instance.type,
    ...(instance.autoScalingGroup === undefined ? {} : { group: instance.autoScalingGroup }),
  };
}
