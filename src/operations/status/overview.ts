import { newestGood } from '#lib/backups.ts';
import { drillOf, type LastDrill } from '#lib/drills.ts';
import { label } from '#lib/format.ts';
import type { Targets } from '#lib/targets.ts';
import type { Instance, InstanceHealth, ScheduledEvent, Snapshot, Volume } from '#ports/cloud.ts';

/** One server with everything worth knowing about it. */
export type Server = {
  instance: Instance;
  health: InstanceHealth | undefined;
  volumes: readonly DiskLine[];
  /** Start of the newest good snapshot of any of its disks. */
  lastSnapshotAt: number | undefined;
  events: readonly ScheduledEvent[];
  /** One word for lists: `ok`, `impaired: instance`, `initializing`, `stopped`, … */
  checks: string;
  /** 0 = needs somebody now; higher sorts later. */
  urgency: number;
};
export type DiskLine = {
  volume: Volume;
  device: string;
  lastSnapshot: Snapshot | undefined;
  drill: LastDrill | undefined;
};
export type Overview = { servers: readonly Server[]; loose: readonly DiskLine[] };

/** Joins what was read into one list, the most urgent first. Pure. */
export function overview(
  targets: Pick<Targets, 'instances' | 'volumes'>,
  health: readonly InstanceHealth[],
  snapshots: readonly Snapshot[],
  drills: ReadonlyMap<string, LastDrill> = new Map(),
): Overview {
  const newest = newestGood(targets.volumes, snapshots);
  const diskOf = (volume: Volume, device: string): DiskLine => ({
    volume,
    device,
    lastSnapshot: newest.get(volume.id),
    drill: drillOf(volume, drills),
  });
  const byId = new Map(targets.volumes.map((volume) => [volume.id, volume]));
  const healthOf = new Map(health.map((one) => [one.instanceId, one]));
  const servers = targets.instances.map((instance) => {
    const volumes = instance.mappings.flatMap((mapping) => {
      const volume = byId.get(mapping.volumeId);
      return volume === undefined ? [] : [diskOf(volume, mapping.device)];
    });
    return serverOf(instance, healthOf.get(instance.id), volumes);
  });
  const loose = targets.volumes.filter((volume) => volume.attachments.length === 0).map((volume) => diskOf(volume, ''));
  return {
    servers: servers.toSorted(
      (a, b) => a.urgency - b.urgency || label(a.instance).localeCompare(label(b.instance), 'en', { numeric: true }),
    ),
    loose,
  };
}

function serverOf(instance: Instance, health: InstanceHealth | undefined, volumes: readonly DiskLine[]): Server {
  const events = (health?.events ?? []).filter(({ completed }) => !completed);
  const checks = checksWord(instance, health);
  const times = volumes.flatMap(({ lastSnapshot }) => (lastSnapshot === undefined ? [] : [lastSnapshot.startedAt]));
  const lastSnapshotAt = times.length === 0 ? undefined : Math.max(...times);
  const urgency = checks.startsWith('impaired')
    ? 0
    : events.length > 0
      ? 1
      : instance.state !== 'running'
        ? 2
        : checks === 'ok'
          ? 4
          : 3;
  return { instance, health, volumes, lastSnapshotAt, events, checks, urgency };
}

function checksWord(instance: Instance, health: InstanceHealth | undefined): string {
  if (instance.state !== 'running') return instance.state;
  if (health === undefined) return 'no data';
  const checks = [
    ['system', health.system],
    ['instance', health.instance],
    ['EBS', health.ebs],
  ] as const;
  const impaired = checks.filter(([, state]) => state === 'impaired').map(([name]) => name);
  if (impaired.length > 0) return `impaired: ${impaired.join(', ')}`;
  return checks.map(([, state]) => state).find((state) => state !== 'ok' && state !== 'not-applicable') ?? 'ok';
}
