import type { Clock } from '#ports/clock.ts';

/** Undefined when it takes longer; rejects as the answer does, unless that comes later. */
export async function within<T>(clock: Clock, ms: number, answer: Promise<T>): Promise<T | undefined> {
  let cancel = () => {};
  const over = new Promise<undefined>((resolve) => void (cancel = clock.after(ms, () => resolve(undefined))));
  try {
    return await Promise.race([answer, over]);
  } finally {
    cancel();
  }
}

/** Does at most `width` things at once; the others wait in order. */
export function createLanes(width: number): <T>(act: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let free = width;
  return async (act) => {
    if (free > 0) free--;
    else await new Promise<void>((resolve) => void waiting.push(resolve));
    try {
      return await act();
    } finally {
      const next = waiting.shift();
      if (next === undefined) free++;
      else next();
    }
  };
}
