import { z } from 'zod';

import type { Site } from '#ports/site-settings.ts';

import { asks, asksFaults, siteAddress, statuses, toAsks } from './asks-schema.ts';
import { channelId, duration, flag, list, name, named, section, server, text, webAddress, whole } from './fields.ts';
import { slo, toSlo } from './history-schema.ts';
import { remedies, type RemedyTools, toRemedies } from './remedies-schema.ts';

const siteName = name('web-shop');
const share = z
  .number({ error: 'Expected a number from 0.1 to 1.' })
  .min(0.1, { error: 'Expected a number from 0.1 to 1.' })
  .max(1, { error: 'Expected a number from 0.1 to 1.' });

/** What every site has, with a default for all sites. */
const kinds = {
  interval: duration('1s', '1d'),
  deadline: duration('100ms', '2m'),
  statuses,
  verifyTls: flag(),
  maxRedirects: whole(0, 10),
  slow: duration('1ms', '2m'),
  certificateDays: list(whole(0, 365), 10),
  recheck: list(duration('100ms', '10m'), 10).min(1, {
    error: 'Expected at least one gap, such as `[5s, 15s, 20s]`.',
  }),
  recoverEvery: duration('100ms', '10m'),
  recoverChecks: whole(1, 20),
  degradedChecks: whole(1, 100),
  degradedClear: share,
  intermittentChanges: whole(2, 100),
  intermittentChecks: whole(5, 500),
  intermittentTellDown: duration('1s', '1d'),
};
const words = {
  interval: 'Time between two checks',
  deadline: 'Longest time one check may take, redirects included; the interval if that is shorter',
  statuses: 'Status codes that mean up: `204`, `2xx`, `200-299`; empty = 200 to 399',
  verifyTls: 'An expired or untrusted certificate means down',
  maxRedirects: 'Redirects to follow; 0 = the redirect itself is the answer',
  slow: 'Slower than this (median of the newest answers) is told as degraded; unset = never',
  certificateDays: 'Days before the certificate ends at which it is told',
  recheck: 'Gaps of the checks that must all fail after a first failure, before it is told',
  recoverEvery: 'Gap between checks after the first good one',
  recoverChecks: 'Good checks in a row that end the incident',
  degradedChecks: 'Newest answers whose median decides',
  degradedClear: 'Part of `slow` below which the site is no longer degraded',
  intermittentChanges: 'Changes from good to failed that make a site intermittent',
  intermittentChecks: 'Newest checks in which they are counted; as many without one end it',
  intermittentTellDown: 'An intermittent site that does not answer for this long is told as down',
} as const satisfies Record<keyof typeof kinds, string>;

export const sitesDefaults = section({
  interval: kinds.interval.prefault('60s').describe(words.interval),
  deadline: kinds.deadline.prefault('10s').describe(words.deadline),
  statuses: kinds.statuses.prefault([]).describe(words.statuses),
  verifyTls: kinds.verifyTls.default(true).describe(words.verifyTls),
  maxRedirects: kinds.maxRedirects.default(5).describe(words.maxRedirects),
  slow: kinds.slow.optional().describe(words.slow),
  certificateDays: kinds.certificateDays.default([21, 7, 1]).describe(words.certificateDays),
  recheck: kinds.recheck.prefault(['5s', '15s', '20s']).describe(words.recheck),
  recover: section({
    every: kinds.recoverEvery.prefault('20s').describe(words.recoverEvery),
    checks: kinds.recoverChecks.default(3).describe(words.recoverChecks),
  }).prefault({}),
  degraded: section({
    checks: kinds.degradedChecks.default(5).describe(words.degradedChecks),
    clear: kinds.degradedClear.default(0.8).describe(words.degradedClear),
  }).prefault({}),
  intermittent: section({
    changes: kinds.intermittentChanges.default(4).describe(words.intermittentChanges),
    checks: kinds.intermittentChecks.default(30).describe(words.intermittentChecks),
    tellDownAfter: kinds.intermittentTellDown.prefault('5m').describe(words.intermittentTellDown),
  }).prefault({}),
});

