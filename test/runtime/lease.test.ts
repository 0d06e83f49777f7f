import { describe, expect, it } from 'vitest';

import { isTransient } from '#errors.ts';
import type { Fence, History } from '#ports/history.ts';
import { alone, createLease } from '#runtime/lease.ts';
import { createFakeClock, type FakeClock } from '#test/support/fake-clock.ts';
import { silentLog } from '#test/support/store.ts';

/** Leases by a fake clock; `cut` lets no call through, `hang` lets calls wait for ever. */
function createFakeLeases(clock: FakeClock) {
  const rows = new Map<string, { token: number; until: number }>();
  const line = (): { leases: History['leases']; state: { cut: boolean; hang: boolean } } => {
    const state = { cut: false, hang: false };
    const through = async () => {
      if (state.hang) await new Promise(() => {});
      if (state.cut) throw new Error('the store is away');
    };
    const leases: History['leases'] = {
      take: async (name, _holder, ttlMs) => {
        await through();
        const known = rows.get(name);
        if (known !== undefined && known.until > clock.now()) return undefined;
        const token = (known?.token ?? 0) + 1;
        rows.set(name, { token, until: clock.now() + ttlMs });
        return { lease: name, token };
      },
      renew: async ({ lease, token }, ttlMs) => {
        await through();
        if (rows.get(lease)?.token !== token) return false;
        rows.set(lease, { token, until: clock.now() + ttlMs });
        return true;
      },
      release: async ({ lease, token }) => {
        await through();
        if (rows.get(lease)?.token === token) rows.set(lease, { token, until: clock.now() });
      },
    };
    return { leases, state };
  };
  return { line };
}

/** Two replicas that want the same work; `log` holds what each did, in order. */
function replicas() {
  const clock = createFakeClock();
  const { line } = createFakeLeases(clock);
  const log: string[] = [];
  const active = new Set<string>();
  let together = 0;
  const replica = (holder: string) => {
    const { leases, state } = line();
    const held = createLease({ history: { leases }, clock, log: silentLog, holder }, 'work', {
      begin: async ({ token }: Fence) => {
        log.push(`${holder} begins with ${token}`);
        active.add(holder);
        together = Math.max(together, active.size);
      },
      end: async () => {
        log.push(`${holder} ends`);
        active.delete(holder);
      },
    });
    return { ...held, state };
  };
  return { clock, replica, log, together: () => together };
}

describe('a work of one replica at a time', () => {
  it('is done by the first, and by the other at once when the first stops', async () => {
    const { clock, replica, log } = replicas();
    const [a, b] = [replica('a'), replica('b')];
    await a.start();
    await b.start();
    await clock.advance(60_000);
    expect(log).toEqual(['a begins with 1']);

    await a.stop();
    await clock.advance(3_000);

    expect(log).toEqual(['a begins with 1', 'a ends', 'b begins with 2']);
    await b.stop();
  });

  it.each(['cut', 'hang'] as const)(
    'is given up by a holder whose store is %s, before another takes over within 15 s; never are there two',
    async (how) => {
      const { clock, replica, log, together } = replicas();
      const [a, b] = [replica('a'), replica('b')];
      await a.start();
      await b.start();
      await clock.advance(20_000);
      a.state[how] = true;

      await clock.advance(15_000);

      expect(log).toEqual(['a begins with 1', 'a ends', 'b begins with 2']);
      expect(together()).toBe(1);
      a.state[how] = false;
      await clock.advance(60_000);
      expect(log).toHaveLength(3);
      await b.stop();
    },
  );

  it('is tried again when it could not begin', async () => {
    const clock = createFakeClock();
    const { leases } = createFakeLeases(clock).line();
    let tries = 0;
    const held = createLease({ history: { leases }, clock, log: silentLog, holder: 'a' }, 'work', {
      begin: async () => {
        if (++tries < 3) throw new Error('the store is away');
      },
      end: async () => {},
    });

    await held.start();
    await clock.advance(10_000);

    expect(tries).toBe(3);
    await held.stop();
  });
});

describe('an act that only one does at a time', () => {
  it('is refused to a second one for as long as it takes, and free afterwards, also when it failed', async () => {
    const clock = createFakeClock();
    const { leases } = createFakeLeases(clock).line();
    const world = { history: { leases }, clock, log: silentLog };
    let finish = () => {};
    const first = alone(world, 'post:x', () => new Promise<string>((resolve) => void (finish = () => resolve('done'))));
    await clock.advance(120_000);

    await expect(alone(world, 'post:x', async () => 'second')).rejects.toSatisfy(isTransient);
    finish();
    expect(await first).toBe('done');
    await expect(alone(world, 'post:x', () => Promise.reject(new Error('failed')))).rejects.toThrow('failed');
    expect(await alone(world, 'post:x', async () => 'third')).toBe('third');
    expect(clock.pending()).toBe(0);
  });
});
