import { z } from 'zod';

import { operations } from '#operations/index.ts';
import type { Settings } from '#ports/settings.ts';

import { approval, toRule } from './approval-schema.ts';
import { aws } from './aws-schema.ts';
import { digest, digestFaults, digests, toDigests } from './digests-schema.ts';
import { channelId, duration, groupId, list, ports, privateTarget, section, userId, whole } from './fields.ts';
import { health, toHealth } from './health-schema.ts';
import { history, siteReport, toHistory } from './history-schema.ts';
import {
  alerts,
  freeze,
  maintenance,
  monitoring,
  toAlerts,
  toMaintenance,
  toMonitoring,
  toWindow,
} from './monitoring-schema.ts';
import { remediation, toServerRule } from './remediation-schema.ts';
import { docker, remedyFaults, scripts } from './remedies-schema.ts';
import { restore } from './restore-schema.ts';
import { holds, retention, toHolds, toRetention } from './retention-schema.ts';
import { drills, schedules, toDrill, toSchedule } from './schedules-schema.ts';
import { faultsOf, sites, sitesDefaults, toSite } from './sites-schema.ts';
import { statusPage, statusPageFaults, toStatusPage } from './status-page-schema.ts';
import { tags, toTags } from './tags-schema.ts';
import { terraform } from './terraform-schema.ts';
import { toVantage, vantage } from './vantage-schema.ts';

/**
 * deckhand.yml as people write it: the field names, bounds and defaults. `SettingsFile` checks it, the JSON Schema and
 * the check of docs/configuration.md are made from it, `toSettings` turns it into what the product reads.
 */

const changes = operations.filter(({ kind }) => kind === 'change').map(({ name }) => name);

const people = section({
  users: list(userId, 1_000).default([]).describe('Slack user ids'),
  groups: list(groupId, 100).default([]).describe('Slack user group ids (paid plans)'),
});

const channels = section({
  alerts: channelId.optional().describe('Health and downtime alerts; unset = none are sent'),
  digest: channelId.optional().describe('Digests that name no channel; unset = the alerts channel'),
  commands: list(channelId, 1_000).default([]).describe('Where commands may be typed; empty = in every channel'),
});

const limits = section({
  deletions: whole(1, 100_000).default(1_000).describe('Resources one clean-up may delete'),
  resources: whole(1, 20_000).default(50).describe('Resources one request may change'),
  tags: whole(1, 20_000).default(1_000).describe('Resources whose tags one request may change'),
  snapshotAttempts: whole(1, 10).default(3).describe('Attempts for a set of snapshots before giving up'),
  wait: section({
    snapshot: duration('1s', '7d').prefault('6h').describe('Longest wait for a snapshot to complete'),
    volume: duration('1s', '1d').prefault('10m').describe('Longest wait for a volume to be made, attached or detached'),
    stop: duration('1s', '1d').prefault('10m').describe('Longest wait for a server to stop'),
    start: duration('1s', '1d').prefault('10m').describe('Longest wait for a server to run'),
    checks: duration('1s', '1d').prefault('15m').describe('Longest wait for the status checks after a start'),
  }).prefault({}),
  poll: section({
    min: duration('10ms', '1m').prefault('2s').describe('First gap between two looks at AWS'),
    max: duration('10ms', '10m').prefault('15s').describe('Largest gap'),
  })
    .refine(({ min, max }) => min <= max, { path: ['max'], error: 'Expected a time not below `limits.poll.min`.' })
    .prefault({}),
  visibilityGrace: duration('100ms', '10m')
    .prefault('45s')
    .describe('How long a snapshot made a moment ago may stay invisible before it counts as never made'),
  snapshotGap: duration('10ms', '10m')
    .prefault('15s')
    .describe('Gap between two snapshots of one volume; AWS wants 15 s'),
  hold: duration('1h', '365d')
    .prefault('7d')
    .describe('How long the replaced disk of a restore is promised to stay for undo; then see `holds`'),
  executeWithin: duration('10s', '1d')
    .prefault('15m')
    .describe('Longest time from the approval to the start of the work'),
});

const web = section({
  allowPrivate: list(privateTarget, 100)
    .default([])
    .describe('Private hosts, addresses or networks that site checks may reach; instance metadata never'),
  ports: list(ports, 100)
    .prefault([])
    .describe('Ports beside 80 and 443 that sites added in Slack may use: `8443`, `8000-8999`'),
});

