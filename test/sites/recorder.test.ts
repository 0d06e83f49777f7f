import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { History } from '#ports/history.ts';
import { book } from '#sites/account.ts';
import { decode, encode, merge, type Measure } from '#sites/measure.ts';
import { createRecorder } from '#sites/recorder.ts';
import { dayMs, flat, hourMs, minuteMs, rollUp } from '#sites/rollup.ts';
import { newState } from '#sites/state.ts';
import { judge } from '#sites/verdict.ts';
import { createKeptLog } from '#test/config/support.ts';
import { createFakeClock } from '#test/support/fake-clock.ts';
import { createFakeMeasures } from '#test/support/fake-measures.ts';
import { createFakeSettings } from '#test/support/fake-settings.ts';
import { openTestStore } from '#test/support/store.ts';

import { aSite, outcome } from './support.ts';

const site = aSite();
/** Books one check after the other, at the seconds given. */
function booked(signs: readonly (readonly [sign: string, seconds: number])[]) {
  let state = newState();
  let account: ReturnType<typeof book>['account'] | undefined;
  const sum = { upMs: 0, downMs: 0 };
  for (const [sign, seconds] of signs) {
    const before = state;
    state = judge(before, outcome(sign, seconds * 1_000), site);
    const step = book(account, { before, after: state, at: seconds * 1_000, intervalMs: site.intervalMs });
    account = step.account;
    sum.upMs += step.booked.upMs;
    sum.downMs += step.booked.downMs;
  }
  return sum;
}

describe('the account of a site', () => {
  it.each([
    [
      'good checks',
      [
        ['+', 0],
        ['+', 60],
        ['+', 120],
      ],
      { upMs: 120_000, downMs: 0 },
    ],
    [
      'a blip is up',
      [
        ['+', 0],
        ['-', 60],
        ['+', 65],
      ],
      { upMs: 65_000, downMs: 0 },
    ],
    [
      'an outage counts from its first failure to the first good check',
      [
        ['+', 0],
        ['-', 60],
        ['-', 65],
        ['-', 80],
        ['-', 100],
        ['-', 160],
        ['+', 220],
        ['+', 240],
        ['+', 260],
      ],
      { upMs: 100_000, downMs: 160_000 },
    ],
    [
      'what answers once and fails again was down all the time',
      [
        ['+', 0],
        ['-', 60],
        ['-', 65],
        ['-', 80],
        ['-', 100],
        ['+', 160],
        ['-', 180],
      ],
      { upMs: 60_000, downMs: 120_000 },
    ],
    [
      'time without checks is not judged',
      [
        ['+', 0],
        ['+', 60],
        ['+', 3_600],
        ['+', 3_660],
      ],
      { upMs: 120_000, downMs: 0 },
    ],
    [
      'before the first check nothing is known',
      [
        ['-', 0],
        ['-', 5],
        ['-', 20],
        ['-', 40],
        ['-', 100],
      ],
      { upMs: 0, downMs: 100_000 },
    ],
  ] as const)('%s', (_name, signs, expected) => expect(booked(signs)).toEqual(expected));
});

function recorderOn(measures: History['measures'], clock = createFakeClock(), token = 1) {
  const { log, lines } = createKeptLog();
  const world = { history: { measures }, clock, settings: createFakeSettings(), log };
  const recorder = createRecorder(world, { lease: 'sites', token });
  let state = newState();
  const see = (sign = '+') => {
    const result = outcome(sign, clock.now());
    const before = state;
    state = judge(before, result, site);
    recorder.saw(site, { before, after: state, result });
  };
  const minutes = async (count: number) => {
    for (let nr = 0; nr < count; nr++) {
      see();
      await clock.advance(minuteMs);
    }
  };
  return { recorder, clock, see, minutes, lines };
}
const total = async (measures: History['measures'], grain: 'h' | 'd'): Promise<Measure> =>
  merge((await measures.list({ grain, from: 0, to: Infinity })).flatMap(({ data }) => decode(data) ?? []));

