import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { Form } from '#ports/chat.ts';
import { buttonVerbs, type Line, type Message, type Section } from '#ports/text.ts';
import { renderForm } from '#slack/form.ts';
import { findViolations } from '#slack/limits.ts';
import { renderMessage, renderSections } from '#slack/render.ts';

/** What Slack would act on, were it markup: mentions, links, code, bold, invisible and reversing characters. */
const hostile = [
  '<!channel> & <https://evil.example|Approve> *_~`',
  '<@U0REQUESTER>',
  '@here',
  '```',
  '\u202egnp.exe',
  '\u200b\u200b',
  '👩‍👩‍👧‍👦'.repeat(40),
  'שלום עולם',
  'x'.repeat(5_000),
  '',
  ' ',
  '\n\n',
  '\u0000',
  '\ud800',
];
const text = fc.oneof(fc.constantFrom(...hostile), fc.string({ unit: 'binary', maxLength: 80 }));
const piece = fc.oneof(
  text,
  text.map((bold) => ({ bold })),
  text.map((code) => ({ code })),
  fc.record({
    at: fc.integer({ min: 0, max: 4_000_000_000_000 }),
    style: fc.constantFrom<'time' | 'date' | 'datetime'>('time', 'date', 'datetime'),
  }),
  fc.record({
    link: fc.oneof(text, fc.constantFrom('https://example.com/a', 'javascript:alert(1)', 'http://[::1]:80/')),
    label: text,
  }),
  fc.constantFrom({ user: 'U0REQUESTER' }, { group: 'S0OPERATORS' }, { emoji: 'red_circle' }),
);
const line: fc.Arbitrary<Line> = fc.oneof(text, fc.array(piece, { maxLength: 6 }));
const lines = fc.oneof(
  fc.array(line, { maxLength: 5 }),
  fc.constant(Array.from({ length: 1_000 }, (_, n) => `item ${n} ${'y'.repeat(300)}`)),
);
const section: fc.Arbitrary<Section> = fc.oneof(
  lines.map((all): Section => ({ kind: 'text', lines: all })),
  lines.map((items): Section => ({ kind: 'list', items })),
  fc.array(fc.tuple(text, line), { maxLength: 30 }).map((facts): Section => ({ kind: 'facts', facts })),
  fc
    .tuple(fc.oneof(text, fc.constant('F0123ABCDE')), text)
    .map(([file, alt]): Section => ({ kind: 'image', file, alt })),
  text.map((code): Section => ({ kind: 'code', text: code })),
  line.map((note): Section => ({ kind: 'note', line: note })),
  fc
    .array(fc.record({ label: text, state: fc.constantFrom('waiting', 'running', 'done', 'failed', 'undone') }), {
      maxLength: 30,
    })
    .map((steps): Section => ({ kind: 'steps', steps })),
  fc
    .array(fc.array(text, { maxLength: 25 }), { maxLength: 40 })
    .map((rows): Section => ({ kind: 'table', columns: ['A', 'B', 'C', 'D', 'E', 'F'], rows })),
  fc.constant<Section>({ kind: 'divider' }),
);
const message = fc.record({
  alert: text,
  title: fc.option(text, { nil: undefined }),
  sections: fc.oneof(fc.array(section, { maxLength: 8 }), fc.array(section, { minLength: 45, maxLength: 70 })),
  buttons: fc.uniqueArray(
    fc.record({
      verb: fc.constantFrom(...buttonVerbs),
      label: text,
      confirm: fc.record({ title: text, text, yes: text }),
    }),
    { selector: ({ verb }) => verb },
  ),
}) as fc.Arbitrary<Message>;

describe('a rendered message', () => {
  it("is within all of Slack's limits, whatever it says", () => {
    fc.assert(
      fc.property(message, (of) => {
        const { text, blocks } = renderMessage({ message: of, token: 'x'.repeat(22) });
        expect(findViolations('message', blocks)).toEqual([]);
        expect(text.length).toBeGreaterThan(0);
        expect(text.length).toBeLessThan(4_000);
      }),
      { numRuns: 300 },
    );
  });

  it('has nothing live in it that a string brought along', () => {
    fc.assert(
      fc.property(message, (of) => {
        const { text, blocks } = renderMessage({ message: of, token: 't' });
        expect(text).not.toMatch(/[<>]/);
        expect(JSON.stringify(blocks)).not.toContain('"mrkdwn"');
        // oxlint-disable-next-line no-control-regex -- exactly those must be gone
        expect(text).not.toMatch(/[\u0000-\u0008\u202a-\u202e\u2066-\u2069\u200b-\u200f]/);
      }),
    );
  });

  it('keeps literal text literally', () => {
    const words = '<!channel> & <https://evil.example|Approve> *_~`';

    const rendered = JSON.stringify(
      renderMessage({
        message: {
          alert: words,
          sections: [
            { kind: 'list', items: [words] },
            { kind: 'table', columns: ['a'], rows: [[words]] },
          ],
        },
        token: 't',
      }).blocks,
    );

    expect(rendered.split(JSON.stringify(words).slice(1, -1)).length - 1).toBe(2);
  });

  it('says how much was left out', () => {
    const items = Array.from({ length: 1_000 }, (_, n) => `server ${n}`);

    expect(JSON.stringify(renderSections([{ kind: 'list', items }]))).toContain('and 941 more');
  });

  it('links only to http and https', () => {
    const rendered = JSON.stringify(
      renderSections([
        {
          kind: 'text',
          lines: [
            [
              { link: 'javascript:alert(1)', label: 'x' },
              { link: 'https://example.com/r', label: 'runbook' },
            ],
          ],
        },
      ]),
    );

    expect(rendered).toContain('"type":"link","url":"https://example.com/r"');
    expect(rendered).not.toContain('"url":"javascript');
  });
});

describe('a rendered form', () => {
  it("is a modal within Slack's limits", () => {
    const form: Form = {
      operation: 'restore',
      title: 'A title that is much too long for Slack',
      submit: 'Show the plan of what happens',
      intro: 'x'.repeat(4_000),
      fields: [
        { kind: 'search', id: 'target', label: 'Server', of: 'servers' },
        { kind: 'text', id: 'from', label: 'From', hint: 'latest', initial: 'latest' },
        { kind: 'time', id: 'at', label: 'When', hint: 'your own zone' },
        { kind: 'choice', id: 'how', label: 'How', options: [{ value: 'a', label: 'l'.repeat(200) }], initial: 'a' },
      ],
    };

    expect(findViolations('modal', renderForm(form, 'C1'))).toEqual([]);
  });
});

describe('a menu of people', () => {
  const of = (token: string, chosen?: string) =>
    renderMessage({
      message: {
        alert: 'a',
        sections: [],
        buttons: [
          { verb: 'silence', label: 'Silence 1 h' },
          { verb: 'assign', label: 'Assign to…', people: { chosen } },
        ],
      },
      token,
    });
  it('stands beside the buttons, with the token on the block, and shows who was chosen', () => {
    const { blocks } = of('token', 'U1');
    expect(blocks?.at(-1)).toMatchObject({
      type: 'actions',
      block_id: 'token',
      elements: [{ type: 'button' }, { type: 'users_select', action_id: 'assign', initial_user: 'U1' }],
    });
    expect([of('t'.repeat(300)), of('')].flatMap(({ blocks }) => findViolations('message', blocks))).toEqual([]);
  });
});
