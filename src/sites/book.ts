import { z } from 'zod';

import type { Cancel, Clock, Log } from '#ports/clock.ts';
import type { Fence, History } from '#ports/history.ts';
import { silences } from '#ports/vantage.ts';
import { failureClasses } from '#ports/web.ts';

import { type Told, topics } from './incident.ts';
import { relations } from './kin.ts';
import type { SiteState } from './state.ts';

/** What is kept of a site over restarts. `target`: what was checked, by which it is known again under another name. */
export type Kept = { state: SiteState; told: Told; target?: string | undefined };
export type Book = {
  /** Everything that is kept, by site name. What cannot be read is left out: that site starts anew. */
  load: () => Promise<ReadonlyMap<string, Kept>>;
  /** Written with the next batch. */
  soon: (name: string, kept: () => Kept) => void;
  /** Written before it resolves. Throws when the store is away. */
  now: (name: string, kept: Kept) => Promise<void>;
  forget: (names: readonly string[]) => Promise<void>;
  /** Writes what still waits and stops. */
  close: () => Promise<void>;
};

const prefix = 'site:';
/** One transaction a second at most, however many sites changed. */
const batchMs = 1_000;

/** `fence`: nothing is written once another process has taken over. */
export function createBook(
  world: {
    history: Pick<History, 'watch'>;
    clock: Clock;
    log: Log;
    targetOf: (name: string) => string | undefined;
  },
  fence?: Fence,
): Book {
  const { watch } = world.history;
  const waiting = new Map<string, () => Kept>();
  let timer: Cancel | undefined;
  let closed = false;
  let writing = Promise.resolve();

  function soon(name: string, kept: () => Kept): void {
    waiting.set(name, kept);
    if (closed) return;
    timer ??= world.clock.after(batchMs, () => {
      timer = undefined;
      void flush();
    });
  }

  function flush(): Promise<void> {
    writing = writeAfter(writing);
    return writing;
  }

  async function writeAfter(before: Promise<void>): Promise<void> {
    await before;
    const batch = [...waiting];
    waiting.clear();
    if (batch.length === 0) return;
    try {
      await watch.save(new Map(batch.map(([name, kept]) => entryOf(name, kept()))), fence);
    } catch (error) {
      world.log.warn({ err: error, sites: batch.length }, 'site states could not be stored; trying again');
      for (const [name, kept] of batch) if (!waiting.has(name)) soon(name, kept);
    }
  }

  async function now(name: string, kept: Kept): Promise<void> {
    waiting.delete(name);
    await watch.save(new Map([entryOf(name, kept)]), fence);
  }

  function entryOf(name: string, kept: Kept): [key: string, kept: Kept] {
    return [`${prefix}${name}`, { ...kept, target: world.targetOf(name) }];
  }

  async function forget(names: readonly string[]): Promise<void> {
    for (const name of names) waiting.delete(name);
    await watch.forget(
      names.map((name) => `${prefix}${name}`),
      fence,
    );
  }

  async function close(): Promise<void> {
    closed = true;
    timer?.();
    await flush();
  }

  return { load: () => loadKept(world), soon, now, forget, close };
}

/** `from`: only sites whose name begins so. */
export async function loadKept(
  world: { history: Pick<History, 'watch'>; log: Log },
  from = '',
): Promise<ReadonlyMap<string, Kept>> {
  const kept = new Map<string, Kept>();
  for (const [key, value] of await world.history.watch.load(`${prefix}${from}`)) {
    const read = Kept.safeParse(value);
    if (read.success) kept.set(key.slice(prefix.length), read.data);
    else world.log.warn({ key, issues: read.error.issues }, 'a stored site state cannot be read; the site starts anew');
  }
  return kept;
}

const at = z.number().optional();
const phase = z.number();
const Evidence = z.object({
  class: z.enum(failureClasses),
  detail: z.string(),
  status: z.number().optional(),
  phases: z.object({
    dnsMs: phase,
    connectMs: phase,
    tlsMs: phase,
    firstByteMs: phase,
    downloadMs: phase,
    totalMs: phase,
  }),
  at: z.number(),
});
const names = z.array(z.string());
const Sight = z.object({
  down: names,
  up: names,
  silent: z.array(z.object({ from: z.string(), why: z.enum(silences) })),
  outvoted: z.boolean(),
});
const State = z.object({
  phase: z.enum(['new', 'up', 'suspect', 'down', 'recovering']),
  upSince: at,
  failures: z.number(),
  goods: z.number(),
  failingSince: at,
  firstFailureAt: at,
  confirmedAt: at,
  firstGoodAt: at,
  cause: Evidence.optional(),
  quiet: z.boolean(),
  track: z.string(),
  clean: z.number(),
  intermittentSince: at,
  times: z.array(z.number()),
  slowSince: at,
  certificate: z.object({ validTo: z.number(), fingerprint: z.string(), missed: z.number() }).optional(),
  checkedAt: at,
  lastMs: at,
  addresses: z.string().optional(),
  canonical: z.string().optional(),
  lastOutage: z.object({ startedAt: z.number(), endedAt: z.number(), cause: Evidence }).optional(),
  sight: Sight.optional(),
  setup: z.object({ since: z.number(), cause: Evidence }).optional(),
  alone: z.object({ since: z.number(), until: at, sight: Sight }).optional(),
});
const ToldOf = z.object({
  mark: z.string(),
  sent: z.boolean(),
  at: z.number(),
  over: z.boolean(),
  follows: z.string().optional(),
  by: z.enum(relations).optional(),
});
const Kept = z.object({ target: z.string().optional(), state: State, told: z.partialRecord(z.enum(topics), ToldOf) });
