import { describe, expect, it } from 'vitest';

import { dueNow, type Remembered } from '#fleet/due.ts';
import { createCalendar } from '#timers/calendar.ts';

const hour = 3_600_000;
const line = { cron: '0 2 * * *', timezone: 'UTC' };
const two = Date.UTC(2026, 0, 5, 2);
const calendar = createCalendar();
const known: Remembered = {
  ...line,
  first: two - 500 * hour,
  since: two - 100 * hour,
  slot: two - 24 * hour,
  run: 'r-1',
};
const due = (change: Partial<Remembered> | undefined, now: number, catchUpMs?: number) =>
  dueNow(change === undefined ? undefined : { ...known, ...change }, { line, catchUpMs, now, calendar });

describe('what a cron line has due', () => {
  it.each<[string, Partial<Remembered> | undefined, number, number | undefined, unknown]>([
    ['its slot', {}, two + 20_000, undefined, { slot: two, why: 'due' }],
    ['nothing before its slot', {}, two - 1, undefined, undefined],
    ['nothing twice', { slot: two }, two + 5 * hour, undefined, undefined],
    ['a slot that was missed while nobody looked', {}, two + 9 * hour, undefined, { slot: two, why: 'made up for' }],
    [
      'only the newest of many missed ones',
      { slot: two - 96 * hour },
      two + 9 * hour,
      undefined,
      { slot: two, why: 'made up for' },
    ],
    ['a missed one that is young enough', {}, two + 3 * hour, 4 * hour, { slot: two, why: 'made up for' }],
    ['none that is too old', {}, two + 5 * hour, 4 * hour, { slot: two, why: 'too old' }],
    ['its slot on time, however small the catch-up', {}, two + 60_000, 1_000, { slot: two, why: 'due' }],
    ['nothing from before it was there', { slot: undefined, since: two + hour }, two + 2 * hour, undefined, undefined],
    ['nothing when it is seen for the first time', undefined, two + 20_000, undefined, undefined],
  ])('is %s', (_what, change, now, catchUpMs, expected) => {
    expect(due(change, now, catchUpMs).due).toEqual(expected);
  });

  it('begins anew with a changed line, which has missed nothing, and keeps what it knows of its last run', () => {
    const { memory, due: now } = due({ cron: '0 1 * * *' }, two + 9 * hour);

    expect(now).toBeUndefined();
    expect(memory).toEqual({ ...known, ...line, since: two + 9 * hour });
  });
});
