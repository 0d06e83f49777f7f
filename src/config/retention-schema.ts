import { z } from 'zod';

import { isRefusal } from '#errors.ts';
import { readSelector } from '#lib/selector.ts';
import { readWords } from '#lib/words.ts';
import type { Settings } from '#ports/settings.ts';

import { channelId, cron, duration, flag, list, matching, section, timezone, whole } from './fields.ts';

/** `retention` and `holds` of deckhand.yml. */

const someDollars = 'Expected US dollars for a GiB and month, such as 0.05.';
const price = z.number({ error: someDollars }).min(0, { error: someDollars }).max(100, { error: someDollars });

const selector = z
  .string({ error: 'Expected what would be typed: `env=dev role=db`, names, ids, or `all`.' })
  .superRefine((line, context) => {
    try {
      const { snapshots } = readSelector(readWords(line).plain, 'env=dev');
      if (snapshots.length > 0)
        context.addIssue('Expected servers, disks or tags: rules work on the whole history of a disk.');
    } catch (error) {
      if (!isRefusal(error)) throw error;
      context.addIssue(error.message);
    }
  });

const periods = section({
  days: whole(1, 3_660).optional().describe('Days of which the last one is kept'),
  weeks: whole(1, 520).optional().describe('Weeks of which the last one is kept'),
  months: whole(1, 120).optional().describe('Months of which the last one is kept'),
  years: whole(1, 100).optional().describe('Years of which the last one is kept'),
});

/** The three kinds of rules, as they stand wherever snapshots are kept. */
export const keeping = {
  older: duration('1h', '36500d').optional().describe('What is younger is kept'),
  keep: whole(1, 10_000).optional().describe('So many of the newest of each disk are kept'),
  gfs: periods.optional().describe('The last one of each of so many days, weeks, months and years is kept'),
};

const rule = section({
  name: matching(
    /^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/,
    'Expected a short name of small letters, digits and dashes, such as nightly (at most 40).',
  ).describe('Unique short name: `/deck cleanup rule nightly`'),
  selector: selector.describe('Whose snapshots: what would be typed'),
  ...keeping,
  adoptOrphans: flag()
    .default(false)
    .describe('Snapshots of Data Lifecycle Manager whose policy is gone count as ours'),
  cron: cron
    .optional()
    .describe('When it is asked by itself, in every account and Region; unset = only when somebody asks'),
  timezone: timezone.default('UTC').describe('Time zone of the cron line and of days, weeks and months'),
  channel: channelId.optional().describe('Where its plan is shown; unset = `channels.alerts`'),
  approval: z
    .enum(['usual', 'none'], { error: 'Expected usual or none.' })
    .default('usual')
    .describe('`usual`: as under `approvals.cleanup`. `none`: it runs without asking anybody'),
}).refine(({ older, keep, gfs }) => (older ?? keep ?? gfs) !== undefined, {
  error: 'Expected at least one of `older`, `keep` and `gfs`: a rule without them would keep next to nothing.',
});

export const retention = section({
  prices: section({
    snapshot: price.default(0.05).describe('US dollars for a GiB and month of a snapshot, for estimates'),
    archive: price.default(0.0125).describe('The same of an archived snapshot'),
    volume: price.default(0.08).describe('The same of a disk'),
  })
    .prefault({})
    .describe('Prices of us-east-1, see https://aws.amazon.com/ebs/pricing/'),
  rules: list(rule, 100)
    .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, {
      error: 'Expected a name of its own for each rule.',
    })
    .prefault([])
    .describe('What is kept of whose snapshots'),
});

export const holds = section({
  delete: z
    .enum(['offer', 'auto'], { error: 'Expected offer or auto.' })
    .default('offer')
    .describe('`offer`: it is told, with a button. `auto`: deleted by itself, after a notice'),
  notice: duration('1h', '30d').prefault('1d').describe('How long before its end it is told'),
});

export function toRetention({ prices, rules }: z.output<typeof retention>): Settings['retention'] {
  return {
    prices: { snapshotGiBMonth: prices.snapshot, archiveGiBMonth: prices.archive, volumeGiBMonth: prices.volume },
    rules: rules.map((of) => ({
      name: of.name,
      selector: of.selector,
      rules: toRules(of),
      adopt: of.adoptOrphans,
      cron: of.cron,
      channel: of.channel,
      approval: of.approval,
    })),
  };
}

type Keeping = z.output<z.ZodObject<typeof keeping>> & { timezone: string };

/** What the product reads, of checked rules. */
export function toRules({ older, keep, gfs, timezone }: Keeping): Settings['retention']['rules'][number]['rules'] {
  return {
    timezone,
    ...(older === undefined ? {} : { olderMs: older }),
    ...(keep === undefined ? {} : { keep }),
    ...(gfs === undefined
      ? {}
      : { gfs: Object.fromEntries(Object.entries(gfs).filter(([, most]) => most !== undefined)) }),
  };
}

export function toHolds(file: z.output<typeof holds>): Settings['holds'] {
  return { delete: file.delete, noticeMs: file.notice };
}
