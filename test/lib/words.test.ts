import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { readWords } from '#lib/words.ts';

describe('a typed line', () => {
  it.each([
    ['db-1 --from latest', ['db-1'], { from: 'latest' }],
    ['db-1 \u2014from latest', ['db-1'], { from: 'latest' }],
    ['db-1 \u2013from latest', ['db-1'], { from: 'latest' }],
    ['db-1 --from=latest', ['db-1'], { from: 'latest' }],
    ['db-1 --from before 2026-11-24 10:00', ['db-1'], { from: 'before 2026-11-24 10:00' }],
    ['Name=\u201cweb 1\u201d', ['Name=web 1'], {}],
    ["note='a b'", ['note=a b'], {}],
    ['it\u2019s fine', ["it's", 'fine'], {}],
    ['a\u00a0b', ['a', 'b'], {}],
    ['site=<https://example.com|example.com>', ['site=example.com'], {}],
    ['<https://example.com/a?b=c>', ['https://example.com/a?b=c'], {}],
    ['a &amp; b &lt;c&gt;', ['a', '&', 'b', '<c>'], {}],
    ['`web-1`', ['web-1'], {}],
    ['web-1 -old', ['web-1', '-old'], {}],
    ['"--from" x', ['--from', 'x'], {}],
    ['web\u200b-1', ['web-1'], {}],
    ['', [], {}],
  ])('%j is cut into words and flags', (line, plain, flags) => {
    expect(readWords(line, ['from'])).toMatchObject({ plain, flags });
  });

  it('names the open quote', () => {
    expect(() => readWords('Name="web 1')).toThrow(/opened but not closed/);
  });

  it('refuses an endless line', () => {
    expect(() => readWords('x'.repeat(4_001))).toThrow(/too long/);
  });

  it('keeps a word that needs no cleaning as it is', () => {
    const word = fc.stringMatching(/^[a-z0-9.:/@_+][a-z0-9.:/@_+-]{0,40}$/);
    fc.assert(
      fc.property(fc.array(word), (list) => {
        expect(readWords(list.join(' ')).plain).toEqual(list);
      }),
    );
  });

  it('reads any text or refuses it as bad input, and never hangs', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 4_000, unit: 'grapheme' }), (text) => {
        expect(readOrWhy(text)).toMatch(/^(read|bad-input)$/);
      }),
    );
  });
});

function readOrWhy(text: string): string {
  try {
    readWords(text, ['from']);
    return 'read';
  } catch (error) {
    return (error as { code?: string }).code ?? 'something else';
  }
}
