import { richText } from './limits-rich-text.ts';
import {
  among,
  anyText,
  boolean,
  both,
  integer,
  isPlain,
  list,
  matching,
  objectsIn,
  plainText,
  record,
  string,
  type,
  typed,
  webAddress,
} from './limits-rules.ts';
import type { Fields, Plain, Rule } from './limits-rules.ts';

/** The limits of this file: https://docs.slack.dev/reference/block-kit/block-elements and …/composition-objects */
const style = among('primary', 'danger');
const confirm = record(
  { text: anyText(300) },
  { title: plainText(100), confirm: plainText(30), deny: plainText(30), style },
);
const placeholder = plainText(150);
const identified = { action_id: string(255) };
const asked = { ...identified, confirm };
const focused = { ...asked, focus_on_load: boolean };
const placed = { ...focused, placeholder };

/** Slack's pages name 75 and 150 for an option's value; 75 is safe under both. */
const plainOption = record({ text: plainText(75), value: string(75) }, { description: plainText(75) });
const linkOption = record({ text: plainText(75), value: string(75) }, { description: plainText(75), url: webAddress });
const richOption = record({ text: anyText(75), value: string(75) }, { description: anyText(75) });
const group = record({ label: plainText(75), options: list(plainOption, 100) });

const button = record(
  { ...type, text: plainText(75) },
  { ...asked, value: string(2_000), url: webAddress, style, accessibility_label: string(75) },
);
const workflowButton = record(
  {
    ...type,
    text: plainText(75),
    workflow: record({
      trigger: record(
        { url: webAddress },
        { customizable_input_parameters: list(record({ name: string(255), value: string(3_000) }), 100, 0) },
      ),
    }),
  },
  { ...asked, style, accessibility_label: string(75) },
);
const overflow = record({ ...type, options: list(linkOption, 5) }, asked);
const feedback = record({ text: plainText(75), value: string(2_000) }, { accessibility_label: string(75) });

function optionsAndInitial(most: number): Fields {
  return {
    checkboxes: both(
      record({ ...type, options: list(richOption, most) }, { ...focused, initial_options: list(richOption, most) }),
      initialIsOffered,
    ),
    radio_buttons: both(
      record({ ...type, options: list(richOption, most) }, { ...focused, initial_option: richOption }),
      initialIsOffered,
    ),
  };
}

const staticOptions = { options: list(plainOption, 100), option_groups: list(group, 100) };
const conversationFilter = record(
  {},
  {
    include: list(among('im', 'mpim', 'private', 'public'), 4),
    exclude_external_shared_channels: boolean,
    exclude_bot_users: boolean,
  },
);
const id = string(50);
const many = { ...placed, max_selected_items: integer(1, 100) };
const ofConversations = { default_to_current_conversation: boolean, filter: conversationFilter };

const selects: Fields = {
  static_select: both(
    record(type, { ...placed, ...staticOptions, initial_option: plainOption }),
    eitherOptionsOrGroups,
    initialIsOffered,
  ),
  external_select: record(type, { ...placed, initial_option: plainOption, min_query_length: integer(0, 150) }),
  users_select: record(type, { ...placed, initial_user: id }),
  conversations_select: record(type, {
    ...placed,
    ...ofConversations,
    initial_conversation: id,
    response_url_enabled: boolean,
  }),
  channels_select: record(type, { ...placed, initial_channel: id, response_url_enabled: boolean }),
};
const multiSelects: Fields = {
  multi_static_select: both(
    record(type, { ...many, ...staticOptions, initial_options: list(plainOption, 100) }),
    eitherOptionsOrGroups,
    initialIsOffered,
  ),
  multi_external_select: record(type, {
    ...many,
    initial_options: list(plainOption, 100),
    min_query_length: integer(0, 150),
  }),
  multi_users_select: record(type, { ...many, initial_users: list(id, 100) }),
  multi_conversations_select: record(type, { ...many, ...ofConversations, initial_conversations: list(id, 100) }),
  multi_channels_select: record(type, { ...many, initial_channels: list(id, 100) }),
};
const pickers: Fields = {
  datepicker: record(type, { ...placed, initial_date: matching(/^\d{4}-\d\d-\d\d$/, '2026-11-24') }),
  timepicker: record(type, {
    ...placed,
    initial_time: matching(/^([01]\d|2[0-3]):[0-5]\d$/, '10:42'),
    timezone: string(100),
  }),
  datetimepicker: record(type, { ...focused, initial_date_time: integer(0, 9_999_999_999) }),
};

