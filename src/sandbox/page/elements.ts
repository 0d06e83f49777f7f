/// <reference lib="dom" />
import { buttonView, feedbackView, overflowView } from './buttons.ts';
import { h } from './dom.ts';
import { fieldView, ticksView } from './fields.ts';
import { webAddress } from './inline.ts';
import { object, text } from './reading.ts';
import { choiceView, multiChoiceView, searchView } from './selects.ts';
import type { Placed } from './surface.ts';

/** Draws an interactive or picture element; one of an unknown type shows its type. */
export function elementView(placed: Placed): HTMLElement {
  const { element } = placed;
  switch (element.type) {
    case 'button':
    case 'workflow_button':
      return buttonView(placed);
    case 'icon_button':
      return buttonView({ ...placed, element: { ...element, text: { text: text(element['icon']) || 'icon' } } });
    case 'feedback_buttons':
      return h(
        'span',
        { class: 'row' },
        ...['positive_button', 'negative_button'].map((name) => feedbackView(placed, name)),
      );
    case 'overflow':
      return overflowView(placed);
    case 'static_select':
    case 'users_select':
    case 'channels_select':
    case 'conversations_select':
      return choiceView(placed);
    case 'multi_static_select':
    case 'multi_users_select':
    case 'multi_channels_select':
    case 'multi_conversations_select':
      return multiChoiceView(placed);
    case 'external_select':
    case 'multi_external_select':
      return searchView(placed);
    case 'checkboxes':
    case 'radio_buttons':
      return ticksView(placed);
    case 'plain_text_input':
    case 'email_text_input':
    case 'url_text_input':
    case 'number_input':
    case 'rich_text_input':
    case 'datepicker':
    case 'timepicker':
    case 'datetimepicker':
      return fieldView(placed);
    case 'image':
      return imageView(element);
    default:
      return h('span', { class: 'unknown' }, `[${element.type}: not drawn here]`);
  }
}

/** A picture with its text; its text alone when the address is none to load. */
export function imageView(element: Readonly<Record<string, unknown>>): HTMLElement {
  const file = text(object(element['slack_file'])['id']);
  const source =
    file === '' ? webAddress(text(element['image_url'])) : `/slack/files/${encodeURIComponent(file)}/picture`;
  const alt = text(element['alt_text']) || 'picture';
  if (source === undefined) return h('span', { class: 'unknown' }, `[picture: ${alt}]`);
  return h('img', { src: source, alt, loading: 'lazy', referrerpolicy: 'no-referrer' });
}