export const SettingsFile = section({
  channels: channels.prefault({}).describe('Where Deckhand speaks and listens'),
  roles: section({
    viewer: people.prefault({}).describe('May look; the other roles include it'),
    operator: people.prefault({}).describe('May ask for changes'),
    approver: people.prefault({}).describe('May approve what others asked for'),
  })
    .prefault({})
    .describe('Who may do what. Nobody is in a role that is not filled in'),
  approvals: z
    .partialRecord(z.enum(changes), approval, { error: 'Expected operations, one per line: `snapshot: confirm`.' })
    .prefault({})
    .describe('What must happen before an operation runs; one that is not named keeps its own rule'),
  limits: limits.prefault({}).describe('Bounds on what one request may do and how long it waits'),
  restore: restore.prefault({}).describe('How restores of many servers go'),
  aws: aws.prefault({}).describe('Where the servers are'),
  terraform: terraform.prefault({}).describe('Where Terraform keeps what it knows'),
  web: web.prefault({}).describe('What site checks may reach'),
  health: health.prefault({}).describe('The watch over EC2'),
  digest: digest.optional().describe('One daily overview in `channels.digest`; see `digests` for more than one'),
  digests: digests.optional().describe('The overviews, each with a time, a channel and what it is about'),
  retention: retention.prefault({}).describe('Which snapshots are kept, and when the others are cleaned up'),
  tags: tags.prefault({}).describe('Tags that must be there, for cost allocation'),
  holds: holds.prefault({}).describe('The disks that restores have replaced, once their time is over'),
  alerts: alerts.prefault({}).describe('What happens to an alert that nobody takes'),
  monitoring: monitoring.prefault({}).describe('How site checks behave together'),
  history: history.prefault({}).describe('How long what checks showed is kept'),
  siteReport: siteReport.prefault({}).describe('The weekly report of the sites'),
  vantage: vantage.prefault({}).describe('Other places that look before a site is told as down'),
  statusPage: statusPage.prefault({}).describe('A page that tells the public how sites are; off until it is enabled'),
  maintenance: maintenance.prefault([]).describe('Planned work: checks go on, nothing is told'),
  freeze: freeze.prefault([]).describe('Times in which nothing is mended without a person'),
  remediation: remediation
    .prefault([])
    .describe('What is done to servers without being asked; empty = nothing ever is'),
  docker: docker.prefault([]).describe('Docker engines whose containers may be restarted'),
  scripts: scripts.prefault([]).describe('Scripts that may be run on servers as a remedy; no others ever are'),
  sitesDefaults: sitesDefaults.prefault({}).describe('What holds for every site that does not say otherwise'),
  schedules: schedules.prefault([]).describe('Snapshots by the clock'),
  drills: drills.prefault([]).describe('Restore drills by the clock'),
  sites: sites.prefault([]).describe('The web sites to watch'),
})
  .superRefine((file, context) => {
    for (const fault of faultsOf(file.sites, file.sitesDefaults)) context.addIssue({ code: 'custom', ...fault });
    const accounts = file.aws.accounts.map(({ name }) => name);
    for (const fault of remedyFaults(file.sites, file, accounts)) context.addIssue({ code: 'custom', ...fault });
    const names = new Set(file.sites.map(({ name }) => name));
    for (const fault of statusPageFaults(file.statusPage, names)) context.addIssue({ code: 'custom', ...fault });
    for (const [at, { sites }] of file.maintenance.entries())
      for (const [nr, name] of sites.entries())
        if (!names.has(name))
          context.addIssue({
            code: 'custom',
            path: ['maintenance', at, 'sites', nr],
            message: 'Expected the name of a site of this file.',
          });
  })
  .superRefine((file, context) => {
    for (const [name, rule] of Object.entries(file.approvals)) {
      if (typeof rule !== 'object') continue;
      const { users, groups } = file.roles[rule.role];
      if (groups.length === 0 && new Set(users).size < rule.approve)
        context.addIssue({
          code: 'custom',
          path: ['approvals', name, 'approve'],
          input: rule.approve,
          message: `Expected at most as many as there are people under \`roles.${rule.role}\` (${new Set(users).size}). Add people or a group there; nobody approves their own request, so one more is wise.`,
        });
    }
  })
  .superRefine((file, context) => {
    const names = file.aws.accounts.map(({ name }) => name);
    const named = file.schedules.flatMap(({ account, copy }, at) => [
      { path: ['schedules', at, 'account'], account },
      ...copy.map((one, nr) => ({ path: ['schedules', at, 'copy', nr, 'account'], account: one.account })),
    ]);
    const drilled = file.drills.map(({ account }, at) => ({ path: ['drills', at, 'account'], account }));
    const told = (file.digests ?? []).flatMap(({ accounts }, at) =>
      accounts.map((account, nr) => ({ path: ['digests', at, 'accounts', nr], account })),
    );
    for (const fault of digestFaults(file.digests ?? [], file.aws)) context.addIssue({ code: 'custom', ...fault });
    for (const { path, account } of [...named, ...drilled, ...told])
      if (account !== undefined && !names.includes(account))
        context.addIssue({
          code: 'custom',
          path,
          input: account,
          message: `Expected the name of an account under \`aws.accounts\`${names.length === 0 ? '; there is none yet' : `: ${names.join(', ')}`}.`,
        });
  })
  .superRefine((file, context) => {
    const silent = file.retention.rules.findIndex(({ cron, channel }) => cron !== undefined && channel === undefined);
    if (file.channels.alerts === undefined && silent >= 0)
      context.addIssue({
        code: 'custom',
        path: ['retention', 'rules', silent, 'channel'],
        message: 'Expected a channel id here or under `channels.alerts`: else its plan could be shown nowhere.',
      });
    if (file.digest !== undefined && file.digests !== undefined)
      context.addIssue({
        code: 'custom',
        path: ['digest'],
        message:
          'Expected `digests` alone: it says everything that `digest` did. Move `cron` and `timezone` into an item of `digests` and remove `digest`.',
      });
    const unheard = file.digests?.findIndex(({ channel }) => channel === undefined) ?? -1;
    if (unheard >= 0 && file.channels.digest === undefined && file.channels.alerts === undefined)
      context.addIssue({
        code: 'custom',
        path: ['digests', unheard, 'channel'],
        message:
          'Expected a channel id here, under `channels.digest` or under `channels.alerts`: else nobody would see it.',
      });
    if (file.channels.alerts !== undefined) return;
    for (const list of ['sites', 'schedules', 'drills'] as const) {
      const mute = file[list].findIndex(({ channel }) => channel === undefined);
      if (mute < 0) continue;
      context.addIssue({
        code: 'custom',
        path: [list, mute, 'channel'],
        message: `Expected a channel id here or under \`channels.alerts\`: else nobody would hear of ${list === 'sites' ? 'an outage' : 'a failure'}.`,
      });
    }
  });

