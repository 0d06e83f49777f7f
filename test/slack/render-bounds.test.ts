import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { Line, Message, Section } from '#ports/text.ts';
import { renderForm } from '#slack/form.ts';
import { findViolations, largestView } from '#slack/limits.ts';
import { clip, visible } from '#slack/literal.ts';
import { renderHome, renderMessage } from '#slack/render.ts';

const render = (sections: readonly Section[], more: Partial<Message> = {}) =>
  renderMessage({ message: { alert: 'alert', sections, ...more }, token: 'token' });
const lines = (length: number, text: string) => Array.from({ length }, (_none, at) => `${at} ${text}`);

describe('a message that is far too long', () => {
  const everything: Section[] = Array.from({ length: 30 }, () => [
    { kind: 'text', lines: lines(1_000, 'x'.repeat(3_000)) } as const,
    { kind: 'list', items: lines(1_000, 'y'.repeat(300)) } as const,
    { kind: 'facts', facts: lines(1_000, 'z').map((line) => [line, line] as const) } as const,
    {
      kind: 'table',
      columns: lines(30, 'c'),
      rows: Array.from({ length: 500 }, () => lines(30, 'v'.repeat(400))),
    } as const,
    { kind: 'code', text: 'line\n'.repeat(10_000) } as const,
  ]).flat();

  it('stays within bounds, keeps its buttons and says that something was left out', () => {
    const { text, blocks } = render(everything, {
      alert: '&'.repeat(10_000),
      title: 'T'.repeat(500),
      buttons: [{ verb: 'approve', label: 'Approve' }],
    });

    expect(findViolations('message', blocks)).toEqual([]);
    expect(text.length).toBeLessThanOrEqual(4_000);
    expect(JSON.stringify(blocks).length).toBeLessThan(65_000);
    expect(blocks.at(-1)).toMatchObject({ type: 'actions', elements: [{ action_id: 'approve', value: 'token' }] });
    expect(JSON.stringify(blocks)).toMatch(/and \d+ more parts that do not fit here/);
  });

  it('of one endless line with endless pieces stays within bounds', () => {
    const line: Line = Array.from({ length: 5_000 }, (_none, at) => ({ bold: String(at) }));

    const { blocks } = render([{ kind: 'text', lines: [line, line, line] }]);

    expect(findViolations('message', blocks)).toEqual([]);
    expect(JSON.stringify(blocks).length).toBeLessThan(40_000);
  });

  it('shows a whole table of 20 rows and says how many rows are missing', () => {
    const rows = Array.from({ length: 57 }, (_none, at) => [`i-${at}`, '', 'running']);

    const { blocks } = render([{ kind: 'table', columns: ['id', 'name', 'state'], rows }]);

    expect(blocks).toMatchObject([
      { type: 'table', rows: { length: 21 } },
      { type: 'context', elements: [{ text: 'and 37 more' }] },
    ]);
    expect(JSON.stringify(blocks[0])).toContain('"–"');
  });
});

