import type { EC2Client } from '@aws-sdk/client-ec2';
import type { z } from 'zod';

import { isRefusal, Transient } from '#errors.ts';
import type { Clock, Log } from '#ports/clock.ts';

import { type Budget, type BudgetLevel, createBudget, type Lane } from './budget.ts';
import { type ClientOptions, type Clients, defaultTimeouts, loadClients, type Sdk, type Timeouts } from './clients.ts';
import { type Asked, isThrottle, translate, translateCredentials, unreadable } from './failures.ts';
import type { Action } from './limits.ts';
import { createRecent, type Recent } from './recent.ts';

export type CallerOptions = ClientOptions & {
  /** Part (0–1) of AWS's API limits that Deckhand takes at most. Default 0.7. */
  budgetShare?: number | undefined;
  timeouts?: Partial<Timeouts>;
  clock: Clock;
  log: Log;
};

/** One EC2 call. */
export type Call = {
  action: Action;
  command: (sdk: Sdk) => { readonly input: object };
  /** EC2 takes no token and repeating does it twice: one attempt, and a lost answer is Ambiguous. */
  once?: boolean;
  /** A describe call that AWS counts against the small bucket. */
  plain?: boolean;
  /** How many instances it names, for the buckets that count them. */
  instances?: number;
};

/** Sends a call and reads its reply. Throws Refusal, Transient or, for `once`, Ambiguous. */
export type Send = <S extends z.ZodType>(call: Call, reply: S) => Promise<z.output<S>>;

export type Caller = {
  send: (lane: Lane) => Send;
  /** Loads the SDK, Region and credentials, so that the first call does not wait for them. */
  warm: () => Promise<void>;
  region: () => Promise<string>;
  /** Where calls went, when that is not AWS; known after the first call. */
  endpoint: () => string | undefined;
  levels: () => readonly BudgetLevel[];
  recent: Recent;
  close: () => void;
};

/** The way to EC2: lazily loaded clients, one budget, one place where errors become ours. */
export function createCaller(options: CallerOptions): Caller {
  const { clock, log } = options;
  const timeouts = { ...defaultTimeouts, ...options.timeouts };
  const budget = createBudget({ clock, log, share: options.budgetShare ?? 0.7 });
  const recent = createRecent(clock);
  const clients = createLoader(() => loadClients(options, timeouts));
  let endpoint: string | undefined;

  async function ready(): Promise<Clients> {
    const loaded = await clients.get();
    try {
      await within(clock, timeouts.credentials, loaded.repeatable.config.credentials());
    } catch (error) {
      throw translateCredentials(error);
    }
    return loaded;
  }

  async function send<S extends z.ZodType>(lane: Lane, call: Call, reply: S): Promise<z.output<S>> {
    const { sdk, repeatable, once, awsUrl } = await ready();
    // The SDK's type for "any command" takes none of its own commands.
    const command = call.command(sdk) as unknown as Parameters<EC2Client['send']>[0];
    watchAttempts(command, {
      clock,
      budget,
      call,
      lane,
      withinMs: timeouts.attempt,
      goesTo: (url) => {
        endpoint = url === awsUrl ? undefined : url.replace(/\/$/, '');
      },
    });
    const asked = () => ({ action: call.action, once: call.once === true, endpoint });
    let output: unknown;
    try {
      output = await (call.once === true ? once : repeatable).send(command);
    } catch (error) {
      log.debug({ action: call.action, ...summaryOf(error) }, 'ec2 call failed');
      throw notVisibleYet(translate(error, asked()), recent);
    }
    return parse(reply, output, asked());
  }

  return {
    send: (lane) => (call, reply) => send(lane, call, reply),
    warm: async () => void (await ready()),
    region: async () => (await clients.get()).region,
    endpoint: () => endpoint,
    levels: budget.levels,
    recent,
    close: () => {
      budget.close();
      clients.close();
    },
  };
}

function parse<S extends z.ZodType>(reply: S, output: unknown, asked: Asked): z.output<S> {
  const parsed = reply.safeParse(output);
  if (parsed.success) return parsed.data;
  const problem = parsed.error.issues[0];
  throw unreadable(asked, `${problem?.path.join('.') ?? ''}: ${problem?.message ?? ''}`);
}

/** Loads on first use, once; after a failure again. */
function createLoader(load: () => Promise<Clients>): { get: () => Promise<Clients>; close: () => void } {
  let loading: Promise<Clients> | undefined;
  let closed = false;

  async function get(): Promise<Clients> {
    if (closed) throw new Transient('Deckhand is stopping; nothing was sent to AWS. Try again after the restart.');
    const mine = (loading ??= load());
    try {
      return await mine;
    } catch (error) {
      if (loading === mine) loading = undefined;
      throw error;
    }
  }

  async function destroy(): Promise<void> {
    const clients = await loading?.catch(() => undefined);
    clients?.repeatable.destroy();
    clients?.once.destroy();
  }

  return {
    get,
    close: () => {
      closed = true;
      void destroy();
    },
  };
}

type Attempts = {
  clock: Clock;
  budget: Budget;
  call: Call;
  lane: Lane;
  withinMs: number;
  goesTo: (url: string) => void;
};
type Middleware = (
  next: (args: object) => Promise<object>,
  context: { endpointV2?: { url: URL } },
) => (args: object) => Promise<object>;

/**
 * Steps in between the SDK's retries and its signing, so it sees every attempt, the SDK's own repeats included: each pays
 * from the budget, each is bounded, each throttle counts, and none is signed before its turn.
 */
function watchAttempts(command: Parameters<EC2Client['send']>[0], of: Attempts): void {
  const { action, plain = false, instances = 0 } = of.call;
  const cost = { action, lane: of.lane, plain, instances };
  const middleware: Middleware = (next, context) => async (args) => {
    if (context.endpointV2 !== undefined) of.goesTo(context.endpointV2.url.href);
    await of.budget.acquire(cost);
    try {
      return await within(of.clock, of.withinMs, next(args));
    } catch (error) {
      if (isThrottle(error)) of.budget.throttled(cost);
      throw error;
    }
  };
  command.middlewareStack.addRelativeTo(
    middleware as unknown as Parameters<typeof command.middlewareStack.addRelativeTo>[0],
    { name: 'deckhandBudget', relation: 'after', toMiddleware: 'retryMiddleware' },
  );
}

/** Waits at most so long. What is late is told as the SDK tells its own time-outs, so that it is judged alike. */
function within<T>(clock: Clock, ms: number, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(ms, () =>
      reject(
        Object.assign(new Error(`no complete answer within ${ms} ms`), { name: 'TimeoutError', code: 'ETIMEDOUT' }),
      ),
    );
    work.finally(cancel).then(resolve, reject);
  });
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

/** What may be logged of an SDK error; its reply and request can hold anything. */
function summaryOf(error: unknown): object {
  if (!(error instanceof Error)) return {};
  const metadata: unknown = Reflect.get(error, '$metadata');
  return { name: error.name, metadata };
}
