/// <reference lib="dom" />
import { h } from './dom.ts';
import { signView } from './icons.ts';
import { webAddress } from './inline.ts';
import { block, text } from './reading.ts';
import { optionsOf } from './selects.ts';
import type { Placed } from './surface.ts';
import { plainObjectView, plainView } from './text-view.ts';
import { idsOf, press } from './using.ts';

/** A button, or a link when it has an address; with its confirm dialog. */
export function buttonView(placed: Placed): HTMLElement {
  const { element } = placed;
  const look = text(element['style']);
  const url = webAddress(text(element['url']));
  const attributes = {
    class: `button ${look === 'primary' || look === 'danger' ? look : ''}`,
    'aria-label': text(element['accessibility_label']) || undefined,
    'data-action-id': text(element['action_id']),
    'data-focus': `${placed.blockId ?? ''}/${text(element['action_id'])}`,
  };
  const value = text(element['value']);
  const action = { ...idsOf(placed), ...(value === '' ? {} : { value }) };
  if (url !== undefined) {
    const link = { ...attributes, href: url, target: '_blank', rel: 'noopener noreferrer' };
    const go = (): void => void placed.surface.act(action);
    return h('a', { ...link, onclick: go }, plainObjectView(element['text']), signView('out'));
  }
  const button = h('button', { ...attributes, type: 'button' }, plainObjectView(element['text']));
  button.addEventListener('click', () => void press(button, placed, action, element['confirm']));
  return button;
}

/** One of the two buttons of a feedback element. */
export function feedbackView(placed: Placed, name: string): HTMLElement {
  const half = block(placed.element[name]);
  return buttonView({ ...placed, element: { ...half, action_id: text(placed.element['action_id']) } });
}

/** The menu behind "⋯": a disclosure with buttons, so Tab and Enter work and Esc closes it. */
export function overflowView(placed: Placed): HTMLElement {
  const ids = idsOf(placed);
  const items = optionsOf(placed.element['options']).map(({ value, label }) => {
    const item = h('button', { type: 'button', class: 'menu-item' }, plainView(label));
    item.addEventListener('click', () => {
      menu.open = false;
      void press(item, placed, { ...ids, value }, placed.element['confirm']);
    });
    return item;
  });
  const menu = h(
    'details',
    { class: 'overflow' },
    h(
      'summary',
      { class: 'button', 'aria-label': 'More actions', 'data-focus': `${ids.block_id ?? ''}/${ids.action_id}` },
      signView('more'),
    ),
    h('div', { class: 'menu' }, items),
  );
  menu.addEventListener('keydown', ({ key }) => {
    if (key === 'Escape') menu.open = false;
  });
  return menu;
}
