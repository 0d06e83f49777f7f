/// <reference lib="dom" />
import { commandOf, complete } from './completion.ts';
import type { Completion } from './completion.ts';
import { byId, fill, h } from './dom.ts';
import type { Store } from './store.ts';

/** The command box. */
export type Composer = {
  /** Puts a line into the box, ready to be sent. */
  offer: (line: string) => void;
  draw: () => void;
};

const longestHistory = 100;

/** What was sent, to be walked through; the line that was being typed waits at its end. */
function createHistory(): {
  add: (line: string) => void;
  /** The line one step away from the current one, or undefined at either end. */
  walk: (step: -1 | 1, current: string) => string | undefined;
  rewind: () => void;
} {
  const lines: string[] = [];
  let at = 0;
  let draft = '';
  return {
    add: (line) => {
      if (lines.at(-1) !== line) lines.push(line);
      if (lines.length > longestHistory) lines.shift();
      at = lines.length;
    },
    walk: (step, current) => {
      if (at + step < 0 || at + step > lines.length) return undefined;
      if (at === lines.length) draft = current;
      at += step;
      return lines[at] ?? draft;
    },
    rewind: () => {
      at = lines.length;
    },
  };
}

/**
 * The command box with completion (↑ ↓ to walk, Tab or Enter to take, Esc to close) and history (↑ in an empty box).
 * `send` gets the line; while it is under way the box waits.
 */
export function createComposer(store: Store, send: (line: string) => Promise<boolean>): Composer {
  const box = byId('command-box') as HTMLInputElement;
  const menu = byId('completions');
  const hint = byId('command-hint');
  const form = byId('composer') as HTMLFormElement;
  const history = createHistory();
  const state = { found: [] as readonly Completion[], active: -1, closed: false, sending: false };

  function draw(): void {
    const { workspace, ec2 } = store.state();
    const commands = workspace?.commands ?? [];
    state.found = state.closed || document.activeElement !== box ? [] : complete(box.value, commands, ec2);
    if (state.active >= state.found.length) state.active = -1;
    if (state.active < 0 && state.found[0]?.from === 0) state.active = 0;
    const items = state.found.map((one, at) => completionView(one, at, { active: at === state.active, take }));
    fill(menu, items);
    menu.hidden = items.length === 0;
    box.setAttribute('aria-expanded', String(items.length > 0));
    if (state.active >= 0) box.setAttribute('aria-activedescendant', `completion-${state.active}`);
    else box.removeAttribute('aria-activedescendant');
    menu.children[state.active]?.scrollIntoView({ block: 'nearest' });
    drawHint(commandOf(box.value, commands));
  }
  function drawHint(command: ReturnType<typeof commandOf>): void {
    const usage = command === undefined ? '' : `${command.command} ${command.usage_hint ?? ''}`;
    fill(
      hint,
      usage === ''
        ? 'Type / for commands. The up arrow brings back what you sent before.'
        : [h('code', {}, usage), ` ${command?.description ?? ''}`],
    );
  }
  function take({ insert, from }: Completion): void {
    box.value = box.value.slice(0, from) + insert;
    state.active = -1;
    box.focus();
    draw();
  }
  function recall(step: -1 | 1): void {
    const line = history.walk(step, box.value);
    if (line === undefined) return;
    box.value = line;
    state.closed = true;
    draw();
  }
  async function submit(): Promise<void> {
    const line = box.value.trim();
    if (line === '' || state.sending) return;
    state.sending = true;
    // The answer comes at the end: whoever asks wants to see it, wherever they were.
    byId('stream').scrollTop = byId('stream').scrollHeight;
    form.setAttribute('aria-busy', 'true');
    const sent = await send(line);
    state.sending = false;
    form.removeAttribute('aria-busy');
    if (!sent) return;
    history.add(line);
    if (box.value.trim() === line) box.value = '';
    draw();
  }
  function pressed(event: KeyboardEvent): void {
    const active = state.found[state.active];
    if ((event.key === 'ArrowDown' || event.key === 'ArrowUp') && state.found.length > 0) {
      const step = event.key === 'ArrowDown' ? 1 : -1;
      state.active =
        state.active < 0 && step < 0
          ? state.found.length - 1
          : (state.active + step + state.found.length) % state.found.length;
      draw();
    } else if (event.key === 'ArrowUp') recall(-1);
    else if (event.key === 'ArrowDown') recall(1);
    else if (event.key === 'Tab' && !event.shiftKey && state.found.length > 0)
      take(active ?? (state.found[0] as Completion));
    else if (event.key === 'Enter' && active !== undefined && !event.isComposing) take(active);
    else if (event.key === 'Escape' && state.found.length > 0) {
      state.closed = true;
      draw();
    } else return;
    event.preventDefault();
  }
  box.addEventListener('keydown', pressed);
  box.addEventListener('input', () => {
    state.closed = false;
    state.active = -1;
    history.rewind();
    draw();
  });
  box.addEventListener('focus', draw);
  box.addEventListener('blur', () => {
    menu.hidden = true;
  });
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void submit();
  });
  return {
    draw,
    offer: (line) => {
      box.value = line;
      state.closed = true;
      state.active = -1;
      box.focus();
      box.setSelectionRange(line.length, line.length);
      draw();
    },
  };
}

function completionView(
  one: Completion,
  at: number,
  of: { active: boolean; take: (one: Completion) => void },
): HTMLElement {
  const item = h(
    'li',
    { id: `completion-${at}`, role: 'option', 'aria-selected': String(of.active) },
    h('span', { class: 'word' }, one.label),
    h('small', {}, one.detail),
  );
  // Before the box loses the focus, which closes the list.
  item.addEventListener('mousedown', (event) => {
    event.preventDefault();
    of.take(one);
  });
  return item;
}
