import { z } from 'zod';

import { Refusal } from '#errors.ts';
import { some } from '#lib/format.ts';
import { type Asking, defineAnswer, type Operation } from '#operations/contract.ts';
import type { Line, Message, Section } from '#ports/text.ts';

const HelpArgs = z.object({ verb: z.string().optional(), below: z.string().optional() });

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
    const said = words.plain.map((word) => word.toLowerCase().replace(/^\//, ''));
    const [verb, below] = said[0] === 'deck' ? said.slice(1) : said;
    if (verb === undefined) return {};
    return below === undefined ? { verb } : { verb, below };
  },
  async answer(asking, { verb, below }) {
    return verb === undefined ? all(asking) : one(asking, verb, below);
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

/** `below`: `add` of `sites add`; what is no verb of its own (`restore web-1`) is left out. */
function one(asking: Asking, verb: string, below?: string): Message {
  const find = (said: string) => asking.allowed.find(({ name, command }) => name === said || command === said);
  const operation = (below === undefined ? undefined : find(`${verb}-${below}`)) ?? find(verb);
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
      ...verbsBelow(asking, operation),
    ],
  };
}

/** What can be typed behind it: `sites add`, `sites pause`. */
function verbsBelow(asking: Asking, { name }: Operation): readonly Section[] {
  const below = asking.allowed.filter((one) => one.name.startsWith(`${name}-`));
  if (below.length === 0) return [];
  const items = below.map((one): Line => [{ code: lineOf(asking, one, one.usage) }, ` ${one.summary}.`]);
  return [
    { kind: 'text', lines: [[{ bold: 'And' }]] },
    { kind: 'list', items },
  ];
}

function noneAsked({ kind }: Operation): string {
  return kind === 'press' ? 'none, like the button on the card' : 'none, it changes nothing';
}

function lineOf(asking: Asking, operation: Operation, rest: string): string {
  return `${asking.commandOf(operation)} ${rest}`.trim();
}
