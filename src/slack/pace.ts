import { Transient } from '#errors.ts';
import type { Clock } from '#ports/clock.ts';

/**
 * Posts of one channel in order, at most one a second with a burst of four. Slack: "no more than one message per
 * second per channel", short bursts are tolerated. Source: https://docs.slack.dev/apis/web-api/rate-limits
 */
const gapMs = 1_000;
const burst = 4;
/** More than this would be read by nobody, and minutes late. */
const mostWaiting = 200;

type Lane = { tail: Promise<unknown>; readyAt: number; waiting: number };

/** Throws Transient when the queue of a channel is full. */
export function createPace(clock: Pick<Clock, 'monotonic' | 'sleep'>) {
  const lanes = new Map<string, Lane>();

  return async function paced<T>(channel: string, act: () => Promise<T>): Promise<T> {
    const lane = lanes.get(channel) ?? { tail: Promise.resolve(), readyAt: Number.NEGATIVE_INFINITY, waiting: 0 };
    lanes.set(channel, lane);
    if (lane.waiting >= mostWaiting)
      throw new Transient(`${mostWaiting} messages wait for this Slack channel already.`);
    lane.waiting++;
    const turn = lane.tail.then(async () => {
      const now = clock.monotonic();
      lane.readyAt = Math.max(lane.readyAt, now - burst * gapMs) + gapMs;
      if (lane.readyAt > now) await clock.sleep(lane.readyAt - now);
      return act();
    });
    lane.tail = turn
      .catch(() => undefined)
      .finally(() => {
        lane.waiting--;
      });
    return turn;
  };
}
