/// <reference lib="dom" />
import { h } from './dom.ts';
import type { Child } from './dom.ts';
import { list, object, text, words } from './reading.ts';
import { optionsOf } from './selects.ts';
import type { Placed } from './surface.ts';
import { mrkdwnLine, plainObjectView } from './text-view.ts';
import { idsOf, remember, send } from './using.ts';

/** Checkboxes or radio buttons. */
export function ticksView(placed: Placed): HTMLElement {
  const { element, surface, blockId } = placed;
  const ids = idsOf(placed);
  const many = element.type === 'checkboxes';
  const initial = many ? optionsOf(element['initial_options']) : optionsOf([element['initial_option']]);
  const kept = surface.values[blockId ?? '']?.[ids.action_id];
  const chosen = new Set(kept === undefined ? initial.map(({ value }) => value) : [kept].flat());
  const name = `${blockId ?? ''}/${ids.action_id}`;
  const boxes = list(element['options']).map((option) => {
    const value = text(option['value']);
    const box = h('input', { type: many ? 'checkbox' : 'radio', name, value, checked: chosen.has(value) });
    return h('label', { class: 'tick' }, box, h('span', {}, optionText(option, surface.names)));
  });
  const group = h(
    'div',
    {
      role: many ? 'group' : 'radiogroup',
      class: 'ticks',
      'aria-labelledby': placed.labelledBy,
      'aria-describedby': placed.describedBy,
    },
    boxes,
  );
  const read = (): readonly string[] =>
    [...group.querySelectorAll<HTMLInputElement>('input:checked')].map(({ value }) => value);
  remember(placed, many ? read() : (read()[0] ?? ''));
  group.addEventListener('change', () => {
    const now = read();
    remember(placed, many ? now : (now[0] ?? ''));
    if (surface.kind !== 'modal' || element['dispatch'] === true)
      void send(group, placed, many ? { ...ids, values: now } : { ...ids, value: now[0] ?? '' });
  });
  return group;
}

function optionText(option: Readonly<Record<string, unknown>>, names: Placed['surface']['names']): readonly Child[] {
  const draw = (value: unknown): readonly Child[] =>
    object(value)['type'] === 'mrkdwn' ? mrkdwnLine(words(value), names) : plainObjectView(value);
  const description = option['description'];
  return [...draw(option['text']), ...(description === undefined ? [] : [h('small', {}, draw(description))])];
}

const inputTypes: Readonly<Record<string, string>> = {
  plain_text_input: 'text',
  email_text_input: 'email',
  url_text_input: 'url',
  number_input: 'number',
  datepicker: 'date',
  timepicker: 'time',
  datetimepicker: 'datetime-local',
};

/** A field to type into, or a date or time. */
export function fieldView(placed: Placed): HTMLElement {
  const { element, surface, blockId, labelledBy, describedBy } = placed;
  const ids = idsOf(placed);
  const initial =
    text(element['initial_value']) ||
    text(element['initial_date']) ||
    text(element['initial_time']) ||
    localTime(element['initial_date_time']);
  const kept = surface.values[blockId ?? '']?.[ids.action_id];
  const attributes = {
    class: 'field',
    placeholder: words(element['placeholder']) || undefined,
    maxlength: text(element['max_length']) || undefined,
    min: text(element['min_value']) || undefined,
    max: text(element['max_value']) || undefined,
    step: element['is_decimal_allowed'] === true ? 'any' : undefined,
    'aria-labelledby': labelledBy,
    'aria-describedby': describedBy,
    'data-action-id': ids.action_id,
    autocomplete: 'off',
  };
  const long = element['multiline'] === true || element.type === 'rich_text_input';
  const field = long
    ? h('textarea', { ...attributes, rows: 4 })
    : h('input', { ...attributes, type: inputTypes[element.type] ?? 'text' });
  const moment = element.type === 'datetimepicker';
  // Slack sends a moment as epoch seconds; the browser's field holds it as local time.
  const read = (): string => (moment ? secondsOf(field.value) : field.value);
  field.value = typeof kept !== 'string' ? initial : moment ? localTime(Number(kept)) : kept;
  remember(placed, read());
  field.addEventListener('input', () => remember(placed, read()));
  if (surface.kind !== 'modal')
    field.addEventListener('change', () => void send(field, placed, { ...ids, value: read() }));
  return field;
}

function secondsOf(localTime: string): string {
  const at = Date.parse(localTime);
  return Number.isNaN(at) ? '' : String(at / 1_000);
}

function localTime(seconds: unknown): string {
  if (typeof seconds !== 'number' || !(seconds > 0)) return '';
  const at = new Date(seconds * 1_000);
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
