import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import type { Inline } from '#sandbox/page/inline.ts';
import { readInline, readMrkdwn } from '#sandbox/page/mrkdwn.ts';

/** All text that would be seen, marks left out. */
function seen(parts: readonly Inline[]): string {
  return parts
    .map((part) => {
      if ('inside' in part) return seen(part.inside);
      if (part.kind === 'link') return part.label;
      return 'text' in part ? part.text : '';
    })
    .join('');
}
const kinds = (text: string) => readInline(text, false).map(({ kind }) => kind);

describe('mrkdwn', () => {
  test.each([
    ['*bold*', [{ kind: 'bold', inside: [{ kind: 'text', text: 'bold' }] }]],
    ['_it_', [{ kind: 'italic', inside: [{ kind: 'text', text: 'it' }] }]],
    ['~no~', [{ kind: 'strike', inside: [{ kind: 'text', text: 'no' }] }]],
    ['`a*b*c`', [{ kind: 'code', text: 'a*b*c' }]],
    [
      '*a _b_*',
      [
        {
          kind: 'bold',
          inside: [
            { kind: 'text', text: 'a ' },
            { kind: 'italic', inside: [{ kind: 'text', text: 'b' }] },
          ],
        },
      ],
    ],
    ['<@U1>', [{ kind: 'user', id: 'U1' }]],
    ['<#C1|ops>', [{ kind: 'channel', id: 'C1', label: 'ops' }]],
    ['<!subteam^S1|@ops>', [{ kind: 'group', id: 'S1', label: '@ops' }]],
    ['<!here>', [{ kind: 'broadcast', range: 'here' }]],
    ['<!date^1700000000^{time}|noon>', [{ kind: 'date', seconds: 1_700_000_000, format: '{time}', fallback: 'noon' }]],
    [
      '<https://e.com/?a=1&amp;b=2|here &amp; there>',
      [{ kind: 'link', url: 'https://e.com/?a=1&b=2', label: 'here & there' }],
    ],
    [':warning:', [{ kind: 'emoji', name: 'warning', unicode: '⚠️' }]],
    [
      'see https://e.com/x.',
      [
        { kind: 'text', text: 'see ' },
        { kind: 'link', url: 'https://e.com/x', label: 'https://e.com/x' },
        { kind: 'text', text: '.' },
      ],
    ],
  ])('reads %s', (text, parts) => {
    expect(readInline(text, false)).toEqual(parts);
  });

  test.each([
    '2*3*4',
    'a_b_c',
    '* not bold *',
    '**',
    '10:42:00',
    'fe80::1',
    'std::string::x',
    ':no_such_emoji:',
    '<unclosed',
    'a ~ b ~ c',
    '*over\ntwo lines*',
  ])('leaves %j as text', (text) => {
    expect(kinds(text).every((kind) => kind === 'text' || kind === 'break')).toBe(true);
  });

  test('undoes an escape once and never twice', () => {
    expect(seen(readInline('&lt;!here&gt; &amp;lt;b&amp;gt;', false))).toBe('<!here> &lt;b&gt;');
    expect(kinds('&lt;!here&gt;')).toEqual(['text']);
  });

  test.each([
    '<javascript:alert(1)|Approve here>',
    '<data:text/html,x|Approve here>',
    '<file:///etc/passwd|Approve here>',
  ])('makes no link of %s', (text) => {
    expect(readInline(text, false)).toEqual([{ kind: 'text', text: 'Approve here' }]);
  });

  test('makes no links of bare addresses when it is verbatim', () => {
    expect(readInline('https://e.com', true)).toEqual([{ kind: 'text', text: 'https://e.com' }]);
  });

  test('finds quotes and preformatted parts', () => {
    expect(readMrkdwn('before\n&gt; one\n&gt;two\nafter\n```\n*x* &lt;\n```').map(({ kind }) => kind)).toEqual([
      'lines',
      'quote',
      'lines',
      'preformatted',
    ]);
    expect(readMrkdwn('```\n*x* &lt;\n```')).toEqual([{ kind: 'preformatted', text: '*x* <' }]);
  });

  test('loses no letter of any text, whatever marks it holds', () => {
    const alphabet = fc.constantFrom('a', 'b', ' ', '*', '_', '~', '`', ':', '\n');
    fc.assert(
      fc.property(fc.string({ unit: alphabet, maxLength: 60 }), (text) => {
        const letters = (from: string) => from.replace(/[^ab]/g, '');
        expect(letters(seen(readInline(text, false)))).toBe(letters(text));
      }),
    );
  });

  test('reads 3,000 hostile characters at once', () => {
    for (const piece of ['*a', '<', '`', '*_~', '&lt;', ':x', '```']) {
      const before = performance.now();
      readMrkdwn(piece.repeat(3_000 / piece.length));
      expect(performance.now() - before).toBeLessThan(10_000);
    }
  });
});
