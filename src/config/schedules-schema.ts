import type { z } from 'zod';

import { home, type Where } from '#ports/clouds.ts';
import type { Account, SnapshotSchedule } from '#ports/settings.ts';

import { approval, toRule } from './approval-schema.ts';
import { accountName } from './aws-schema.ts';
import {
  channelId,
  cron,
  duration,
  flag,
  list,
  matching,
  name,
  named,
  region,
  section,
  selector,
  timezone,
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

const schedule = section({
  name: name('nightly').describe('Unique short name; keep it, its snapshots belong to it'),
  cron: cron.describe('When'),
  timezone: timezone.default('UTC').describe('Time zone of the cron line'),
  select: selector.describe('What to snapshot, as typed after `/snapshot`; looked up anew each time'),
  account: accountName.optional().describe('Name of the account under `aws.accounts`; unset = home'),
  region: region.optional().describe('The Region; unset = the first of the account, or that of home'),
  retention: section(keeping)
    .refine(({ older, keep, gfs }) => (older ?? keep ?? gfs) !== undefined, {
      error: 'Expected at least one of `older`, `keep` and `gfs`.',
    })
    .optional()
    .describe('What is kept of its snapshots after a run in which all went well; unset = everything'),
  copy: list(copy, 10).default([]).describe('Where its snapshots are copied after each run'),
  rpo: duration('1s', '365d')
    .optional()
    .describe('Alert when the newest completed snapshot of a volume is older than this; unset = never'),
  catchUp: duration('1s', '365d')
    .optional()
    .describe('The newest run that was missed while Deckhand was down is made up for when it is younger than this'),
  quiet: flag().default(false).describe('No message unless something fails or people are asked'),
  approval: approval.prefault('none').describe('What must happen before each run'),
  channel: channelId.optional().describe('Where its messages go; unset = `channels.alerts`'),
});

export const schedules = named(schedule, 200, 'schedule');

/** What the product reads, of a checked schedule. */
export function toSchedule(of: z.output<typeof schedule>, accounts: readonly Account[]): SnapshotSchedule {
  return {
    name: of.name,
    cron: of.cron,
    timezone: of.timezone,
    selector: of.select,
    place: toPlace(of, accounts),
    retention: of.retention === undefined ? undefined : toRules({ ...of.retention, timezone: of.timezone }),
    copies: of.copy.map(({ retain, kmsKey, ...to }) => ({
      to: toPlace(to, accounts) ?? home,
      retainMs: retain,
      kmsKey,
    })),
    rpoMs: of.rpo,
    catchUpMs: of.catchUp,
    quiet: of.quiet,
    approval: toRule(of.approval),
    channel: of.channel,
  };
}

/** Where it works: an account by its name, the first of its Regions when none is named; undefined = home. */
function toPlace(
  { account, region }: { account?: string | undefined; region?: string | undefined },
  accounts: readonly Account[],
): Where | undefined {
  if (account === undefined) return region === undefined ? undefined : { account: '', region };
  const found = accounts.find(({ name }) => name === account);
  return { account: found?.id ?? '', region: region ?? found?.regions[0] ?? '' };
}
