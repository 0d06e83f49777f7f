import { Refusal } from '#errors.ts';
import { label } from '#lib/format.ts';
import { copiedTags, countedTags, mostTags, sourceTag } from '#lib/tags.ts';
import type { Instance, Snapshot, Tags, Volume } from '#ports/cloud.ts';
import type { InstanceId, SnapshotId, VolumeId } from '#ports/ids.ts';

import type { From, PutBack } from './arguments.ts';

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

export type RestorePlan = {
  instance: { id: InstanceId; name: string; env: string; zone: string };
  /** It is stopped for the swap and started again. */
  wasRunning: boolean;
  swaps: readonly Swap[];
  putsBack: boolean;
  warnings: readonly string[];
};

/** What was read before deciding. */
export type Facts = {
  instance: Instance;
  /** Every volume attached to the instance. */
  volumes: readonly Volume[];
  /** The volume that was asked for; undefined = all data volumes. */
  only: VolumeId | undefined;
  /** Snapshots of these volumes, and of the volumes they were restored from. */
  snapshots: readonly Snapshot[];
  from: From;
  now: number;
};

/** Decides what to swap for what, or refuses with the reason. Pure. */
export function planRestore(facts: Facts): RestorePlan {
  const { instance } = facts;
  mustBeSuitable(instance);
  const data = instance.mappings.filter((mapping) => mapping.device !== instance.rootDevice);
  const wanted =
    facts.only === undefined ? data : instance.mappings.filter((mapping) => mapping.volumeId === facts.only);
  if (wanted.some((mapping) => mapping.device === instance.rootDevice)) throw rootVolume(instance);
  if (wanted.length === 0) {
    throw new Refusal(
      'unsuitable',
      `${label(instance)} has no data volume, only its root volume, and Deckhand restores data volumes. Restore the root by hand (replace root volume), or snapshot it with \`/snapshot ${instance.id}\`.`,
    );
  }
  const chosen = facts.from.kind === 'snapshot' ? onlyMatching(wanted, facts, facts.from.id) : wanted;
  const swaps = chosen.map((mapping): Swap => {
    const volume = volumeOf(facts, mapping.volumeId);
    const snapshot = chooseSnapshot(volume, facts);
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
  });
  return {
    instance: short(instance),
    wasRunning: instance.state === 'running',
    swaps,
    putsBack: false,
    warnings: warnings(instance),
  };
}

