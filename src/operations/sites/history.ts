import { z } from 'zod';

import { Refusal } from '#errors.ts';
import type { Words } from '#lib/words.ts';
import { defineAnswer } from '#operations/contract.ts';

import { oneOf } from './plan.ts';

const Args = z.object({ name: z.string(), span: z.enum(['day', 'week', 'month']) });
type Args = z.infer<typeof Args>;

export const sitesHistoryOperation = defineAnswer<Args>({
  kind: 'answer',
  name: 'sites-history',
  command: undefined,
  summary: 'Uptime and response times of a site, with charts and a CSV',
  usage: '<name> [day|week|month]',
  examples: ['shop', 'shop month'],
  role: 'viewer',
  iam: [],
  args: Args,
  parse: parseHistory,
  async answer(asking, { name, span }) {
    oneOf(await asking.desk.all(), name);
    return asking.siteHistory(name, span);
  },
});

/** Throws Refusal "bad-input". */
export function parseHistory({ plain }: Words): Args {
  const [name, span = 'week', ...rest] = plain;
  const read = Args.safeParse({ name: name?.toLowerCase(), span: span.toLowerCase() });
  if (!read.success || rest.length > 0)
    throw new Refusal(
      'bad-input',
      'Name one site, and `day`, `week` or `month` if you like: `/deck sites history shop month`.',
    );
  return read.data;
}
