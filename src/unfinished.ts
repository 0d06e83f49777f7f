import { type Cancel } from '#ports/clock.ts';
import { openRunStates, type Run } from '#ports/history.ts';
import { hearAgain } from '#runtime/answer.ts';
import { shownPlace } from '#runtime/reach.ts';
import type { RunInput } from '#runtime/run.ts';
import type { World } from '#runtime/world.ts';

/** How often missed card edits, unheard decisions and orders without a run are looked for. */
const reconcileMs = 30_000;

/** Does it, or says in the log that it failed; who calls comes again. */
export type Settling = (what: string, work: () => Promise<void>) => Promise<void>;

export function createSettling({ log }: Pick<World, 'log'>): Settling {
  return async (what, work) => {
    try {
      await work();
    } catch (error) {
      log.warn({ what, err: error }, 'looking for unfinished matters failed; trying again soon');
    }
  };
}

/** Takes up what a crash may have left between two stores; safe to repeat. `matters`: what else may be unfinished. */
export function createUnfinished(
  world: World,
  { settling, matters }: { settling: Settling; matters: Readonly<Record<string, () => Promise<void>>> },
) {
  let stopped = false;
  let cancel: Cancel = () => undefined;

  /** One that fails holds up none of the others. */
  async function reconcile(): Promise<void> {
    for (const run of await world.history.runs.recent({ limit: 500, states: openRunStates }))
      await settling('run', () => takeUp(run));
    for (const [what, work] of Object.entries(matters)) await settling(what, work);
  }

  async function takeUp(run: Run): Promise<void> {
    if ((await world.engine.state(run.order.id)) === undefined) {
      const input: RunInput = {
        order: run.order,
        limits: world.settings.current().limits,
        place: await shownPlace(world, run.order),
      };
      await world.engine.start(run.order.id, 'run', input);
    }
    await hearAgain(world, run);
  }

  function again(): void {
    if (stopped) return;
    cancel = world.clock.after(reconcileMs, () => void settling('all', reconcile).finally(again));
  }

  return {
    start: async () => {
      await settling('all', reconcile);
      again();
    },
    stop: () => {
      stopped = true;
      cancel();
    },
  };
}
