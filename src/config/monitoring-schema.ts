import { z } from 'zod';

import type { AlertRules } from '#ports/settings.ts';
import type { MaintenanceWindow, Monitoring, Window } from '#ports/site-settings.ts';

import {
  channelId,
  cron,
  duration,
  groupId,
  instantIn,
  list,
  localTime,
  section,
  selector,
  text,
  timezone,
  webAddress,
  whole,
} from './fields.ts';

/** `alerts`, `monitoring` and `maintenance` of deckhand.yml. */

export const alerts = section({
  reopen: duration('1s', '1d').prefault('15m').describe('Wrong again this soon after its end is the same incident'),
  remind: list(duration('1s', '30d'), 10)
    .prefault(['30m', '2h', '8h'])
    .describe('Reminders in the thread, counted from the start, until somebody acknowledges; empty = none'),
  escalate: section({
    after: duration('1s', '1d').prefault('15m').describe('Unacknowledged for this long is told further'),
    channel: channelId.optional().describe('Where; unset = in the thread of the alert'),
    group: groupId.optional().describe('The user group that is called; without it and a channel nobody is'),
  }).prefault({}),
});

export function toAlerts({ reopen, remind, escalate }: z.output<typeof alerts>): AlertRules {
  const { after, channel, group } = escalate;
  return { reopenMs: reopen, remindMs: remind, escalate: { afterMs: after, channel, group } };
}

const someShare = 'Expected a number from 0.01 to 1.';

export const monitoring = section({
  concurrency: section({
    total: whole(1, 2_000).default(300).describe('Checks at once, in all'),
    perHost: whole(1, 100).default(2).describe('Checks at once, of one host'),
  }).prefault({}),
  blind: section({
    sites: whole(1, 10_000).default(5).describe('More sites than this must fail together'),
    share: z
      .number({ error: someShare })
      .min(0.01, { error: someShare })
      .max(1, { error: someShare })
      .default(0.2)
      .describe('And a greater part than this of those that were checked'),
    within: duration('1s', '10m').prefault('30s').describe('Together means within this time'),
    canaries: list(webAddress, 10)
      .default(['https://slack.com/api/api.test', 'https://checkip.amazonaws.com/'])
      .describe('Asked then, besides the EC2 API: when none answers the fault is ours, and no site is told'),
  }).prefault({}),
  group: section({
    wait: duration('0ms', '5m')
      .prefault('10s')
      .describe('How long the first of several failing sites waits for the others'),
    members: whole(2, 100)
      .default(3)
      .describe('Sites of one parent, server, load balancer or address, or servers of one zone, that make one message'),
  }).prefault({}),
  discoverTag: text(128)
    .default('deckhand:url')
    .describe('Tag of a server with the address of its site, for `/deck sites discover`'),
  heartbeat: section({
    url: webAddress.optional().describe('Asked (GET) while checks run as they should; unset = never'),
    every: duration('10s', '1d').prefault('60s').describe('How often'),
  }).prefault({}),
});

export function toMonitoring({
  discoverTag,
  blind,
  group,
  heartbeat,
  concurrency,
}: z.output<typeof monitoring>): Monitoring {
  const { sites, share, within, canaries } = blind;
  return {
    concurrency,
    discoverTag,
    blind: { sites, share, withinMs: within, canaries },
    group: { waitMs: group.wait, members: group.members },
    heartbeat: heartbeat.url === undefined ? undefined : { url: heartbeat.url, everyMs: heartbeat.every },
  };
}

const times = {
  from: localTime.optional().describe('Begin of a window that comes once'),
  to: localTime.optional().describe('Its end'),
  cron: cron.optional().describe('Begin of a window that comes again and again, instead of `from` and `to`'),
  duration: duration('1m', '7d').optional().describe('How long each lasts, with `cron`'),
  timezone: timezone.default('UTC').describe('Time zone of `from`, `to` and `cron`'),
};
type Times = { [field in keyof typeof times]?: z.output<(typeof times)[field]> } & { timezone: string };

const window = section({
  name: text(80).describe('What the work is; shown'),
  sites: list(text(40), 10_000).default([]).describe('Names of the sites; without these and `select` = all'),
  select: selector
    .optional()
    .describe('Which servers, with their disks, as typed after `/fleet`; without this and `sites` = all'),
  ...times,
}).superRefine(mustBeTimes);
const frozen = section({ name: text(80).describe('Why nothing may change then; shown'), ...times }).superRefine(
  mustBeTimes,
);

function mustBeTimes(of: Times, context: z.RefinementCtx): void {
  const wrong = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
  const once = of.from !== undefined || of.to !== undefined;
  if (once === (of.cron !== undefined || of.duration !== undefined))
    return wrong('from', 'Expected either `from` and `to`, or `cron` and `duration`.');
  if (!once && of.cron === undefined) wrong('cron', 'Expected a cron line beside `duration`.');
  if (!once && of.duration === undefined) wrong('duration', 'Expected a time beside `cron`, such as `1h`.');
  if (once && of.from === undefined) wrong('from', 'Expected a time beside `to`, such as `2026-12-01T22:00`.');
  if (
    once &&
    (of.to === undefined || (of.from !== undefined && instantIn(of.to, of.timezone) <= instantIn(of.from, of.timezone)))
  )
    wrong('to', 'Expected a time after `from`, such as `2026-12-02T02:00`.');
}

export const maintenance = list(window, 1_000);
export const freeze = list(frozen, 1_000);

/** What the product reads, of a checked window. */
export function toMaintenance(of: z.output<typeof window>): MaintenanceWindow {
  const { sites, select } = of;
  const isAll = sites.length === 0 && select === undefined;
  return { ...toWindow(of), sites: isAll ? 'all' : sites, select: isAll ? 'all' : select };
}

export function toWindow({ name, timezone, cron: line, duration: lasts, from, to }: Times & { name: string }): Window {
  if (line !== undefined) return { kind: 'cron', name, cron: line, timezone, durationMs: lasts ?? 0 };
  return { kind: 'once', name, from: instantIn(from ?? '', timezone), to: instantIn(to ?? '', timezone) };
}
