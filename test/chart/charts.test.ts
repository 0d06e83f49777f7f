import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { createPictures, svgOf } from '#chart/pictures.ts';
import { stepsTo } from '#chart/scale.ts';
import { altOf } from '#chart/words.ts';
import type { Chart } from '#ports/pictures.ts';

const start = Date.parse('2026-11-24T10:00:00Z');
const hour = 3_600_000;
const lines: Chart = {
  kind: 'lines',
  timezone: 'Europe/London',
  title: 'Response time of shop',
  unit: 'ms',
  limit: { value: 800, name: 'slow above' },
  series: [
    { name: 'p50', points: [80, 90, undefined, 70].map((value, at) => ({ at: start + at * hour, value })) },
    { name: 'p95', points: [100, 950, undefined, 120].map((value, at) => ({ at: start + at * hour, value })) },
  ],
};
const updown: Chart = {
  kind: 'updown',
  timezone: 'Europe/London',
  title: 'Sites today',
  from: start,
  to: start + 10 * hour,
  rows: [
    {
      name: 'shop',
      spans: [
        { from: start - hour, to: start + 8 * hour, state: 'up' },
        { from: start + 8 * hour, to: start + 9 * hour, state: 'down' },
        { from: start + 9 * hour, to: start + 99 * hour, state: 'slow' },
      ],
    },
  ],
};
const withStates: Chart = {
  ...lines,
  states: [
    { from: start, to: start + 3 * hour, state: 'up' },
    { from: start + 3 * hour, to: start + 4 * hour, state: 'down' },
  ],
};
const bars: Chart = {
  kind: 'bars',
  title: 'Snapshots',
  unit: 'snapshots',
  parts: ['made', 'failed'],
  bars: [
    { label: '23 Nov', values: [300, 2] },
    { label: '24 Nov', values: [310, 0] },
  ],
};

describe('a chart says in words what it shows', () => {
  it.each<[Chart, string]>([
    [
      lines,
      'Response time of shop. p50: last 70 ms, between 70 and 90. p95: last 120 ms, between 100 and 950. slow above: 800 ms.',
    ],
    [
      withStates,
      'Response time of shop. p50: last 70 ms, between 70 and 90. p95: last 120 ms, between 100 and 950. slow above: 800 ms. State: up 75 %, down 25 % (1 time).',
    ],
    [updown, 'Sites today. shop: up 90 %, of that slow 10 %, down 10 % (1 time).'],
    [bars, 'Snapshots. 23 Nov: 300 made, 2 failed. 24 Nov: 310 made.'],
    [
      { ...lines, series: [{ name: 'p50', points: [] }] },
      'Response time of shop. p50: nothing measured. slow above: 800 ms.',
    ],
  ])('%#', (chart, words) => {
    expect(altOf(chart)).toBe(words);
  });

  it('and 100 % means all of it', () => {
    const end = start + 10 * hour;
    const up = { from: start, to: end - 1, state: 'up' as const };
    const down = { from: end - 1, to: end, state: 'down' as const };

    expect(altOf({ ...updown, rows: [{ name: 'a', spans: [up, down] }] })).toContain('up 99.99 %');
  });

  it('of the time that is known', () => {
    const minute = { from: start, to: start + 60_000, state: 'up' as const };

    expect(altOf({ ...updown, rows: [{ name: 'a', spans: [minute] }] })).toContain('a: up 100 %, down 0 %');
    expect(altOf({ ...updown, rows: [{ name: 'a', spans: [] }] })).toContain('a: nothing known.');
  });
});

