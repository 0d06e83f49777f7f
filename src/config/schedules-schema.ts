import { z } from 'zod';

import { home, type Where } from '#ports/clouds.ts';
import type { Account } from '#ports/settings.ts';
import type { Drill, SnapshotHooks, SnapshotSchedule, Timed } from '#ports/timed-settings.ts';

import { approval, toRule } from './approval-schema.ts';
import { accountName } from './aws-schema.ts';
import {
  channelId,
  cron,
  duration,
  flag,
  instanceId,
  list,
  matching,
  name,
  named,
  region,
  section,
  selector,
  text,
  timezone,
  whole,
} from './fields.ts';
import { keeping, toRules } from './retention-schema.ts';

const copy = section({
  region: region.describe('The Region to copy to; one that Deckhand works in'),
  account: accountName.optional().describe('Name of the account under `aws.accounts`; unset = home'),
  retain: duration('1h', '36500d')
    .prefault('30d')
    .describe('Copies older than this are deleted; the newest of each disk stays'),
  kmsKey: matching(
    /^(?:arn:aws[\w-]*:kms:[\w-]+:\d{12}:(?:key|alias)\/[\w/-]+|alias\/[\w/-]+|[0-9a-f-]{36}|mrk-[0-9a-f]{32})$/,
    'Expected a KMS key of that Region: its ARN, its id, or alias/name.',
  )
    .optional()
    .describe('KMS key of that Region; unset = its default key where the snapshot is encrypted'),
});

/** What all work by the clock has. */
const timed = {
  cron: cron.describe('When'),
  timezone: timezone.default('UTC').describe('Time zone of the cron line'),
  account: accountName.optional().describe('Name of the account under `aws.accounts`; unset = home'),
  region: region.optional().describe('The Region; unset = the first of the account, or that of home'),
  catchUp: duration('1s', '365d')
    .optional()
    .describe('The newest run that was missed while Deckhand was down is made up for when it is younger than this'),
  quiet: flag().default(false).describe('No message unless something fails or people are asked'),
  approval: approval.prefault('none').describe('What must happen before each run'),
  channel: channelId.optional().describe('Where its messages go; unset = `channels.alerts`'),
};

/** Bounds as in AWS's own tool. Source: https://docs.aws.amazon.com/ebs/latest/userguide/automate-app-consistent-backups.html */
const hooks = section({
  pre: list(text(2_000), 100).default([]).describe('Script lines right before the snapshots of a server: stop writing'),
  post: list(text(2_000), 100).default([]).describe('Script lines right after them, whatever happened: go on'),
  timeout: duration('10s', '120s').prefault('60s').describe('Longest time of each, once the server has it'),
  retries: whole(0, 3).default(1).describe('Further tries of each'),
  onFailure: z
    .enum(['crash-consistent', 'fail'], { error: 'Expected crash-consistent or fail.' })
    .default('crash-consistent')
    .describe('When `pre` fails: take the snapshots anyway, as after a power cut, or none of that server'),
}).refine(({ pre, post }) => pre.length === 0 || post.length > 0, {
  path: ['post'],
  error: 'Expected lines that undo what `pre` does: without them the server would stay as it left it.',
});

const schedule = section({
  name: name('nightly').describe('Unique short name; keep it, its snapshots belong to it'),
  select: selector.describe('What to snapshot, as typed after `/snapshot`; looked up anew each time'),
  ...timed,
  hooks: hooks.optional().describe('Scripts on each running server around its snapshots, by Systems Manager'),
  retention: section(keeping)
    .refine(({ older, keep, gfs }) => (older ?? keep ?? gfs) !== undefined, {
      error: 'Expected at least one of `older`, `keep` and `gfs`.',
    })
    .optional()
    .describe('What is kept of its snapshots after a run in which all went well; unset = everything'),
  copy: list(copy, 10).default([]).describe('Where its snapshots are copied after each run'),
  rpo: duration('1s', '365d')
    .optional()
    .describe(
      'Alert when the newest good snapshot (completed, not archived) of a volume is older than this; unset = never',
    ),
});

const drill = section({
  name: name('weekly').describe('Unique short name: `/deck drill --name weekly`'),
  select: selector.describe('Whose last snapshots are restored, as typed after `/snapshot`; looked up anew each time'),
  ...timed,
  most: whole(1, 1_000).default(5).describe('Volumes of each drill; those first that were drilled longest ago'),
  target: instanceId
    .optional()
    .describe('A throw-away Linux server to look from; unset = AWS must find each disk fine'),
  check: list(text(2_000), 50)
    .default([])
    .describe('Shell lines on the target, with the data read-only at $DRILL_MOUNT; empty = its files are listed'),
  rate: whole(100, 300)
    .optional()
    .describe('MiB/s at which AWS brings every block, which is waited for and billed; unset = as blocks are read'),
}).refine(({ check, target }) => check.length === 0 || target !== undefined, {
  path: ['check'],
  error: 'Expected a `target` beside it: the lines run there.',
});

export const schedules = named(schedule, 200, 'schedule');
export const drills = named(drill, 200, 'drill');

type Accounts = readonly Account[];

/** What the product reads, of a checked schedule. */
export function toSchedule(of: z.output<typeof schedule>, accounts: Accounts): SnapshotSchedule {
  return {
    ...toTimed(of, accounts),
    hooks: toHooks(of.hooks),
    retention: of.retention === undefined ? undefined : toRules({ ...of.retention, timezone: of.timezone }),
    copies: of.copy.map(({ retain, kmsKey, ...to }) => ({
      to: toPlace(to, accounts) ?? home,
      retainMs: retain,
      kmsKey,
    })),
    rpoMs: of.rpo,
  };
}

function toHooks(of: z.output<typeof hooks> | undefined): SnapshotHooks | undefined {
  if (of === undefined) return undefined;
  const { timeout, ...same } = of;
  return { ...same, timeoutMs: timeout };
}

/** What the product reads, of a checked drill. */
export function toDrill(of: z.output<typeof drill>, accounts: Accounts): Drill {
  return { ...toTimed(of, accounts), most: of.most, target: of.target, check: of.check, rate: of.rate };
}

function toTimed(of: z.output<typeof schedule> | z.output<typeof drill>, accounts: Accounts): Timed {
  return {
    name: of.name,
    cron: of.cron,
    timezone: of.timezone,
    selector: of.select,
    place: toPlace(of, accounts),
    catchUpMs: of.catchUp,
    quiet: of.quiet,
    approval: toRule(of.approval),
    channel: of.channel,
  };
}

/** Where it works: an account by its name, the first of its Regions when none is named; undefined = home. */
function toPlace(
  { account, region }: { account?: string | undefined; region?: string | undefined },
  accounts: Accounts,
): Where | undefined {
  if (account === undefined) return region === undefined ? undefined : { account: '', region };
  const found = accounts.find(({ name }) => name === account);
  return { account: found?.id ?? '', region: region ?? found?.regions[0] ?? '' };
}
