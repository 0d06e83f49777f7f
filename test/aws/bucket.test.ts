import fc from 'fast-check';
import { expect, test } from 'vitest';

import { capacityOf, fill, fullBucket, shrink, smallestFactor, take, waitFor } from '#aws/bucket.ts';

const startInstances = { capacity: 5, perSecond: 2 };

test('a full bucket gives its capacity at once and then one token per refill', () => {
  let bucket = fullBucket(startInstances, 0);
  for (let count = 0; count < 5; count++) {
    expect(waitFor(bucket, startInstances, 1)).toBe(0);
    bucket = take(bucket, 1);
  }

  expect(waitFor(bucket, startInstances, 1)).toBe(500);
  expect(waitFor(fill(bucket, startInstances, 500), startInstances, 1)).toBe(0);
});

test('a throttle empties the bucket; a second one soon after halves its rate, once for calls that were in flight together', () => {
  const first = shrink(fullBucket(startInstances, 0), 10_000);
  const together = shrink(first, 10_400);
  const second = shrink(together, 12_000);

  expect(first).toMatchObject({ tokens: 0, factor: 1 });
  expect(together).toMatchObject({ tokens: 0, factor: 1 });
  expect(second).toMatchObject({ tokens: 0, factor: 0.5 });
  expect(shrink(second, 13_500).factor).toBe(0.25);
});

test('a throttle now and then costs what was in the bucket, not its rate', () => {
  let bucket = fullBucket(startInstances, 0);
  for (let minute = 1; minute < 100; minute++) bucket = shrink(bucket, minute * 60_000);

  expect(bucket.factor).toBe(1);
});

test('the rate grows back over five minutes and never above the limit', () => {
  const shrunk = { ...shrink(shrink(fullBucket(startInstances, 0), 0), 2_000), at: 0 };

  expect(shrunk.factor).toBe(0.5);
  expect(fill(shrunk, startInstances, 75_000).factor).toBeCloseTo(0.75);
  expect(fill(shrunk, startInstances, 900_000)).toMatchObject({ factor: 1, tokens: 5 });
});

test('however often AWS throttles, something still trickles', () => {
  let bucket = fullBucket(startInstances, 0);
  for (let second = 2; second < 100; second += 2) bucket = shrink(bucket, second * 1_000);

  expect(bucket.factor).toBe(smallestFactor);
  expect(waitFor(bucket, startInstances, 1)).toBeLessThanOrEqual(5_000);
});

test('a need larger than the bucket waits for a full one and is paid off afterwards', () => {
  const rate = { capacity: 100, perSecond: 10 };
  const bucket = take(fullBucket(rate, 0), 250);

  expect(bucket.tokens).toBe(-150);
  expect(waitFor(bucket, rate, 1)).toBe(15_100);
});

test('time that stands still or jumps back gives nothing', () => {
  const bucket = take(fullBucket(startInstances, 1_000), 5);

  expect(fill(bucket, startInstances, 1_000).tokens).toBe(0);
  expect(fill(bucket, startInstances, 0).tokens).toBe(0);
});

test('in no window are more tokens given than the capacity and the refill of that window, whatever happens', () => {
  const event = fc.record({ after: fc.nat({ max: 3_000 }), kind: fc.constantFrom('take', 'take', 'take', 'throttle') });
  const rates = fc.record({ capacity: fc.integer({ min: 1, max: 60 }), perSecond: fc.integer({ min: 1, max: 20 }) });
  fc.assert(
    fc.property(rates, fc.array(event, { maxLength: 120 }), (rate, events) => {
      let now = 0;
      let bucket = fullBucket(rate, now);
      const given: number[] = [];
      for (const { after, kind } of events) {
        now += after;
        bucket = fill(bucket, rate, now);
        if (kind === 'throttle') bucket = shrink(bucket, now);
        else if (waitFor(bucket, rate, 1) === 0) {
          bucket = take(bucket, 1);
          given.push(now);
        }
        expect(bucket.tokens).toBeLessThanOrEqual(capacityOf(rate, bucket.factor));
      }
      for (const [first, from] of given.entries())
        for (let last = first; last < given.length; last++)
          expect(last - first + 1).toBeLessThanOrEqual(
            rate.capacity + ((given[last]! - from) / 1_000) * rate.perSecond + 1e-6,
          );
    }),
  );
});
