import { setTimeout as sleep } from 'node:timers/promises';

/** The rate of 10,000 sites every 60 s. */
export const perSecond = 167;

/** Starts `count` acts in even time, whatever each takes, and waits for all. Rejects with the first that fails. */
export async function paced(count: number, act: () => Promise<void>): Promise<void> {
  const begin = performance.now();
  const acts: Promise<void>[] = [];
  for (let nr = 0; nr < count; nr++) {
    await sleep(Math.max(0, begin + (nr * 1_000) / perSecond - performance.now()));
    acts.push(act());
  }
  await Promise.all(acts);
}
