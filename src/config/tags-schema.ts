import { RE2JS } from 're2js';
import { z } from 'zod';

import { isRefusal } from '#errors.ts';
import { readSelector } from '#lib/selector.ts';
import { isReservedKey } from '#lib/tag-rules.ts';
import { longestKey, longestValue } from '#lib/tags.ts';
import { readWords } from '#lib/words.ts';
import type { Settings } from '#ports/settings.ts';

import { channelId, cron, flag, list, name, named, section, text, timezone } from './fields.ts';

/** `tags` of deckhand.yml. */

const selector = z
  .string({ error: 'Expected what would be typed: `env=prod`, names, ids, or `all`.' })
  .superRefine((line, context) => {
    try {
      const { snapshots } = readSelector(readWords(line).plain, 'env=prod');
      if (snapshots.length > 0) context.addIssue('Expected servers, disks or tags, not snapshots.');
    } catch (error) {
      if (!isRefusal(error)) throw error;
      context.addIssue(error.message);
    }
  });

const pattern = text(500).refine(compiles, { error: 'Expected a pattern in RE2 syntax, such as `^cc-[0-9]+$`.' });

const key = section({
  values: list(text(longestValue), 200)
    .min(1, { error: 'Expected at least one value.' })
    .optional()
    .describe('Only these values'),
  pattern: pattern.optional().describe('Only values in which this pattern (RE2) is found; `^` and `$` for the whole'),
});

const aKey = z
  .string()
  .min(1)
  .max(longestKey)
  .refine((of) => !isReservedKey(of), {
    error: 'Expected a key of your own: aws: and deckhand: belong to AWS and to Deckhand.',
  });

const rule = section({
  name: name('billing').describe('Unique short name: `/tag --rule billing owner=platform`'),
  selector: selector.describe('Which servers, with their disks: what would be typed'),
  keys: z
    .record(aKey, key, { error: 'Expected tag keys, one per line: `owner: {}`.' })
    .refine((keys) => Object.keys(keys).length > 0, { error: 'Expected at least one tag key, such as `owner: {}`.' })
    .describe('The tags that must be there, each with its values or pattern, or `{}` for any value'),
  propagate: list(z.enum(['volumes', 'snapshots'], { error: 'Expected volumes or snapshots.' }), 2)
    .default([])
    .describe('What gets the tags of its server with `/tag --rule NAME --propagate`: volumes, snapshots, or both'),
});

const watch = section({
  enabled: flag().default(true).describe('Tell, once a rule, when more is missing than before'),
  cron: cron.default('23 * * * *').describe('When to look'),
  timezone: timezone.default('UTC').describe('Time zone of the cron line'),
  channel: channelId.optional().describe('Where it is told; unset = `channels.alerts`'),
});

export const tags = section({
  watch: watch.prefault({}).describe('The watch over them'),
  required: named(rule, 50, 'rule').prefault([]).describe('Tags that must be there'),
});

/** What the product reads. */
export function toTags({ required, watch: { channel, ...watching } }: z.output<typeof tags>): Settings['tags'] {
  const rules = required.map((of) => ({
    ...of,
    keys: Object.fromEntries(Object.entries(of.keys).map(([key, { values, pattern }]) => [key, { values, pattern }])),
  }));
  return { required: rules, watch: { ...watching, channel } };
}

function compiles(of: string): boolean {
  try {
    RE2JS.compile(of);
    return true;
  } catch {
    return false;
  }
}
