import type { ServerResponse } from 'node:http';

import type { Trouble } from './troubles.ts';

/** Calls that are made to wait for their answer. */
export type Waits = {
  /** Resolves to false when the other side has hung up, or `endAll` was called, in the meantime. */
  hang: (ms: number, response: ServerResponse) => Promise<boolean>;
  endAll: () => void;
};

export function createWaits(): Waits {
  const waiting = new Set<() => void>();
  return {
    hang: (ms, response) =>
      new Promise((resolve) => {
        const end = (goesOn: boolean): void => {
          clearTimeout(timer);
          waiting.delete(giveUp);
          response.off('close', hungUp);
          resolve(goesOn);
        };
        const timer = setTimeout(() => end(true), ms);
        const hungUp = (): void => end(false);
        const giveUp = (): void => {
          end(false);
          response.destroy();
        };
        waiting.add(giveUp);
        response.on('close', hungUp);
      }),
    endAll: () => {
      for (const giveUp of waiting) giveUp();
    },
  };
}

/** What an answer is when all the work was done: what the work gave, or what it threw. */
export type Done<T> = { kind: 'done'; value: T } | { kind: 'failed'; error: unknown };
export type Wrong = Extract<Trouble['answer'], { kind: 'error' }>;

/**
 * Does the work with the trouble it shall have. Undefined: there is no answer any more. `wrong`: this is answered instead,
 * whether the work was done or not.
 */
export async function troubled<T>(
  trouble: Trouble | undefined,
  work: () => T,
  { waits, response }: { waits: Waits; response: ServerResponse },
): Promise<Done<T> | { kind: 'wrong'; answer: Wrong } | undefined> {
  const early = trouble?.afterWork === true ? attempt(work) : undefined;
  // Whoever hung up does not get the work done any more.
  if (trouble !== undefined && trouble.hangMs > 0 && !(await waits.hang(trouble.hangMs, response))) return undefined;
  if (trouble?.answer?.kind === 'drop') {
    response.destroy();
    return undefined;
  }
  if (trouble?.answer?.kind === 'error') return { kind: 'wrong', answer: trouble.answer };
  return early ?? attempt(work);
}

function attempt<T>(work: () => T): Done<T> {
  try {
    return { kind: 'done', value: work() };
  } catch (error) {
    return { kind: 'failed', error };
  }
}
