/// <reference lib="dom" />
import { blocksView } from './blocks.ts';
import { fill, h } from './dom.ts';
import { signView } from './icons.ts';
import { object, text } from './reading.ts';
import type { SlackView } from './shapes.ts';
import type { Surface, Values } from './surface.ts';

/** What a modal needs from the page. */
export type ModalActions = {
  surface: (view: SlackView, values: Values) => Surface;
  /** Sends the form. Field errors by block id, or undefined when the app took it. */
  submit: (view: SlackView, values: Values) => Promise<Readonly<Record<string, string>> | undefined>;
  close: (view: SlackView) => Promise<void>;
};

/** Shows the top view of the person's stack in a dialog; what was typed stays when the app changes the view. */
export function createModal(actions: ModalActions): (views: readonly SlackView[]) => void {
  const dialog = h('dialog', { class: 'modal', 'aria-labelledby': 'modal-title', 'data-testid': 'modal' });
  document.body.append(dialog);
  const state = { view: undefined as SlackView | undefined, version: '', values: {} as Values };

  /** Esc and a press may say it twice; the app hears of it once, unless the first time failed. */
  const closing = new Set<string>();
  function close(view: SlackView): void {
    if (closing.has(view.id)) return;
    closing.add(view.id);
    void actions.close(view).finally(() => closing.delete(view.id));
  }
  async function submit(view: SlackView, form: HTMLFormElement): Promise<void> {
    const missing = requiredErrors(view, state.values);
    if (Object.keys(missing).length > 0) return draw(view, missing);
    form.setAttribute('aria-busy', 'true');
    const buttons = [...form.querySelectorAll('button')];
    for (const button of buttons) button.disabled = true;
    const errors = await actions.submit(view, state.values);
    for (const button of buttons) button.disabled = false;
    form.removeAttribute('aria-busy');
    if (errors !== undefined && state.view?.id === view.id) draw(view, errors);
  }
  function draw(view: SlackView, errors: Readonly<Record<string, string>>): void {
    const focused = dialog.contains(document.activeElement)
      ? document.activeElement?.getAttribute('data-action-id')
      : undefined;
    const form = h(
      'form',
      { method: 'dialog', novalidate: true, 'data-card': true },
      h(
        'div',
        { class: 'bar' },
        h('h2', { id: 'modal-title' }, view.title?.text ?? ''),
        h(
          'button',
          { type: 'button', class: 'plain', 'aria-label': 'Close', onclick: () => close(view) },
          signView('close'),
        ),
      ),
      h('div', { class: 'content body' }, blocksView(view.blocks, actions.surface(view, state.values), errors)),
      h(
        'div',
        { class: 'row end' },
        h('button', { type: 'button', class: 'button', onclick: () => close(view) }, view.close?.text ?? 'Cancel'),
        view.submit !== undefined && h('button', { type: 'submit', class: 'button primary' }, view.submit.text),
      ),
    );
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      void submit(view, form);
    });
    fill(dialog, form);
    const wrong = dialog.querySelector<HTMLElement>('.wrong .field, .wrong input');
    const same =
      typeof focused === 'string'
        ? dialog.querySelector<HTMLElement>(`[data-action-id="${CSS.escape(focused)}"]`)
        : null;
    (wrong ?? same ?? dialog.querySelector<HTMLElement>('.content .field, .content input, .content button'))?.focus();
  }
  dialog.addEventListener('cancel', (event) => {
    event.preventDefault();
    if (state.view !== undefined) close(state.view);
  });

  // A second Esc closes a dialog whatever the page says; the app must hear of it all the same.
  dialog.addEventListener('close', () => {
    const { view } = state;
    Object.assign(state, { view: undefined, version: '', values: {} });
    if (view !== undefined) close(view);
  });

  return (views) => {
    const view = views.at(-1);
    if (view === undefined) {
      Object.assign(state, { view: undefined, version: '', values: {} });
      if (dialog.open) dialog.close();
      return;
    }
    // Not its state: what was typed is here, and errors stay while the app changes nothing.
    const version = JSON.stringify([view.id, view.title, view.submit, view.close, view.blocks]);
    if (version === state.version) return;
    if (state.view?.id !== view.id) state.values = {};
    Object.assign(state, { view, version });
    if (!dialog.open) dialog.showModal();
    draw(view, {});
  };
}

/** Slack's own client refuses to send empty required fields; so does this page. */
function requiredErrors(view: SlackView, values: Values): Readonly<Record<string, string>> {
  const errors: Record<string, string> = {};
  for (const block of view.blocks) {
    if (block.type !== 'input' || block['optional'] === true) continue;
    const value = values[block.block_id ?? '']?.[text(object(block['element'])['action_id'])];
    if (value === undefined || value.length === 0) errors[block.block_id ?? ''] = 'Please fill in this field.';
  }
  return errors;
}
