import { z } from 'zod';

import { Refusal } from '#errors.ts';
import { defineAnswer } from '#operations/contract.ts';

import { listed, verbs } from './list-messages.ts';

type Args = { filter?: string | undefined };

export const sitesOperation = defineAnswer<Args>({
  kind: 'answer',
  name: 'sites',
  command: undefined,
  summary: 'The watched sites and how they are; with a state or a part of a name, only those',
  usage: '[state | name]',
  examples: ['', 'down', 'shop'],
  role: 'viewer',
  iam: [],
  args: z.object({ filter: z.string().optional() }),
  parse(words) {
    if (words.plain.length > 1 || Object.keys(words.flags).length > 0)
      throw new Refusal(
        'bad-input',
        `\`${words.line.slice(0, 60)}\` is not understood. Type \`/deck sites\`, \`/deck sites down\`, or one of: ${verbs}.`,
      );
    return { filter: words.plain[0]?.toLowerCase() };
  },
  async answer(asking, { filter }, { page }) {
    const [views, managed] = await Promise.all([asking.sites(), asking.desk.all()]);
    return listed({ views, managed, filter, page, vantage: asking.vantage(), checks: asking.checks() });
  },
});
