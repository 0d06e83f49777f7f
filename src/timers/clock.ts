import type { Cancel, Clock } from '#ports/clock.ts';

/** Longest delay of a Node timer; a longer one fires at once. Source: https://nodejs.org/api/timers.html (setTimeout). */
const longestMs = 2_147_483_647;

/** The clock of this machine. */
export function createClock(): Clock {
  return {
    now: () => Date.now(),
    monotonic: () => performance.now(),
    after,
    sleep: (delayMs) => new Promise((resolve) => void after(delayMs, resolve)),
  };
}

function after(delayMs: number, act: () => void): Cancel {
  let timer: NodeJS.Timeout;
  function arm(leftMs: number): void {
    timer =
      leftMs <= longestMs ? setTimeout(act, Math.max(0, leftMs)) : setTimeout(() => arm(leftMs - longestMs), longestMs);
  }
  arm(delayMs);
  return () => clearTimeout(timer);
}
