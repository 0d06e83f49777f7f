import type { SlackMessage, SlackView } from '#sandbox/page/shapes.ts';

const start = Date.UTC(2026, 10, 25, 10, 40) / 1_000;

/** Slack's `ts` of the n-th message of the scene. */
export function tsOf(n: number): string {
  return `${start + n * 70}.${String(n).padStart(6, '0')}`;
}

const section = (...elements: readonly object[]) => ({ type: 'rich_text_section', elements });
const say = (text: string, style?: object) => ({ type: 'text', text, ...(style === undefined ? {} : { style }) });

/** A restore that waits for a second person, an answer only the requester sees, and a message with every kind of block. */
export const messages: SlackMessage[] = [
  {
    ts: tsOf(1),
    user: 'U0DECKHAND',
    bot_id: 'B0DECKHAND',
    text: 'Restore of db-data waits for approval',
    edited: { ts: tsOf(2) },
    blocks: [
      {
        type: 'header',
        text: { type: 'plain_text', text: ':hourglass_flowing_sand: Restore db-data: waits for approval' },
      },
      {
        type: 'rich_text',
        elements: [
          section(
            { type: 'user', user_id: 'U0REQUESTER' },
            say(' asks to put '),
            say('vol-0bbbbbbbbbbbbbbb1', { code: true }),
            say(' back to '),
            say('snap-0ccccccccccccccc1', { code: true }),
            say(', taken '),
            {
              type: 'date',
              timestamp: start - 3_600,
              format: '{date_short_pretty} at {time}',
              fallback: 'an hour ago',
            },
            say('.'),
          ),
          {
            type: 'rich_text_list',
            style: 'bullet',
            elements: [
              section(say('db-1', { bold: true }), say(' stops for about 2 minutes')),
              section(say('The old volume is kept for 7 days as undo')),
            ],
          },
        ],
      },
      {
        type: 'section',
        fields: [
          { type: 'mrkdwn', text: '*Account*\n123456789012 · us-east-1' },
          { type: 'mrkdwn', text: '*Run*\n`r-7K3M2Q9ABC`' },
        ],
      },
      {
        type: 'actions',
        block_id: 'card',
        elements: [
          {
            type: 'button',
            style: 'primary',
            action_id: 'approve',
            value: 't0ken',
            text: { type: 'plain_text', text: 'Approve' },
            confirm: {
              title: { type: 'plain_text', text: 'Approve the restore?' },
              text: { type: 'plain_text', text: 'db-1 stops for about 2 minutes.' },
              confirm: { type: 'plain_text', text: 'Approve' },
              deny: { type: 'plain_text', text: 'Back' },
            },
          },
          {
            type: 'button',
            style: 'danger',
            action_id: 'deny',
            value: 't0ken',
            text: { type: 'plain_text', text: 'Deny' },
          },
        ],
      },
      {
        type: 'context',
        elements: [
          {
            type: 'mrkdwn',
            text: 'Expires <!date^1795604400^{date_short_pretty} {time}|later> · anyone in <!subteam^S0OPERATORS> but <@U0REQUESTER>',
          },
        ],
      },
    ],
  },
  {
    ts: tsOf(3),
    thread_ts: tsOf(1),
    user: 'U0DECKHAND',
    bot_id: 'B0DECKHAND',
    text: 'Planned: one volume, one server.',
  },
  { ts: tsOf(4), thread_ts: tsOf(1), user: 'U0DECKHAND', bot_id: 'B0DECKHAND', text: 'Waiting for <@U0APPROVER>.' },
  {
    ts: tsOf(5),
    user: 'U0DECKHAND',
    bot_id: 'B0DECKHAND',
    text: 'I do not know that server',
    ephemeral_to: 'U0REQUESTER',
    blocks: [
      {
        type: 'rich_text',
        elements: [
          section(
            say('I do not know a server named '),
            say('wbe-1', { code: true }),
            say('. Did you mean '),
            say('web-1', { bold: true }),
            say('? Try '),
            say('/fleet web-1', { code: true }),
            say('.'),
          ),
        ],
      },
    ],
  },
  {
    ts: tsOf(6),
    user: 'U0DECKHAND',
    bot_id: 'B0DECKHAND',
    text: 'Fleet: 2 of 3 running',
    blocks: [
      { type: 'header', text: { type: 'plain_text', text: 'Fleet: 2 of 3 servers running' } },
      {
        type: 'table',
        column_settings: [{}, {}, {}, { align: 'right' }],
        rows: [
          ['Server', 'State', 'Checks', 'Last snapshot'].map((text) => ({ type: 'raw_text', text })),
          ['web-1', 'running', '3/3 ok', '4 h'].map((text) => ({ type: 'raw_text', text })),
          ['db-1', 'running', 'instance impaired', '1 h'].map((text) => ({ type: 'raw_text', text })),
          ['batch-1', 'stopped', '–', '9 d'].map((text) => ({ type: 'raw_text', text })),
        ],
      },
      {
        type: 'section',
        text: {
          type: 'mrkdwn',
          text: 'A *bold* word, _slanted_, ~gone~, `code` & <https://example.com/a?b=1&amp;c=2|a link>, at 10:42:00 on fe80::1\n> quoted &lt;b&gt;never markup&lt;/b&gt;',
        },
        accessory: {
          type: 'overflow',
          action_id: 'more',
          options: [
            { text: { type: 'plain_text', text: 'Details' }, value: 'details' },
            { text: { type: 'plain_text', text: 'Silence 1 h' }, value: 'silence' },
          ],
        },
      },
      {
        type: 'rich_text',
        elements: [
          {
            type: 'rich_text_preformatted',
            elements: [say('aws ec2 describe-volumes \\\n  --volume-ids vol-0bbbbbbbbbbbbbbb1')],
          },
          { type: 'rich_text_quote', elements: [say('It was like that when I came.')] },
        ],
      },
      { type: 'hologram', text: 'not yet' },
      {
        type: 'actions',
        elements: [
          {
            type: 'static_select',
            action_id: 'page',
            placeholder: { type: 'plain_text', text: 'Go to page' },
            options: [{ text: { type: 'plain_text', text: 'Page 2' }, value: '2' }],
          },
          { type: 'button', action_id: 'next', text: { type: 'plain_text', text: 'Next' } },
        ],
      },
    ],
  },
];

