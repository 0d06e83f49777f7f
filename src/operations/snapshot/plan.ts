import { Refusal } from '#errors.ts';
import { label, some } from '#lib/format.ts';
import type { RetentionRules } from '#lib/retention.ts';
import type { Targets } from '#lib/targets.ts';
import type { Instance, Snapshot, Volume } from '#ports/cloud.ts';
import type { InstanceId, SnapshotId, VolumeId } from '#ports/ids.ts';
import type { SnapshotHooks, SnapshotSchedule } from '#ports/timed-settings.ts';

/** The volumes of one server, taken at one instant; or one volume that hangs on no server. */
export type SnapshotSet = {
  /** Names the set in tokens, steps and messages: the server's id, or the loose volume's. */
  of: InstanceId | VolumeId;
  name: string;
  volumes: readonly { id: VolumeId; device: string; sizeGiB: number }[];
  /** It runs, so that scripts can run on it. */
  running?: boolean;
  windows?: boolean;
  /** Attached volumes that were not asked for. Absent for a loose volume. */
  attached: { excludeVolumes: readonly VolumeId[]; excludeBoot: boolean } | undefined;
};
export type SnapshotPlan = {
  sets: readonly SnapshotSet[];
  sizeGiB: number;
  /** Volumes of which AWS takes no more snapshots just now. Left out = none. */
  full?: readonly Full[];
  /** The schedule that the snapshots belong to. */
  schedule?: ScheduleWork;
};
/** `most` snapshots of it may be unfinished at a time; so many are on the way, and so many have failed and still count. */
export type Full = { id: VolumeId; name: string; pending: number; failed: readonly SnapshotId[]; most: number };
/** What a schedule adds to a snapshot, as it was when it was planned; plain JSON. */
export type ScheduleWork = Pick<SnapshotSchedule, 'name' | 'copies'> & {
  retention?: RetentionRules;
  hooks?: SnapshotHooks;
};

/** Source: https://docs.aws.amazon.com/ebs/latest/userguide/ebs-resource-quotas.html (five; one of the throughput disks). */
function mostAtOnce(type: string): number {
  return type === 'st1' || type === 'sc1' ? 1 : 5;
}

/**
 * The plan with the volumes that are full already. Refuses when each set has one, so that nothing could be taken. Failed
 * snapshots count until they are deleted. Pure.
 */
export function withFull(
  plan: SnapshotPlan,
  of: { volumes: readonly Volume[]; unfinished: readonly Snapshot[] },
): SnapshotPlan {
  const planned = new Set<string>(plan.sets.flatMap(({ volumes }) => volumes.map(({ id }) => id)));
  const byVolume = Map.groupBy(of.unfinished, ({ volumeId }) => volumeId);
  const full = of.volumes.flatMap((volume): Full[] => {
    const unfinished = byVolume.get(volume.id) ?? [];
    const most = mostAtOnce(volume.type);
    if (!planned.has(volume.id) || unfinished.length < most) return [];
    const failed = unfinished.filter(({ state }) => state === 'error').map(({ id }) => id);
    return [{ id: volume.id, name: label(volume), pending: unfinished.length - failed.length, failed, most }];
  });
  if (full.length === 0) return plan;
  const ids = new Set<string>(full.map(({ id }) => id));
  if (plan.sets.every(({ volumes }) => volumes.some(({ id }) => ids.has(id))))
    throw new Refusal(
      'conflict',
      `AWS takes no snapshot of that just now. ${full.slice(0, 3).map(describeFull).join(' ')}`,
    );
  return { ...plan, full };
}

/** What is in the way, and the next move. */
export function describeFull({ name, pending, failed, most }: Full): string {
  const failures = failed.length === 0 ? '' : `${pending > 0 ? ' and ' : ''}${failed.length} that failed`;
  const next = failed.length === 0 ? 'Wait until one is completed.' : `Delete what failed: ${some(failed, 3)}.`;
  return `${name} has ${pending > 0 ? `${pending} on the way` : ''}${failures}, and AWS allows ${most} unfinished at a time. ${next}`;
}

