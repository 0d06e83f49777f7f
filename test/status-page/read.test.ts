import { describe, expect, test } from 'vitest';

import type { IncidentRecord } from '#ports/history.ts';
import { encode, nothing } from '#sites/measure.ts';
import { begin, dayMs, hourMs } from '#sites/rollup.ts';
import { createPageReader, incidentOf, windowsOf } from '#status-page/read.ts';
import { createFakeClock } from '#test/support/fake-clock.ts';
import { createFakeSettings } from '#test/support/fake-settings.ts';
import { createCalendar } from '#timers/calendar.ts';

import { minute, now, published, settingsOf } from './support.ts';

const record = (of: Partial<IncidentRecord>) =>
  ({ id: 'inc-1', key: 'site:shop', startedAt: now - minute, endedAt: undefined, report: {}, ...of }) as IncidentRecord;

type Query = { grain: 'h' | 'd'; from: number; to: number; sites: readonly string[] };

function world(of: { open?: readonly string[]; incidents?: readonly IncidentRecord[]; pressed?: object } = {}) {
  const clock = createFakeClock(now);
  const queries: Query[] = [];
  const sites = Array.from({ length: 120 }, (_, nr) => published(nr === 0 ? 'shop' : `s${nr}`, `Public ${nr}`));
  const settings = createFakeSettings({ statusPage: settingsOf({ sites }) });
  const day = (ago: number) => begin(now, dayMs) - ago * dayMs;
  const data = encode({ ...nothing, upMs: hourMs - minute, downMs: minute, checks: 60, failed: 1 });
  const history = {
    measures: {
      minutes: async () => [],
      list: async (query: Query) => {
        queries.push(query);
        const rows = query.grain === 'd' ? [day(3)] : [begin(now, hourMs) - hourMs];
        const named = query.sites.includes('shop') ? rows : [];
        return named.filter((at) => at >= query.from && at < query.to).map((at) => ({ site: 'shop', at, data }));
      },
    },
    incidents: {
      list: async () => of.incidents ?? [],
      open: async (key: string) => (of.open?.includes(key) === true ? record({ key }) : undefined),
    },
    watch: { load: async () => new Map(Object.entries(of.pressed ?? {})) },
  };
  const read = createPageReader({
    history: history as never,
    views: async () => [{ name: 'shop', url: 'http://10.0.0.7/', state: 'up', since: undefined, lastMs: 5 }],
    calendar: createCalendar(),
    settings,
    clock,
  });
  return { clock, queries, read };
}

describe('what is read for the page', () => {
  test('the days of before and today, from the store', async () => {
    const { read } = world();
    const shop = (await read()).groups[0]!.sites[0]!;

    expect(shop.days.filter(({ up }) => up !== undefined).map(({ at }) => (begin(now, dayMs) - at) / dayMs)).toEqual([
      3, 0,
    ]);
    expect(shop).toMatchObject({ state: 'operational', uptime: 1 - 1 / 60 });
  });

  test('90 days are read in batches and kept for ten minutes; today is read each time', async () => {
    const { read, queries, clock } = world();
    await read();
    const today = begin(now, dayMs);
    const old = () => queries.filter(({ grain, from }) => grain === 'd' && from < today);
    expect(old().map(({ sites }) => sites.length)).toEqual([50, 50, 20]);

    await clock.advance(minute);
    const before = queries.length;
    await read();
    expect(queries.slice(before).every(({ from }) => from === today)).toBe(true);

    await clock.advance(10 * minute);
    await read();
    expect(old()).toHaveLength(6);
  });

  test.each(['watch:blind', 'watch:stalled'])('while %s is open nothing is known, on any replica', async (key) => {
    expect((await world({ open: [key] }).read()).state).toBe('unknown');
  });

  test('work that somebody announced by the button', async () => {
    const span = { since: now - minute, until: now + 59 * minute };

    expect((await world({ pressed: { 'maintenance:shop': span, 'maintenance:secret': span } }).read()).works).toEqual([
      { name: undefined, sites: ['Public 0'], from: span.since, to: span.until },
    ]);
  });
});

describe('an incident', () => {
  test.each([
    ['site:shop', { sites: ['shop', 'blog'] }, { kind: 'down', sites: ['shop', 'blog'] }],
    ['site:shop', {}, { kind: 'down', sites: ['shop'] }],
    ['slow:shop', {}, { kind: 'degraded', sites: ['shop'] }],
    ['intermittent:shop', {}, { kind: 'degraded', sites: ['shop'] }],
  ])('%s with %j', (key, report, seen) => {
    expect(incidentOf(record({ key, report }))).toMatchObject(seen);
  });
});

describe('planned windows', () => {
  const once = (from: number, to: number) =>
    ({ kind: 'once', name: 'work', sites: 'all', select: 'all', from, to }) as const;
  const daily = {
    kind: 'cron',
    name: 'work',
    sites: 'all',
    select: 'all',
    cron: '0 14 * * *',
    timezone: 'UTC',
    durationMs: 30 * minute,
  } as const;

  test.each([
    ['one that is over', once(now - 9, now - 1), []],
    ['one that lasts', once(now - 9, now + 9), [[now - 9, now + 9]]],
    ['one to come', once(now + 9, now + 99), [[now + 9, now + 99]]],
    ['one of servers alone', { ...once(now - 9, now + 9), sites: [], select: 'env=prod' }, []],
    ['one in three weeks', once(now + 21 * dayMs, now + 22 * dayMs), []],
    [
      'one that comes every day: what lasts, and the next',
      daily,
      [
        [now - 3 * minute, now + 27 * minute],
        [now - 3 * minute + dayMs, now + 27 * minute + dayMs],
      ],
    ],
  ])('%s', (_, window, spans) => {
    expect(windowsOf(createCalendar(), [window], now).map(({ from, to }) => [from, to])).toEqual(spans);
  });
});