type SettingsFile = z.output<typeof SettingsFile>;

/** What the product reads, of a checked file. */
export function toSettings(file: SettingsFile): Settings {
  const { limits, sites, aws, approvals, channels } = file;
  const { resources, deletions, tags: tagged, snapshotAttempts, wait, poll } = limits;
  const accounts = aws.accounts.map((one) => ({ ...one, role: one.role, externalId: one.externalId }));
  return {
    channels: { alerts: channels.alerts, digest: channels.digest, commands: channels.commands },
    roles: file.roles,
    approvals: Object.fromEntries(
      Object.entries(approvals).flatMap(([name, rule]) => (rule === undefined ? [] : [[name, toRule(rule)]])),
    ),
    limits: {
      resources,
      deletions,
      tags: tagged,
      snapshotAttempts,
      wait: {
        snapshotMs: wait.snapshot,
        volumeMs: wait.volume,
        stopMs: wait.stop,
        startMs: wait.start,
        checksMs: wait.checks,
      },
      poll: { minMs: poll.min, maxMs: poll.max },
      visibilityGraceMs: limits.visibilityGrace,
      snapshotGapMs: limits.snapshotGap,
      holdMs: limits.hold,
      executeWithinMs: limits.executeWithin,
    },
    aws: {
      ...aws,
      region: aws.region,
      home: aws.home,
      accounts,
    },
    restore: {
      failures: file.restore.failures,
      atOnce: file.restore.atOnce,
      fillingQuota: file.restore.fillingQuota,
      serverMs: file.restore.server,
    },
    terraform: file.terraform,
    web: file.web,
    health: toHealth(file.health),
    digests: toDigests(file.digest, file.digests),
    retention: toRetention(file.retention),
    tags: toTags(file.tags),
    holds: toHolds(file.holds),
    alerts: toAlerts(file.alerts),
    monitoring: toMonitoring(file.monitoring),
    history: toHistory(file.history),
    siteReport: file.siteReport,
    vantage: toVantage(file.vantage),
    statusPage: toStatusPage(file.statusPage),
    maintenance: file.maintenance.map(toMaintenance),
    freeze: file.freeze.map(toWindow),
    remediation: file.remediation.map(toServerRule),
    schedules: file.schedules.map((one) => toSchedule(one, accounts)),
    drills: file.drills.map((one) => toDrill(one, accounts)),
    sites: sites.map((site) => toSite(site, file.sitesDefaults, file)),
    sitesDefaults: file.sitesDefaults,
  };
}