/** A form with every kind of input Deckhand uses. */
export const form: SlackView = {
  id: 'V0FORM',
  type: 'modal',
  title: { text: 'Restore a volume' },
  submit: { text: 'Show the plan' },
  close: { text: 'Cancel' },
  blocks: [
    {
      type: 'section',
      text: { type: 'mrkdwn', text: 'Puts a volume back to a snapshot. *Nothing happens before it is approved.*' },
    },
    {
      type: 'input',
      block_id: 'target',
      label: { type: 'plain_text', text: 'Volume or server' },
      element: {
        type: 'external_select',
        action_id: 'target',
        min_query_length: 1,
        placeholder: { type: 'plain_text', text: 'Type a name' },
      },
    },
    {
      type: 'input',
      block_id: 'from',
      label: { type: 'plain_text', text: 'Snapshot' },
      element: {
        type: 'static_select',
        action_id: 'from',
        initial_option: { text: { type: 'plain_text', text: 'The latest' }, value: 'latest' },
        options: [
          { text: { type: 'plain_text', text: 'The latest' }, value: 'latest' },
          { text: { type: 'plain_text', text: 'Before a time' }, value: 'before' },
        ],
      },
    },
    {
      type: 'input',
      block_id: 'why',
      label: { type: 'plain_text', text: 'Reason' },
      hint: { type: 'plain_text', text: 'Shown to the approver.' },
      element: { type: 'plain_text_input', action_id: 'why', multiline: true },
    },
    {
      type: 'input',
      block_id: 'hours',
      optional: true,
      label: { type: 'plain_text', text: 'Keep the old volume for (days)' },
      element: { type: 'number_input', action_id: 'hours', is_decimal_allowed: false, min_value: '1' },
    },
    {
      type: 'input',
      block_id: 'options',
      optional: true,
      label: { type: 'plain_text', text: 'Options' },
      element: {
        type: 'checkboxes',
        action_id: 'options',
        options: [
          { text: { type: 'mrkdwn', text: '*Start* the server afterwards' }, value: 'start' },
          {
            text: { type: 'plain_text', text: 'Tell the owner' },
            value: 'tell',
            description: { type: 'plain_text', text: 'By direct message' },
          },
        ],
      },
    },
    {
      type: 'input',
      block_id: 'when',
      label: { type: 'plain_text', text: 'When' },
      element: {
        type: 'radio_buttons',
        action_id: 'when',
        initial_option: { text: { type: 'plain_text', text: 'Now' }, value: 'now' },
        options: [
          { text: { type: 'plain_text', text: 'Now' }, value: 'now' },
          { text: { type: 'plain_text', text: 'Tonight' }, value: 'tonight' },
        ],
      },
    },
  ],
};

export const home: SlackView = {
  id: 'V0HOME',
  type: 'home',
  blocks: [
    { type: 'header', text: { type: 'plain_text', text: 'Deckhand' } },
    {
      type: 'section',
      text: { type: 'mrkdwn', text: '*1 request waits for you*' },
      accessory: { type: 'button', action_id: 'refresh', text: { type: 'plain_text', text: 'Refresh' } },
    },
  ],
};