const dispatched = {
  ...identified,
  focus_on_load: boolean,
  placeholder,
  dispatch_action_config: record(
    {},
    { trigger_actions_on: list(among('on_enter_pressed', 'on_character_entered'), 2) },
  ),
};
const inputs: Fields = {
  plain_text_input: both(
    record(type, {
      ...dispatched,
      initial_value: string(3_000, 0),
      multiline: boolean,
      min_length: integer(0, 3_000),
      max_length: integer(1, 3_000),
    }),
    lengthsAgree,
  ),
  email_text_input: record(type, { ...dispatched, initial_value: string(3_000) }),
  url_text_input: record(type, { ...dispatched, initial_value: string(3_000) }),
  number_input: record(
    { ...type, is_decimal_allowed: boolean },
    { ...dispatched, initial_value: string(100), min_value: string(100), max_value: string(100) },
  ),
  rich_text_input: record(type, {
    ...dispatched,
    initial_value: richText,
    min_lines: integer(1, 100),
    max_lines: integer(1, 100),
  }),
  file_input: record(type, { ...identified, filetypes: list(string(50), 100), max_files: integer(1, 10) }),
};

const picture: Fields = {
  alt_text: string(2_000),
  image_url: webAddress,
  // One of the two, and the pattern in Slack's own words: "input must match regex pattern: ^[F][A-Z0-9]{8,}$".
  slack_file: both(
    record({}, { id: matching(/^F[A-Z0-9]{8,}$/, 'F0123ABCDE'), url: webAddress }),
    (value, pointer, report) => {
      if (isPlain(value) && (value['id'] === undefined) === (value['url'] === undefined))
        report(pointer, 'missing_field', 'exactly one of id and url is required');
    },
  ),
};

/** An image element; `image_url` or `slack_file`, not both. */
export const image: Rule = both(record({ ...type, alt_text: string(2_000) }, picture), onePicture);

export function onePicture(value: unknown, pointer: string, report: Parameters<Rule>[2]): void {
  if (isPlain(value) && (value['image_url'] === undefined) === (value['slack_file'] === undefined))
    report(pointer, 'missing_field', 'exactly one of image_url and slack_file is required');
}

const ticks = optionsAndInitial(10);

/** What an actions block may hold. */
export const actionElement: Rule = typed({
  button,
  workflow_button: workflowButton,
  overflow,
  ...ticks,
  ...selects,
  ...multiSelects,
  ...pickers,
  rich_text_input: inputs['rich_text_input'] ?? richText,
});
/** What may stand beside a section. */
export const accessory: Rule = typed({
  button,
  workflow_button: workflowButton,
  overflow,
  image,
  ...ticks,
  ...selects,
  ...multiSelects,
  datepicker: pickers['datepicker'] ?? image,
  timepicker: pickers['timepicker'] ?? image,
});
/** What an input block may hold. */
export const inputElement: Rule = typed({ ...inputs, ...ticks, ...selects, ...multiSelects, ...pickers });
/** What a context_actions block may hold. */
export const contextActionElement: Rule = typed({
  feedback_buttons: record({ ...type, positive_button: feedback, negative_button: feedback }, identified),
  icon_button: record(
    { ...type, icon: string(50), text: plainText(75) },
    { ...asked, accessibility_label: string(75), value: string(2_000), visible_to_user_ids: list(id, 10) },
  ),
});
/** A button of a card block. */
export const cardButton: Rule = typed({ button });

function eitherOptionsOrGroups(value: unknown, pointer: string, report: Parameters<Rule>[2]): void {
  if (isPlain(value) && (value['options'] === undefined) === (value['option_groups'] === undefined))
    report(pointer, 'missing_field', 'exactly one of options and option_groups is required');
}

function lengthsAgree(value: unknown, pointer: string, report: Parameters<Rule>[2]): void {
  if (!isPlain(value)) return;
  const [min, max] = [value['min_length'], value['max_length']];
  if (typeof min === 'number' && typeof max === 'number' && min > max)
    report(`${pointer}/min_length`, 'wrong_value', 'must not be more than max_length');
}

/** What is chosen at the start must be one of the options. */
function initialIsOffered(value: unknown, pointer: string, report: Parameters<Rule>[2]): void {
  if (!isPlain(value)) return;
  const offered = offeredValues(value);
  const initial: [string, Plain][] = [
    ...(isPlain(value['initial_option']) ? [['initial_option', value['initial_option']] as [string, Plain]] : []),
    ...objectsIn(value['initial_options']).map((option, at): [string, Plain] => [`initial_options/${at}`, option]),
  ];
  for (const [where, option] of initial)
    if (!offered.has(option['value']))
      report(`${pointer}/${where}`, 'wrong_value', 'the initial option must match one of the options');
}

function offeredValues(element: Plain): ReadonlySet<unknown> {
  const options = [
    ...objectsIn(element['options']),
    ...objectsIn(element['option_groups']).flatMap((group) => objectsIn(group['options'])),
  ];
  return new Set(options.map((option) => option['value']));
}
