import { Ec2Error } from './wire.ts';

type Size = { most: number; perSecond: number };

/** Tokens per account, Region and action. Source: https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html */
const sizes: Readonly<Record<string, Size>> = {
  StartInstances: { most: 5, perSecond: 2 },
  RunInstances: { most: 5, perSecond: 2 },
  StopInstances: { most: 50, perSecond: 5 },
  CreateSnapshot: { most: 100, perSecond: 5 },
  CreateSnapshots: { most: 100, perSecond: 5 },
  DeleteSnapshot: { most: 100, perSecond: 5 },
  CreateVolume: { most: 100, perSecond: 5 },
  DeleteVolume: { most: 100, perSecond: 5 },
  CreateTags: { most: 100, perSecond: 10 },
  DeleteTags: { most: 100, perSecond: 10 },
};
const filteredReads: Size = { most: 100, perSecond: 20 };
const plainReads: Size = { most: 50, perSecond: 10 };
const otherChanges: Size = { most: 50, perSecond: 5 };

/** AWS's request rate limits; refilled faster when the sandbox runs faster. */
export function createBuckets(now: () => number, speed: number) {
  const levels = new Map<string, { tokens: number; at: number }>();

  /** Throws RequestLimitExceeded (503) when the action's bucket is empty. */
  return function take(action: string, isFiltered: boolean): void {
    const read = action.startsWith('Describe');
    const name = read && !isFiltered ? `${action} unfiltered` : action;
    const { most, perSecond } = read ? (isFiltered ? filteredReads : plainReads) : (sizes[action] ?? otherChanges);
    const known = levels.get(name) ?? { tokens: most, at: now() };
    const tokens = Math.min(most, known.tokens + ((now() - known.at) / 1000) * perSecond * speed);
    levels.set(name, { tokens: Math.max(0, tokens - 1), at: now() });
    if (tokens < 1) throw throttled();
  };
}

export function throttled(): Ec2Error {
  return new Ec2Error('RequestLimitExceeded', 'Request limit exceeded.', 503);
}
