import { describe, expect, it } from 'vitest';

import { bucketOf, encode, type Measure, nothing } from '#sites/measure.ts';
import { readPast } from '#sites/past.ts';
import { createPromises } from '#sites/promises.ts';
import { dayMs, hourMs, minuteMs } from '#sites/rollup.ts';
import { budgetLeft, burning } from '#sites/slo.ts';
import { createKeptLog } from '#test/config/support.ts';
import { createFakeClock } from '#test/support/fake-clock.ts';
import { createFakeIncidents } from '#test/support/fake-incidents.ts';
import { createFakeMeasures } from '#test/support/fake-measures.ts';
import { createFakeSettings } from '#test/support/fake-settings.ts';

import { aSite } from './support.ts';

const slo = { target: 99.9, windowMs: 30 * dayMs, latency: { underMs: 800, share: 95 } };
const now = 100 * dayMs;
const ofMinute = (part: { down?: number; ms?: number } = {}): Measure => ({
  ...nothing,
  upMs: 60_000 * (1 - (part.down ?? 0)),
  downMs: 60_000 * (part.down ?? 0),
  checks: 1,
  buckets: new Map([[bucketOf(part.ms ?? 100), 1]]),
});
/** Minutes up to now: `bad` says what each was, counted backwards from 1. */
const minutes = (bad: (ago: number) => Parameters<typeof ofMinute>[0], count = 360) =>
  Array.from({ length: count }, (_, nr) => ({ at: now - (nr + 1) * minuteMs, measure: ofMinute(bad(nr + 1)) }));

describe('the burn of an error budget', () => {
  it.each([
    ['nothing bad', () => ({}), undefined],
    ['one minute down, now', (ago: number) => ({ down: ago <= 1 ? 1 : 0 }), 'availability fast'],
    ['half a minute down, a quarter of an hour ago', (ago: number) => ({ down: ago === 15 ? 0.5 : 0 }), undefined],
    [
      'three minutes down in six hours, the last just now',
      (ago: number) => ({ down: [2, 120, 300].includes(ago) ? 0.8 : 0 }),
      'availability slow',
    ],
    [
      'an hour down, over for ten minutes',
      (ago: number) => ({ down: ago > 10 && ago < 60 ? 1 : 0 }),
      'availability slow',
    ],
    ['an hour down, over for forty minutes', (ago: number) => ({ down: ago > 40 && ago < 100 ? 1 : 0 }), undefined],
    ['slow for an hour', (ago: number) => ({ ms: ago <= 60 ? 2_000 : 100 }), 'latency fast'],
    ['slow for a minute', (ago: number) => ({ ms: ago === 3 ? 2_000 : 100 }), undefined],
  ] as const)('%s: %s', (_name, bad, expected) => {
    const burn = burning(minutes(bad), slo, now);
    expect(burn === undefined ? undefined : `${burn.promised} ${burn.pace}`).toBe(expected);
  });

  it('says nothing where nothing was judged', () => {
    expect(burning([], slo, now)).toBeUndefined();
    expect(budgetLeft('availability', nothing, slo)).toBeUndefined();
  });

  it.each([
    [0, 1],
    [0.0005, 0.5],
    [0.001, 0],
    [0.002, -1],
  ])('with %d of the time down leaves %d of the budget', (down, left) => {
    expect(budgetLeft('availability', { ...nothing, upMs: 1e9 * (1 - down), downMs: 1e9 * down }, slo)).toBeCloseTo(
      left,
      6,
    );
  });
});

describe('a site that promises', () => {
  const site = aSite({ slo, channel: 'C0ALERTS' });
  function aWatch() {
    const clock = createFakeClock(now);
    const measures = createFakeMeasures();
    const told = createFakeIncidents();
    const look = createPromises({
      history: { measures },
      incidents: told.incidents,
      clock,
      settings: createFakeSettings({ sites: [site] }),
      log: createKeptLog().log,
      fence: undefined,
      channelOf: () => 'C0ALERTS',
    });
    const minute = async (measure: Measure) => {
      const row = { at: clock.now(), writer: 1, data: { shop: encode(measure) } };
      await measures.saveMinutes([row]);
      await clock.advance(minuteMs);
      await look([row]);
    };
    return { clock, told, minute, measures };
  }

  it('is one incident while its budget burns, and ends by itself', async () => {
    const { told, minute } = aWatch();
    for (let nr = 0; nr < 10; nr++) await minute(ofMinute());
    expect(await told.incidents.isOpen('slo:shop')).toBe(false);
    for (let nr = 0; nr < 5; nr++) await minute(ofMinute({ down: 1 }));
    expect(await told.incidents.isOpen('slo:shop')).toBe(true);
    for (let nr = 0; nr < 360; nr++) await minute(ofMinute());
    expect(await told.incidents.isOpen('slo:shop')).toBe(false);
  });
});

describe('the past of a site', () => {
  it('is made of days, today of hours, and the open hour of minutes, each counted once', async () => {
    const measures = createFakeMeasures();
    const at = now + 5 * hourMs + 3 * minuteMs;
    const row = (of: number) => [{ site: 'shop', at: of, data: encode(ofMinute()) }];
    await measures.save('d', row(now - dayMs));
    await measures.save('d', row(now));
    await measures.save('h', row(now + 4 * hourMs));
    for (const begin of [now + 4 * hourMs, now + 5 * hourMs, now + 5 * hourMs + minuteMs])
      await measures.saveMinutes([
        { at: begin, writer: 1, data: { shop: encode(ofMinute()), other: encode(ofMinute()) } },
      ]);
    const past = await readPast({ measures }, { sites: ['shop'], grain: 'd', from: now - 7 * dayMs, now: at });

    expect(past.get('shop')?.map((one) => [one.at, one.measure.checks])).toEqual([
      [now - dayMs, 1],
      [now, 3],
    ]);
  });
});
