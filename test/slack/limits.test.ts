import { describe, expect, test } from 'vitest';

import { findViolations } from '#slack/limits.ts';
import type { Surface } from '#slack/limits.ts';

const words = (text: string) => ({ type: 'plain_text', text });
const mrkdwn = (text: string) => ({ type: 'mrkdwn', text });
const section = (text: string, more: object = {}) => ({ type: 'section', text: mrkdwn(text), ...more });
const actions = (...elements: object[]) => ({ type: 'actions', elements });
const button = (more: object = {}) => ({ type: 'button', action_id: 'go', text: words('Go'), ...more });
const options = (count: number) =>
  Array.from({ length: count }, (_, at) => ({ text: words(`option ${at}`), value: String(at) }));
const select = (more: object = {}) => ({ type: 'static_select', action_id: 'pick', options: options(2), ...more });
const input = (element: object, more: object = {}) => ({ type: 'input', label: words('Why'), element, ...more });
const rich = (...elements: object[]) => ({ type: 'rich_text', elements });
const line = (text: string) => ({ type: 'rich_text_section', elements: [{ type: 'text', text }] });
const cell = (text: string) => ({ type: 'raw_text', text });
const table = (...rows: object[][]) => ({ type: 'table', rows });
const chart = {
  type: 'data_visualization',
  title: 'Uptime',
  chart: { type: 'pie', segments: [{ label: 'up', value: 99 }] },
};
const modal = (blocks: object[], more: object = {}) => ({ type: 'modal', title: words('A form'), blocks, ...more });
const of = (count: number, block: object) => Array.from({ length: count }, () => block);
const long = (length: number) => 'x'.repeat(length);

describe('what fits', () => {
  test.each<[string, Surface, unknown]>([
    ['an empty message', 'message', []],
    ['50 blocks', 'message', of(50, { type: 'divider' })],
    ['100 blocks on Home', 'home', of(100, { type: 'divider' })],
    ['a section of 3,000 characters', 'message', [section(long(3_000))]],
    ['a section of ten fields', 'message', [{ type: 'section', fields: of(10, mrkdwn(long(2_000))) }]],
    [
      'a button at every limit',
      'message',
      [
        actions(
          button({
            text: words(long(75)),
            value: long(2_000),
            style: 'danger',
            accessibility_label: long(75),
            url: 'https://a.example/',
            confirm: {
              title: words(long(100)),
              text: words(long(300)),
              confirm: words(long(30)),
              deny: words(long(30)),
              style: 'danger',
            },
          }),
        ),
      ],
    ],
    ['25 buttons', 'message', [actions(...of(25, {}).map((_, at) => button({ action_id: String(at) })))]],
    ['a menu of 100', 'message', [actions(select({ options: options(100), initial_option: options(1)[0] }))]],
    [
      'a menu of groups',
      'message',
      [actions(select({ options: undefined, option_groups: [{ label: words('All'), options: options(3) }] }))],
    ],
    [
      'rich text of every kind',
      'message',
      [
        rich(
          line('x'),
          { type: 'rich_text_list', style: 'bullet', indent: 1, elements: [line('y')] },
          { type: 'rich_text_quote', elements: [{ type: 'user', user_id: 'U1' }] },
          { type: 'rich_text_preformatted', elements: [{ type: 'text', text: 'z' }] },
          {
            type: 'rich_text_section',
            elements: [
              { type: 'date', timestamp: 1_764_000_000, format: '{time}', fallback: 'then' },
              { type: 'link', url: 'https://a.example' },
              { type: 'emoji', name: 'wave' },
              { type: 'text', text: 'b', style: { bold: true } },
            ],
          },
        ),
      ],
    ],
    [
      'a table',
      'message',
      [table([cell('a'), cell('b')], [{ type: 'raw_number', value: 1, text: '1' }, rich(line('x'))])],
    ],
    ['two charts', 'message', [chart, chart]],
    [
      'a data table on Home',
      'home',
      [
        {
          type: 'data_table',
          caption: 'Servers',
          page_size: 10,
          rows: [[cell('a')], [{ type: 'raw_number', value: 2, text: '2' }]],
        },
      ],
    ],
    ['an alert in a modal', 'modal', modal([{ type: 'alert', level: 'warning', text: words('Careful') }])],
    [
      'a form',
      'modal',
      modal([input({ type: 'plain_text_input', action_id: 'a', multiline: true, min_length: 1, max_length: 3_000 })], {
        submit: words('Go'),
        close: words('No'),
        private_metadata: long(3_000),
        callback_id: 'x',
        clear_on_close: true,
        notify_on_close: true,
      }),
    ],
    ['a Home view', 'home', { type: 'home', blocks: [section('hello')] }],
    [
      'a plan with tasks',
      'message',
      [
        {
          type: 'plan',
          title: 'Steps',
          tasks: [{ type: 'task_card', task_id: '1', title: 'One', status: 'complete' }],
        },
      ],
    ],
    [
      'a container',
      'message',
      [
        {
          type: 'container',
          title: words('Logs'),
          is_collapsible: true,
          child_blocks: [section('x'), { type: 'divider' }],
        },
      ],
    ],
    [
      'cards',
      'message',
      [{ type: 'carousel', elements: [{ type: 'card', title: mrkdwn('web-1'), actions: [button()] }] }],
    ],
    [
      'feedback',
      'message',
      [
        {
          type: 'context_actions',
          elements: [
            {
              type: 'feedback_buttons',
              action_id: 'f',
              positive_button: { text: words('Good'), value: 'up' },
              negative_button: { text: words('Bad'), value: 'down' },
            },
          ],
        },
      ],
    ],
    [
      'a picture',
      'message',
      [{ type: 'image', alt_text: 'graph', image_url: 'https://a.example/x.png', title: words('Graph') }],
    ],
  ])('%s', (_what, surface, content) => {
    expect(findViolations(surface, content)).toEqual([]);
  });
});

