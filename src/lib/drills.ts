import type { History, Run } from '#ports/history.ts';
import type { VolumeId } from '#ports/ids.ts';

import { type Disk, lineage } from './backups.ts';
import { duration } from './format.ts';

/** How a volume fared in a restore drill; plain JSON, in the result of a drill. */
export type DrillOutcome = {
  volume: VolumeId;
  name: string;
  /** Undefined: it could be restored. */
  why?: string;
  /** From the call that makes the disk until its data was looked at. */
  ms?: number;
  /** Of the snapshot's blocks where AWS tells, else of the disk. */
  bytes?: number;
};
export type LastDrill = DrillOutcome & { at: number; run: string };

/** Drills that are looked back at: a hundred of a few volumes each cover months. */
const lookedAt = 100;

/** The newest drill of each volume. Repeatable. */
export async function lastDrills(history: {
  runs: Pick<History['runs'], 'recent'>;
}): Promise<ReadonlyMap<string, LastDrill>> {
  return newest(await history.runs.recent({ limit: lookedAt, operation: 'drill', states: ['done', 'stuck'] }));
}

/** The newest drill of a disk's data: a restored one goes on with the history of the one before it. Pure. */
export function drillOf(disk: Disk, drills: ReadonlyMap<string, LastDrill>): LastDrill | undefined {
  return lineage(disk)
    .flatMap((id) => drills.get(id) ?? [])
    .toSorted((a, b) => b.at - a.at)[0];
}

/** Newest run first. Pure. */
function newest(runs: readonly Run[]): ReadonlyMap<string, LastDrill> {
  const found = new Map<string, LastDrill>();
  for (const { order, result, endedAt } of runs)
    for (const outcome of (result as { outcomes?: DrillOutcome[] } | undefined)?.outcomes ?? [])
      // written by the drill
      if (!found.has(outcome.volume))
        found.set(outcome.volume, { ...outcome, at: endedAt ?? order.requestedAt, run: order.id });
  return found;
}

/** `3 d ago: restored in 4 min`, or why it could not be. */
export function describeDrill({ at, ms, why }: Pick<LastDrill, 'at' | 'ms' | 'why'>, now: number): string {
  return `${duration(now - at)} ago: ${why === undefined ? `restored in ${duration(ms ?? 0)}` : `COULD NOT BE RESTORED: ${why.slice(0, 200)}`}`;
}
