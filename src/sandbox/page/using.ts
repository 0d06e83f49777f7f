/// <reference lib="dom" />
import { confirmDialog } from './dialogs.ts';
import { object, text } from './reading.ts';
import type { Action, Placed } from './surface.ts';

/** What every element says about itself when it is used. */
export function idsOf({ element, blockId }: Placed): { action_id: string; block_id?: string } {
  return { action_id: text(element['action_id']), ...(blockId === undefined ? {} : { block_id: blockId }) };
}

/** Keeps what an element holds, so that a redrawn form does not lose it. */
export function remember({ element, blockId, surface }: Placed, value: string | readonly string[]): void {
  const byAction = (surface.values[blockId ?? ''] ??= {});
  byAction[text(element['action_id'])] = value;
}

/** Marks the control as waiting and keeps every control of its card still until the app has answered. */
export async function send(control: HTMLElement, { surface }: Placed, action: Action): Promise<void> {
  const card = control.closest('[data-card]') ?? control;
  const controls = [...card.querySelectorAll<HTMLButtonElement>('button, select, input'), control as HTMLButtonElement];
  const still = controls.filter(({ disabled }) => !disabled);
  for (const one of still) one.disabled = true;
  control.classList.add('waiting');
  try {
    await surface.act(action);
  } finally {
    for (const one of still) one.disabled = false;
    control.classList.remove('waiting');
  }
}

/** As `send`, after the element's own question, if it has one, was answered with yes. */
export async function press(control: HTMLElement, placed: Placed, action: Action, confirm: unknown): Promise<void> {
  if (Object.keys(object(confirm)).length > 0 && !(await confirmDialog(object(confirm), placed.surface.names))) return;
  await send(control, placed, action);
}
