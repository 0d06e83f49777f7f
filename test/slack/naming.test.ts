import { describe, expect, test } from 'vitest';

import { createNaming } from '#slack/naming.ts';

const named = createNaming('ops-', ['deck', 'fleet', 'tag']);

describe('what is said with a prefix', () => {
  test.each([
    ['See `/deck runs`.', 'See `/ops-deck runs`.'],
    ['/fleet all', '/ops-fleet all'],
    ['Type (/tag) or /deck: both', 'Type (/ops-tag) or /ops-deck: both'],
    ['https://example.com/deck and /etc/tag', 'https://example.com/deck and /etc/tag'],
    ['/decking, /fleet/all and /tag-more', '/decking, /fleet/all and /tag-more'],
    ['/ops-deck runs', '/ops-deck runs'],
  ])('%s', (said, heard) => {
    expect(named(said)).toBe(heard);
    expect(named(named(said))).toBe(heard);
  });

  test('everything people read changes, ids and addresses do not', () => {
    const at = { at: 5, style: 'time' };
    const lines = [[{ code: '/deck runs' }, { link: '/deck', label: '/deck' }, { user: '/deck' }, at]];

    expect(named({ token: '/deck', message: { alert: '/deck', sections: [{ kind: 'text', lines }] } })).toEqual({
      token: '/deck',
      message: {
        alert: '/ops-deck',
        sections: [
          {
            kind: 'text',
            lines: [[{ code: '/ops-deck runs' }, { link: '/deck', label: '/ops-deck' }, { user: '/deck' }, at]],
          },
        ],
      },
    });
  });

  test('without a prefix it is the same', () => {
    const said = { alert: '/deck' };

    expect(createNaming('', ['deck'])(said)).toBe(said);
  });
});
