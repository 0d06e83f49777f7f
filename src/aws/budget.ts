import { Refusal, Transient } from '#errors.ts';
import type { Clock, Log } from '#ports/clock.ts';
import type { Lane } from '#ports/clouds.ts';

import { shrink } from './bucket.ts';
import { type Action, limitOf, type Limits, plainLimit } from './limits.ts';
import { joinLine, leaveLine, type Waiter } from './line.ts';
import { type BudgetLevel, dismiss, levelOf, newQueue, type Queue, refill, serve } from './queue.ts';

export type { BudgetLevel } from './queue.ts';

/**
 * What one attempt costs. `owner`: whose it is (a run, a person), they take turns. `plain`: a describe call without page
 * size and filter. `instances`: how many it names, asked for when its turn has come.
 */
export type Cost = { action: Action; lane: Lane; owner?: string; plain?: boolean; instances?: () => number };

export type Budget = {
  /** Resolves when the call may be sent. Throws Transient when it had to wait too long or Deckhand is stopping. */
  acquire: (cost: Cost) => Promise<void>;
  /** AWS throttled such a call: its bucket shrinks. */
  throttled: (cost: Cost) => void;
  /** How fast an action may be called, after our share. */
  pace: (action: string) => { burst: number; perSecond: number };
  /** The buckets used so far. */
  levels: () => readonly BudgetLevel[];
  /** Sends away everybody who waits, now and later. */
  close: () => void;
};

/** Longest wait for a token: 3,000 calls of the slowest listed mutation at the default share. */
const longestWaitMs = 15 * 60_000;

/**
 * The one budget of an account and Region: a bucket per action, all filled by `share` (0–1) of AWS's limits, because the
 * rest of the account lives on them too.
 */
export function createBudget(of: {
  clock: Clock;
  log: Log;
  share: number;
  limits?: Limits | undefined;
  maxWaitMs?: number;
}): Budget {
  const { clock, log, share, maxWaitMs = longestWaitMs } = of;
  if (!(share > 0 && share <= 1))
    throw new Refusal(
      'bad-input',
      `The share of the AWS API limits must be above 0 and at most 1, not ${share}. Set \`aws.budgetShare\`, for example to 0.7.`,
    );
  const queues = createQueues({ share, clock, limits: of.limits });
  let closed = false;

  function acquire(cost: Cost): Promise<void> {
    if (closed) return Promise.reject(stopping());
    const queue = queues.of(cost);
    return new Promise((resolve, reject) => {
      const line = queue.waiting[cost.lane];
      const { owner = '', instances = () => 0 } = cost;
      let waits = true;
      const admit = () => {
        waits = false;
        resolve();
      };
      const waiter: Waiter = { owner, instances, admit, refuse: reject, cancel: () => {} };
      joinLine(line, waiter);
      serve(queue, clock);
      if (!waits) return;
      waiter.cancel = clock.after(maxWaitMs, () => {
        leaveLine(line, waiter);
        reject(
          new Transient(
            `The AWS API budget for ${queue.name} is used up; waited ${maxWaitMs / 1_000} s. Try again later, or raise \`aws.budgetShare\`.`,
          ),
        );
        serve(queue, clock);
      });
    });
  }

  function throttled(cost: Cost): void {
    const queue = queues.of(cost);
    const now = clock.monotonic();
    refill(queue, now);
    queue.requests = shrink(queue.requests, now);
    if (queue.instances !== undefined) queue.instances = shrink(queue.instances, now);
    queue.throttled += 1;
    queue.throttledAt = now;
    log.warn({ action: queue.name, factor: queue.requests.factor, throttled: queue.throttled }, 'ec2 throttled');
    serve(queue, clock);
  }

  function close(): void {
    closed = true;
    for (const queue of queues.all()) dismiss(queue, stopping);
  }

  const levels = () => queues.all().map((queue) => levelOf(queue, share, clock.monotonic()));
  function pace(action: string): { burst: number; perSecond: number } {
    const { capacity, perSecond } = limitOf(action, of.limits);
    return { burst: capacity * share, perSecond: perSecond * share };
  }

  return { acquire, throttled, pace, levels, close };
}

/** The queues, each made when it is first needed. */
function createQueues(by: { share: number; clock: Clock; limits: Limits | undefined }): {
  of: (cost: Cost) => Queue;
  all: () => readonly Queue[];
} {
  const queues = new Map<string, Queue>();

  function of({ action, plain }: Cost): Queue {
    const name = plain === true ? `${action} (plain)` : action;
    const known = queues.get(name);
    if (known !== undefined) return known;
    const limit = plain === true ? plainLimit : limitOf(action, by.limits);
    const fresh = newQueue(name, limit, by.share, by.clock.monotonic());
    queues.set(name, fresh);
    return fresh;
  }

  return { of, all: () => [...queues.values()] };
}

function stopping(): Transient {
  return new Transient('Deckhand is stopping; nothing was sent to AWS. Try again after the restart.');
}
