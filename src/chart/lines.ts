import type { Chart, Point } from '#ports/pictures.ts';

import { height, plot, valueAxis } from './frame.ts';
import { isDrawable, short, ticks } from './scale.ts';
import { barHeight, looks, stateBar, stateNames } from './state-bar.ts';
import { colours, fitted, legend, lineAt, padding, palette, round, sheet, textAt, textWidth } from './svg.ts';

export type Lines = Extract<Chart, { kind: 'lines' }>;

/** Lines over time from 0 up, gaps left open; below them how it was by then. Pure. */
export function linesSvg(chart: Lines): string {
  const shown = chart.series.slice(0, palette.length);
  const all = shown.flatMap(({ points }) => points.filter(isMeasured));
  const { states = [] } = chart;
  const instants = [...shown.flatMap(({ points }) => points.map(({ at }) => at)), ...states.flatMap(endsOf)];
  const from = instants.reduce((first, at) => Math.min(first, at), Infinity);
  const to = instants.reduce((last, at) => Math.max(last, at), -Infinity);
  if (all.length + states.length === 0)
    return sheet(chart.title, 110, [textAt(padding, 70, 'Nothing was measured in this time.', { size: 13 })]);
  const most = all.reduce((highest, { value }) => Math.max(highest, value), chart.limit?.value ?? 0);
  const { y, drawn } = valueAxis(most, chart.unit);
  const x = (at: number) =>
    to === from ? (plot.left + plot.right) / 2 : plot.left + ((at - from) / (to - from)) * (plot.right - plot.left);
  const hues = states.length === 0 ? palette : palette.filter((one) => !stateHues.has(one));
  const lines = shown.map(({ name, points }, at) => ({ name, points, colour: hues[at % hues.length] ?? colours.ink }));
  const below = states.length === 0 ? 0 : barHeight + 12;
  return sheet(chart.title, height + below, [
    drawn,
    ...(below === 0 ? [] : stateBar(states, { from, to, x, y: plot.bottom + 10, left: plot.left, right: plot.right })),
    timeAxis({ from, to, timezone: chart.timezone, x, y: plot.bottom + 18 + below }),
    ...lines.flatMap(({ points, colour }) => runs(points).map((run) => path(run, x, y, colour))),
    ...(chart.limit === undefined ? [] : [limitLine(chart.limit, y(chart.limit.value))]),
    legend([...lines, ...(below === 0 ? [] : stateNames)], height + below - 18),
  ]);
}

/** What a line must not look like where states are shown too. */
const stateHues: ReadonlySet<string> = new Set(Object.values(looks).map(({ colour }) => colour));

/** Where a bar of states begins and ends. */
export function endsOf({ from, to }: { from: number; to: number }): readonly number[] {
  return [from, to];
}

/** Instants below a plot, and where they are told by; the outer ones stay inside the paper. */
export function timeAxis({
  from,
  to,
  timezone,
  x,
  y,
}: {
  from: number;
  to: number;
  timezone: string;
  x: (at: number) => number;
  y: number;
}): string {
  const all = ticks(from, to, timezone);
  const shown = to === from ? all.slice(0, 1) : all;
  const zone = textAt(padding, y, fitted(timezone, 11, x(from) - padding - 8), { size: 11 });
  const times = shown.map(({ at, text }, nr) => {
    const anchor = shown.length === 1 ? 'middle' : nr === 0 ? 'start' : nr === shown.length - 1 ? 'end' : 'middle';
    return textAt(x(at), y, text, { size: 11, anchor });
  });
  return [zone, ...times].join('');
}

type Measured = { at: number; value: number };

export function isMeasured(point: Point): point is Measured {
  return isDrawable(point.value);
}

/** Stretches without a gap. */
function runs(points: readonly Point[]): readonly (readonly Measured[])[] {
  const all: Measured[][] = [];
  let open = false;
  for (const point of points) {
    if (!isMeasured(point)) open = false;
    else if (open) all.at(-1)?.push(point);
    else open = all.push([point]) > 0;
  }
  return all;
}

function path(
  run: readonly Measured[],
  x: (at: number) => number,
  y: (value: number) => number,
  colour: string,
): string {
  const [first] = run;
  if (first === undefined) return '';
  if (run.length === 1)
    return `<circle cx="${round(x(first.at))}" cy="${round(y(first.value))}" r="2.5" fill="${colour}"/>`;
  const points = run.map(({ at, value }) => `${round(x(at))},${round(y(value))}`).join(' ');
  return `<polyline points="${points}" fill="none" stroke="${colour}" stroke-width="2" stroke-linejoin="round"/>`;
}

function limitLine({ name, value }: { name: string; value: number }, y: number): string {
  const text = `${name} ${short(value)}`;
  return [
    lineAt(plot.left, y, plot.right, y, colours.ink, ' stroke-dasharray="6 4"'),
    `<rect x="${round(plot.right - textWidth(text, 11) - 6)}" y="${round(y - 15)}" width="${round(textWidth(text, 11) + 6)}" height="13" fill="${colours.paper}" fill-opacity="0.85"/>`,
    textAt(plot.right - 3, y - 4, text, { size: 11, fill: colours.ink, anchor: 'end' }),
  ].join('');
}
