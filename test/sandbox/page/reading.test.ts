import { describe, expect, test } from 'vitest';

import { ago, formatDate } from '#sandbox/page/dates.ts';
import { initials, tone } from '#sandbox/page/people.ts';
import { plainRichText, readRichText } from '#sandbox/page/rich-text.ts';
import { suggestionsFor } from '#sandbox/page/suggestions.ts';
import { ec2Dump, workspace } from '#test/sandbox/fake-parts.ts';

const noon = new Date(2026, 10, 25, 12, 5, 9);
const seconds = noon.getTime() / 1_000;

describe('dates', () => {
  test.each([
    ['{date_num} {time}', '2026-11-25 12:05'],
    ['{time_secs}', '12:05:09'],
    ['{date_short}', 'Nov 25, 2026'],
    ['{date}', 'November 25, 2026'],
    ['{date_long}', 'Wednesday, November 25, 2026'],
    ['{date_short_pretty} at {time}', 'today at 12:05'],
    ['{ago}', '3 minutes ago'],
    ['{nonsense}', '{nonsense}'],
  ])('%s reads %s', (format, words) => {
    expect(formatDate(format, seconds, noon.getTime() + 180_000)).toBe(words);
  });

  test('yesterday and tomorrow go by the calendar, not by 24 hours', () => {
    const day = 86_400_000;
    expect(formatDate('{date_pretty}', seconds, noon.getTime() + day)).toBe('yesterday');
    expect(formatDate('{date_pretty}', seconds, noon.getTime() - day)).toBe('tomorrow');
    expect(formatDate('{date_short_pretty}', seconds, noon.getTime() + 2 * day)).toBe('Nov 25, 2026');
  });

  test('distances use the largest fitting unit', () => {
    expect(ago(0, 5_000)).toBe('5 seconds ago');
    expect(ago(7_200_000, 0)).toBe('in 2 hours');
    expect(ago(0, 86_400_000 * 3)).toBe('3 days ago');
  });
});

describe('rich text', () => {
  test('keeps styles, mentions, dates and colours', () => {
    expect(
      readRichText([
        { type: 'text', text: 'a\nb', style: { bold: true, code: true } },
        { type: 'user', user_id: 'U1' },
        { type: 'usergroup', usergroup_id: 'S1' },
        { type: 'channel', channel_id: 'C1' },
        { type: 'broadcast', range: 'here' },
        { type: 'color', value: '#ff0000' },
        { type: 'emoji', name: 'eyes' },
        { type: 'emoji', name: 'ship', unicode: '1f6a2' },
        { type: 'emoji', name: 'own_emoji', unicode: 'ffffffffff' },
        { type: 'date', timestamp: 5, format: '{time}', fallback: 'then' },
      ]),
    ).toEqual([
      { kind: 'bold', inside: [{ kind: 'code', text: 'a' }, { kind: 'break' }, { kind: 'code', text: 'b' }] },
      { kind: 'user', id: 'U1' },
      { kind: 'group', id: 'S1' },
      { kind: 'channel', id: 'C1' },
      { kind: 'broadcast', range: 'here' },
      { kind: 'color', value: '#ff0000' },
      { kind: 'emoji', name: 'eyes', unicode: '👀' },
      { kind: 'emoji', name: 'ship', unicode: '🚢' },
      { kind: 'emoji', name: 'own_emoji' },
      { kind: 'date', seconds: 5, format: '{time}', fallback: 'then' },
    ]);
  });

  test('makes links of http and https only', () => {
    expect(readRichText([{ type: 'link', url: 'https://e.com/', text: 'e' }])).toEqual([
      { kind: 'link', url: 'https://e.com/', label: 'e' },
    ]);
    expect(readRichText([{ type: 'link', url: 'javascript:alert(1)', text: 'e' }])).toEqual([
      { kind: 'text', text: 'e' },
    ]);
  });

  test('shows the type of what it does not know', () => {
    expect(readRichText([{ type: 'hologram' }])).toEqual([{ kind: 'text', text: '[hologram]' }]);
    expect(
      plainRichText([
        { type: 'text', text: 'a\nb' },
        { type: 'link', url: 'https://e.com' },
      ]),
    ).toBe('a\nbhttps://e.com');
  });
});

describe('what a newcomer is offered', () => {
  test('uses servers and volumes that exist', () => {
    const lines = suggestionsFor(workspace.commands, ec2Dump).map(({ line }) => line);

    expect(lines).toContain('/snapshot db-1');
    expect(lines).toContain('/restore db-1 --from latest');
    expect(lines[0]).toBe('/fleet all');
  });

  test('leaves out what the app cannot do and what has no server', () => {
    expect(suggestionsFor([{ command: '/fleet', description: '' }], ec2Dump).map(({ line }) => line)).toEqual([
      '/fleet all',
      '/fleet all --account all --region all',
    ]);
    expect(suggestionsFor(workspace.commands, undefined).map(({ line }) => line)).toEqual([
      '/fleet all',
      '/fleet all --account all --region all',
      '/deck help',
      '/deck runs',
    ]);
  });
});

describe('people', () => {
  test('have initials and a colour of their own', () => {
    expect(initials('Riley')).toBe('R');
    expect(initials('Ada von Lovelace')).toBe('AL');
    expect(initials('')).toBe('?');
    expect(tone('U0REQUESTER')).toBe(tone('U0REQUESTER'));
  });
});
