import type { z } from 'zod';

import { isRefusal, Transient } from '#errors.ts';
import type { Lane } from '#ports/clouds.ts';

import { type Budget, type BudgetLevel, type Cost, createBudget } from './budget.ts';
import type * as Ec2Sdk from './ec2-sdk.ts';
import { isThrottle } from './failures.ts';
import type { Action, Limits } from './limits.ts';
import { createRecent, type Recent } from './recent.ts';
import { createSender, type SenderOptions, type ServiceCall } from './sender.ts';
import { ec2 } from './services.ts';

export type CallerOptions = SenderOptions & {
  /** Part (0–1) of AWS's API limits that Deckhand takes at most. Default 0.7. */
  budgetShare?: number | undefined;
  /** API limits of the account that differ from AWS's defaults, by action. */
  limits?: Limits | undefined;
  /** What all callers of one account and Region have in common, whoever they call for. Left out: its own. */
  ground?: Ground;
};

/** The API budget of an account and Region, and what was just made there. */
export type Ground = { budget: Budget; recent: Recent };

/** Throws Refusal "bad-input" on a share outside 0–1. */
export function createGround({
  clock,
  log,
  limits,
  budgetShare = 0.7,
}: Pick<CallerOptions, 'clock' | 'log' | 'limits' | 'budgetShare'>): Ground {
  return { budget: createBudget({ clock, log, limits, share: budgetShare }), recent: createRecent(clock) };
}

/** One EC2 call. */
export type Call = ServiceCall<typeof Ec2Sdk> & {
  action: Action;
  /** A describe call that AWS counts against the small bucket. */
  plain?: boolean;
  /** How many instances it names, for the buckets that count them. */
  instances?: number;
};

/** Sends a call and reads its reply. Throws Refusal, Transient or, for `once`, Ambiguous. */
export type Send = <S extends z.ZodType>(call: Call, reply: S) => Promise<z.output<S>>;

export type Caller = {
  /** `owner`: a run or a person; in a lane they take turns. `paid`: the first attempt of all has had its turn already. */
  send: (lane: Lane, owner?: string, paid?: 'paid') => Send;
  /** Waits for a turn. Throws Transient when that takes too long or Deckhand is stopping. */
  turn: (cost: Cost) => Promise<void>;
  /** Loads the SDK, Region and credentials, so that the first call does not wait for them. */
  warm: () => Promise<void>;
  region: () => Promise<string>;
  /** Where calls went, when that is not AWS; known after the first call. */
  endpoint: () => string | undefined;
  levels: () => readonly BudgetLevel[];
  pace: Budget['pace'];
  recent: Recent;
  close: () => void;
};

/** The way to EC2: every attempt, the SDK's own repeats included, pays from one budget, and each throttle counts. */
export function createCaller(options: CallerOptions): Caller {
  const { budget, recent } = options.ground ?? createGround(options);
  const sender = createSender({ service: ec2, load: () => import('./ec2-sdk.ts') }, options);

  function sendFor(lane: Lane, owner = '', paid?: 'paid'): Send {
    let turns = paid === undefined ? 0 : 1;
    return async (call, reply) => {
      const { action, plain = false, instances = 0 } = call;
      const cost = { action, lane, owner, plain, instances: () => instances };
      try {
        return await sender.send(call, reply, {
          before: async () => {
            turns -= 1;
            if (turns < 0) await budget.acquire(cost);
          },
          failed: (error) => {
            if (isThrottle(error)) budget.throttled(cost);
          },
        });
      } catch (error) {
        throw notVisibleYet(error, recent);
      }
    };
  }

  return {
    ...sender,
    send: sendFor,
    turn: budget.acquire,
    levels: budget.levels,
    pace: budget.pace,
    recent,
    close: () => {
      if (options.ground === undefined) budget.close();
      sender.close();
    },
  };
}

/** "Not found" says nothing about what was made a moment ago.
 *  Source: https://docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html */
function notVisibleYet(error: unknown, recent: Recent): unknown {
  if (!isRefusal(error) || error.code !== 'not-found') return error;
  const named: unknown = error.data['ids'];
  const young = Array.isArray(named) ? named.map(String).filter(recent.has) : [];
  if (young.length === 0) return error;
  return new Transient(`${young.join(', ')} was made a moment ago and EC2 does not show it yet. Try again.`, {
    cause: error,
  });
}
