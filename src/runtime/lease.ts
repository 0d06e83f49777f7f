import { Transient } from '#errors.ts';
import type { Cancel, Clock, Log } from '#ports/clock.ts';
import type { Fence, History } from '#ports/history.ts';

/** A lease lives this long without renewal, is renewed and asked for this often: another takes over within 13 s. */
const ttlMs = 10_000;
const everyMs = 3_000;
/** A holder that could not renew gives up this long before the others may take over. */
const marginMs = 2_000;

/** Time for one act under a lease before it must be renewed. */
const actMs = 30_000;

type Needs = { history: Pick<History, 'leases'>; clock: Clock; log: Log };

/**
 * Does `act` while nobody else in any replica does the act of this name. Throws Transient when somebody does. After a crash
 * in the middle the name is free again within 30 s, with the embedded store at once.
 */
export async function alone<T>({ history, clock, log }: Needs, name: string, act: () => Promise<T>): Promise<T> {
  const fence = await history.leases.take(name, 'act', actMs);
  if (fence === undefined) throw new Transient(`"${name}" is being done already.`);
  let cancel: Cancel = () => {};
  const quietly = (what: Promise<unknown>) =>
    what.catch((error: unknown) => log.debug({ lease: name, err: error }, 'a lease could not be kept or given back'));
  const renew = () => {
    cancel = clock.after(actMs / 3, () => void quietly(history.leases.renew(fence, actMs)).finally(renew));
  };
  renew();
  try {
    return await act();
  } finally {
    cancel();
    await quietly(history.leases.release(fence));
  }
}

/** A work of which one replica does its part at a time. */
export type Held = {
  /** Waits at most for the first attempt; the work may be another replica's. Never rejects. */
  start: () => Promise<void>;
  /** Ends the work here and lets another one take over at once. */
  stop: () => Promise<void>;
};

/**
 * Does `work` in one replica: begins it here when nobody else does it, ends it here when that is no longer sure. What it
 * writes under its fence is refused once another one has begun. `work` begins and ends by turns and may be begun again.
 */
export function createLease(
  world: { history: Pick<History, 'leases'>; clock: Clock; log: Log; holder: string },
  name: string,
  work: { begin: (fence: Fence) => Promise<void>; end: () => Promise<void> },
): Held {
  const { clock, log } = world;
  const { leases } = world.history;
  let fence: Fence | undefined;
  let sureUntil = -Infinity;
  let stopped = false;
  let cancel: Cancel = () => {};
  let last: Promise<void> = Promise.resolve();

  async function round(): Promise<void> {
    const askedAt = clock.monotonic();
    try {
      if (fence === undefined) await take(askedAt);
      else if (await inTime(leases.renew(fence, ttlMs))) sureUntil = askedAt + ttlMs - marginMs;
      else await lose('another replica has taken over');
    } catch (error) {
      log.warn({ lease: name, err: error }, 'a lease could not be kept or taken; trying again');
    }
    if (fence !== undefined && clock.monotonic() >= sureUntil) await lose('the store does not answer');
  }

  /** The answer, or a fault once it comes too late to be of use. */
  async function inTime(answer: Promise<boolean>): Promise<boolean> {
    let stop: Cancel = () => {};
    const late = new Promise<never>((_resolve, reject) => {
      const refuse = () => reject(new Transient('The store does not answer in time.'));
      stop = clock.after(Math.max(0, sureUntil - clock.monotonic()), refuse);
    });
    try {
      return await Promise.race([answer, late]);
    } finally {
      stop();
    }
  }

  async function take(askedAt: number): Promise<void> {
    const taken = await leases.take(name, world.holder, ttlMs);
    if (taken === undefined) return;
    fence = taken;
    sureUntil = askedAt + ttlMs - marginMs;
    log.info({ lease: name, token: taken.token }, 'this replica does it from here');
    try {
      await work.begin(taken);
    } catch (error) {
      await lose('it could not begin');
      await leases.release(taken);
      throw error;
    }
  }

  async function lose(why: string): Promise<void> {
    log.warn({ lease: name, why }, 'this replica no longer does it');
    fence = undefined;
    await work.end();
  }

  function again(): void {
    if (stopped) return;
    cancel = clock.after(everyMs, () => {
      last = round().finally(again);
    });
  }

  async function start(): Promise<void> {
    last = round();
    await last;
    again();
  }

  async function stop(): Promise<void> {
    stopped = true;
    cancel();
    await last;
    const held = fence;
    fence = undefined;
    if (held === undefined) return;
    await work.end();
    await leases
      .release(held)
      .catch((error: unknown) => log.warn({ lease: name, err: error }, 'a lease could not be given back; it expires'));
  }

  return { start, stop };
}
