import type { z } from 'zod';

import { Transient } from '#errors.ts';
import type { Clock, Log } from '#ports/clock.ts';

import { allPages, type Paged } from './all-pages.ts';
import {
  type ClientOptions,
  type Clients,
  type Command,
  defaultTimeouts,
  loadClients,
  type SdkModule,
  type Timeouts,
} from './clients.ts';
import { type Asked, isExpired, translate, translateCredentials, unreadable } from './failures.ts';
import type { Service } from './services.ts';

export type SenderOptions = ClientOptions & {
  timeouts?: Partial<Timeouts>;
  clock: Clock;
  log: Log;
};

/** One call of a service. */
export type ServiceCall<M> = {
  /** As IAM names it, without the service. */
  action: string;
  command: (sdk: M) => { readonly input: object };
  /** AWS takes no token and repeating does it twice: one attempt, and a lost answer is Ambiguous. */
  once?: boolean;
};

/** What happens around every attempt, the SDK's own repeats included. */
export type AttemptHooks = { before?: () => Promise<void>; failed?: (error: unknown) => void };

export type Sender<M> = {
  /** Sends a call and reads its reply. Throws Refusal, Transient or, for `once`, Ambiguous. */
  send: <S extends z.ZodType>(call: ServiceCall<M>, reply: S, hooks?: AttemptHooks) => Promise<z.output<S>>;
  /** Every page of a list. Throws Transient on one that does not end. */
  list: <S extends z.ZodType<Paged>>(
    action: string,
    command: (sdk: M, token: string | undefined) => { readonly input: object },
    reply: S,
  ) => Promise<z.output<S>[]>;
  /** Loads the SDK, Region and credentials, so that the first call does not wait for them. */
  warm: () => Promise<void>;
  region: () => Promise<string>;
  /** Where calls went, when that is not AWS; known after the first call. */
  endpoint: () => string | undefined;
  close: () => void;
};

/** What one service needs: its name, its part of the SDK (loaded on first use), and settings that it alone takes. */
export type SenderOf<M> = { service: Service; load: () => Promise<M>; config?: object };

/** The way to one AWS service: lazily loaded clients, bounded attempts, one place where errors become ours. */
export function createSender<M extends SdkModule>(of: SenderOf<M>, options: SenderOptions): Sender<M> {
  const { clock, log } = options;
  const timeouts = { ...defaultTimeouts, ...options.timeouts };
  const clients = createLoader(() => loadClients(of.load, options, timeouts, of.config));
  let endpoint: string | undefined;

  async function ready(): Promise<Clients<M>> {
    const loaded = await clients.get();
    try {
      await within(clock, timeouts.credentials, loaded.repeatable.config.credentials());
    } catch (error) {
      throw translateCredentials(error);
    }
    return loaded;
  }

  async function send<S extends z.ZodType>(
    call: ServiceCall<M>,
    reply: S,
    hooks: AttemptHooks = {},
  ): Promise<z.output<S>> {
    const loaded = await ready();
    const asked = () => ({ service: of.service, action: call.action, once: call.once === true, endpoint });
    let output: unknown;
    try {
      output = await attempt(call, loaded, hooks).catch(async (error: unknown) => {
        if (!isExpired(error) || !(await renew(call, loaded))) throw error;
        return attempt(call, loaded, hooks);
      });
    } catch (error) {
      log.debug({ action: call.action, ...summaryOf(error) }, `${of.service.prefix} call failed`);
      throw translate(error, asked());
    }
    return parse(reply, output, asked());
  }

  function attempt(call: ServiceCall<M>, loaded: Clients<M>, hooks: AttemptHooks): Promise<unknown> {
    const command = call.command(loaded.sdk) as unknown as Command;
    watchAttempts(command, {
      ...hooks,
      clock,
      withinMs: timeouts.attempt,
      goesTo: (url) => {
        endpoint = isOfAws(url, new URL(loaded.awsUrl)) ? undefined : url.href.replace(/\/$/, '');
      },
    });
    return (call.once === true ? loaded.once : loaded.repeatable).send(command);
  }

  /** The SDK renews keys shortly before their end; that AWS has ended them already it does not notice. False: there are no others. */
  async function renew({ action, once }: ServiceCall<M>, { repeatable }: Clients<M>): Promise<boolean> {
    const { credentials } = repeatable.config;
    const before = (await credentials()).accessKeyId;
    const { accessKeyId } = await within(clock, timeouts.credentials, credentials({ forceRefresh: true }));
    if (accessKeyId === before) return false;
    log.info({ action }, 'the AWS credentials had expired and were renewed');
    if (once === true)
      throw new Transient(`${action} was not done: the AWS credentials had expired and are renewed now. Try again.`);
    return true;
  }

  return {
    send,
    list: (action, command, reply) =>
      allPages(of.service, (token) => send({ action, command: (sdk) => command(sdk, token) }, reply)),
    warm: async () => void (await ready()),
    region: async () => (await clients.get()).region,
    endpoint: () => endpoint,
    close: clients.close,
  };
}

function parse<S extends z.ZodType>(reply: S, output: unknown, asked: Asked): z.output<S> {
  const parsed = reply.safeParse(output);
  if (parsed.success) return parsed.data;
  const problem = parsed.error.issues[0];
  throw unreadable(asked, `${problem?.path.join('.') ?? ''}: ${problem?.message ?? ''}`);
}

/** A bucket may stand before the host of its service. */
function isOfAws(url: URL, aws: URL): boolean {
  return url.host === aws.host || url.host.endsWith(`.${aws.host}`);
}

/** Loads on first use, once; after a failure again. */
function createLoader<M>(load: () => Promise<Clients<M>>): { get: () => Promise<Clients<M>>; close: () => void } {
  let loading: Promise<Clients<M>> | undefined;
  let closed = false;

  async function get(): Promise<Clients<M>> {
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

type Attempts = AttemptHooks & { clock: Clock; withinMs: number; goesTo: (url: URL) => void };
type Middleware = (
  next: (args: object) => Promise<object>,
  context: { endpointV2?: { url: URL } },
) => (args: object) => Promise<object>;

/**
 * Steps in between the SDK's retries and its signing, so it sees every attempt, the SDK's own repeats included: each waits
 * for its turn, each is bounded, each failure is told, and none is signed before its turn.
 */
function watchAttempts(command: Command, of: Attempts): void {
  const middleware: Middleware = (next, context) => async (args) => {
    if (context.endpointV2 !== undefined) of.goesTo(context.endpointV2.url);
    await of.before?.();
    try {
      return await within(of.clock, of.withinMs, next(args));
    } catch (error) {
      of.failed?.(error);
      throw error;
    }
  };
  command.middlewareStack.addRelativeTo(
    middleware as never,
    { name: 'deckhandAttempts', relation: 'after', toMiddleware: 'retryMiddleware' } as never,
  );
}

/** Waits at most so long. What is late is told as the SDK tells its own time-outs, so that it is judged alike. */
export function within<T>(clock: Clock, ms: number, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(ms, () =>
      reject(
        Object.assign(new Error(`no complete answer within ${ms} ms`), { name: 'TimeoutError', code: 'ETIMEDOUT' }),
      ),
    );
    work.finally(cancel).then(resolve, reject);
  });
}

/** What may be logged of an SDK error; its reply and request can hold anything. */
function summaryOf(error: unknown): object {
  if (!(error instanceof Error)) return {};
  const metadata: unknown = Reflect.get(error, '$metadata');
  return { name: error.name, metadata };
}
