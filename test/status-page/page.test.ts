import { describe, expect, test } from 'vitest';

import { dayMs } from '#sites/rollup.ts';
import { pageAtom, pageJson } from '#status-page/feeds.ts';
import * as messages from '#status-page/messages.ts';
import { pageOf } from '#status-page/model.ts';
import { pageHtml } from '#status-page/page.ts';

import { busy, day, facts, minute, now, published, settingsOf, view } from './support.ts';

const two = settingsOf({ sites: [published('a', 'Web shop'), published('b', 'Search')] });
const shown = (states: readonly string[]) =>
  pageOf(two, facts({ views: [view('a', states[0]!), view('b', states[1] ?? 'up')] }));

describe('the sentence on top of the status page', () => {
  test.each([
    [['up'], 'All services are operational'],
    [['suspect'], 'All services are operational'],
    [['down'], 'Web shop is down'],
    [['recovering'], 'Web shop is down'],
    [['down', 'down'], 'All services are down'],
    [['down', 'degraded'], 'Web shop is down'],
    [['degraded'], 'Web shop is degraded'],
    [['intermittent'], 'Web shop is degraded'],
    [['maintenance'], 'Web shop is under maintenance'],
    [['blind', 'blind'], 'We cannot see how our services are'],
    [['not checked lately'], 'We cannot see how our services are'],
    [['cannot be checked'], 'We cannot see how our services are'],
    [['something new'], 'We cannot see how our services are'],
  ] as const)('%j: %s', (states, sentence) => {
    expect(messages.overall(shown(states))).toBe(sentence);
  });

  test('of three sites it counts those it is about', () => {
    const settings = settingsOf({ sites: [...two.sites, published('c', 'Mail')] });
    const views = [view('a', 'down'), view('b', 'down'), view('c', 'up')];

    expect(messages.overall(pageOf(settings, facts({ views })))).toBe('2 of 3 services are down');
  });

  test('one that is not known does not hide how the others are', () => {
    const settings = settingsOf({ sites: [...two.sites, published('c', 'Mail')] });
    const page = pageOf(settings, facts({ views: [view('a', 'up'), view('b', 'up'), view('c', 'paused')] }));

    expect(messages.overall(page)).toBe('2 of 3 services are operational');
    expect(messages.remark(page)).toBe('We cannot see how Mail is.');
  });

  test('while the checks are blind nothing is known, but planned work is', () => {
    const page = pageOf(two, facts({ isBlind: true, views: [view('a', 'down'), view('b', 'maintenance')] }));

    expect(page.groups[0]?.sites.map(({ state }) => state)).toEqual(['unknown', 'maintenance']);
    expect(messages.remark(page)).toContain('no fresh result');
  });

  test('a site of which nothing was ever heard is not known', () => {
    expect(pageOf(two, facts()).state).toBe('unknown');
  });
});

describe('the days of a site', () => {
  const site = (past: ReturnType<typeof day>[]) =>
    pageOf(two, facts({ past: new Map([['a', past]]) })).groups[0]!.sites[0]!;

  test('are 90, today last, and those without data are without data', () => {
    const { days, uptime } = site([day(0), day(89), day(90, { downMs: dayMs })]);

    expect(days).toHaveLength(90);
    expect([days[0]?.up, days[1]?.up, days[89]?.up]).toEqual([1, undefined, 1]);
    expect(uptime).toBe(1);
  });

  test('never round up to a whole', () => {
    const one = site([...Array.from({ length: 89 }, (_, ago) => day(ago + 1)), day(0, { downMs: 1_000 })]);

    expect(messages.everyDays(one)).toBe('99.99 % uptime');
  });

  test('have words that say as much as the bars', () => {
    const one = site([day(0, { downMs: 90 * minute }), day(3)]);

    expect(messages.bars(one)).toBe(
      'Web shop, the last 90 days: 96.87 % uptime · data of 2 days; outages on 1 day: 25 Nov 93.75 %; no data for 88 days',
    );
    expect(messages.day(one.days[89]!)).toBe('25 Nov: 93.75 %, down for 2 h'.replace('2 h', '1 h 30 min'));
    expect(messages.day(one.days[0]!)).toBe('28 Aug: no data');
  });
});

