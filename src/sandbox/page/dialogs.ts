/// <reference lib="dom" />
import { freshId, h } from './dom.ts';
import { signView } from './icons.ts';
import { text, words } from './reading.ts';
import { textObjectView } from './text-view.ts';
import type { Names } from './text-view.ts';

/** Asks a Block Kit confirm question over the page. True for yes; Esc and the other button are no. */
export function confirmDialog(confirm: Readonly<Record<string, unknown>>, names: Names): Promise<boolean> {
  const titleId = freshId('confirm');
  const danger = text(confirm['style']) === 'danger';
  const yes = h(
    'button',
    { type: 'submit', value: 'yes', class: `button ${danger ? 'danger' : 'primary'}` },
    words(confirm['confirm']) || 'Yes',
  );
  const no = h('button', { type: 'submit', value: 'no', class: 'button' }, words(confirm['deny']) || 'Cancel');
  const dialog = h(
    'dialog',
    { class: 'confirm', 'aria-labelledby': titleId },
    h(
      'form',
      { method: 'dialog' },
      h('h2', { id: titleId }, words(confirm['title'])),
      textObjectView(confirm['text'], names),
      h('div', { class: 'row end' }, no, yes),
    ),
  );
  const before = document.activeElement;
  document.body.append(dialog);
  dialog.showModal();
  yes.focus();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => {
      dialog.remove();
      if (before instanceof HTMLElement) before.focus();
      resolve(dialog.returnValue === 'yes');
    });
  });
}

/** Ms a note stays; errors stay until the next one or a click. */
const noteMs = 5_000;

/** Says something at the foot of the page. Errors are announced at once, other notes politely. */
export function toast(message: string, kind: 'note' | 'error' = 'note'): void {
  const holder = document.getElementById('toasts');
  if (holder === null) return;
  const close = h('button', { type: 'button', class: 'plain', 'aria-label': 'Dismiss' }, signView('close'));
  const note = h(
    'div',
    { class: `toast ${kind}`, role: kind === 'error' ? 'alert' : 'status' },
    h('span', {}, message),
    close,
  );
  close.addEventListener('click', () => note.remove());
  while (holder.children.length > 2) holder.firstElementChild?.remove();
  holder.append(note);
  // A popover shown last lies above an open dialog.
  if (holder.matches(':popover-open')) holder.hidePopover();
  holder.showPopover();
  window.setTimeout(() => note.remove(), kind === 'error' ? 4 * noteMs : noteMs);
}
