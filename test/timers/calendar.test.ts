import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { isRefusal } from '#errors.ts';
import { createCalendar } from '#timers/calendar.ts';

const calendar = createCalendar();
const iso = (instants: readonly number[]) => instants.map((at) => new Date(at).toISOString().slice(0, 16));
const nextOf = (cron: string, timezone: string, after: string, count: number) =>
  iso(calendar.next({ cron, timezone }, count, Date.parse(`${after}Z`)));

describe('the slots of a cron line', () => {
  it.each([
    ['0 9 * * 1-5', 'UTC', '2026-01-05T09:00', ['2026-01-06T09:00', '2026-01-07T09:00', '2026-01-08T09:00']],
    ['*/20 * * * *', 'UTC', '2026-01-05T09:41', ['2026-01-05T10:00', '2026-01-05T10:20', '2026-01-05T10:40']],
    ['0 12 31 * *', 'UTC', '2026-01-31T12:00', ['2026-03-31T12:00', '2026-05-31T12:00', '2026-07-31T12:00']],
    ['0 0 29 2 *', 'UTC', '2026-01-01T00:00', ['2028-02-29T00:00', '2032-02-29T00:00']],
    ['0 2 * * *', 'Asia/Kolkata', '2026-01-05T00:00', ['2026-01-05T20:30', '2026-01-06T20:30', '2026-01-07T20:30']],
    // The clock of Berlin goes from 02:00 to 03:00 on 2026-03-29: 02:30 comes at 03:30 summer time, once.
    ['30 2 * * *', 'Europe/Berlin', '2026-03-28T00:00', ['2026-03-28T01:30', '2026-03-29T01:30', '2026-03-30T00:30']],
    ['0 9 * * *', 'Europe/Berlin', '2026-03-28T12:00', ['2026-03-29T07:00', '2026-03-30T07:00', '2026-03-31T07:00']],
    ['0 2 * * *', 'America/New_York', '2026-03-07T12:00', ['2026-03-08T07:00', '2026-03-09T06:00', '2026-03-10T06:00']],
    // It goes back from 03:00 to 02:00 on 2026-10-25: 02:30 comes the first time only.
    ['30 2 * * *', 'Europe/Berlin', '2026-10-24T12:00', ['2026-10-25T00:30', '2026-10-26T01:30', '2026-10-27T01:30']],
    [
      '30 1 * * *',
      'America/New_York',
      '2026-10-31T12:00',
      ['2026-11-01T05:30', '2026-11-02T06:30', '2026-11-03T06:30'],
    ],
    // Two times of day that the clock puts on one instant are one slot.
    ['30 2,3 * * *', 'Europe/Berlin', '2026-03-29T00:00', ['2026-03-29T01:30', '2026-03-30T00:30', '2026-03-30T01:30']],
  ])('%s in %s after %s', (cron, timezone, after, expected) => {
    expect(nextOf(cron, timezone, after, expected.length)).toEqual(expected);
  });

  it('with seconds', () => {
    const after = Date.UTC(2026, 0, 5, 9);

    expect(calendar.next({ cron: '*/5 * * * * *', timezone: 'UTC' }, 2, after)).toEqual([
      after + 5_000,
      after + 10_000,
    ]);
  });

  it.each([
    ['30 2 * * *', 'Europe/Berlin', '2026-03-29T12:00', '2026-03-29T01:30'],
    ['30 2 * * *', 'Europe/Berlin', '2026-03-29T01:29', '2026-03-28T01:30'],
    ['30 2 * * *', 'Europe/Berlin', '2026-10-25T01:45', '2026-10-25T00:30'],
    ['0 0 1 * *', 'UTC', '2026-01-01T00:00', '2026-01-01T00:00'],
  ])('the newest of %s in %s at %s', (cron, timezone, at, expected) => {
    expect(iso([calendar.last({ cron, timezone }, Date.parse(`${at}Z`))!])).toEqual([expected]);
  });

  it('names those that a change of the clock skips or repeats', () => {
    const from = Date.UTC(2026, 0, 1);
    const changes = (cron: string, timezone: string) =>
      calendar.clockChanges({ cron, timezone }, from).map(({ at, kind }) => `${kind} ${iso([at])[0]}`);

    expect(changes('30 2 * * *', 'Europe/Berlin')).toEqual(['skipped 2026-03-29T01:30', 'repeated 2026-10-25T00:30']);
    expect(changes('30 1 * * *', 'America/New_York')).toEqual(['repeated 2026-11-01T05:30']);
    expect(changes('30 4 * * *', 'Europe/Berlin')).toEqual([]);
    expect(changes('30 2 * * *', 'UTC')).toEqual([]);
  });

  it('refuse a line or a zone that cannot be read', () => {
    const refused = (act: () => unknown) => {
      try {
        return act();
      } catch (error) {
        return isRefusal(error) && error.code;
      }
    };

    expect(refused(() => calendar.next({ cron: 'soon', timezone: 'UTC' }, 1, 0))).toBe('bad-input');
    expect(refused(() => calendar.last({ cron: '* * * * *', timezone: 'Mars/Base' }, 0))).toBe('bad-input');
  });

  it('are each both the next one and the last one, whatever the clock does', () => {
    const zones = ['UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kolkata'];
    const line = fc.record({
      cron: fc.constantFrom('30 2 * * *', '*/15 * * * *', '15 1,2,3 * * *', '0 0 1 * *', '45 23 * * 0'),
      timezone: fc.constantFrom(...zones),
    });
    const instant = fc.integer({ min: Date.UTC(2026, 0, 1), max: Date.UTC(2026, 11, 31) });
    fc.assert(
      fc.property(line, instant, (of, after) => {
        const [first, second] = calendar.next(of, 2, after);
        expect(first!).toBeGreaterThan(after);
        expect(second!).toBeGreaterThan(first!);
        expect(calendar.last(of, first!)).toBe(first);
        expect(calendar.last(of, second! - 1)).toBe(first);
        expect(calendar.last(of, after) ?? 0).toBeLessThanOrEqual(after);
      }),
      { numRuns: 60 },
    );
  });
});
