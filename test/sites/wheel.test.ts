import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { createLanes } from '#sites/lanes.ts';
import { createWheel, nextTurn, slotMs } from '#sites/wheel.ts';

describe('the timing wheel', () => {
  it('gives everything once, in its slot, never early and at most one slot late', () => {
    const dues = fc.array(fc.nat(200_000), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(dues, (list) => {
        const wheel = createWheel(0);
        for (const [n, due] of list.entries()) wheel.set(String(n), due);
        const seen = new Map<string, number>();
        for (let at = wheel.next(); at !== undefined; at = wheel.next()) {
          for (const id of wheel.take(at)) {
            expect(seen.has(id)).toBe(false);
            seen.set(id, at);
          }
        }
        expect(seen.size).toBe(list.length);
        for (const [n, due] of list.entries()) {
          const late = (seen.get(String(n)) ?? Infinity) - due;
          expect(late).toBeGreaterThanOrEqual(0);
          expect(late).toBeLessThanOrEqual(slotMs);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('gives after a standstill everything that is due, once, the earliest first', () => {
    const wheel = createWheel(0);
    wheel.set('late', 170_000);
    wheel.set('early', 1_000);
    wheel.set('future', 500_000);

    expect(wheel.take(400_000)).toEqual(['early', 'late']);
    expect(wheel.take(400_050)).toEqual([]);
    expect(wheel.take(500_000)).toEqual(['future']);
  });

  it('says at once that something is overdue, and does not let it wait for another round', () => {
    const wheel = createWheel(0);
    wheel.set('overdue', 1_000);
    wheel.set('later', 9_000);

    expect(wheel.next()).toBe(1_000);
    expect(wheel.take(5_000)).toEqual(['overdue']);
    expect(wheel.next()).toBe(9_000);
  });

  it('moves what is set again and forgets what is removed', () => {
    const wheel = createWheel(0);
    wheel.set('a', 1_000);
    wheel.set('a', 3_000);
    wheel.set('b', 1_000);
    wheel.remove('b');

    expect(wheel.take(2_000)).toEqual([]);
    expect(wheel.take(3_000)).toEqual(['a']);
    expect(wheel.next()).toBeUndefined();
  });

  it('takes what should have happened already with the next slot', () => {
    const wheel = createWheel(0);
    wheel.take(10_000);
    wheel.set('a', 500);

    expect(wheel.next()).toBe(10_050);
    expect(wheel.take(10_050)).toEqual(['a']);
  });
});

describe('turns', () => {
  it('lie on a grid that belongs to the name, after now, and spread evenly', () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.integer({ min: 1_000, max: 86_400_000 }),
        fc.nat(2_000_000_000),
        (name, interval, now) => {
          const next = nextTurn(name, interval, now);
          expect(next).toBeGreaterThan(now);
          expect(next - now).toBeLessThanOrEqual(interval);
          expect(nextTurn(name, interval, next)).toBe(next + interval);
        },
      ),
    );
    const minutes = Array.from({ length: 6_000 }, (_, n) => Math.floor(nextTurn(`site-${n}`, 60_000, 0) / 1_000) % 60);
    const perSecond = Array.from({ length: 60 }, (_, second) => minutes.filter((one) => one === second).length);
    expect(Math.max(...perSecond)).toBeLessThan(150);
    expect(Math.min(...perSecond)).toBeGreaterThan(60);
  });
});

describe('lanes', () => {
  it('let urgent jobs go first and one host never hold up another', async () => {
    const lanes = createLanes(() => ({ total: 2, perHost: 1 }));
    const order: string[] = [];
    const ends: (() => void)[] = [];
    const job = (name: string, host: string, urgent = false) =>
      lanes.add({ host, urgent, act: () => (order.push(name), new Promise((resolve) => void ends.push(resolve))) });
    job('a1', 'a');
    job('a2', 'a');
    job('b1', 'b');
    job('c1', 'c');
    job('d1', 'd', true);
    expect(order).toEqual(['a1', 'b1']);

    for (let n = 0; n < 5; n++) {
      ends[n]?.();
      await new Promise(setImmediate);
    }

    expect(order).toEqual(['a1', 'b1', 'd1', 'a2', 'c1']);
    expect(lanes.counts()).toEqual({ running: 0, waiting: 0 });
  });
});
