import { expect, test } from 'vitest';

import { buttonsOf, plainMessage } from '#sandbox/slack/plain.ts';

const names = {
  user: (id: string) => `user-${id}`,
  channel: (id: string) => `channel-${id}`,
  group: (id: string) => `group-${id}`,
};
const words = (text: string) => ({ type: 'plain_text', text });

test('a message reads as text, block by block', () => {
  const blocks = [
    { type: 'header', text: words('Restore') },
    {
      type: 'section',
      text: {
        type: 'mrkdwn',
        text: '*web-1* by <@U1> in <#C1|ops>, see <https://a.example|the run> &amp; <!subteam^S1> <!here> <!date^1^{time}|10:42>',
      },
      fields: [words('a: 1')],
      accessory: { type: 'button', action_id: 'x', text: words('More') },
    },
    { type: 'divider' },
    {
      type: 'rich_text',
      elements: [
        {
          type: 'rich_text_section',
          elements: [
            { type: 'text', text: 'by ' },
            { type: 'user', user_id: 'U2' },
            { type: 'date', timestamp: 0, format: '{time}', fallback: 'then' },
          ],
        },
        {
          type: 'rich_text_list',
          style: 'ordered',
          elements: [
            { type: 'rich_text_section', elements: [{ type: 'text', text: 'one' }] },
            { type: 'rich_text_section', elements: [{ type: 'link', url: 'https://b.example', text: 'two' }] },
          ],
        },
        { type: 'rich_text_preformatted', elements: [{ type: 'text', text: '<!here>' }] },
      ],
    },
    {
      type: 'table',
      rows: [
        [
          { type: 'raw_text', text: 'id' },
          { type: 'raw_text', text: 'state' },
        ],
        [
          { type: 'raw_text', text: 'i-1' },
          { type: 'raw_number', value: 2, text: '2' },
        ],
      ],
    },
    {
      type: 'context',
      elements: [words('ref 7F3K'), { type: 'image', alt_text: 'dot', image_url: 'https://a.example/x.png' }],
    },
    {
      type: 'actions',
      block_id: 'b',
      elements: [
        { type: 'button', action_id: 'approve', style: 'primary', value: 'tok', text: words('Approve') },
        { type: 'overflow', action_id: 'o', options: [] },
      ],
    },
  ];

  expect(plainMessage({ text: 'fallback', blocks }, names).split('\n')).toEqual([
    'Restore',
    '*web-1* by @user-U1 in #channel-C1, see the run (https://a.example) & @group-S1 @here 10:42',
    'a: 1',
    '[More]',
    '---',
    'by @user-U2then',
    '1. one',
    '2. two (https://b.example)',
    '<!here>',
    'id | state',
    'i-1 | 2',
    'ref 7F3K dot',
    '[Approve] [overflow]',
  ]);
  expect(buttonsOf(blocks)).toEqual([
    { action_id: 'x', block_id: '', text: 'More' },
    { action_id: 'approve', block_id: 'b', text: 'Approve', style: 'primary', value: 'tok' },
  ]);
});

test('a message without blocks reads as its text', () => {
  expect(plainMessage({ text: '&lt;b&gt; <@U1>' }, names)).toBe('<b> @user-U1');
});
