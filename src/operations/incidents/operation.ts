import { z } from 'zod';

import { Refusal } from '#errors.ts';
import { defineAnswer } from '#operations/contract.ts';

import { listOf } from './messages.ts';

/** Open incidents that are read; more at once than that are no list to read. */
export const mostOpen = 1_000;

export const incidentsOperation = defineAnswer<Record<string, never>>({
  kind: 'answer',
  name: 'incidents',
  command: undefined,
  summary: 'The alerts that are open, and who has taken them',
  usage: '',
  examples: [''],
  role: 'viewer',
  iam: [],
  args: z.object({}).strict(),
  parse(words) {
    if (words.line === '') return {};
    throw new Refusal(
      'bad-input',
      'It takes nothing more: `/deck incidents`. To do something with one: `/deck incidents ack shop`, `assign shop @ana` or `silence shop 2h`.',
    );
  },
  async answer({ history, now }, _args, { page }) {
    return listOf(await history.incidents.list({ limit: mostOpen, state: 'open' }), { page, now });
  },
});