describe('the recorder', () => {
  it('writes one row a minute, an hour and a day, never one a check', async () => {
    const measures = createFakeMeasures();
    const { recorder, see, clock, minutes } = recorderOn(measures);
    recorder.start();
    for (let nr = 0; nr < 6; nr++) {
      see();
      await clock.advance(10_000);
    }
    await minutes(60);
    await recorder.stop();

    expect(await measures.minutes({ from: 0, to: Infinity })).toHaveLength(61);
    expect((await total(measures, 'h')).checks).toBe(65);
    expect(await total(measures, 'd')).toEqual(await total(measures, 'h'));
  });

  it('keeps what was seen while the store was away', async () => {
    let away = false;
    const measures = createFakeMeasures(() => {
      if (away) throw new Error('away');
    });
    const { recorder, minutes } = recorderOn(measures);
    recorder.start();
    await minutes(3);
    away = true;
    await minutes(10);
    away = false;
    await minutes(3);
    await recorder.stop();

    expect(flat(await measures.minutes({ from: 0, to: Infinity }))).toHaveLength(16);
  });

  it('rolls up what an earlier process left, and two processes in one minute add up', async () => {
    const measures = createFakeMeasures();
    const first = recorderOn(measures);
    first.recorder.start();
    await first.minutes(30);
    first.see();
    await first.recorder.stop();
    const second = recorderOn(measures, first.clock, 2);
    second.recorder.start();
    await second.minutes(32);
    await second.recorder.stop();

    expect((await total(measures, 'h')).checks).toBe(61);
  });

  it('is unmoved by a roll-up that is made again', async () => {
    const measures = createFakeMeasures();
    const { recorder, minutes, clock } = recorderOn(measures);
    recorder.start();
    await minutes(61);
    await recorder.stop();
    const [hours, days] = [await total(measures, 'h'), await total(measures, 'd')];
    const hour = clock.now() - (clock.now() % hourMs) - hourMs;
    await rollUp({ measures }, hour, undefined);
    await rollUp({ measures }, hour, undefined);

    expect([await total(measures, 'h'), await total(measures, 'd')]).toEqual([hours, days]);
  });

  it('books nothing while a site cannot be checked as it is set up, nor for the time up to the next check', async () => {
    const measures = createFakeMeasures();
    const { recorder, see, clock } = recorderOn(measures);
    recorder.start();
    for (const sign of ['+', '+', 's', 's', 's', '+', '+']) {
      see(sign);
      await clock.advance(minuteMs);
    }
    await recorder.stop();
    const rows = await measures.minutes({ from: 0, to: Infinity });
    const sum = merge(rows.flatMap(({ data }) => decode(data['shop'] ?? '') ?? []));

    expect(sum).toMatchObject({ upMs: 2 * minuteMs, downMs: 0, checks: 4, failed: 0 });
    expect(recorder.recent('shop')).toHaveLength(4);
  });

  it('remembers the newest checks of a site, oldest first', async () => {
    const { recorder, minutes } = recorderOn(createFakeMeasures());
    await minutes(150);
    const recent = recorder.recent('shop');

    expect(recent).toHaveLength(120);
    expect(recent.every(({ at }, nr) => nr === 0 || at > (recent[nr - 1]?.at ?? 0))).toBe(true);
  });
});

describe('the store of measures', () => {
  let store: Awaited<ReturnType<typeof openTestStore>>;
  beforeAll(async () => {
    store = await openTestStore();
  });
  afterAll(() => store.close());

  it('replaces, lists by site and time, prunes, and refuses an old fence', async () => {
    const { measures, leases } = store.history;
    await measures.saveMinutes([{ at: 60_000, writer: 1, data: { shop: 'A' } }]);
    await measures.saveMinutes([
      { at: 60_000, writer: 1, data: { shop: 'B' } },
      { at: 60_000, writer: 2, data: { shop: 'C' } },
      { at: 120_000, writer: 2, data: { shop: 'D' } },
    ]);
    expect((await measures.minutes({ from: 60_000, to: 120_000 })).map(({ data }) => data['shop'])).toEqual(['B', 'C']);

    const rows = [0, dayMs].flatMap((at) => ['api', 'shop'].map((name) => ({ site: name, at, data: `${name}${at}` })));
    await measures.save('d', rows);
    await measures.save('d', rows);
    expect(await measures.list({ grain: 'd', from: 0, to: Number.MAX_SAFE_INTEGER })).toHaveLength(4);
    expect(await measures.list({ grain: 'd', sites: ['api'], from: 0, to: dayMs })).toEqual([rows[0]]);
    expect(await measures.list({ grain: 'h', from: 0, to: dayMs })).toEqual([]);

    await measures.prune({ minutes: 120_000, hours: 0, days: dayMs });
    expect(await measures.minutes({ from: 0, to: dayMs })).toHaveLength(1);
    expect(await measures.list({ grain: 'd', from: 0, to: 2 * dayMs })).toHaveLength(2);

    const fence = (await leases.take('measures', 'a', 60_000))!;
    const old = { ...fence, token: fence.token - 1 };
    await expect(measures.saveMinutes([{ at: 0, writer: 0, data: {} }], old)).rejects.toThrow(/Another Deckhand/);
  });

  it('takes less than 0.4 MB for the first year of a site checked every minute', async () => {
    const { measures } = store.history;
    const names = Array.from({ length: 20 }, (_, nr) => `site-${nr}`);
    const size = async () => {
      const { rows } = await store.pool.query(`select pg_total_relation_size('ops.site_measure')::text as bytes`);
      return Number(rows[0].bytes);
    };
    const before = await size();
    const ofChecks = (count: number, spread: number): string =>
      encode({
        upMs: count * 60_000,
        downMs: 60_000,
        slowMs: 60_000,
        checks: count,
        failed: 4,
        buckets: new Map(Array.from({ length: spread }, (_, nr) => [40 + nr, Math.ceil(count / spread)])),
      });
    for (let at = 0; at < 35 * 24; at++)
      await measures.save(
        'h',
        names.map((name) => ({ site: name, at: at * hourMs, data: ofChecks(60, 20) })),
      );
    for (let at = 0; at < 365; at++)
      await measures.save(
        'd',
        names.map((name) => ({ site: name, at: at * dayMs, data: ofChecks(1_440, 40) })),
      );

    const bytes = ((await size()) - before) / names.length;
    expect(bytes).toBeLessThan(400_000);
    expect(bytes).toBeGreaterThan(50_000);
  }, 60_000);
});