describe('what is hidden', () => {
  test('internal names, addresses, causes and names of windows are nowhere in what is served', () => {
    const { settings, facts: of } = busy();
    const page = pageOf(settings, of);

    for (const text of [pageHtml(page), pageJson(page), pageAtom(page)])
      expect(text).not.toMatch(/shop-prod-1|internal|Postgres 19|db-7|new hall|not checked lately/);
  });

  test('a window is named when the settings say so', () => {
    const { settings, facts: of } = busy();

    expect(pageHtml(pageOf({ ...settings, maintenanceNames: true }, of))).toContain(
      'Move to the new hall: All services',
    );
  });

  test('incidents and work on sites that are not published are left out', () => {
    const own = { id: 'inc-9', kind: 'down', sites: ['secret'], startedAt: now - minute, endedAt: undefined } as const;
    const work = { name: undefined, sites: ['secret'], from: now, to: now + minute };

    expect(pageOf(two, facts({ incidents: [own], works: [work] }))).toMatchObject({ incidents: [], works: [] });
  });
});

describe('incidents', () => {
  const incident = (id: string, of: { sites: string[]; from: number; to: number | undefined }) =>
    ({
      id,
      kind: 'down',
      sites: of.sites,
      startedAt: now - of.from * minute,
      endedAt: of.to === undefined ? undefined : now - of.to * minute,
    }) as const;

  test('one that was first told alone and then with others is one', () => {
    const incidents = [
      incident('inc-1', { sites: ['a'], from: 60, to: 55 }),
      incident('inc-2', { sites: ['b', 'a'], from: 58, to: 30 }),
    ];

    expect(pageOf(two, facts({ incidents })).incidents).toEqual([
      {
        id: 'inc-1',
        kind: 'down',
        sites: ['Web shop', 'Search'],
        startedAt: now - 60 * minute,
        endedAt: now - 30 * minute,
      },
    ]);
  });

  test('those that last come first, old ones go', () => {
    const incidents = [
      incident('inc-old', { sites: ['a'], from: 15 * 1_440, to: 14 * 1_440 + 1 }),
      incident('inc-over', { sites: ['a'], from: 20, to: 10 }),
      incident('inc-lasts', { sites: ['b'], from: 90, to: undefined }),
    ];

    expect(pageOf(two, facts({ incidents })).incidents.map(({ id }) => id)).toEqual(['inc-lasts', 'inc-over']);
  });

  test('without any it says for how long there was none', () => {
    expect(pageHtml(pageOf(two, facts()))).toContain('No incidents in the last 14 days.');
  });
});

describe('the markup', () => {
  const hostile = `<script>alert(1)</script>"' onload=x &amp; \u202Eevil\u0000 \uD800`;

  test('names are text, whatever they hold', () => {
    const settings = settingsOf({
      title: hostile,
      sites: [published('a', hostile, { group: hostile, description: hostile, link: 'https://x.example/?a="><b>' })],
    });
    const incidents = [
      { id: 'inc-1', kind: 'down', sites: ['a'], startedAt: now - minute, endedAt: undefined } as const,
    ];
    const page = pageOf(settings, facts({ views: [view('a', 'down')], incidents }));

    for (const text of [pageHtml(page), pageAtom(page)]) {
      // Of the page's own there is none, and every quote and bracket of the name is escaped.
      expect(text).not.toMatch(/<script|"><b>|[\u202E\uD800]/u);
      expect(text).not.toContain('\u0000');
    }
    expect(pageHtml(page)).toContain('&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39; onload=x &amp;amp;');
    expect(JSON.parse(pageJson(page))).toMatchObject({ services: [{ state: 'down' }] });
  });

  test('without sites it says so', () => {
    expect(pageHtml(pageOf(settingsOf(), facts()))).toContain('Nothing is published here yet.');
  });

  test('of 500 sites shows 90 days of each', () => {
    const names = Array.from({ length: 500 }, (_, nr) => `s${nr}`);
    const days = Array.from({ length: 90 }, (_, ago) => day(ago, ago % 9 === 0 ? { downMs: minute } : {}));
    const settings = settingsOf({ sites: names.map((name) => published(name, `Site ${name}`)) });
    const text = pageHtml(
      pageOf(
        settings,
        facts({ views: names.map((name) => view(name, 'up')), past: new Map(names.map((name) => [name, days])) }),
      ),
    );

    expect(text.match(/<rect/g)!.length).toBeGreaterThan(45_000);
  });
});
