import { describe, expect, it } from 'vitest';

import { createRings, ringSize } from '#sites/ring.ts';

const origin = 1_800_000_000_000;

describe('the newest checks of a site', () => {
  it('are remembered with their duration and outcome, those of no duration and the longest too', () => {
    const rings = createRings(origin);
    const checks = [0, 1, 23.4, 1_500, 120_000].flatMap((ms, nr) =>
      [true, false].map((good) => ({ at: origin + nr * 60_000 + (good ? 0 : 30_000), ms, good })),
    );
    for (const check of checks) rings.add('shop', check);
    const seen = rings.list('shop');
    expect(seen.map(({ at, good }) => ({ at, good }))).toEqual(checks.map(({ at, good }) => ({ at, good })));
    for (const [nr, { ms }] of seen.entries())
      expect(Math.abs(ms - checks[nr]!.ms)).toBeLessThanOrEqual(checks[nr]!.ms / 2_000);
  });

  it('push out the oldest, and are forgotten with the site', () => {
    const rings = createRings(origin);
    for (let nr = 0; nr < ringSize + 3; nr++) rings.add('shop', { at: origin + nr * 1_000, ms: 1, good: true });
    expect(rings.list('shop').map(({ at }) => (at - origin) / 1_000)).toEqual(
      Array.from({ length: ringSize }, (_, nr) => nr + 3),
    );
    rings.forget('shop');
    expect(rings.list('shop')).toEqual([]);
  });
});
