import { limitOf } from '#aws/limits.ts';

/**
 * What AWS's default buckets make impossible to beat, in seconds of AWS's time. Pure.
 */

/** The earliest instant of the call with this number (from 1) when the bucket is full at 0. */
export function earliest(action: string, call: number): number {
  const { capacity, perSecond } = limitOf(action);
  return Math.max(0, call - capacity) / perSecond;
}

/** So many calls of every action, all actions at once: the slowest bucket decides. */
export function floorOf(calls: Readonly<Record<string, number>>): number {
  return Math.max(0, ...Object.entries(calls).map(([action, count]) => earliest(action, count)));
}

/** Calls of one action in this order, each with what AWS then takes by itself: the last to end decides. */
export function floorWith(action: string, thenSeconds: readonly number[]): number {
  return Math.max(0, ...thenSeconds.map((seconds, at) => earliest(action, at + 1) + seconds));
}

/** One step of a pipeline: a call of `action`, if any, and then what AWS takes by itself. */
export type Step = { action?: string; seconds: number };

/** So many things through the same steps, each on its own and in turn at every bucket: the last to end decides. */
export function floorOfPipeline(things: number, steps: readonly Step[]): number {
  const ends = Array.from({ length: things }, (_, at) =>
    steps.reduce(
      (now, { action, seconds }) => Math.max(now, action === undefined ? 0 : earliest(action, at + 1)) + seconds,
      0,
    ),
  );
  return Math.max(0, ...ends);
}
