import { DBOS } from '@dbos-inc/dbos-sdk';

import type { Log } from '#ports/clock.ts';

import type { Life } from './life.ts';

type Needs = {
  /** This boot's name among the replicas. */
  me: string;
  life: Life;
  log: Log;
  /** Calls the engine as from outside any body. */
  outside: <T>(call: () => T) => T;
};

const firstDelayMs = 1_000;
const longestDelayMs = 60_000;

/**
 * Gives a run whose engine call failed back to the queue, from where it continues by its record. Tries until it
 * succeeds or this process stops; the next start takes up what is left.
 */
export function createTakeUp({ me, life, log, outside }: Needs): (run: string, error: unknown) => void {
  function later(run: string, delayMs: number): void {
    setTimeout(() => {
      if (life.isStopping()) return;
      outside(() => requeue(run, me)).catch((error: unknown) => {
        log.debug({ run, err: error }, 'a run could not be given back to the queue yet');
        later(run, Math.min(delayMs * 2, longestDelayMs));
      });
    }, delayMs).unref();
  }
  return (run, error) => {
    log.warn({ run, err: error }, 'the engine could not record a step; the run continues from its record');
    later(run, firstDelayMs);
  };
}

/** Only what is still ours: a run that another replica took over meanwhile is in good hands. */
async function requeue(run: string, me: string): Promise<void> {
  const status = await DBOS.getWorkflowStatus(run);
  if (status?.status === 'PENDING' && status.executorId === me) await DBOS.resumeWorkflow(run);
}
