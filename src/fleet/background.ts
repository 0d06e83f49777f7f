import { type LastDrill, lastDrills } from '#lib/drills.ts';
import type { Log } from '#ports/clock.ts';
import type { Cloud, Place, Snapshot } from '#ports/cloud.ts';
import type { History } from '#ports/history.ts';

import type { Judged } from './together.ts';

/** What an alert says besides what fails. Undefined: it could not be read. */
export type Background = {
  place: Place;
  snapshots: readonly Snapshot[] | undefined;
  drills: ReadonlyMap<string, LastDrill> | undefined;
  reboots: ReadonlyMap<string, number>;
};
type World = {
  cloud: Pick<Cloud, 'snapshots' | 'place'>;
  history: { runs: Pick<History['runs'], 'recent'> };
  log: Log;
};

export const nowhere: Place = { account: '', region: '' };

/** For the words only: an alert never fails because they could not be read. */
export async function readBackground({ cloud, history, log }: World, of: readonly Judged[]): Promise<Background> {
  const volumeIds = of.flatMap(({ look }) => (look.instance?.mappings ?? []).map(({ volumeId }) => volumeId));
  const [place, snapshots, drills, reboots] = await Promise.allSettled([
    of.length === 0 ? nowhere : cloud.place(),
    cloud.snapshots({ volumeIds }),
    lastDrills(history),
    lastReboots(history),
  ]);
  if (snapshots.status === 'rejected') log.warn({ err: snapshots.reason }, 'snapshots could not be read for an alert');
  return {
    place: place.status === 'fulfilled' ? place.value : nowhere,
    snapshots: snapshots.status === 'fulfilled' ? newestCompleted(snapshots.value) : undefined,
    drills: drills.status === 'fulfilled' ? drills.value : undefined,
    reboots: reboots.status === 'fulfilled' ? reboots.value : new Map(),
  };
}

/** When a run of ours last rebooted each server: what did not help once is not the best remedy again. */
async function lastReboots({ runs }: World['history']): Promise<ReadonlyMap<string, number>> {
  const found = await runs.recent({ limit: 50, operation: 'restart', states: ['done'] });
  const ended = found.flatMap(({ order, endedAt = 0 }) => {
    const plan = order.plan as { instances?: readonly { id: string }[] }; // written by the restart
    return (plan.instances ?? []).map(({ id }) => [id, endedAt] as const);
  });
  return new Map(ended.toReversed());
}

function newestCompleted(snapshots: readonly Snapshot[]): readonly Snapshot[] {
  const newest = new Map<string, Snapshot>();
  for (const snapshot of snapshots) {
    const known = newest.get(snapshot.volumeId);
    if (snapshot.state === 'completed' && (known === undefined || known.startedAt < snapshot.startedAt))
      newest.set(snapshot.volumeId, snapshot);
  }
  return [...newest.values()];
}
