/// <reference lib="dom" />
import { fill, freshId, h } from './dom.ts';
import { list, text, words } from './reading.ts';
import type { Option, Placed } from './surface.ts';
import { idsOf, remember, send } from './using.ts';

/** The options of a menu, without their looks. */
export function optionsOf(value: unknown): readonly Option[] {
  return list(value)
    .filter((option) => option['value'] !== undefined)
    .map((option) => {
      const description = words(option['description']);
      return {
        value: text(option['value']),
        label: words(option['text']),
        ...(description === '' ? {} : { description }),
      };
    });
}

/** A menu of known options, people or channels. */
export function choiceView(placed: Placed): HTMLElement {
  const { element, surface } = placed;
  const ids = idsOf(placed);
  const select = h(
    'select',
    selectAttributes(placed),
    h('option', { value: '' }, placeholderOf(placed)),
    menuOf(placed),
  );
  const initial = optionsOf([element['initial_option']])[0]?.value ?? initialId(placed);
  const kept = keptOf(placed);
  select.value = typeof kept === 'string' ? kept : initial;
  remember(placed, select.value);
  select.addEventListener('change', () => {
    remember(placed, select.value);
    if (surface.kind !== 'modal' && select.value !== '') void send(select, placed, { ...ids, value: select.value });
  });
  return select;
}

/** A menu that takes several options: a list to scroll and to mark with Ctrl or the space bar. */
export function multiChoiceView(placed: Placed): HTMLElement {
  const { element, surface } = placed;
  const ids = idsOf(placed);
  const select = h('select', { ...selectAttributes(placed), multiple: true, size: 5 }, menuOf(placed));
  const kept = keptOf(placed);
  const chosen = kept === undefined ? optionsOf(element['initial_options']).map(({ value }) => value) : [kept].flat();
  for (const option of select.options) option.selected = chosen.includes(option.value);
  const read = (): readonly string[] => [...select.selectedOptions].map(({ value }) => value);
  remember(placed, read());
  select.addEventListener('change', () => {
    remember(placed, read());
    if (surface.kind !== 'modal') void send(select, placed, { ...ids, values: read() });
  });
  return select;
}

function selectAttributes(placed: Placed): Record<string, string | undefined> {
  const ids = idsOf(placed);
  return {
    class: 'field',
    'aria-label': placed.labelledBy === undefined ? placeholderOf(placed) : undefined,
    'aria-labelledby': placed.labelledBy,
    'aria-describedby': placed.describedBy,
    'data-action-id': ids.action_id,
    'data-focus': `${ids.block_id ?? ''}/${ids.action_id}`,
  };
}

function placeholderOf({ element }: Placed): string {
  return words(element['placeholder']) || 'Choose…';
}

function keptOf({ element, blockId, surface }: Placed): string | readonly string[] | undefined {
  return surface.values[blockId ?? '']?.[text(element['action_id'])];
}

function initialId({ element }: Placed): string {
  return text(element['initial_user']) || text(element['initial_channel']) || text(element['initial_conversation']);
}

function menuOf({ element, surface }: Placed): readonly HTMLElement[] {
  if (element.type.includes('users')) return surface.people.map(optionView);
  if (element.type.includes('channels') || element.type.includes('conversations'))
    return surface.channels.map(optionView);
  const groups = list(element['option_groups']);
  if (groups.length === 0) return optionsOf(element['options']).map(optionView);
  return groups.map((group) =>
    h('optgroup', { label: words(group['label']) }, optionsOf(group['options']).map(optionView)),
  );
}

function optionView({ value, label, description }: Option): HTMLElement {
  return h('option', { value }, description === undefined ? label : `${label}: ${description}`);
}

/** Ms of quiet typing before the app is asked for options. */
const typingPauseMs = 150;

/** A menu whose options the app finds while one types: a combobox with its list. */
export function searchView(placed: Placed): HTMLElement {
  const { element, surface } = placed;
  const ids = idsOf(placed);
  const listId = freshId('options');
  const least = Number(element['min_query_length'] ?? 3);
  const field = h('input', {
    ...selectAttributes(placed),
    type: 'text',
    role: 'combobox',
    'aria-expanded': 'false',
    'aria-controls': listId,
    'aria-autocomplete': 'list',
    autocomplete: 'off',
    placeholder: placeholderOf(placed),
  });
  const menu = h('ul', { id: listId, role: 'listbox', class: 'options', hidden: true });
  const first = optionsOf([element['initial_option']])[0];
  const state = { options: [] as readonly Option[], active: -1, asked: 0, timer: 0 };
  const kept = keptOf(placed);
  remember(placed, typeof kept === 'string' ? kept : (first?.value ?? ''));
  field.value = typeof kept === 'string' ? kept : (first?.label ?? '');

  function choose(option: Option): void {
    field.value = option.label;
    remember(placed, option.value);
    close();
    if (surface.kind !== 'modal') void send(field, placed, { ...ids, value: option.value });
  }
  function close(): void {
    menu.hidden = true;
    state.active = -1;
    field.setAttribute('aria-expanded', 'false');
    field.removeAttribute('aria-activedescendant');
  }
  function show(note?: string): void {
    const items = state.options.map((option, at) => {
      const item = h('li', {
        role: 'option',
        id: `${listId}-${at}`,
        'aria-selected': at === state.active ? 'true' : 'false',
      });
      item.append(
        option.label,
        ...(option.description === undefined ? [] : [h('small', {}, ` ${option.description}`)]),
      );
      item.addEventListener('mousedown', (event) => {
        event.preventDefault();
        choose(option);
      });
      return item;
    });
    fill(menu, items.length > 0 ? items : [h('li', { class: 'note', role: 'presentation' }, note ?? 'Nothing found')]);
    menu.hidden = false;
    field.setAttribute('aria-expanded', 'true');
    if (state.active >= 0) field.setAttribute('aria-activedescendant', `${listId}-${state.active}`);
    menu.children[state.active]?.scrollIntoView({ block: 'nearest' });
  }
  async function ask(): Promise<void> {
    const asked = ++state.asked;
    if (field.value.length < least) {
      state.options = [];
      show(`Type at least ${least} characters`);
      return;
    }
    const options = await surface.suggest(ids, field.value);
    if (asked !== state.asked || document.activeElement !== field) return;
    state.options = options;
    state.active = -1;
    show();
  }
  function askSoon(): void {
    clearTimeout(state.timer);
    state.timer = window.setTimeout(() => void ask(), typingPauseMs);
  }
  field.addEventListener('input', () => {
    remember(placed, '');
    askSoon();
  });
  field.addEventListener('focus', askSoon);
  field.addEventListener('blur', close);
  field.addEventListener('keydown', (event) => {
    if (menu.hidden) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const chosen = state.options[state.active];
    if (step !== undefined && state.options.length > 0) {
      state.active = (state.active + step + state.options.length) % state.options.length;
      show();
    } else if (event.key === 'Enter' && chosen !== undefined) choose(chosen);
    else if (event.key === 'Escape') close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  return h('div', { class: 'search' }, field, menu);
}
