import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  bucketError,
  decode,
  encode,
  type Measure,
  merge,
  nothing,
  quantile,
  bucketOf,
  within,
} from '#sites/measure.ts';

const times = fc.array(fc.double({ min: 1, max: 120_000, noNaN: true }), { minLength: 1, maxLength: 300 });
const ofTimes = (all: readonly number[]): Measure =>
  merge(all.map((ms) => ({ ...nothing, checks: 1, buckets: new Map([[bucketOf(ms), 1]]) })));
const anyMeasure = fc
  .record({
    upMs: fc.nat(31 * 864_000).map((n) => n * 100),
    downMs: fc.nat(864_000).map((n) => n * 100),
    slowMs: fc.nat(864_000).map((n) => n * 100),
    checks: fc.nat(),
    failed: fc.nat(100_000),
    buckets: fc.uniqueArray(fc.tuple(fc.nat(123), fc.integer({ min: 1, max: 100_000 })), { selector: ([b]) => b }),
  })
  .map((of): Measure => ({ ...of, buckets: new Map(of.buckets) }));
const sorted = (of: Measure) => ({ ...of, buckets: [...of.buckets].toSorted(([a], [b]) => a - b) });

describe('a measure', () => {
  it('answers any quantile within the error of a bucket', () => {
    fc.assert(
      fc.property(times, fc.constantFrom(0.5, 0.95, 0.99), (all, part) => {
        const exact = all.toSorted((a, b) => a - b)[Math.max(1, Math.ceil(part * all.length)) - 1] ?? 0;
        const found = quantile(ofTimes(all), part) ?? 0;
        expect(Math.abs(found - exact) / exact).toBeLessThanOrEqual(bucketError + 1e-6);
      }),
    );
  });

  it('merges in any order and grouping to the same', () => {
    fc.assert(
      fc.property(anyMeasure, anyMeasure, anyMeasure, (a, b, c) => {
        expect(sorted(merge([a, merge([b, c])]))).toEqual(sorted(merge([merge([c, a]), b])));
      }),
    );
  });

  it('comes back from the store as it was', () => {
    fc.assert(
      fc.property(anyMeasure, (of) => {
        expect(sorted(decode(encode(of))!)).toEqual(sorted(of));
      }),
    );
  });

  it('is nothing where the text is not one', () => {
    expect([decode(''), decode('zzzz'), decode('AgE')]).toEqual([undefined, undefined, undefined]);
  });

  it('counts the quick answers to within a bucket', () => {
    expect(within(ofTimes([10, 100, 799, 800, 1_000]), 800)).toEqual({ answers: 5, quick: 4 });
  });

  it('knows no quantile and no uptime of nothing', () => {
    expect(quantile(nothing, 0.5)).toBeUndefined();
  });
});
