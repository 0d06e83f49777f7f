import { z } from 'zod';

import { Refusal } from '#errors.ts';
import { some } from '#lib/format.ts';
import { type Asking, defineAnswer, type Operation } from '#operations/contract.ts';
import type { Line, Message } from '#ports/text.ts';

const HelpArgs = z.object({ verb: z.string().optional() });

export const helpOperation = defineAnswer<z.infer<typeof HelpArgs>>({
  kind: 'answer',
  name: 'help',
  command: 'deck',
  summary: 'What you may do here, with examples',
  usage: '[verb]',
  examples: ['', 'restore'],
  role: 'viewer',
  iam: [],
  args: HelpArgs,
  parse(words) {
    const [verb] = words.plain;
    return verb === undefined ? {} : { verb: verb.toLowerCase() };
  },
  async answer(asking, { verb }) {
    return verb === undefined ? all(asking) : one(asking, verb);
  },
});

/** Only what this person may run. */
function all(asking: Asking): Message {
  const items = asking.allowed.map((operation): Line => [
    { code: lineOf(asking, operation, operation.usage) },
    ` ${operation.summary}.`,
  ]);
  const changes = asking.allowed.some(({ kind }) => kind === 'change');
  const deck = asking.commandOf({ name: 'help', command: 'deck' });
  return {
    alert: 'What you can do with Deckhand',
    title: 'What you can do',
    sections: [
      { kind: 'list', items },
      {
        kind: 'text',
        lines: [
          [
            'A selector is an id (',
            { code: 'i-…' },
            ', ',
            { code: 'vol-…' },
            '), a Name, tags (',
            { code: 'env=prod role=db' },
            ') or ',
            { code: 'all' },
            '.',
          ],
          ...elsewhere(asking),
          ...(changes
            ? ['Every change shows its plan first and waits for a yes.']
            : ['You may look, not change: ask an admin for the operator role.']),
          ['More about one: ', { code: `${deck} restore` }, '.'],
        ],
      },
    ],
  };
}

/** How to get to the other accounts and Regions, where there are some. */
function elsewhere({ places }: Asking): Line[] {
  if (places.length === 1) return [];
  const list = places.map(({ name, region }) => (name === undefined ? region : `${name} ${region}`));
  return [
    [
      'Put ',
      { code: '--account NAME' },
      ' or ',
      { code: '--region REGION' },
      ` behind it to work elsewhere: ${some(list, 8)}.`,
    ],
  ];
}

function one(asking: Asking, verb: string): Message {
  const operation = asking.allowed.find(({ name, command }) => name === verb || command === verb);
  if (operation === undefined)
    throw new Refusal(
      'bad-input',
      `\`${verb.slice(0, 60)}\` is nothing you may do here. See what is with \`/deck help\`.`,
    );
  const approval =
    operation.kind === 'change' ? (asking.settings.approvals[operation.name] ?? operation.approval) : undefined;
  const asks = { none: 'runs at once', confirm: 'you confirm the plan', approve: 'another person approves the plan' };
  return {
    alert: `Help: ${operation.name}`,
    title: operation.name,
    sections: [
      { kind: 'text', lines: [`${operation.summary}.`, [{ code: lineOf(asking, operation, operation.usage) }]] },
      {
        kind: 'list',
        items: operation.examples.map((example): Line => [{ code: lineOf(asking, operation, example) }]),
      },
      {
        kind: 'facts',
        facts: [
          ['Needs the role', operation.role],
          ['Approval', approval === undefined ? noneAsked(operation) : asks[approval.kind]],
        ],
      },
    ],
  };
}

function noneAsked({ kind }: Operation): string {
  return kind === 'press' ? 'none, like the button on the card' : 'none, it changes nothing';
}

function lineOf(asking: Asking, operation: Operation, rest: string): string {
  return `${asking.commandOf(operation)} ${rest}`.trim();
}