describe('what Slack refuses', () => {
  test.each<[string, Surface, unknown, string, string]>([
    ['51 blocks', 'message', of(51, { type: 'divider' }), '/blocks', 'too_many'],
    ['101 blocks on Home', 'home', of(101, { type: 'divider' }), '/blocks', 'too_many'],
    ['no list', 'message', { blocks: [] }, '/blocks', 'wrong_type'],
    ['an unknown block', 'message', [{ type: 'banner' }], '/blocks/0/type', 'unsupported_type'],
    [
      'a file block',
      'message',
      [{ type: 'file', source: 'remote', external_id: 'x' }],
      '/blocks/0/type',
      'unsupported_type',
    ],
    ['a block without type', 'message', [{ text: words('x') }], '/blocks/0', 'missing_field'],
    ['an unknown field', 'message', [section('x', { color: 'red' })], '/blocks/0/color', 'unknown_field'],
    ['an empty text', 'message', [section('')], '/blocks/0/text/text', 'too_short'],
    ['a long section', 'message', [section(long(3_001))], '/blocks/0/text/text', 'too_long'],
    ['a section of nothing', 'message', [{ type: 'section' }], '/blocks/0', 'missing_field'],
    ['eleven fields', 'message', [{ type: 'section', fields: of(11, mrkdwn('x')) }], '/blocks/0/fields', 'too_many'],
    [
      'a long field',
      'message',
      [{ type: 'section', fields: [mrkdwn(long(2_001))] }],
      '/blocks/0/fields/0/text',
      'too_long',
    ],
    [
      'mrkdwn in a header',
      'message',
      [{ type: 'header', text: mrkdwn('x') }],
      '/blocks/0/text/type',
      'unsupported_type',
    ],
    ['a long header', 'message', [{ type: 'header', text: words(long(151)) }], '/blocks/0/text/text', 'too_long'],
    [
      'emoji on mrkdwn',
      'message',
      [section('x', { text: { ...mrkdwn('x'), emoji: true } })],
      '/blocks/0/text/emoji',
      'unknown_field',
    ],
    [
      'eleven context elements',
      'message',
      [{ type: 'context', elements: of(11, mrkdwn('x')) }],
      '/blocks/0/elements',
      'too_many',
    ],
    [
      'a button in a context',
      'message',
      [{ type: 'context', elements: [button()] }],
      '/blocks/0/elements/0/type',
      'unsupported_type',
    ],
    ['no elements', 'message', [actions()], '/blocks/0/elements', 'too_few'],
    [
      '26 buttons',
      'message',
      [actions(...of(26, {}).map((_, at) => button({ action_id: String(at) })))],
      '/blocks/0/elements',
      'too_many',
    ],
    [
      'a long button text',
      'message',
      [actions(button({ text: words(long(76)) }))],
      '/blocks/0/elements/0/text/text',
      'too_long',
    ],
    [
      'a long button value',
      'message',
      [actions(button({ value: long(2_001) }))],
      '/blocks/0/elements/0/value',
      'too_long',
    ],
    [
      'an unknown style',
      'message',
      [actions(button({ style: 'warning' }))],
      '/blocks/0/elements/0/style',
      'wrong_value',
    ],
    [
      'a script address',
      'message',
      [actions(button({ url: 'javascript:alert(1)' }))],
      '/blocks/0/elements/0/url',
      'wrong_value',
    ],
    [
      'a long confirm text',
      'message',
      [actions(button({ confirm: { text: words(long(301)) } }))],
      '/blocks/0/elements/0/confirm/text/text',
      'too_long',
    ],
    [
      'a long action id',
      'message',
      [actions(button({ action_id: long(256) }))],
      '/blocks/0/elements/0/action_id',
      'too_long',
    ],
    [
      'twice the same action id',
      'message',
      [actions(button(), button())],
      '/blocks/0/elements/1/action_id',
      'duplicate',
    ],
    [
      'twice the same block id',
      'message',
      [section('a', { block_id: 'b' }), section('c', { block_id: 'b' })],
      '/blocks/1/block_id',
      'duplicate',
    ],
    [
      'an input element in actions',
      'message',
      [actions({ type: 'plain_text_input' })],
      '/blocks/0/elements/0/type',
      'unsupported_type',
    ],
    [
      'a menu of 101',
      'message',
      [actions(select({ options: options(101) }))],
      '/blocks/0/elements/0/options',
      'too_many',
    ],
    ['a menu of none', 'message', [actions(select({ options: [] }))], '/blocks/0/elements/0/options', 'too_few'],
    [
      'a menu without options',
      'message',
      [actions(select({ options: undefined }))],
      '/blocks/0/elements/0',
      'missing_field',
    ],
    [
      'options and groups',
      'message',
      [actions(select({ option_groups: [{ label: words('x'), options: options(1) }] }))],
      '/blocks/0/elements/0',
      'missing_field',
    ],
    [
      'a choice that is not offered',
      'message',
      [actions(select({ initial_option: { text: words('x'), value: 'x' } }))],
      '/blocks/0/elements/0/initial_option',
      'wrong_value',
    ],
    [
      'a long option text',
      'message',
      [actions(select({ options: [{ text: words(long(76)), value: 'x' }] }))],
      '/blocks/0/elements/0/options/0/text/text',
      'too_long',
    ],
    [
      'a long option value',
      'message',
      [actions(select({ options: [{ text: words('x'), value: long(76) }] }))],
      '/blocks/0/elements/0/options/0/value',
      'too_long',
    ],
    [
      'an overflow of six',
      'message',
      [section('x', { accessory: { type: 'overflow', action_id: 'o', options: options(6) } })],
      '/blocks/0/accessory/options',
      'too_many',
    ],
    [
      'eleven ticks',
      'message',
      [actions({ type: 'checkboxes', action_id: 'c', options: options(11) })],
      '/blocks/0/elements/0/options',
      'too_many',
    ],
    ['a picture without source', 'message', [{ type: 'image', alt_text: 'x' }], '/blocks/0', 'missing_field'],
    [
      'a picture without words',
      'message',
      [{ type: 'image', image_url: 'https://a.example/x.png' }],
      '/blocks/0',
      'missing_field',
    ],
    ['an alert in a message', 'message', [{ type: 'alert', text: words('x') }], '/blocks/0/type', 'wrong_surface'],
    ['a table on Home', 'home', [table([cell('a')])], '/blocks/0/type', 'wrong_surface'],
    ['markdown in a modal', 'modal', modal([{ type: 'markdown', text: 'x' }]), '/view/blocks/0/type', 'wrong_surface'],
    [
      'a data table in a modal',
      'modal',
      modal([{ type: 'data_table', caption: 'c', rows: [[cell('a')], [cell('b')]] }]),
      '/view/blocks/0/type',
      'wrong_surface',
    ],
    ['unequal rows', 'message', [table([cell('a'), cell('b')], [cell('c')])], '/blocks/0/rows/1', 'wrong_value'],
    ['an empty cell', 'message', [table([cell('')])], '/blocks/0/rows/0/0/text', 'too_short'],
    ['101 rows', 'message', [table(...of(101, {}).map(() => [cell('a')]))], '/blocks/0/rows', 'too_many'],
    ['21 columns', 'message', [table(of(21, cell('a')))], '/blocks/0/rows/0', 'too_many'],
    ['two tables', 'message', [table([cell('a')]), table([cell('a')])], '/blocks', 'too_many'],
    [
      '10,001 characters of table',
      'message',
      [table(...of(100, {}).map(() => [cell(long(101))]))],
      '/blocks',
      'too_long',
    ],
    [
      'a data table without rows',
      'message',
      [{ type: 'data_table', caption: 'c', rows: [[cell('a')]] }],
      '/blocks/0/rows',
      'too_few',
    ],
    [
      'a data table without caption',
      'message',
      [{ type: 'data_table', rows: [[cell('a')], [cell('b')]] }],
      '/blocks/0',
      'missing_field',
    ],
    [
      'rich text in a data table header',
      'message',
      [{ type: 'data_table', caption: 'c', rows: [[rich(line('x'))], [cell('b')]] }],
      '/blocks/0/rows/0/0/type',
      'unsupported_type',
    ],
    [
      '12,001 characters of markdown',
      'message',
      [
        { type: 'markdown', text: long(6_001) },
        { type: 'markdown', text: long(6_000) },
      ],
      '/blocks',
      'too_long',
    ],
    ['three charts', 'message', [chart, chart, chart], '/blocks', 'too_many'],
    [
      'a pie of nothing',
      'message',
      [{ ...chart, chart: { type: 'pie', segments: [{ label: 'a', value: 0 }] } }],
      '/blocks/0/chart/segments/0/value',
      'wrong_value',
    ],
    ['an empty piece of rich text', 'message', [rich(line(''))], '/blocks/0/elements/0/elements/0/text', 'too_short'],
    [
      'an unknown piece of rich text',
      'message',
      [rich({ type: 'rich_text_section', elements: [{ type: 'video' }] })],
      '/blocks/0/elements/0/elements/0/type',
      'unsupported_type',
    ],
    [
      'an empty list',
      'message',
      [rich({ type: 'rich_text_list', style: 'bullet', elements: [] })],
      '/blocks/0/elements/0/elements',
      'too_few',
    ],
    [
      'mentions in preformatted text',
      'message',
      [rich({ type: 'rich_text_preformatted', elements: [{ type: 'user', user_id: 'U1' }] })],
      '/blocks/0/elements/0/elements/0/type',
      'unsupported_type',
    ],
    ['an input without submit', 'modal', modal([input({ type: 'plain_text_input' })]), '/view/submit', 'missing_field'],
    ['a modal without title', 'modal', { type: 'modal', blocks: [] }, '/view', 'missing_field'],
    ['a long title', 'modal', modal([], { title: words(long(25)) }), '/view/title/text', 'too_long'],
    ['a long submit', 'modal', modal([], { submit: words(long(25)) }), '/view/submit/text', 'too_long'],
    [
      'long private metadata',
      'modal',
      modal([], { private_metadata: long(3_001) }),
      '/view/private_metadata',
      'too_long',
    ],
    ['a title on Home', 'home', { type: 'home', title: words('x'), blocks: [] }, '/view/title', 'unknown_field'],
    ['a modal on Home', 'home', { type: 'modal', blocks: [] }, '/view/type', 'unsupported_type'],
    [
      'a button in an input',
      'modal',
      modal([input(button())], { submit: words('Go') }),
      '/view/blocks/0/element/type',
      'unsupported_type',
    ],
    [
      'a mrkdwn label',
      'modal',
      modal([input({ type: 'plain_text_input' }, { label: mrkdwn('x') })], { submit: words('Go') }),
      '/view/blocks/0/label/type',
      'unsupported_type',
    ],
    [
      'lengths that cross',
      'modal',
      modal([input({ type: 'plain_text_input', min_length: 5, max_length: 2 })], { submit: words('Go') }),
      '/view/blocks/0/element/min_length',
      'wrong_value',
    ],
    [
      'a number input that does not say whether decimals are fine',
      'modal',
      modal([input({ type: 'number_input' })], { submit: words('Go') }),
      '/view/blocks/0/element',
      'missing_field',
    ],
    [
      'two fields with the focus',
      'modal',
      modal(
        [
          input({ type: 'plain_text_input', focus_on_load: true }),
          input({ type: 'plain_text_input', focus_on_load: true }),
        ],
        { submit: words('Go') },
      ),
      '/view/blocks/1/element/focus_on_load',
      'too_many',
    ],
    [
      'a table inside a container on Home',
      'home',
      [{ type: 'container', child_blocks: [table([cell('a')])] }],
      '/blocks/0/child_blocks/0/type',
      'wrong_surface',
    ],
    ['a card of nothing', 'message', [{ type: 'card', subtitle: mrkdwn('x') }], '/blocks/0', 'missing_field'],
    [
      'eleven children',
      'message',
      [{ type: 'container', child_blocks: of(11, { type: 'divider' }) }],
      '/blocks/0/child_blocks',
      'too_many',
    ],
    ['a prototype name as type', 'message', [{ type: 'constructor' }], '/blocks/0/type', 'unsupported_type'],
  ])('%s', (_what, surface, content, pointer, code) => {
    expect(findViolations(surface, content)).toContainEqual({ pointer, code, message: expect.any(String) });
  });

  test('every fault is named, not only the first', () => {
    const found = findViolations('message', [
      section(''),
      { type: 'header', text: words(long(151)) },
      { type: 'nothing' },
    ]);

    expect(found.map(({ pointer }) => pointer)).toEqual([
      '/blocks/0/text/text',
      '/blocks/1/text/text',
      '/blocks/2/type',
    ]);
  });
});
