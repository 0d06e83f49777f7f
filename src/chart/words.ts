import type { Chart } from '#ports/pictures.ts';

import type { Bars } from './bars.ts';
import { endsOf, isMeasured, type Lines } from './lines.ts';
import { short } from './scale.ts';
import type { UpDown } from './updown.ts';

/** Series, rows or bars that are put in words; a screen reader reads all of it. */
const mostSaid = 8;

/** The chart in words. Pure. */
export function altOf(chart: Chart): string {
  const said = sentences(chart);
  const left = Math.max(0, said.length - mostSaid) + (chart.kind === 'updown' ? (chart.more ?? 0) : 0);
  const more = left > 0 ? ` And ${left} more.` : '';
  return `${chart.title}. ${said.slice(0, mostSaid).join(' ')}${more}`.trim();
}

function sentences(chart: Chart): readonly string[] {
  switch (chart.kind) {
    case 'lines':
      return linesSaid(chart);
    case 'updown':
      return chart.rows.map((row) => rowSaid(chart, row));
    case 'bars':
      return barsSaid(chart);
  }
}

/** Only what is there, so that a rare thing in a long row is heard. */
function barsSaid({ bars, parts }: Bars): readonly string[] {
  const said = bars.flatMap(({ label, values }) => {
    const there = parts.flatMap((part, at) => ((values[at] ?? 0) > 0 ? [`${short(values[at] ?? 0)} ${part}`] : []));
    return there.length === 0 ? [] : [`${label}: ${there.join(', ')}.`];
  });
  return said.length === 0 ? ['None.'] : said;
}

function linesSaid({ series, unit, limit, states = [] }: Lines): readonly string[] {
  const lines = series.map(({ name, points }) => {
    const values = points.filter(isMeasured).map(({ value }) => value);
    const last = values.at(-1);
    if (last === undefined) return `${name}: nothing measured.`;
    return `${name}: last ${short(last)} ${unit}, between ${short(Math.min(...values))} and ${short(Math.max(...values))}.`;
  });
  const ends = states.flatMap(endsOf);
  const span = { from: Math.min(...ends), to: Math.max(...ends) };
  return [
    ...lines,
    ...(limit === undefined ? [] : [`${limit.name}: ${short(limit.value)} ${unit}.`]),
    ...(states.length === 0 ? [] : [rowSaid(span, { name: 'State', spans: states })]),
  ];
}

/** Of the time that is known: a site that is watched since today is not up for a seventh of the week. */
function rowSaid({ from, to }: Pick<UpDown, 'from' | 'to'>, { name, spans }: UpDown['rows'][number]): string {
  const length = (state: string) =>
    spans
      .filter((span) => span.state === state)
      .reduce((sum, span) => sum + Math.max(0, Math.min(span.to, to) - Math.max(span.from, from)), 0);
  const [up, slow, down] = [length('up'), length('slow'), length('down')];
  const known = up + slow + down;
  if (known === 0) return `${name}: nothing known.`;
  const downs = spans.filter(
    ({ state, from: begin, to: end }) => state === 'down' && end >= from && begin <= to,
  ).length;
  return `${name}: up ${percent((up + slow) / known)}${slow > 0 ? `, of that slow ${percent(slow / known)}` : ''}, down ${percent(down / known)} (${downs} ${downs === 1 ? 'time' : 'times'}).`;
}

/** Rounded down, so that 100 % means all of it. */
function percent(share: number): string {
  return `${Math.floor(share * 10_000) / 100} %`;
}