/** The undo: the volumes that were replaced, if they are still there, go back to their devices. Pure. */
export function planPutBack(args: PutBack, instance: Instance, back: readonly Volume[]): RestorePlan {
  mustBeSuitable(instance);
  const swaps = args.swaps.map((swap): Swap => {
    const held = instance.mappings.find((mapping) => mapping.device === swap.device);
    if (held?.volumeId !== swap.now) {
      throw new Refusal(
        'changed',
        `${swap.device} of ${label(instance)} no longer holds ${swap.now}, so this restore cannot be undone as a whole. Look at it with \`/fleet ${instance.id}\`.`,
      );
    }
    const volume = back.find(({ id }) => id === swap.back);
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
    swaps,
    putsBack: true,
    warnings: warnings(instance),
  };
}

/** What differs between the plan and what is there now; empty = still true. Pure. */
export function differences(plan: RestorePlan, instance: Instance | undefined, usable: ReadonlySet<string>): string[] {
  if (instance === undefined) return [`${label(plan.instance)} no longer exists.`];
  const state = plan.wasRunning ? 'running' : 'stopped';
  const differs =
    instance.state === state ? [] : [`${label(plan.instance)} was ${state} and is now ${instance.state}.`];
  if (instance.autoScalingGroup !== undefined)
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

/** The volume itself and the one its data came from in an earlier restore. */
export function lineage(volume: Pick<Volume, 'id' | 'tags'>): readonly VolumeId[] {
  const source = volume.tags[sourceTag];
  return source?.startsWith('vol-') === true && source !== volume.id ? [volume.id, source as VolumeId] : [volume.id];
}

function mustBeSuitable(instance: Instance): void {
  const name = label(instance);
  if (instance.autoScalingGroup !== undefined) {
    throw new Refusal(
      'unsuitable',
      `${name} belongs to the Auto Scaling group ${instance.autoScalingGroup}: stopping it would make the group replace it. Put it into Standby first, or let the group replace the server.`,
    );
  }
  if (instance.managedBy !== undefined)
    throw new Refusal(
      'unsuitable',
      `${name} is managed by ${instance.managedBy}, which would undo or break the change. Use that service to restore it.`,
    );
  if (instance.marketplace)
    throw new Refusal(
      'unsuitable',
      `${name} has a Marketplace product code, which is lost when its volumes are detached. Restore it by hand in the AWS console.`,
    );
  if (instance.state !== 'running' && instance.state !== 'stopped')
    throw new Refusal('conflict', `${name} is ${instance.state}. Wait until it is running or stopped, then ask again.`);
}

function rootVolume(instance: Instance): Refusal {
  return new Refusal(
    'unsuitable',
    `That is the root volume of ${label(instance)}. Deckhand restores data volumes in place; replace a root volume in the AWS console ("Replace root volume").`,
  );
}

function volumeOf(facts: Facts, id: VolumeId): Volume {
  const volume = facts.volumes.find((one) => one.id === id);
  if (volume === undefined) throw new Refusal('conflict', `${id} could not be read just now. Ask again in a moment.`);
  if (volume.multiAttach)
    throw new Refusal(
      'unsuitable',
      `${id} can be attached to several servers at once (multi-attach), so swapping it could break the others. Restore it by hand.`,
    );
  if (volume.managedBy !== undefined)
    throw new Refusal('unsuitable', `${id} is managed by ${volume.managedBy}. Use that service to restore it.`);
  return volume;
}

function isOf(snapshot: Snapshot, volume: Volume): boolean {
  const ids: readonly string[] = lineage(volume);
  return ids.includes(snapshot.volumeId) || ids.includes(snapshot.tags[sourceTag] ?? '');
}

function onlyMatching(wanted: Instance['mappings'], facts: Facts, id: SnapshotId): Instance['mappings'] {
  const snapshot = facts.snapshots.find((one) => one.id === id);
  const matching = wanted.filter(
    (mapping) => snapshot !== undefined && isOf(snapshot, volumeOf(facts, mapping.volumeId)),
  );
  if (matching.length > 0) return matching;
  const from = snapshot === undefined ? 'another volume' : snapshot.volumeId;
  throw new Refusal(
    'unsuitable',
    `${id} is a snapshot of ${from}, not of ${facts.only ?? `a data volume of ${label(facts.instance)}`}. Restoring it here would put foreign data on the server. Leave \`--from\` out to take the latest of its own.`,
  );
}

function chooseSnapshot(volume: Volume, { snapshots, from, now }: Facts): Snapshot {
  const own = snapshots.filter((snapshot) => isOf(snapshot, volume)).toSorted((a, b) => b.startedAt - a.startedAt);
  if (from.kind === 'snapshot') return mustBeUsable(own.find(({ id }) => id === from.id)!);
  const before = from.kind === 'latest' ? now : from.kind === 'before' ? from.at : now - from.ms;
  const found = own.find(
    (snapshot) => snapshot.state === 'completed' && snapshot.tier === 'standard' && snapshot.startedAt <= before,
  );
  if (found !== undefined) return found;
  const some =
    own.length === 0 ? 'There is no snapshot of it at all' : 'None of its snapshots is completed and old enough';
  throw new Refusal(
    'not-found',
    `${label(volume)} cannot be restored: ${some.charAt(0).toLowerCase()}${some.slice(1)}. Make one with \`/snapshot ${volume.id}\`, or see what there is with \`/fleet ${volume.id}\`.`,
  );
}

function mustBeUsable(snapshot: Snapshot): Snapshot {
  if (snapshot.state !== 'completed')
    throw new Refusal(
      'unsuitable',
      `${snapshot.id} is ${snapshot.state}${snapshot.state === 'pending' ? ` (${snapshot.progress} %)` : ''}, and only a completed snapshot can be restored. Wait for it, or leave \`--from\` out to take the latest completed one.`,
    );
  if (snapshot.tier !== 'standard')
    throw new Refusal(
      'unsuitable',
      `${snapshot.id} is in the archive tier, and getting it back takes up to 72 h. Restore it from the archive in the AWS console first.`,
    );
  return snapshot;
}

function replacementOf(volume: Volume, snapshot: Snapshot): NewVolumeFacts {
  const origin = lineage(volume).at(-1)!;
  const tags = { ...copiedTags(volume.tags), [sourceTag]: origin };
  // Two more are added when it is made: the run and the effect.
  if (countedTags(tags) + 2 > mostTags)
    throw new Refusal(
      'over-limit',
      `${label(volume)} carries ${countedTags(volume.tags)} tags; with Deckhand's three the copy would exceed AWS's ${mostTags}. Remove some with \`/tag ${volume.id} -key\`, then ask again.`,
    );
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

function warnings(instance: Instance): string[] {
  if (instance.state !== 'running') return [];
  const lost = ['It is down during the swap; memory and instance-store data are lost.'];
  if (instance.publicIpChangesOnStop)
    lost.push(`Its public IPv4 address ${instance.publicIp ?? ''} will change (no Elastic IP).`.replace('  ', ' '));
  return lost;
}

function short(instance: Instance): RestorePlan['instance'] {
  return {
    id: instance.id,
    name: instance.name,
    env: instance.tags['env'] ?? instance.tags['environment'] ?? '',
    zone: instance.zone,
  };
}
