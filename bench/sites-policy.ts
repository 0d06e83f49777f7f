import { assumptions, counting, deckhand, type Outcome, simulate } from '#test/sites/simulation.ts';

import type { Figure } from './figure.ts';
import type { Bench } from './group.ts';

/** 600 sites for 30 days each: 18,000 site-days, about 600 outages. */
const size = { sites: 600, days: 30, seed: 20_261_125 };

/** How soon, how rightly and how quietly the product decides, beside what Uptime Kuma and Gatus do by default. */
export const sitesPolicy: Bench = { name: 'detection-mean-s', run: async () => figures() };

function figures(): readonly Figure[] {
  const [ours, ...others] = outcomes();
  const against = 'a simulation of guessed faults';
  const notes = [...assumed(), ...table([ours!, ...others])];
  return [
    { figure: 'detection-mean-s', value: ours!.detectionMeanS, target: 75, unit: 's', against, notes },
    { figure: 'false-alarms-per-1000-day', value: ours!.falseAlarmsPer1000Day, target: 2, unit: 'alerts', against },
    { figure: 'messages-per-day-at-30-percent', value: ours!.messagesPerDayAt30, target: 5, unit: 'messages', against },
  ];
}

/** The product's defaults first. */
function outcomes(): readonly Outcome[] {
  return [
    simulate(deckhand('Deckhand, every 60 s'), size),
    simulate(deckhand('Deckhand, every 60 s, 2 of 3 places agree', {}, 2), size),
    simulate(deckhand('Deckhand, every 30 s', { intervalMs: 30_000 }), size),
    simulate(counting('Uptime Kuma, default (no retries)', 1, 1), size),
    simulate(counting('Uptime Kuma, 2 retries', 3, 1), size),
    simulate(counting('Gatus, default (3 fail, 2 good)', 3, 2), size),
  ];
}

function assumed(): readonly string[] {
  const { blipsPerDay, blipMeanMs, outageMs, noisePerCheck, localShare } = assumptions;
  return [
    `Seed ${size.seed}; ${size.sites} sites for ${size.days} days. Each site: ${blipsPerDay} blips a day (exponential, mean ${blipMeanMs / 1_000} s),`,
    `one outage a month (${outageMs.least / 60_000} to ${outageMs.most / 60_000} min), ${noisePerCheck * 100} % of checks fail for no reason; checks take no time.`,
    `Other places: ${localShare * 100} % of the blips are on the way from one place alone, each place has its own of them, and its checks fail for no`,
    'reason as well. Outages and the rest are seen by all; places answer at once, and each check of the sick site fails by itself.',
    'The sick site fails 30 % of its checks for a day (mean of 200 days; openings and ends counted).',
  ];
}

function table(rows: readonly Outcome[]): readonly string[] {
  const head = ['policy', 'false/1,000 d', 'mean s', 'p95 s', 'missed', 'sick/day', 'checks/day'];
  const body = rows.map((row) => [
    row.policy,
    row.falseAlarmsPer1000Day.toFixed(1),
    row.detectionMeanS.toFixed(1),
    row.detectionP95S.toFixed(0),
    String(row.missed),
    row.messagesPerDayAt30.toFixed(1),
    row.checksPerSiteDay.toFixed(0),
  ]);
  const widths = head.map((_, column) => Math.max(...[head, ...body].map((row) => row[column]!.length)));
  return [head, ...body].map((row) => row.map((cell, column) => cell.padEnd(widths[column]!)).join('  '));
}
