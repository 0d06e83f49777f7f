import { z } from 'zod';

import { homeAccount } from '#lib/places.ts';
import type { Settings } from '#ports/settings.ts';
import { type Digest, digestSections } from '#ports/timed-settings.ts';

import { accountName, type aws } from './aws-schema.ts';
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

/** `digest` and `digests` of deckhand.yml. */

/** The one digest of before; stands for a list of one. */
export const digest = section({
  enabled: flag().default(true).describe('Post the digest of the fleet'),
  cron: cron.default('0 9 * * *').describe('When; times from 01:00 to 03:59 may be skipped when the clock changes'),
  timezone: timezone.default('UTC').describe('Time zone of the cron line'),
});

const weekdays = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'] as const;

const one = section({
  name: name('prod-daily').describe('Unique short name; keep it, it is what its time is remembered under'),
  every: z
    .enum(['day', 'week'], { error: 'Expected day or week.' })
    .default('day')
    .describe('A digest a day or a week; it tells what happened since the one before'),
  on: z
    .enum(weekdays, { error: `Expected a day of the week: ${weekdays.join(', ')}.` })
    .optional()
    .describe('The day of the week, with `every: week`; unset = monday'),
  at: matching(/^([01]\d|2[0-3]):[0-5]\d$/, 'Expected a time of day, quoted: `"09:00"`.')
    .optional()
    .describe('Time of day; unset = 09:00. From 01:00 to 03:59 the clock may skip it'),
  cron: cron.optional().describe('When, instead of `every`, `on` and `at`'),
  timezone: timezone.default('UTC').describe('Whose clock that is'),
  channel: channelId.optional().describe('Where it is posted; unset = `channels.digest`, else `channels.alerts`'),
  select: selector.default('all').describe('Which servers and disks it is about, as typed after `/fleet`'),
  accounts: list(accountName, 200)
    .default([])
    .describe('Only servers and disks of these accounts, by their names under `aws.accounts`; empty = of all'),
  regions: list(region, 40).default([]).describe('Only servers and disks of these Regions; empty = of all'),
  sections: list(
    z.enum(digestSections, { error: `Expected some of: ${digestSections.join(', ')}.` }),
    digestSections.length,
  )
    .min(1, { error: `Expected at least one of: ${digestSections.join(', ')}.` })
    .default([...digestSections])
    .describe('What it tells'),
  catchUp: duration('1s', '7d')
    .prefault('12h')
    .describe('One that was missed while Deckhand was down is made up for when it is younger than this'),
}).superRefine(({ cron, on, at, every }, context) => {
  const wrong = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
  if (cron !== undefined && at !== undefined) wrong('at', 'Expected either `cron` or `at`, not both.');
  if (on !== undefined && (cron !== undefined || every === 'day'))
    wrong('on', 'Expected `every: week` beside it, and no `cron`.');
});

export const digests = named(one, 50, 'digest');

type Fault = { path: (string | number)[]; input: string; message: string };

/** Regions in which none of the accounts that a digest is about is worked in: it would never tell anything of them. */
export function digestFaults(list: z.output<typeof digests>, of: z.output<typeof aws>): readonly Fault[] {
  const accountsThere = of.accounts.map((one) => ({ ...one, role: one.role, externalId: one.externalId }));
  const home = homeAccount({ accounts: accountsThere, home: of.home });
  return list.flatMap(({ accounts, regions }, at) => {
    const isMeant = (name: string | undefined) =>
      accounts.length === 0 || (name !== undefined && accounts.includes(name));
    const known = new Set([
      ...(of.region !== undefined && isMeant(home?.name) ? [of.region] : []),
      ...of.accounts.filter(({ name }) => isMeant(name)).flatMap((one) => one.regions),
    ]);
    const there = known.size === 0 ? 'there is none yet' : [...known].join(', ');
    return regions.flatMap((region, nr): Fault[] =>
      known.has(region)
        ? []
        : [
            {
              path: ['digests', at, 'regions', nr],
              input: region,
              message: `Expected a Region that ${accounts.length === 0 ? 'Deckhand works' : 'these accounts work'} in: ${there}. Add it to the \`regions\` of an account under \`aws.accounts\`, or as \`aws.region\`.`,
            },
          ],
    );
  });
}

/** The digest that is posted while deckhand.yml names none, under the settings of the one digest of before. */
const daily = {
  name: 'daily',
  channel: undefined,
  selector: 'all',
  accounts: [],
  regions: [],
  sections: digestSections,
  catchUpMs: 12 * 3_600_000,
};

/** What the product reads. */
export function toDigests(
  of: z.output<typeof digest> | undefined,
  list: z.output<typeof digests> | undefined,
): Settings['digests'] {
  if (list !== undefined) return list.map(toDigest);
  const { enabled, cron, timezone } = of ?? digest.parse({});
  return enabled ? [{ ...daily, cron, timezone }] : [];
}

function toDigest(of: z.output<typeof one>): Digest {
  const [hour = 9, minute = 0] = (of.at ?? '09:00').split(':').map(Number);
  const day = of.every === 'day' ? '*' : weekdays.indexOf(of.on ?? 'monday');
  return {
    name: of.name,
    cron: of.cron ?? `${minute} ${hour} * * ${day}`,
    timezone: of.timezone,
    channel: of.channel,
    selector: of.select,
    accounts: of.accounts,
    regions: of.regions,
    sections: of.sections,
    catchUpMs: of.catchUp,
  };
}
