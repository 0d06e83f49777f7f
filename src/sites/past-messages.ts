import { csvOf } from '#lib/csv.ts';
import { duration } from '#lib/format.ts';
import type { Chart } from '#ports/pictures.ts';
import type { Site } from '#ports/site-settings.ts';
import type { Section } from '#ports/text.ts';

import { type Measure, merge, quantile, uptime } from './measure.ts';
import type { Stretch } from './past.ts';
import { percent, promise } from './slo-messages.ts';
import { budgetLeft, type Promised } from './slo.ts';

export type Span = { name: 'day' | 'week' | 'month'; words: string; from: number; to: number };
type Past = readonly Stretch[];

export function total(past: Past): Measure {
  return merge(past.map(({ measure }) => measure));
}

export function up(of: Measure): string {
  const part = uptime(of);
  return part === undefined ? 'not judged' : percent(part);
}

/** `99.9 % up`, for one line. */
export function upInWords(of: Measure): string {
  return uptime(of) === undefined ? 'nothing was judged yet' : `${up(of)} up`;
}

/** Rounded to what the buckets tell. */
export function time(of: Measure, part: number): string {
  const ms = quantile(of, part);
  return ms === undefined ? '–' : `${Number(ms.toPrecision(2))} ms`;
}

/** What is known of one site in a span. Pure. */
export function sections(site: Site, past: Past, budget: Past): readonly Section[] {
  const all = total(past);
  const judged = all.upMs + all.downMs;
  return [
    {
      kind: 'facts',
      facts: [
        ['Uptime', up(all)],
        ['Down', duration(all.downMs)],
        ['Response time', `p50 ${time(all, 0.5)} · p95 ${time(all, 0.95)} · p99 ${time(all, 0.99)}`],
        ['Checks', `${all.checks}, ${all.failed} failed`],
        ...budgets(site, total(budget)),
      ],
    },
    {
      kind: 'note',
      line: `Judged for ${duration(judged)}; maintenance, blindness and time without checks count for nothing. Times are within 5 %.`,
    },
  ];
}

function budgets({ slo }: Site, of: Measure): readonly (readonly [string, string])[] {
  if (slo === undefined) return [];
  const promised: readonly Promised[] = slo.latency === undefined ? ['availability'] : ['availability', 'latency'];
  return promised.map((one) => {
    const left = budgetLeft(one, of, slo);
    const said = left === undefined ? 'not judged' : left < 0 ? 'overspent' : `${percent(left)} left`;
    return ['Error budget', `${promise(slo, one)}: ${said}`];
  });
}

export function latencyChart(site: Site, past: Past): Chart {
  const line = (name: string, part: number) => ({
    name,
    points: past.map(({ at, measure }) => ({ at, value: quantile(measure, part) })),
  });
  const limit = site.slo?.latency?.underMs ?? site.slowMs;
  return {
    kind: 'lines',
    title: `${site.name}: response time`,
    timezone: 'UTC',
    unit: 'ms',
    series: [line('p50', 0.5), line('p95', 0.95)],
    ...(limit === undefined ? {} : { limit: { name: 'limit', value: limit } }),
  };
}

/** Each hour or day shows how much of it was up, slow and down, in this order. */
export function upDownChart(title: string, span: Span, rows: readonly { name: string; past: Past }[]): Chart {
  return {
    kind: 'updown',
    title,
    timezone: 'UTC',
    from: span.from,
    to: span.to,
    rows: rows.map(({ name, past }) => ({ name, spans: past.flatMap(spansOf) })),
  };
}

function spansOf({ at, lengthMs, measure }: Stretch) {
  const slowMs = Math.min(measure.slowMs, measure.upMs);
  const parts = [
    ['up', measure.upMs - slowMs],
    ['slow', slowMs],
    ['down', measure.downMs],
  ] as const;
  let from = at;
  return parts.flatMap(([state, ms]) => {
    const to = Math.min(from + ms, at + lengthMs);
    const spans = to > from ? [{ from, to, state }] : [];
    from = to;
    return spans;
  });
}

export function csv(rows: readonly { name: string; past: Past }[]): string {
  const columns = [
    'site',
    'from',
    'uptime',
    'up_s',
    'down_s',
    'slow_s',
    'checks',
    'failed',
    'p50_ms',
    'p95_ms',
    'p99_ms',
  ];
  const cell = (value: number | undefined) => (value === undefined ? '' : Number(value.toPrecision(6)));
  return csvOf(
    columns,
    rows.flatMap(({ name, past }) =>
      past.map(({ at, measure: of }) => [
        name,
        new Date(at).toISOString(),
        cell(uptime(of)),
        of.upMs / 1_000,
        of.downMs / 1_000,
        of.slowMs / 1_000,
        of.checks,
        of.failed,
        ...[0.5, 0.95, 0.99].map((part) => cell(quantile(of, part))),
      ]),
    ),
  );
}