describe('a message with odd content', () => {
  it('shows an id, an emoji name or an instant of a wrong form as text, since Slack would refuse them', () => {
    const odd: Line[] = [
      { user: 'schedule' },
      { group: 'oncall' },
      { channel: '#ops' },
      { emoji: 'no such: emoji' },
      { at: Number.NaN, style: 'time' },
      { at: -1, style: 'date' },
      { at: 1e300, style: 'datetime' },
    ];

    const { blocks } = render([
      { kind: 'list', items: odd },
      { kind: 'note', line: odd.map((one) => one as { user: string }) },
    ]);

    expect(findViolations('message', blocks)).toEqual([]);
    expect(JSON.stringify(blocks)).toContain('"text":"schedule"');
    expect(JSON.stringify(blocks)).not.toMatch(/"type":"(?:user|usergroup|channel|emoji|date)"/);
  });

  it('without sections shows its alert literally, not as markup', () => {
    const { blocks } = render([], { alert: '*bold* <!here>' });

    expect(blocks).toMatchObject([
      { type: 'rich_text', elements: [{ elements: [{ type: 'text', text: '*bold* <!here>' }] }] },
    ]);
  });

  it('has one button per verb, each with a name that tells it from those of other cards', () => {
    const { blocks } = renderMessage({
      message: {
        alert: 'Restart web-1?',
        title: 'Restart web-1',
        sections: [],
        buttons: [
          { verb: 'approve', label: 'Approve', style: 'primary', confirm: { title: '', text: '', yes: '' } },
          { verb: 'approve', label: 'Approve again' },
          { verb: 'deny', label: '\u200b' },
        ],
      },
      token: '',
    });

    expect(findViolations('message', blocks)).toEqual([]);
    expect(blocks.at(-1)).toMatchObject({
      elements: [
        { action_id: 'approve', accessibility_label: 'Approve again: Restart web-1' },
        { action_id: 'deny', text: { text: '–' } },
      ],
    });
  });
});

describe('Home', () => {
  it('has no table, which Home does not show, and stays within its limits', () => {
    const table: Section = { kind: 'table', columns: ['id', 'state'], rows: [['i-1', 'running']] };

    const small = renderHome([table]);
    const big = renderHome(
      Array.from({ length: 300 }, (): Section => ({ kind: 'list', items: lines(1_000, '漢'.repeat(500)) })),
    );

    expect(JSON.stringify(small)).toContain('i-1 · running');
    expect([findViolations('home', small), findViolations('home', big)]).toEqual([[], []]);
    expect(Buffer.byteLength(JSON.stringify(big))).toBeLessThan(largestView);
  });
});

describe('a form', () => {
  it('is within the limits whatever its words are, and remembers only what it is for', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 5_000 }), (text) => {
        const view = renderForm(
          {
            operation: 'restore',
            title: text,
            submit: text,
            intro: text,
            fields: [
              { kind: 'text', id: 'a', label: text, hint: text, initial: text, placeholder: text, optional: true },
              { kind: 'choice', id: 'b', label: text, options: [{ value: 'v', label: text }], initial: 'v' },
              { kind: 'search', id: 'c', label: text, of: 'volumes' },
            ],
          },
          'C1',
        );
        expect(findViolations('modal', view)).toEqual([]);
        expect(JSON.parse(view.private_metadata ?? '')).toEqual({ operation: 'restore', channel: 'C1' });
      }),
      { numRuns: 50 },
    );
  });
});

describe('literal text', () => {
  it('comes out as it went in, but for what cannot be seen', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (text) => {
        const { blocks } = render([{ kind: 'text', lines: [text] }]);
        const shown = (blocks[0] as { elements: { elements: { text?: string }[] }[] }).elements[0]?.elements
          .map((element) => element.text ?? '')
          .join('');
        expect(shown).toBe(visible(text) || ' ');
      }),
    );
  });

  it('is cut between graphemes, never longer than asked, and never into half a character', () => {
    const unit = fc.oneof(
      fc.constantFrom('👩‍👩‍👧‍👦', '🇩🇪', 'é', 'a', 'ש', '\u0301'),
      fc.string({ unit: 'binary', maxLength: 3 }),
    );
    fc.assert(
      fc.property(fc.array(unit, { maxLength: 60 }), fc.integer({ min: 1, max: 80 }), (units, most) => {
        const text = units.join('').toWellFormed();
        const cut = clip(text, most);
        expect(cut.length).toBeLessThanOrEqual(most);
        expect(cut.isWellFormed()).toBe(true);
        const isWhole = text.length <= most;
        expect(isWhole ? cut : cut.at(-1)).toBe(isWhole ? text : '…');
        expect(text.startsWith(isWhole ? cut : cut.slice(0, -1))).toBe(true);
      }),
    );
    expect(clip('🇩🇪🇫🇷🇮🇹', 9)).toBe('🇩🇪🇫🇷…');
  });
});
