import { z } from 'zod';

import { Refusal } from '#errors.ts';
import { asker } from '#lib/asker.ts';
import { elsewhere } from '#lib/places.ts';
import { defineAnswer } from '#operations/contract.ts';
import type { Place } from '#ports/cloud.ts';
import type { PartRecord, Run } from '#ports/history.ts';
import type { Button, Line, Message } from '#ports/text.ts';

import { ledger } from './ledger.ts';

const RunsArgs = z.object({ run: z.string().optional() });
const pageSize = 10;
const emoji = {
  waiting: 'hourglass_flowing_sand',
  running: 'arrows_counterclockwise',
  done: 'white_check_mark',
  undone: 'leftwards_arrow_with_hook',
  stuck: 'rotating_light',
  denied: 'no_entry_sign',
  expired: 'clock1',
  cancelled: 'heavy_multiplication_x',
  changed: 'warning',
} as const;

export const runsOperation = defineAnswer<z.infer<typeof RunsArgs>>({
  kind: 'answer',
  name: 'runs',
  command: undefined,
  summary: 'What is running, waiting and was done lately',
  usage: '[run]',
  examples: ['', 'r-0123456789'],
  role: 'viewer',
  iam: [],
  args: RunsArgs,
  parse(words) {
    const [run] = words.plain;
    if (run === undefined) return {};
    if (!/^r-[0-9a-z]{10}$/.test(run))
      throw new Refusal(
        'bad-input',
        `\`${run.slice(0, 40)}\` is no run id. They look like \`r-0123456789\`; \`/deck runs\` lists them.`,
      );
    return { run };
  },
  async answer(asking, { run: id }, { page }) {
    if (id !== undefined) {
      const [run, parts] = await Promise.all([asking.history.runs.get(id), asking.history.parts.list(id)]);
      return one(run, { id, parts, page, places: asking.places });
    }
    const runs = await asking.history.runs.recent({ limit: (page + 1) * pageSize + 1 });
    return list(runs, page, asking.places);
  },
});

function list(runs: readonly Run[], page: number, places: readonly Place[]): Message {
  const shown = runs.slice(page * pageSize, (page + 1) * pageSize);
  const buttons: Button[] = [
    ...(page > 0 ? [{ verb: 'previous', label: 'Newer' } as const] : []),
    ...(runs.length > (page + 1) * pageSize ? [{ verb: 'next', label: 'Older' } as const] : []),
    { verb: 'refresh', label: 'Refresh' },
  ];
  if (shown.length === 0)
    return {
      alert: 'No runs yet',
      title: 'Runs',
      sections: [
        { kind: 'text', lines: ['Nothing was asked yet. Try a snapshot, which changes nothing on the server.'] },
      ],
    };
  return {
    alert: `The last ${shown.length} runs`,
    title: 'Runs',
    sections: [{ kind: 'list', items: shown.map((run) => line(run, places)) }],
    buttons,
  };
}

function line({ order, state, summary, reason, undoneBy }: Run, places: readonly Place[]): Line {
  const why = reason === undefined ? '' : ` · ${reason.slice(0, 120)}`;
  return [
    { emoji: emoji[state] },
    ' ',
    { code: order.id },
    ` ${state} · ${summary}${elsewhere(order.place, places)} · `,
    asker(order),
    ' ',
    { at: order.requestedAt, style: 'datetime' },
    `${undoneBy === undefined ? '' : ` · undone by ${undoneBy}`}${why}`,
  ];
}

type Ledger = { id: string; parts: readonly PartRecord[]; page: number; places: readonly Place[] };

function one(run: Run | undefined, { id, parts, page, places }: Ledger): Message {
  if (run === undefined) throw new Refusal('not-found', `There is no run \`${id}\`. \`/deck runs\` lists them.`);
  const { order, state, summary, reason, endedAt } = run;
  const { sections, buttons } = ledger(parts, page);
  return {
    alert: `${id}: ${state}`,
    title: `Run ${id}`,
    sections: [
      {
        kind: 'facts',
        facts: [
          ['What', `${summary}${elsewhere(order.place, places)}`],
          ['State', `${state}${run.undoneBy === undefined ? '' : `, undone by ${run.undoneBy}`}`],
          ['Asked', [asker(order), ' ', { at: order.requestedAt, style: 'datetime' }]],
          ...(endedAt === undefined ? [] : [['Ended', [{ at: endedAt, style: 'datetime' } as const]] as const]),
          ...(reason === undefined ? [] : [['Why', reason] as const]),
          ['Plan', [{ code: order.planHash.slice(0, 16) }]],
        ],
      },
      ...sections,
    ],
    buttons: [...buttons, ...(endedAt === undefined ? [{ verb: 'refresh', label: 'Refresh' } as const] : [])],
  };
}
