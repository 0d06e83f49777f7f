import type { Snapshot, Volume } from '#ports/cloud.ts';

/** A volume without a good snapshot that is young enough. `lastAt`: start of its newest completed one. */
export type Late = { volume: Volume; lastAt: number | undefined };
export type Verdict = {
  /** Volumes that are covered. */
  volumes: number;
  /** The longest without first. */
  late: readonly Late[];
  /** The oldest among the newest completed snapshots; undefined when a volume has none. */
  oldestAt: number | undefined;
};

/**
 * Which volumes have no completed snapshot, of whatever maker, that is younger than `rpoMs`. A volume is given that time
 * from when it was made and from when it is watched, and while a snapshot is on its way that started in time or not longer
 * ago than `pendingMs`. Pure.
 */
export function judgeBackups(
  of: { volumes: readonly Volume[]; snapshots: readonly Snapshot[] },
  { now, rpoMs, since, pendingMs }: { now: number; rpoMs: number; since: number; pendingMs: number },
): Verdict {
  const volumes = of.volumes.filter(isCovered);
  const completed = newestOf(of.snapshots, 'completed');
  const pending = newestOf(of.snapshots, 'pending');
  const late = volumes.flatMap((volume): Late[] => {
    const lastAt = completed.get(volume.id);
    const fine = Math.max(lastAt ?? 0, volume.createdAt, since) + rpoMs;
    const coming = (pending.get(volume.id) ?? 0) + Math.max(rpoMs, pendingMs);
    return now <= fine || now <= coming ? [] : [{ volume, lastAt }];
  });
  const ages = volumes.map(({ id }) => completed.get(id));
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

function newestOf(snapshots: readonly Snapshot[], state: string): ReadonlyMap<string, number> {
  const newest = new Map<string, number>();
  for (const one of snapshots)
    if (one.state === state) newest.set(one.volumeId, Math.max(newest.get(one.volumeId) ?? 0, one.startedAt));
  return newest;
}