/** One set per server, one per loose volume. Refuses what cannot be snapshotted. Pure. */
export function planSnapshot({ instances, volumes, named }: Targets, schedule?: SnapshotSchedule): SnapshotPlan {
  const managed = volumes.find((volume) => volume.managedBy !== undefined && named.has(volume.id));
  if (managed !== undefined)
    throw new Refusal(
      'unsuitable',
      `${label(managed)} is managed by ${managed.managedBy}. Use that service to snapshot it.`,
    );
  const own = volumes.filter(({ managedBy }) => managedBy === undefined);
  const usable = own.filter((volume) => volume.state === 'in-use' || volume.state === 'available');
  const sets = [
    ...instances.flatMap((instance) => attachedSet(instance, usable, named)),
    ...usable.filter(isLoose).map(looseSet),
  ];
  if (sets.length === 0)
    throw new Refusal(
      'unsuitable',
      'Nothing of that has a volume to snapshot right now. See the volumes with `/fleet all`.',
    );
  const sizeGiB = sets.flatMap((set) => set.volumes).reduce((sum, volume) => sum + volume.sizeGiB, 0);
  return { sets, sizeGiB, ...(schedule === undefined ? {} : { schedule: workOf(schedule) }) };
}

function workOf({ name, copies, retention, hooks }: SnapshotSchedule): ScheduleWork {
  return {
    name,
    copies,
    ...(retention === undefined ? {} : { retention }),
    ...(hooks === undefined ? {} : { hooks }),
  };
}

/** Volume ids narrow a server to those volumes; otherwise the whole server is taken. */
function attachedSet(instance: Instance, volumes: readonly Volume[], named: ReadonlySet<string>): SnapshotSet[] {
  const mapped = instance.mappings.filter((mapping) => volumes.some(({ id }) => id === mapping.volumeId));
  const asked = mapped.some((mapping) => named.has(mapping.volumeId))
    ? mapped.filter((mapping) => named.has(mapping.volumeId))
    : mapped;
  if (asked.length === 0) return [];
  const left = mapped.filter((mapping) => !asked.includes(mapping));
  const root = left.find((mapping) => mapping.device === instance.rootDevice);
  return [
    {
      of: instance.id,
      name: label(instance),
      running: instance.state === 'running',
      ...(instance.platform === 'windows' ? { windows: true } : {}),
      volumes: asked.map((mapping) => ({
        id: mapping.volumeId,
        device: mapping.device,
        sizeGiB: sizeOf(volumes, mapping.volumeId),
      })),
      attached: {
        excludeVolumes: left.filter((mapping) => mapping !== root).map(({ volumeId }) => volumeId),
        excludeBoot: root !== undefined,
      },
    },
  ];
}

function looseSet(volume: Volume): SnapshotSet {
  return {
    of: volume.id,
    name: label(volume),
    volumes: [{ id: volume.id, device: 'not attached', sizeGiB: volume.sizeGiB }],
    attached: undefined,
  };
}

function isLoose(volume: Volume): boolean {
  return volume.attachments.length === 0;
}

function sizeOf(volumes: readonly Volume[], id: VolumeId): number {
  return volumes.find((volume) => volume.id === id)?.sizeGiB ?? 0;
}

/** What differs between the plan and what is there now; empty = still true. Pure. */
export function differences(plan: SnapshotPlan, now: readonly Volume[]): string[] {
  return plan.sets.flatMap((set) =>
    set.volumes.flatMap(({ id }) => {
      const volume = now.find((one) => one.id === id);
      if (volume === undefined) return [`${id} no longer exists.`];
      const hosts: readonly string[] = volume.attachments.map(({ instanceId }) => instanceId);
      if (hosts.includes(set.of) || (hosts.length === 0 && id === set.of)) return [];
      return [`${id} belonged to ${set.name} and now to ${hosts[0] ?? 'no server'}.`];
    }),
  );
}