/** One entry of `sites`. */
export const site = section({
  name: siteName.describe('Unique short name; keep it, the history belongs to it'),
  url: siteAddress.describe(
    'What to check: `https://`, `http://`, `tcp://host:port`, `tls://host:port`, `dns://name`, `ping://host`',
  ),
  ...asks,
  contains: text(1_000).optional().describe('Text that must stand in the first 256 KiB of the answer'),
  interval: kinds.interval.optional().describe(words.interval),
  deadline: kinds.deadline.optional().describe(words.deadline),
  statuses: kinds.statuses.optional().describe(words.statuses),
  verifyTls: kinds.verifyTls.optional().describe(words.verifyTls),
  maxRedirects: kinds.maxRedirects.optional().describe(words.maxRedirects),
  slow: kinds.slow.optional().describe(words.slow),
  certificateDays: kinds.certificateDays.optional().describe(words.certificateDays),
  recheck: kinds.recheck.optional().describe(words.recheck),
  recover: section({
    every: kinds.recoverEvery.optional().describe(words.recoverEvery),
    checks: kinds.recoverChecks.optional().describe(words.recoverChecks),
  }).prefault({}),
  degraded: section({
    checks: kinds.degradedChecks.optional().describe(words.degradedChecks),
    clear: kinds.degradedClear.optional().describe(words.degradedClear),
  }).prefault({}),
  intermittent: section({
    changes: kinds.intermittentChanges.optional().describe(words.intermittentChanges),
    checks: kinds.intermittentChecks.optional().describe(words.intermittentChecks),
    tellDownAfter: kinds.intermittentTellDown.optional().describe(words.intermittentTellDown),
  }).prefault({}),
  paused: flag().default(false).describe('Not checked at all; what is open of it is closed'),
  parent: siteName
    .optional()
    .describe('Another site that this one cannot work without; while that is down, one message'),
  instance: server
    .optional()
    .describe(
      'The server behind it (id or Name), in any place of `aws.accounts`: feeds the Restart and Restore buttons',
    ),
  remedies: remedies
    .optional()
    .describe('What may mend it; unset = reboot and restore of its `instance`, when a person asks'),
  loadBalancer: text(256).optional().describe('Name of the load balancer in front; its sites are told together'),
  channel: channelId.optional().describe('Where its alerts go; unset = `channels.alerts`'),
  owner: text(100).optional().describe('Who to talk to; shown on the alert'),
  runbook: webAddress.optional().describe('What to do; linked from the alert'),
  slo: slo.optional().describe('What it promises; a budget that burns too fast is told'),
});

/** 10,000 sites at 60 s are what one process is built to hold. */
export const sites = named(site, 10_000, 'site');

export type SiteEntry = z.output<typeof site>;
export type SitesDefaults = z.output<typeof sitesDefaults>;
type Fault = { path: (string | number)[]; message: string };

/** What only shows when all sites and their defaults are known: deadlines above intervals, unknown or circular parents. */
export function faultsOf(all: readonly SiteEntry[], defaults: SitesDefaults): readonly Fault[] {
  const parents = new Map(all.map(({ name, parent }) => [name, parent]));
  return all.flatMap((entry, at): Fault[] => {
    const { name, deadline, interval, parent } = entry;
    const late = deadline !== undefined && deadline > (interval ?? defaults.interval);
    return [
      ...asksFaults(entry).map(({ path, message }) => ({ path: ['sites', at, ...path], message })),
      ...(late
        ? [{ path: ['sites', at, 'deadline'], message: 'Expected a time not above the `interval` of the site.' }]
        : []),
      ...(parent !== undefined && !parents.has(parent)
        ? [{ path: ['sites', at, 'parent'], message: 'Expected the name of another site of this file.' }]
        : []),
      ...(isCircular(name, parents)
        ? [{ path: ['sites', at, 'parent'], message: 'Expected parents that do not lead back to the site itself.' }]
        : []),
    ];
  });
}

function isCircular(name: string, parents: ReadonlyMap<string, string | undefined>): boolean {
  let at = parents.get(name);
  for (let steps = 0; at !== undefined && steps <= parents.size; steps++) {
    if (at === name) return true;
    at = parents.get(at);
  }
  return false;
}

/** What the product reads, of a checked site. */
export function toSite(of: SiteEntry, defaults: SitesDefaults, tools: RemedyTools): Site {
  const intervalMs = of.interval ?? defaults.interval;
  const intermittent = { ...defaults.intermittent, ...given(of.intermittent) };
  return {
    name: of.name,
    url: of.url,
    intervalMs,
    deadlineMs: of.deadline ?? Math.min(defaults.deadline, intervalMs),
    statuses: of.statuses ?? defaults.statuses,
    contains: of.contains,
    asks: toAsks(of),
    verifyTls: of.verifyTls ?? defaults.verifyTls,
    maxRedirects: of.maxRedirects ?? defaults.maxRedirects,
    slowMs: of.slow ?? defaults.slow,
    certificateDays: of.certificateDays ?? defaults.certificateDays,
    recheckMs: of.recheck ?? defaults.recheck,
    recoverMs: of.recover.every ?? defaults.recover.every,
    recoverChecks: of.recover.checks ?? defaults.recover.checks,
    degraded: { ...defaults.degraded, ...given(of.degraded) },
    intermittent: {
      changes: intermittent.changes,
      checks: intermittent.checks,
      tellDownMs: intermittent.tellDownAfter,
    },
    paused: of.paused,
    parent: of.parent,
    loadBalancer: of.loadBalancer,
    instance: of.instance,
    remedies: toRemedies(of.remedies, tools),
    channel: of.channel,
    owner: of.owner,
    runbook: of.runbook,
    slo: of.slo === undefined ? undefined : toSlo(of.slo),
  };
}

function given<T extends object>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}
