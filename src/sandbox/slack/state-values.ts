import { placedElements } from './blocks.ts';
import type { Block, StateValues } from './model.ts';

/** An option as Slack sends it back. */
export type Option = { text: unknown; value: string };

/** How the state of each kind of element is called. Source: https://docs.slack.dev/reference/views#state */
const kinds: Readonly<
  Record<
    string,
    { field: string; many?: boolean; initial: string; of: 'text' | 'option' | 'id' | 'seconds' | 'rich' | 'files' }
  >
> = {
  plain_text_input: { field: 'value', initial: 'initial_value', of: 'text' },
  email_text_input: { field: 'value', initial: 'initial_value', of: 'text' },
  url_text_input: { field: 'value', initial: 'initial_value', of: 'text' },
  number_input: { field: 'value', initial: 'initial_value', of: 'text' },
  rich_text_input: { field: 'rich_text_value', initial: 'initial_value', of: 'rich' },
  static_select: { field: 'selected_option', initial: 'initial_option', of: 'option' },
  external_select: { field: 'selected_option', initial: 'initial_option', of: 'option' },
  radio_buttons: { field: 'selected_option', initial: 'initial_option', of: 'option' },
  users_select: { field: 'selected_user', initial: 'initial_user', of: 'id' },
  channels_select: { field: 'selected_channel', initial: 'initial_channel', of: 'id' },
  conversations_select: { field: 'selected_conversation', initial: 'initial_conversation', of: 'id' },
  multi_static_select: { field: 'selected_options', initial: 'initial_options', of: 'option', many: true },
  multi_external_select: { field: 'selected_options', initial: 'initial_options', of: 'option', many: true },
  checkboxes: { field: 'selected_options', initial: 'initial_options', of: 'option', many: true },
  multi_users_select: { field: 'selected_users', initial: 'initial_users', of: 'id', many: true },
  multi_channels_select: { field: 'selected_channels', initial: 'initial_channels', of: 'id', many: true },
  multi_conversations_select: {
    field: 'selected_conversations',
    initial: 'initial_conversations',
    of: 'id',
    many: true,
  },
  datepicker: { field: 'selected_date', initial: 'initial_date', of: 'text' },
  timepicker: { field: 'selected_time', initial: 'initial_time', of: 'text' },
  datetimepicker: { field: 'selected_date_time', initial: 'initial_date_time', of: 'seconds' },
  file_input: { field: 'files', initial: 'initial_files', of: 'files', many: true },
};

/** Values of every element that holds one, untouched ones as null or empty; what was held before stays. */
export function initialValues(blocks: readonly Block[], before: StateValues = {}): StateValues {
  const values: StateValues = {};
  for (const { element, blockId } of placedElements(blocks)) {
    const kind = kinds[element.type];
    if (kind === undefined) continue;
    const fresh = { type: element.type, [kind.field]: element[kind.initial] ?? (kind.many === true ? [] : null) };
    const held = before[blockId]?.[element.action_id];
    (values[blockId] ??= {})[element.action_id] = held?.['type'] === element.type ? held : fresh;
  }
  return values;
}

/** True for an element that keeps a value. */
export function holdsValue(element: Block): boolean {
  return Object.hasOwn(kinds, element.type);
}

/** True when nothing is typed or chosen. */
export function isEmpty(held: Readonly<Record<string, unknown>> | undefined): boolean {
  const kind = kinds[String(held?.['type'])];
  const value = kind === undefined ? undefined : held?.[kind.field];
  return value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0);
}

/**
 * The state of an element after a person typed or chose `given`: a string, a list of strings, null or '' for nothing.
 * `optionFor` finds an option by its value. A string answer says what is wrong with `given`.
 */
export function heldAfter(
  element: Block,
  given: unknown,
  optionFor: (value: string) => Option | undefined,
): Record<string, unknown> | string {
  const kind = kinds[element.type];
  if (kind === undefined) return `a ${element.type} holds no value`;
  const texts = textsOf(given);
  if (texts === undefined) return `needs ${kind.many === true ? 'a list of strings' : 'a string'} or null`;
  if (kind.many !== true && texts.length > 1) return 'takes one value';
  const held: unknown[] = [];
  for (const text of texts) {
    const value =
      kind.of === 'option'
        ? optionFor(text)
        : kind.of === 'seconds'
          ? Number(text)
          : kind.of === 'rich'
            ? rich(text)
            : text;
    if (value === undefined) return `has no option with the value "${text}"`;
    held.push(value);
  }
  return { type: element.type, [kind.field]: kind.many === true ? held : (held[0] ?? null) };
}

function textsOf(given: unknown): readonly string[] | undefined {
  if (given === null || given === undefined || given === '') return [];
  if (typeof given === 'string' || typeof given === 'number') return [String(given)];
  if (Array.isArray(given)) return given.every((one) => typeof one === 'string') ? given : undefined;
  if (typeof given === 'object' && 'value' in given && typeof given.value === 'string') return [given.value];
  return undefined;
}

function rich(text: string): Block {
  return { type: 'rich_text', elements: [{ type: 'rich_text_section', elements: [{ type: 'text', text }] }] };
}

/** The options an element carries itself. */
export function ownOption(element: Block, value: string): Option | undefined {
  const groups = Array.isArray(element['option_groups']) ? (element['option_groups'] as { options: Option[] }[]) : [];
  const options = [
    ...(Array.isArray(element['options']) ? (element['options'] as Option[]) : []),
    ...groups.flatMap(({ options }) => options),
  ];
  return options.find((option) => option.value === value);
}
