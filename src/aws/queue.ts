import type { Cancel, Clock } from '#ports/clock.ts';
import { type Lane, lanes } from '#ports/clouds.ts';
import type { ApiRate as Rate } from '#ports/settings.ts';

import { type Bucket, capacityOf, fill, fullBucket, take, waitFor } from './bucket.ts';
import type { Limit } from './limits.ts';
import { everybodyIn, firstIn, type Line, shiftLine, type Waiter } from './line.ts';

/** One bucket as it is now. `share` is the part of AWS's limit in use, after throttling. */
export type BudgetLevel = {
  bucket: string;
  tokens: number;
  capacity: number;
  share: number;
  waiting: number;
  throttled: number;
  /** Since it last was, in ms. */
  throttledAgoMs?: number;
};

/** The bucket of one action and those who wait for it. `instances`: the second bucket of calls that name instances. */
export type Queue = {
  name: string;
  rates: { requests: Rate; instances: Rate | undefined };
  requests: Bucket;
  instances: Bucket | undefined;
  waiting: Record<Lane, Line>;
  wake: Cancel | undefined;
  throttled: number;
  throttledAt?: number;
};

export function newQueue(name: string, limit: Limit, share: number, now: number): Queue {
  const requests = part(limit, share);
  const instances = limit.resources === undefined ? undefined : part(limit.resources, share);
  return {
    name,
    rates: { requests, instances },
    requests: fullBucket(requests, now),
    instances: instances === undefined ? undefined : fullBucket(instances, now),
    waiting: { high: new Map(), normal: new Map(), low: new Map() },
    wake: undefined,
    throttled: 0,
  };
}

/** Calls reach AWS up to so much closer together than they left. */
const jitterS = 0.25;

/**
 * Our part of a bucket, and never quite all of it: what AWS counts and what we count differ by calls under way, and the
 * last tokens would be taken for free when they are not there yet.
 */
function part({ capacity, perSecond }: Rate, share: number): Rate {
  const reserve = Math.min(capacity / 2, 1 + perSecond * jitterS);
  return { capacity: Math.min(capacity * share, capacity - reserve), perSecond: perSecond * share };
}

export function refill(queue: Queue, now: number): void {
  queue.requests = fill(queue.requests, queue.rates.requests, now);
  if (queue.instances !== undefined && queue.rates.instances !== undefined)
    queue.instances = fill(queue.instances, queue.rates.instances, now);
}

/** Lets in who can pay, in order, and comes back by itself when the next one can. */
export function serve(queue: Queue, clock: Clock): void {
  queue.wake?.();
  queue.wake = undefined;
  refill(queue, clock.monotonic());
  for (let next = firstOf(queue); next !== undefined; next = firstOf(queue)) {
    const { waiter, line } = next;
    const instances = waiter.instances();
    const waitMs = waitOf(queue, instances);
    if (waitMs > 0) {
      queue.wake = clock.after(waitMs, () => serve(queue, clock));
      return;
    }
    pay(queue, instances);
    shiftLine(line);
    waiter.cancel();
    waiter.admit();
  }
}

/** Sends away everybody who waits. */
export function dismiss(queue: Queue, why: () => Error): void {
  queue.wake?.();
  queue.wake = undefined;
  for (const lane of lanes) {
    const everybody = everybodyIn(queue.waiting[lane]);
    queue.waiting[lane].clear();
    for (const waiter of everybody) {
      waiter.cancel();
      waiter.refuse(why());
    }
  }
}

function firstOf(queue: Queue): { waiter: Waiter; line: Line } | undefined {
  for (const lane of lanes) {
    const line = queue.waiting[lane];
    const waiter = firstIn(line);
    if (waiter !== undefined) return { waiter, line };
  }
  return undefined;
}

function waitOf(queue: Queue, instances: number): number {
  const forRequest = waitFor(queue.requests, queue.rates.requests, 1);
  if (queue.instances === undefined || queue.rates.instances === undefined) return forRequest;
  return Math.max(forRequest, waitFor(queue.instances, queue.rates.instances, instances));
}

function pay(queue: Queue, instances: number): void {
  queue.requests = take(queue.requests, 1);
  if (queue.instances !== undefined) queue.instances = take(queue.instances, instances);
}

export function levelOf(queue: Queue, share: number, now: number): BudgetLevel {
  refill(queue, now);
  return {
    bucket: queue.name,
    tokens: queue.requests.tokens,
    capacity: capacityOf(queue.rates.requests, queue.requests.factor),
    share: share * queue.requests.factor,
    waiting: lanes.reduce((sum, lane) => sum + everybodyIn(queue.waiting[lane]).length, 0),
    throttled: queue.throttled,
    ...(queue.throttledAt === undefined ? {} : { throttledAgoMs: now - queue.throttledAt }),
  };
}
