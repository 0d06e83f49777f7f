import { expect, test } from 'vitest';

import { budget } from '#operations/status/messages.ts';

const lines = (short: Parameters<typeof budget>[0]) => JSON.stringify(budget(short));

test('while nothing waits and nothing was throttled, the budget is not mentioned', () => {
  expect(budget([])).toEqual([]);
});

test('calls that wait are the speed AWS allows, and the limit can be raised', () => {
  const text = lines([{ action: 'StartInstances', waiting: 12, throttled: 0, share: 0.7 }]);

  expect(text).toContain('12 calls waiting');
  expect(text).toContain('aws.buckets');
  expect(text).not.toContain('throttled');
});

test('throttled calls tell how often, when, and what share is left', () => {
  const text = lines([{ action: 'CreateVolume', waiting: 0, throttled: 3, throttledAgoMs: 120_000, share: 0.35 }]);

  expect(text).toContain('throttled 3 times, last 2 min ago, now at 35 % of the limit');
  expect(text).toContain('aws.budgetShare');
});
