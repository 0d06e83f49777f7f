import { newestGood } from '#lib/backups.ts';
import type { Snapshot, Volume } from '#ports/cloud.ts';

/** A volume without a good snapshot that is young enough. `lastAt`: start of its newest good one. */
export type Late = { volume: Volume; lastAt: number | undefined };
export type Verdict = {
  /** Volumes that are covered. */
  volumes: number;
  /** The longest without first. */
  late: readonly Late[];
  /** The oldest among the newest good snapshots; undefined when a volume has none. */
  oldestAt: number | undefined;
};

/**
 * Which volumes have no good snapshot (`lib/backups.ts`), of whatever maker, that is younger than `rpoMs`. A volume is given that time
 * from when it was made and from when it is watched, and while a snapshot is on its way that started in time or not longer
 * ago than `pendingMs`. Pure.
 */
export function judgeBackups(
  of: { volumes: readonly Volume[]; snapshots: readonly Snapshot[] },
  { now, rpoMs, since, pendingMs }: { now: number; rpoMs: number; since: number; pendingMs: number },
): Verdict {
  const volumes = of.volumes.filter(isCovered);
  const good = newestGood(volumes, of.snapshots);
  const pending = newestGood(volumes, of.snapshots, ({ state }) => state === 'pending');
  const late = volumes.flatMap((volume): Late[] => {
    const lastAt = good.get(volume.id)?.startedAt;
    const fine = Math.max(lastAt ?? 0, volume.createdAt, since) + rpoMs;
    const coming = (pending.get(volume.id)?.startedAt ?? 0) + Math.max(rpoMs, pendingMs);
    return now <= fine || now <= coming ? [] : [{ volume, lastAt }];
  });
  const ages = volumes.map(({ id }) => good.get(id)?.startedAt);
  const known = ages.filter((at) => at !== undefined);
  return {
    volumes: volumes.length,
    late: late.toSorted((a, b) => (a.lastAt ?? 0) - (b.lastAt ?? 0) || (a.volume.id < b.volume.id ? -1 : 1)),
    oldestAt: known.length < ages.length || known.length === 0 ? undefined : Math.min(...known),
  };
}

/** The same volumes that a snapshot takes. */
function isCovered({ managedBy, state }: Volume): boolean {
  return managedBy === undefined && (state === 'in-use' || state === 'available');
}
