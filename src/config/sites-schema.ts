import type { z } from 'zod';

import type { Site } from '#ports/settings.ts';

import { channelId, duration, flag, list, matching, section, server, text, webAddress, whole } from './fields.ts';

const defaultDeadlineMs = 10_000;

const site = section({
  name: matching(
    /^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/,
    'Expected a short name of small letters, digits and dashes, such as web-shop (at most 40).',
  ).describe('Unique short name; keep it, the history belongs to it'),
  url: webAddress.describe('What to ask for'),
  interval: duration('1s', '1d').prefault('60s').describe('Time between two checks'),
  deadline: duration('100ms', '2m')
    .optional()
    .describe('Longest time one check may take, redirects included; default 10s, or the interval if that is shorter'),
  statuses: list(whole(100, 599), 100).default([]).describe('Status codes that mean up; empty = 200 to 399'),
  contains: text(1_000).optional().describe('Text that must stand in the first 256 KiB of the answer'),
  verifyTls: flag().default(true).describe('An expired or untrusted certificate means down'),
  maxRedirects: whole(0, 10).default(5).describe('Redirects to follow; 0 = the redirect itself is the answer'),
  slow: duration('1ms', '2m').optional().describe('Slower than this (median of 5 checks) is told as degraded'),
  certificateDays: list(whole(0, 365), 10)
    .default([21, 7, 1])
    .describe('Days before the certificate ends at which it is told'),
  recheck: list(duration('100ms', '10m'), 10)
    .min(1, { error: 'Expected at least one gap, such as `[5s, 15s, 20s]`.' })
    .prefault(['5s', '15s', '20s'])
    .describe('Gaps of the checks that must all fail after a first failure, before it is told'),
  recover: section({
    every: duration('100ms', '10m').prefault('20s').describe('Gap between checks after the first good one'),
    checks: whole(1, 20).default(3).describe('Good checks in a row that end the incident'),
  }).prefault({}),
  instance: server.optional().describe('The server behind it (id or Name): feeds the Restart and Restore buttons'),
  channel: channelId.optional().describe('Where its alerts go; unset = `channels.alerts`'),
  owner: text(100).optional().describe('Who to talk to; shown on the alert'),
  runbook: webAddress.optional().describe('What to do; linked from the alert'),
}).refine(({ deadline, interval }) => deadline === undefined || deadline <= interval, {
  path: ['deadline'],
  error: 'Expected a time not above the `interval` of the site.',
});

/** 10,000 sites at 60 s are what one process is built to hold. */
export const sites = list(site, 10_000).refine((all) => repeated(all).length === 0, {
  // Also when an item has other faults, so that all are told at once.
  when: ({ value }) => Array.isArray(value),
  error: ({ input }) =>
    `Expected a name of its own for each site; more than once there is: ${repeated(input).join(', ')}.`,
});

function repeated(all: unknown): readonly string[] {
  const names = (Array.isArray(all) ? all : []).map((one: { name?: unknown } | null | undefined) => one?.name);
  const seen = new Set<string>();
  const again = new Set<string>();
  for (const name of names) {
    if (typeof name !== 'string') continue;
    if (seen.has(name)) again.add(name);
    seen.add(name);
  }
  return [...again];
}

/** What the product reads, of a checked site. */
export function toSite(of: z.output<typeof site>): Site {
  const { interval, deadline, slow, recheck, recover, ...same } = of;
  return {
    ...same,
    contains: same.contains,
    instance: same.instance,
    channel: same.channel,
    owner: same.owner,
    runbook: same.runbook,
    intervalMs: interval,
    deadlineMs: deadline ?? Math.min(defaultDeadlineMs, interval),
    slowMs: slow,
    recheckMs: recheck,
    recoverMs: recover.every,
    recoverChecks: recover.checks,
  };
}
