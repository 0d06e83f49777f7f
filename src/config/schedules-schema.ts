import type { z } from 'zod';

import type { Where } from '#ports/clouds.ts';
import type { Account, SnapshotSchedule } from '#ports/settings.ts';

import { approval, toRule } from './approval-schema.ts';
import { accountName } from './aws-schema.ts';
import { channelId, cron, duration, flag, name, named, region, section, selector, timezone } from './fields.ts';

const schedule = section({
  name: name('nightly').describe('Unique short name; keep it, its snapshots belong to it'),
  cron: cron.describe('When'),
  timezone: timezone.default('UTC').describe('Time zone of the cron line'),
  select: selector.describe('What to snapshot, as typed after `/snapshot`; looked up anew each time'),
  account: accountName.optional().describe('Name of the account under `aws.accounts`; unset = home'),
  region: region.optional().describe('The Region; unset = the first of the account, or that of home'),
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
