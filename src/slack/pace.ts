import { isTransient } from '#errors.ts';
import type { Clock } from '#ports/clock.ts';

/**
 * Posts of one channel in order, at most one a second with a burst of four. Slack: "no more than one message per
 * second per channel", short bursts are tolerated. Source: https://docs.slack.dev/apis/web-api/rate-limits
 */
const gapMs = 1_000;
const burst = 4;

export function createPace(clock: Clock) {
  const lanes = new Map<string, { tail: Promise<unknown>; readyAt: number }>();

  return async function paced<T>(channel: string, act: () => Promise<T>): Promise<T> {
    const lane = lanes.get(channel) ?? { tail: Promise.resolve(), readyAt: 0 };
    lanes.set(channel, lane);
    const turn = lane.tail.then(async () => {
      const now = clock.now();
      lane.readyAt = Math.max(lane.readyAt, now - burst * gapMs) + gapMs;
      if (lane.readyAt > now) await clock.sleep(lane.readyAt - now);
      return act();
    });
    lane.tail = turn.catch(() => undefined);
    return turn;
  };
}

/** Tries once more after what Slack asked for, when that is short enough to wait for. */
export async function withPatience<T>(
  clock: Clock,
  act: () => Promise<T>,
  restMs: (error: unknown) => number | undefined,
  longestMs = 5_000,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await act();
    } catch (error) {
      const rest = restMs(error);
      if (!isTransient(error) || rest === undefined || rest > longestMs || attempt >= 4) throw error;
      await clock.sleep(rest);
    }
  }
}
