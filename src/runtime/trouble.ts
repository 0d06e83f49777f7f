import type { Engine } from '#ports/engine.ts';
import type { Incidents } from '#ports/incidents.ts';

import type { World } from './world.ts';

/** Looked back this far at each start, so that what happened while nobody watched is told too. */
const lookBackMs = 24 * 3_600_000;

/**
 * Tells loudly of runs that the engine itself gave up: their history no longer fits the code, or they were recovered too
 * often. Such a run is neither done nor undone, so a person must look. Repeatable: one incident a run.
 */
export function createTroubleWatch(
  world: Pick<World, 'clock' | 'history' | 'settings' | 'log'> & { engine: Pick<Engine, 'troubled'> },
  incidents: Incidents,
) {
  return async function look(): Promise<void> {
    const now = world.clock.now();
    for (const { id, state, message } of await world.engine.troubled(now - lookBackMs)) {
      const run = await world.history.runs.get(id);
      if (run === undefined || run.endedAt !== undefined) continue;
      const channel = world.settings.current().channels.alerts ?? run.order.channel;
      world.log.error({ run: id, state }, 'the engine gave up a run');
      await incidents.raise(`lost:${id}`, {
        channel,
        startedAt: run.updatedAt,
        report: {
          severity: 'critical',
          title: `Run ${id} was lost in the middle`,
          alert: `Run ${id} (${run.summary}) was lost in the middle: a person must look`,
          facts: [
            ['Run', [{ code: id }]],
            ['What', run.summary],
            ['Asked by', [{ user: run.order.requester }]],
            ['Why', message.slice(0, 300)],
          ],
          detail: [
            'It was neither finished nor undone. Look at the servers and disks it names, then put the version that began it back, or finish by hand.',
          ],
          remedies: [],
        },
      });
    }
  };
}
