import { z } from 'zod';

import { isRefusal, isTransient, Refusal } from '#errors.ts';
import { readSelector } from '#lib/selector.ts';
import { coverageOf, type Stock } from '#lib/tag-coverage.ts';
import { findTargets } from '#lib/targets.ts';
import { readWords } from '#lib/words.ts';
import { type Answer, type Asking, defineAnswer } from '#operations/contract.ts';
import type { Cloud, Place } from '#ports/cloud.ts';
import type { TagRule } from '#ports/settings.ts';

import { faultsFile, report } from './messages.ts';

const TagsArgs = z.object({ rule: z.string().optional(), csv: z.boolean() });
type TagsArgs = z.infer<typeof TagsArgs>;

export const tagsOperation = defineAnswer<TagsArgs>({
  kind: 'answer',
  name: 'tags',
  command: undefined,
  summary: 'Which required tags are missing or wrong, by rule, tag and owner',
  usage: '[rule] [--csv]',
  examples: ['', 'billing --csv', '--account all --region all'],
  everywhere: true,
  role: 'viewer',
  iam: ['ec2:DescribeInstances', 'ec2:DescribeVolumes'],
  args: TagsArgs,
  parse({ plain, flags }) {
    const { csv, ...others } = flags;
    const [flag] = Object.keys(others);
    const [rule] = plain;
    if (flag !== undefined || (csv ?? '') !== '' || plain.length > 1)
      throw new Refusal(
        'bad-input',
        'That is not understood. `/deck tags [rule] [--csv]` shows what is missing; `/tag --rule NAME key=value` and `/tag --rule NAME --propagate` fill it.',
      );
    return { ...(rule !== undefined && { rule }), csv: csv !== undefined };
  },
  async answer(asking, { rule: name, csv }): Promise<Answer> {
    const rules = rulesOf(asking, name);
    const places = await Promise.all(asking.everywhere.map((one) => lookAt(one, rules, asking.everywhere.length > 1)));
    const unread = places.flatMap((one) => ('why' in one ? [one] : []));
    const all = rules.map((rule, at) =>
      coverageOf(
        rule,
        places.flatMap((one) => ('stocks' in one ? [one.stocks[at]!] : [])),
      ),
    );
    const tag = asking.commandOf({ name: 'tag', command: 'tag' });
    const message = report(all, { unread, places: places.length, now: asking.now, tag, csv });
    return { ...message, ...(csv && all.some(({ faults }) => faults.length > 0) && { files: [faultsFile(all)] }) };
  },
});

function rulesOf({ settings }: Asking, name: string | undefined): readonly TagRule[] {
  const { required } = settings.tags;
  if (required.length === 0)
    throw new Refusal(
      'not-found',
      'No tags are required yet. An admin says which under `tags.required` in deckhand.yml; see docs/configuration.md.',
    );
  const found = name === undefined ? required : required.filter((rule) => rule.name === name);
  if (found.length > 0) return found;
  throw new Refusal(
    'not-found',
    `There is no tag rule \`${name?.slice(0, 60)}\`. There is: ${required.map((rule) => rule.name).join(', ')}.`,
  );
}

type Look = { place: Place; stocks: readonly Stock[] } | { place: Place; why: string };

/** One of several places that cannot be read hides no other. */
async function lookAt(
  { place, cloud }: { place: Place; cloud: Cloud },
  rules: readonly TagRule[],
  isOneOfMany: boolean,
): Promise<Look> {
  try {
    return { place, stocks: await Promise.all(rules.map((rule) => stockOf(place, cloud, rule))) };
  } catch (error) {
    if (!isOneOfMany) throw error;
    if (isRefusal(error)) return { place, why: error.message };
    if (!isTransient(error)) throw error;
    return { place, why: 'AWS does not answer there just now. Try again in a minute.' };
  }
}

/** A selector that finds nothing here is no fault of the rule. */
async function stockOf(place: Place, cloud: Cloud, rule: TagRule): Promise<Stock> {
  try {
    const { instances, volumes } = await findTargets(cloud, readSelector(readWords(rule.selector).plain, 'env=prod'));
    return { place, instances, volumes };
  } catch (error) {
    if (!isRefusal(error) || error.code !== 'not-found') throw error;
    return { place, instances: [], volumes: [] };
  }
}