describe('a chart', () => {
  it('leaves the line open where nothing was measured', () => {
    expect(svgOf(lines).match(/<polyline/g)).toHaveLength(2);
    expect(svgOf(lines).match(/<circle/g)).toHaveLength(2);
  });

  it('shows below its lines how it was by then, in colours that no line has', () => {
    const svg = svgOf(withStates);

    expect(svg.match(/fill="#d55e00"/g)).toHaveLength(2); // the bar and the legend
    expect(svg).not.toContain('stroke="#d55e00"');
    expect(svg).toContain('not known');
  });

  it('counts the rows that were not given, in the picture and in words', () => {
    const more = { ...updown, more: 38 };

    expect(svgOf(more)).toContain('and 38 more');
    expect(altOf(more)).toMatch(/ And 38 more\.$/);
  });

  it('keeps begin and end of a name that is too long', () => {
    const svg = svgOf({ ...updown, rows: [{ name: 'payments-gateway-eu-west-10.checkout', spans: [] }] });

    expect(svg).toMatch(/>payments[^<]*…[^<]*checkout</);
  });

  it('shows an outage of a second', () => {
    const spans = [{ from: start, to: start + 1_000, state: 'down' as const }];
    const svg = svgOf({ ...updown, rows: [{ name: 'a', spans }] });

    expect(svg).toMatch(/width="2" height="23" fill="#d55e00"/);
  });

  it('has no markup and nothing beyond its paper, whatever it is given', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc.constantFrom('<script>&"\'', '\u0000', '\ud800', ''),
    );
    const value = fc.oneof(fc.double(), fc.constant(undefined), fc.integer());
    const at = fc.integer({ min: 0, max: 4_000_000_000_000 });
    const state = fc.constantFrom('up' as const, 'slow' as const, 'down' as const);
    const chart = fc.oneof(
      fc.record({
        kind: fc.constant('lines' as const),
        states: fc.array(fc.record({ from: at, to: at, state }), { maxLength: 5 }),
        timezone: fc.constant('UTC'),
        title: text,
        unit: text,
        series: fc.array(fc.record({ name: text, points: fc.array(fc.record({ at, value }), { maxLength: 20 }) }), {
          maxLength: 9,
        }),
      }),
      fc.record({
        kind: fc.constant('bars' as const),
        title: text,
        unit: text,
        parts: fc.array(text, { maxLength: 9 }),
        bars: fc.array(fc.record({ label: text, values: fc.array(fc.double(), { maxLength: 9 }) }), { maxLength: 60 }),
      }),
      fc.record({
        kind: fc.constant('updown' as const),
        timezone: fc.constant('UTC'),
        title: text,
        from: at,
        to: at,
        rows: fc.array(
          fc.record({
            name: text,
            spans: fc.array(fc.record({ from: at, to: at, state }), { maxLength: 5 }),
          }),
          { maxLength: 50 },
        ),
      }),
    );
    fc.assert(
      fc.property(chart, (of) => {
        const svg = svgOf(of);
        expect(svg.replace(/<\/?(svg|rect|text|line|polyline|circle)\b[^<>]*>/g, '')).not.toMatch(/[<>]/);
        expect(svg).not.toMatch(/NaN|Infinity|undefined/);
        expect(altOf(of)).toEqual(expect.any(String));
      }),
      { numRuns: 300 },
    );
  });

  it('has axis steps that reach its highest value and are few', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-6, max: 1e12, noNaN: true }), (most) => {
        const steps = stepsTo(most);
        expect(steps.at(-1)!).toBeGreaterThanOrEqual(most * (1 - 1e-6));
        expect(steps.length).toBeLessThanOrEqual(7);
      }),
    );
  });
});

describe('a drawn chart', () => {
  it.each([lines, withStates, updown, bars])('is a PNG of twice 800 pixels with its words, %#', async (chart) => {
    const { bytes, alt } = await createPictures().draw(chart);

    const view = new DataView(bytes.buffer, bytes.byteOffset);
    expect(Buffer.from(bytes.subarray(1, 4)).toString()).toBe('PNG');
    expect(view.getUint32(16)).toBe(1_600);
    expect(bytes.length).toBeLessThan(300_000);
    expect(alt).toBe(altOf(chart));
  });

  it('has its text in it: another title is another picture', async () => {
    const { draw } = createPictures();

    const [a, b] = await Promise.all([draw({ ...bars, title: 'Snapshots' }), draw({ ...bars, title: 'Restores' })]);

    expect(Buffer.from(a.bytes).equals(Buffer.from(b.bytes))).toBe(false);
  });
});
