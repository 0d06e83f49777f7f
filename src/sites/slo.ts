import type { Slo } from '#ports/site-settings.ts';

import { type Measure, merge, within } from './measure.ts';
import { hourMs, minuteMs } from './rollup.ts';

/** What a site promises: to be up, and to be quick. */
export type Promised = 'availability' | 'latency';
export type Burn = { promised: Promised; pace: 'fast' | 'slow'; rate: number; spentOf: number };

/**
 * The budget burns too fast when `spends` of it would be gone after `longMs` at this rate, and the short window shows that it
 * still does: so the alert comes soon, and ends soon. 14.4 and 6 times the even rate for 30 days.
 * Source: Google, The Site Reliability Workbook, ch. 5, table 5-8, https://sre.google/workbook/alerting-on-slos/
 */
export const paces = [
  { pace: 'fast', longMs: hourMs, shortMs: 5 * minuteMs, spends: 0.02 },
  { pace: 'slow', longMs: 6 * hourMs, shortMs: 30 * minuteMs, spends: 0.05 },
] as const;

/** Part (0–1) that broke the promise; undefined when nothing was judged. */
export function broken(promised: Promised, of: Measure, slo: Slo): number | undefined {
  if (promised === 'availability') {
    const judged = of.upMs + of.downMs;
    return judged === 0 ? undefined : of.downMs / judged;
  }
  if (slo.latency === undefined) return undefined;
  const { answers, quick } = within(of, slo.latency.underMs);
  return answers === 0 ? undefined : 1 - quick / answers;
}

/** Part (0–1) that may break it. */
function allowed(promised: Promised, slo: Slo): number {
  return 1 - (promised === 'availability' ? slo.target : (slo.latency?.share ?? 0)) / 100;
}

/** Part of the error budget that is left, 1 = all of it, below 0 = overspent; undefined when nothing was judged. Pure. */
export function budgetLeft(promised: Promised, of: Measure, slo: Slo): number | undefined {
  const part = broken(promised, of, slo);
  return part === undefined ? undefined : 1 - part / allowed(promised, slo);
}

/** The most urgent burning promise, if any. `minutes`: of the last 6 h. Pure. */
export function burning(minutes: readonly { at: number; measure: Measure }[], slo: Slo, now: number): Burn | undefined {
  const last = (ms: number) => merge(minutes.filter(({ at }) => at >= now - ms && at < now).map((one) => one.measure));
  for (const { pace, longMs, shortMs, spends } of paces) {
    const limit = Math.max(1, (spends * slo.windowMs) / longMs);
    const [long, short] = [last(longMs), last(shortMs)];
    for (const promised of ['availability', 'latency'] as const) {
      const rate = (of: Measure) => (broken(promised, of, slo) ?? 0) / allowed(promised, slo);
      if (rate(long) >= limit && rate(short) >= limit) return { promised, pace, rate: rate(long), spentOf: longMs };
    }
  }
  return undefined;
}
