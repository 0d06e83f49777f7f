import { asker } from '#lib/asker.ts';
import { openRunStates, type Run } from '#ports/history.ts';
import type { Incidents, Report } from '#ports/incidents.ts';

import { showLost } from './live-card.ts';
import { shownPlace } from './reach.ts';
import type { World } from './world.ts';

/** Looked back this far at each start, so that what happened while nobody watched is told too. */
const lookBackMs = 24 * 3_600_000;

/**
 * Tells loudly of runs that the engine itself gave up: their history no longer fits the code, or they were recovered too
 * often. Such a run is neither done nor undone, so a person must look. Repeatable: one incident a run.
 */
export function createTroubleWatch(world: World, incidents: Incidents) {
  return async function look(): Promise<void> {
    const now = world.clock.now();
    for (const { id, state, message } of await world.engine.troubled(now - lookBackMs)) {
      const run = await world.history.runs.get(id);
      if (run === undefined || run.endedAt !== undefined) continue;
      world.log.error({ run: id, state }, 'the engine gave up a run');
      await giveUp(run, message.slice(0, 300), now);
    }
  };

  /** Told first and recorded last, so that a crash in between tells it again rather than never. */
  async function giveUp(run: Run, why: string, at: number): Promise<void> {
    const { id, operation } = run.order;
    const channel = world.settings.current().channels.alerts ?? run.order.channel;
    await incidents.raise(`lost:${id}`, { channel, startedAt: run.updatedAt, report: report(run, why) });
    await showLost(world, run, await shownPlace(world, run.order), why);
    await world.history.claims.release(id);
    await world.history.audit.append({
      key: `${id}:stuck`,
      at,
      kind: 'stuck',
      actor: 'deckhand',
      run: id,
      operation,
      channel,
      targets: [],
      detail: why,
    });
    await world.history.runs.move(id, openRunStates, 'stuck', { at, reason: why });
  }
}

function report(run: Run, why: string): Report {
  const { id } = run.order;
  return {
    severity: 'critical',
    title: `Run ${id} was lost in the middle`,
    alert: `Run ${id} (${run.summary}) was lost in the middle: a person must look`,
    facts: [
      ['Run', [{ code: id }]],
      ['What', run.summary],
      ['Asked by', [asker(run.order)]],
      ['Why', why],
    ],
    detail: [
      'It was neither finished nor undone. Look at the servers and disks it names and finish by hand; nothing is held by it any more.',
    ],
    remedies: [],
    closable: true,
  };
}
