import {
  accessory,
  actionElement,
  cardButton,
  contextActionElement,
  image,
  inputElement,
  onePicture,
} from './limits-elements.ts';
import { richText } from './limits-rich-text.ts';
import {
  among,
  anyText,
  boolean,
  both,
  integer,
  isPlain,
  later,
  list,
  mrkdwn,
  plainText,
  record,
  string,
  type,
  typed,
  webAddress,
} from './limits-rules.ts';
import type { Fields, Rule } from './limits-rules.ts';
import { chart, dataTable, table } from './limits-tables.ts';

/** The limits of this file: https://docs.slack.dev/reference/block-kit/blocks */
const named = { block_id: string(255) };

const section = both(
  record(type, { ...named, text: anyText(3_000), fields: list(anyText(2_000), 10), accessory, expand: boolean }),
  (value, pointer, report) => {
    if (isPlain(value) && value['text'] === undefined && value['fields'] === undefined)
      report(pointer, 'missing_field', 'missing required field: text or fields');
  },
);

const taskCard = record(
  { ...type, task_id: string(255), title: string(150), status: among('pending', 'in_progress', 'complete', 'error') },
  {
    ...named,
    details: typed({ rich_text: richText }),
    output: typed({ rich_text: richText }),
    sources: list(typed({ url: record({ ...type, url: webAddress, text: string(150) }) }), 100, 0),
  },
);

const card = both(
  record(type, {
    ...named,
    hero_image: image,
    icon: image,
    title: mrkdwn(150),
    subtitle: mrkdwn(150),
    body: mrkdwn(200),
    subtext: mrkdwn(200),
    actions: list(cardButton, 3),
  }),
  (value, pointer, report) => {
    if (isPlain(value) && !['hero_image', 'title', 'actions', 'body'].some((name) => value[name] !== undefined))
      report(pointer, 'missing_field', 'at least one of hero_image, title, actions and body is required');
  },
);

const child = typed({
  actions: later(() => rules['actions'] ?? section),
  context: later(() => rules['context'] ?? section),
  divider: later(() => rules['divider'] ?? section),
  header: later(() => rules['header'] ?? section),
  image: later(() => rules['image'] ?? section),
  input: later(() => rules['input'] ?? section),
  rich_text: richText,
  section,
  table,
  video: later(() => rules['video'] ?? section),
});

const rules: Fields = {
  actions: record({ ...type, elements: list(actionElement, 25) }, named),
  alert: record(
    { ...type, text: anyText(200) },
    { ...named, level: among('default', 'info', 'warning', 'error', 'success') },
  ),
  card,
  carousel: record({ ...type, elements: list(typed({ card }), 10) }, named),
  container: record(
    { ...type, child_blocks: list(child, 10) },
    {
      ...named,
      title: plainText(150),
      rich_text_title: typed({ rich_text: richText }),
      subtitle: anyText(150),
      width: among('narrow', 'standard', 'wide', 'full'),
      icon: image,
      is_collapsible: boolean,
      default_collapsed: boolean,
      has_header_divider: boolean,
    },
  ),
  context: record(
    {
      ...type,
      elements: list(
        typed({
          image,
          plain_text: record({ ...type, text: string(3_000) }, { emoji: boolean }),
          mrkdwn: record({ ...type, text: string(3_000) }, { verbatim: boolean }),
        }),
        10,
      ),
    },
    named,
  ),
  context_actions: record({ ...type, elements: list(contextActionElement, 5) }, named),
  data_table: dataTable,
  data_visualization: chart,
  divider: record(type, named),
  header: record({ ...type, text: plainText(150) }, { ...named, level: integer(1, 4) }),
  image: both(
    record(
      { ...type, alt_text: string(2_000) },
      {
        ...named,
        title: plainText(2_000),
        image_url: webAddress,
        slack_file: record({}, { id: string(50), url: webAddress }),
      },
    ),
    onePicture,
  ),
  input: record(
    { ...type, label: plainText(2_000), element: inputElement },
    { ...named, hint: plainText(2_000), optional: boolean, dispatch_action: boolean },
  ),
  markdown: record({ ...type, text: string(12_000) }, named),
  plan: record({ ...type, title: string(150) }, { ...named, tasks: list(typed({ task_card: taskCard }), 50, 0) }),
  rich_text: richText,
  section,
  table,
  task_card: taskCard,
  video: record(
    { ...type, video_url: webAddress, thumbnail_url: webAddress, alt_text: string(200), title: plainText(200) },
    {
      ...named,
      title_url: webAddress,
      author_name: string(50),
      provider_name: string(50),
      provider_icon_url: webAddress,
      description: plainText(200),
    },
  ),
};

/** Any block that can be sent, by its type; `file` blocks only come back from Slack. */
export const block: Rule = typed(rules);
