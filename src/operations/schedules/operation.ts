import { z } from 'zod';

import { Refusal } from '#errors.ts';
import { defineAnswer } from '#operations/contract.ts';

import { answer } from './messages.ts';

export const schedulesOperation = defineAnswer<{ name?: string | undefined }>({
  kind: 'answer',
  name: 'schedules',
  command: undefined,
  summary: 'Snapshot schedules: what they take, when they run next, how the last run ended, how old the backups are',
  usage: '[name]',
  examples: ['', 'nightly'],
  role: 'viewer',
  iam: [],
  args: z.object({ name: z.string().optional() }),
  parse(words) {
    const flag = Object.keys(words.flags)[0];
    if (flag !== undefined || words.plain.length > 1)
      throw new Refusal(
        'bad-input',
        `\`${flag === undefined ? words.line : `--${flag}`}\` is nothing to look up here. Type \`/deck schedules\`, or \`/deck schedules nightly\` for one of them.`,
      );
    return { name: words.plain[0] };
  },
  async answer(asking, { name }, { page }) {
    const all = await asking.schedules();
    const found = name === undefined ? all : all.filter(({ schedule }) => schedule.name === name);
    if (name !== undefined && found.length === 0)
      throw new Refusal(
        'not-found',
        `There is no schedule \`${name}\`. ${all.length === 0 ? 'Add one under `schedules` in deckhand.yml.' : `There are: ${all.map((one) => `\`${one.schedule.name}\``).join(', ')}.`}`,
      );
    return answer(found, {
      now: asking.now,
      page,
      snapshot: asking.commandOf({ name: 'snapshot', command: 'snapshot' }),
    });
  },
});
