import { Refusal } from '#errors.ts';
import { newestGood } from '#lib/backups.ts';
import { label } from '#lib/format.ts';
import type { Instance, Snapshot, Tags, Volume } from '#ports/cloud.ts';
import type { InstanceId, SnapshotId, VolumeId } from '#ports/ids.ts';

/** A disk that is made from a snapshot, looked at and deleted. */
export type Trial = {
  volume: VolumeId;
  name: string;
  snapshot: SnapshotId;
  takenAt: number;
  sizeGiB: number;
  bytes: number;
  zone: string;
  encrypted: boolean;
  kmsKeyId?: string;
};
/** A throw-away server on which the data is looked at. */
export type Target = { id: InstanceId; name: string; zone: string; device: string };
export type DrillPlan = {
  /** The drill of deckhand.yml. */
  drill?: string;
  trials: readonly Trial[];
  /** Volumes without a completed snapshot: nothing could be restored. */
  bare: readonly { volume: VolumeId; name: string }[];
  target?: Target;
  /** Shell lines on the target, with the data mounted read-only at $DRILL_MOUNT. */
  check: readonly string[];
  /** MiB/s at which AWS brings every block; then all of them are waited for. */
  rate?: number;
};

const GiB = 2 ** 30;

/**
 * The newest good snapshot of each volume. `most`: so many volumes, those first that were drilled longest ago. Throws Refusal
 * when there is nothing to restore from. Pure.
 */
export function planTrials(
  of: { volumes: readonly Volume[]; snapshots: readonly Snapshot[] },
  { most, drilledAt, zone }: { most: number; drilledAt: (volume: VolumeId) => number; zone: string | undefined },
): Pick<DrillPlan, 'trials' | 'bare'> {
  const chosen = of.volumes
    .filter(({ managedBy, state }) => managedBy === undefined && (state === 'in-use' || state === 'available'))
    .toSorted((a, b) => drilledAt(a.id) - drilledAt(b.id) || (a.id < b.id ? -1 : 1))
    .slice(0, most);
  const newest = newestGood(chosen, of.snapshots);
  const trials: Trial[] = [];
  const bare: DrillPlan['bare'][number][] = [];
  for (const volume of chosen) {
    const snapshot = newest.get(volume.id);
    if (snapshot === undefined) bare.push({ volume: volume.id, name: label(volume) });
    else trials.push(trialOf(volume, snapshot, zone ?? volume.zone));
  }
  if (chosen.length === 0)
    throw new Refusal('unsuitable', 'There is no volume in that which a drill could restore. See `/fleet all`.');
  return { trials, bare };
}

function trialOf(volume: Volume, snapshot: Snapshot, zone: string): Trial {
  return {
    volume: volume.id,
    name: label(volume),
    snapshot: snapshot.id,
    takenAt: snapshot.startedAt,
    sizeGiB: snapshot.sizeGiB,
    bytes: snapshot.fullSizeBytes ?? snapshot.sizeGiB * GiB,
    zone,
    encrypted: snapshot.encrypted,
    ...(snapshot.kmsKeyId === undefined ? {} : { kmsKeyId: snapshot.kmsKeyId }),
  };
}

/** Where disks may be attached for a look. Source: https://docs.aws.amazon.com/ebs/latest/userguide/device_naming.html */
const devices = ['f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o', 'p'].map((letter) => `/dev/sd${letter}`);
const productionKeys = ['env', 'environment', 'stage', 'tier'];
const productionWords = ['prod', 'prd', 'production', 'live'];

/** Refuses a target that is not a throw-away one. Pure. */
export function targetOf(instance: Instance | undefined, id: InstanceId): Target {
  const refuse = (why: string) =>
    new Refusal(
      'unsuitable',
      `${why} A drill needs a throw-away server of its own: name one under \`drills\` in deckhand.yml.`,
    );
  if (instance === undefined) throw refuse(`The target ${id} does not exist.`);
  const name = label(instance);
  if (isProduction(instance.tags)) throw refuse(`The target ${name} carries the tags of production.`);
  if (instance.state !== 'running') throw refuse(`The target ${name} is ${instance.state}.`);
  if (instance.autoScalingGroup !== undefined)
    throw refuse(`The target ${name} belongs to the Auto Scaling group ${instance.autoScalingGroup}.`);
  if (instance.platform === 'windows')
    throw refuse(`The target ${name} runs Windows, where disks are looked at otherwise.`);
  const device = devices.find((one) => !instance.mappings.some((mapping) => sameDevice(mapping.device, one)));
  if (device === undefined) throw refuse(`The target ${name} has no device name left.`);
  return { id: instance.id, name, zone: instance.zone, device };
}

/** `/dev/xvdf` and `/dev/sdf` are one device. */
function sameDevice(a: string, b: string): boolean {
  return a.replace('/dev/xvd', '/dev/sd').startsWith(b);
}

export function isProduction(tags: Tags): boolean {
  return Object.entries(tags).some(
    ([key, value]) =>
      productionKeys.includes(key.toLowerCase()) && productionWords.includes(value.trim().toLowerCase()),
  );
}

/** What is no longer as planned; empty = still true. Pure. */
export function differences(
  { trials, target }: DrillPlan,
  now: { snapshots: readonly Snapshot[]; target: Instance | undefined },
): string[] {
  const gone = trials.flatMap(({ snapshot }) =>
    now.snapshots.some(({ id, state }) => id === snapshot && state === 'completed')
      ? []
      : [`${snapshot} is no longer there.`],
  );
  if (target === undefined) return gone;
  try {
    targetOf(now.target, target.id);
    return gone;
  } catch (error) {
    return [...gone, (error as Error).message];
  }
}
