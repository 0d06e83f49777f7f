import { DBOS } from '@dbos-inc/dbos-sdk';

import type { Log } from '#ports/clock.ts';
import type { Durable } from '#ports/engine.ts';
import type { Json } from '#ports/json.ts';

import { engineCode, isStopOf, isWorthAnotherTry, retell, tell, type ToldError } from './errors.ts';
import { type Life, never } from './life.ts';

/** How a step ended, as it is recorded: its error is a value too, so that whatever the engine throws is the engine's. */
type Recorded = { value?: Json } | { error: ToldError };

export type DurableNeeds = {
  life: Life;
  log: Log;
  /** Gap before the second attempt of a step; doubles. */
  retryMs: number;
  /** The engine could not do its own work for a run: it must be taken up again from its record. */
  onEngineFailure: (run: string, error: unknown) => void;
};

const defaultAttempts = 5;
const longestGapMs = 60_000;

/** What a body of the run `id` works with, on DBOS. */
export function createDurable(id: string, needs: DurableNeeds): Durable {
  const { life } = needs;

  /**
   * Calls the engine. Its stop signals reach the body; anything else it throws is no failure of the work (a time-out of
   * the database, say), so the body is left where it stands and the run is taken up again from its record.
   */
  async function engine<T>(call: () => Promise<T>): Promise<T> {
    if (life.isStopping()) return never();
    try {
      const value = await call();
      return life.isOver() ? await never() : value;
    } catch (error) {
      if (life.isStopping()) return never();
      if (isStopOf(id, error)) throw error;
      needs.onEngineFailure(id, error);
      return never();
    }
  }

  return {
    id,
    step: async <T extends Json | void>(name: string, act: () => Promise<T>, { attempts = defaultAttempts } = {}) => {
      const work = () =>
        life.inFlight((pause) => DBOS.runStep(() => attempt({ id, name, act, attempts, pause, needs }), { name }));
      const recorded = await engine<Recorded>(work);
      if ('error' in recorded) throw retell(recorded.error);
      return recorded.value as T; // what `act` answered, through JSON
    },
    receive: async <T extends Json>(topic: string, timeoutMs: number) => {
      const wait = { timeoutSeconds: Math.max(0, timeoutMs) / 1000 };
      const letter = await engine(() => DBOS.recv<{ message: T }>(topic, wait));
      return letter === null ? undefined : letter.message;
    },
    sleep: (ms) => engine(() => DBOS.sleep(Math.max(0, ms))),
    now: () => engine(() => DBOS.now()),
    isStop: (error) => isStopOf(id, error),
  };
}

type Attempt = {
  id: string;
  name: string;
  act: () => Promise<Json | void>;
  attempts: number;
  pause: (ms: number) => Promise<void>;
  needs: DurableNeeds;
};

async function attempt({ id, name, act, attempts, pause, needs }: Attempt): Promise<Recorded> {
  for (let nr = 1; ; nr++) {
    try {
      const value = await act();
      return value === undefined ? {} : { value: asJson(value) };
    } catch (error) {
      if (engineCode(error) !== undefined) throw error;
      if (!isWorthAnotherTry(error) || nr >= attempts) return { error: tell(error) };
      needs.log.debug({ run: id, step: name, attempt: nr, err: error }, 'a step is tried again');
      await pause(gap(nr, needs.retryMs));
    }
  }
}

/** Doubling, at most a minute, ± 20 % so that many runs do not come back together. */
function gap(nr: number, firstMs: number): number {
  return Math.min(firstMs * 2 ** (nr - 1), longestGapMs) * (0.8 + Math.random() * 0.4);
}

/** The same on the first run as on a replay: fields that are undefined are gone, dates are text. */
export function asJson(value: Json): Json {
  return JSON.parse(JSON.stringify(value)) as Json;
}
