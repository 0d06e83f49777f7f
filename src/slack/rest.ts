import { webApi } from '@slack/bolt';

import { isTransient, type Transient } from '#errors.ts';
import type { Clock } from '#ports/clock.ts';

const mostAttempts = 4;

/** Waits as long as Slack asked for and tries again, while that is short enough to wait for; at most 4 attempts. */
export async function withPatience<T>(
  clock: Pick<Clock, 'sleep'>,
  act: () => Promise<T>,
  restMs: (error: unknown) => number | undefined,
  longestMs = 5_000,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await act();
    } catch (error) {
      const rest = restMs(error);
      if (!isTransient(error) || rest === undefined || rest > longestMs || attempt >= mostAttempts) throw error;
      await clock.sleep(rest);
    }
  }
}

/** What Slack asked for after a rate limit, ms; undefined when it is another failure. */
export function restOf(error: unknown): number | undefined {
  if (!isTransient(error)) return undefined;
  const { cause } = error as Transient;
  if (cause instanceof webApi.WebAPIRateLimitedError) return cause.retryAfter * 1_000;
  return cause instanceof webApi.WebAPIPlatformError ? 1_000 : undefined;
}

/** A timer may end a little early. */
const timerSlackMs = 5;

/** Remembers the rest that Slack asked for, so that nobody asks again meanwhile: that would only lengthen it. */
export function createRest(clock: Pick<Clock, 'monotonic'>) {
  const until = new Map<string, { at: number; error: unknown }>();
  async function unlessResting<T>(of: string, act: () => Promise<T>): Promise<T> {
    const resting = until.get(of);
    if (resting !== undefined && clock.monotonic() + timerSlackMs < resting.at) throw resting.error;
    until.delete(of);
    try {
      return await act();
    } catch (error) {
      const ms = restOf(error) ?? 0;
      if (ms > 0) until.set(of, { at: clock.monotonic() + ms, error });
      throw error;
    }
  }
  return { unlessResting };
}
