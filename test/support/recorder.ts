import { isTransient } from '#errors.ts';
import type { Durable } from '#ports/engine.ts';
import type { Json } from '#ports/json.ts';

/** The process died here; the engine's own stop, never to be compensated. */
class Died extends Error {
  readonly stop = true;
}

type Entry = { name: string; outcome: { value: Json } | { error: unknown } };

/**
 * A small durable engine for tests: records steps, replays them, and dies where it is told: `before` or `after` the
 * effect of the n-th step, without having recorded it. Messages wait in `mailbox`.
 */
export function createRecorder() {
  const record: Entry[] = [];
  const mailbox: { topic: string; message: Json }[] = [];
  let now = 1_000;

  /** Runs the body once; resolves with 'died' when it was told to die. */
  async function run<T>(
    body: (durable: Durable) => Promise<T>,
    die?: { at: number; when: 'before' | 'after' },
  ): Promise<T | 'died'> {
    try {
      return await body(durable(die));
    } catch (error) {
      if (error instanceof Died) return 'died';
      throw error;
    }
  }

  function durable(die: { at: number; when: 'before' | 'after' } | undefined): Durable {
    let at = 0;
    let dead = false;
    async function step<T extends Json | void>(name: string, act: () => Promise<T>, { attempts = 5 } = {}): Promise<T> {
      const mine = at++;
      if (dead) throw new Died();
      const known = record[mine];
      if (known !== undefined) {
        if (known.name !== name) throw new Error(`recorded ${known.name}, expected ${name}`);
        if ('error' in known.outcome) throw known.outcome.error;
        return known.outcome.value as T;
      }
      if (die?.at === mine && die.when === 'before') stop();
      const outcome = await persistently(act, attempts).then(
        (value) => ({ value: structuredClone(value ?? null) as Json }),
        (error: unknown) => ({ error: crossed(error) }),
      );
      if (die?.at === mine && die.when === 'after') stop();
      if (dead) throw new Died();
      record[mine] = { name, outcome };
      if ('error' in outcome) throw outcome.error;
      return outcome.value as T;
    }
    function stop(): never {
      dead = true;
      throw new Died();
    }
    return {
      id: 'run',
      step,
      sleep: async (ms) => {
        await step('sleep', async () => void (now += ms));
      },
      now: () => step('now', async () => now),
      receive: async <T extends Json>(topic: string, timeoutMs: number): Promise<T | undefined> => {
        const answer = await step(`receive ${topic}`, async (): Promise<Json> => {
          const index = mailbox.findIndex((one) => one.topic === topic);
          if (index >= 0) return { message: mailbox.splice(index, 1)[0]!.message };
          now += timeoutMs;
          return {};
        });
        return (answer as { message?: T }).message;
      },
      isStop: (error) => error instanceof Died,
    };
  }

  return {
    run,
    record,
    send: (topic: string, message: Json) => void mailbox.push({ topic, message }),
    steps: () => record.map(({ name }) => name),
  };
}

/** As an engine that stored and reloaded it: no class, but name, code, message and own fields. */
function crossed(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  return Object.assign(new Error(error.message), { name: error.name }, JSON.parse(JSON.stringify(error)));
}

/** Transients are tried again, at once. */
async function persistently<T>(act: () => Promise<T>, attempts: number): Promise<T> {
  for (let nr = 1; ; nr++) {
    try {
      return await act();
    } catch (error) {
      if (!isTransient(error) || nr >= attempts) throw error;
    }
  }
}
