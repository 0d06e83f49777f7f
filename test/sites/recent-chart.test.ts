import { describe, expect, it } from 'vitest';

import { recentChart } from '#sites/recent-chart.ts';
import { ringSize, type Seen } from '#sites/ring.ts';

import { aSite } from './support.ts';

const minute = 60_000;
/** `+` good, `s` slow, `-` failed; a minute apart. */
const checks = (signs: string, from = 0): readonly Seen[] =>
  signs
    .split('')
    .map((sign, nr) => ({ at: from + nr * minute, ms: sign === 's' ? 900 : 100 + nr, good: sign !== '-' }));
const chart = (seen: readonly Seen[], of: { key?: string; startedAt?: number } = {}) => {
  const sites = [aSite({ name: 'shop', slowMs: 800 })];
  const now = (seen.at(-1)?.at ?? 0) + minute;
  const drawn = recentChart(
    { key: 'site:shop', startedAt: 0, sites: ['shop'], ...of },
    { sites, recent: () => seen, now },
  );
  return drawn?.kind === 'lines' ? drawn : undefined;
};

describe('the chart of an incident', () => {
  it('shows p50 and p95 of the newest ten answers, a gap where a check failed, and the limit', () => {
    const drawn = chart(checks('++++++++++s-+'));

    expect(drawn?.series.map(({ name, points }) => [name, points.map(({ value }) => value).slice(-4)])).toEqual([
      ['p50', [104, 105, undefined, 106]],
      ['p95', [109, 900, undefined, 900]],
    ]);
    expect(drawn?.limit).toEqual({ name: 'slow', value: 800 });
  });

  it('shows as one stretch what did not change, and as unknown when nobody looked', () => {
    const drawn = chart([...checks('++s'), ...checks('--', 10 * minute)]);

    expect(drawn?.states).toEqual([
      { from: 0, to: 2 * minute, state: 'up' },
      { from: 2 * minute, to: 3 * minute, state: 'slow' },
      { from: 10 * minute, to: 12 * minute, state: 'down' },
    ]);
  });

  it.each([
    ['a certificate', checks('+++'), { key: 'certificate:shop' }],
    ['a site that is gone', checks('+++'), { key: 'site:gone' }],
    ['one check', checks('-'), {}],
    ['an incident that began before what is known', checks('---', minute), {}],
  ])('does not stand for %s', (_what, seen, of) => {
    expect(chart(seen, of)).toBeUndefined();
  });

  it('is a row for each of several sites, the first twelve, from half an hour before it began', () => {
    const names = Array.from({ length: 50 }, (_, nr) => `s${nr}`);
    const seen = checks(`${'+'.repeat(60)}--`);
    const drawn = recentChart(
      { key: 'site:s0', startedAt: 60 * minute, sites: names },
      {
        sites: names.map((name) => aSite({ name })),
        recent: (name) => (name === 's1' ? [] : seen),
        now: 62 * minute,
      },
    );

    expect(drawn).toMatchObject({ kind: 'updown', from: 30 * minute, to: 62 * minute, more: 38 });
    const rows = drawn?.kind === 'updown' ? drawn.rows : [];
    expect(rows.map(({ name }) => name)).toEqual(names.slice(0, 12));
    expect(rows[1]?.spans).toEqual([]);
    expect(rows[2]?.spans).toEqual([
      { from: 0, to: 60 * minute, state: 'up' },
      { from: 60 * minute, to: 62 * minute, state: 'down' },
    ]);
  });

  it('does not stand for several of which nothing is remembered', () => {
    const of = { sites: [aSite({ name: 'a' }), aSite({ name: 'b' })], recent: () => [], now: minute };

    expect(recentChart({ key: 'site:a', startedAt: 0, sites: ['a', 'b'] }, of)).toBeUndefined();
  });

  it('is of the newest checks where an outage lasted longer than they reach back', () => {
    expect(chart(checks('-'.repeat(ringSize), minute))).toBeDefined();
  });
});
