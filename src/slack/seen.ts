import type { Clock } from '#ports/clock.ts';

/** Longer than Slack repeats anything at once. Source: https://docs.slack.dev/apis/events-api/#retries (5 minutes) */
const keptMs = 10 * 60_000;
const mostKept = 10_000;

/**
 * Does the work of a request once per id: a repeated delivery gets the first one's outcome. In this process only; across
 * processes and restarts the id of the run does the same.
 */
export function createSeen(clock: Pick<Clock, 'monotonic'>) {
  const seen = new Map<string, { at: number; outcome: Promise<unknown> }>();

  return function once<T>(id: string, work: () => Promise<T>): Promise<T> {
    const now = clock.monotonic();
    for (const [old, { at }] of seen) {
      if (now - at < keptMs && seen.size <= mostKept) break;
      seen.delete(old); // in the order of their arrival
    }
    const known = seen.get(id);
    if (known !== undefined) return known.outcome as Promise<T>; // an id names one kind of request
    const outcome = work();
    seen.set(id, { at: now, outcome });
    return outcome;
  };
}
