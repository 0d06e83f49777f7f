/// <reference lib="dom" />
import { blocksView } from './blocks.ts';
import { formatDate } from './dates.ts';
import { byId, fill, h, keepInStep } from './dom.ts';
import { signView } from './icons.ts';
import { messageView } from './message-view.ts';
import type { SlackMessage } from './shapes.ts';
import { nameOf, visible } from './store.ts';
import type { State } from './store.ts';
import type { Surface } from './surface.ts';

/** What the middle needs from the page. */
export type ConversationActions = {
  /** Where the blocks of a message (its `ts`) or of App Home (undefined) act. */
  surface: (ts: string | undefined) => Surface;
  openThread: (ts: string | undefined) => void;
};

/** Draws the channel or App Home in the middle, and the open thread at the side. */
export function createConversation(actions: ConversationActions): (state: State) => void {
  const stream = byId('stream');
  const list = byId('messages');
  let shown = '';
  let follows = false;
  // A picture has its height only once it is there.
  list.addEventListener('load', () => follows && stream.scrollTo({ top: stream.scrollHeight }), true);
  stream.addEventListener('wheel', () => (follows = false), { passive: true });
  return (state) => {
    drawBar(state);
    const atEnd = stream.scrollHeight - stream.scrollTop - stream.clientHeight < 80;
    const moved = shown !== `${state.person}/${state.place}`;
    shown = `${state.person}/${state.place}`;
    if (moved) list.replaceChildren();
    if (state.place === 'home') drawHome(list, state, actions);
    else drawMessages(list, state, actions);
    if (moved || atEnd) stream.scrollTop = state.place === 'home' ? 0 : stream.scrollHeight;
    follows = (moved || atEnd) && state.place !== 'home';
    drawThread(state, actions);
  };
}

function drawBar({ workspace, place, person }: State): void {
  const channel = workspace?.channels.find(({ id }) => id === place);
  const direct = channel?.is_im === true;
  const name = place === 'home' || direct ? nameOf(workspace, '') : `# ${channel?.name ?? ''}`;
  byId('place-name').textContent = place === 'home' ? `${name} · Home` : name;
  const me = workspace?.people.find(({ id }) => id === person);
  byId('place-note').textContent =
    me === undefined ? '' : `You are ${me.real_name ?? me.name}${me.role === undefined ? '' : `, ${article(me.role)}`}`;
  byId('composer').hidden = place === 'home';
}

function article(role: string): string {
  return `${/^[aeiou]/.test(role) ? 'an' : 'a'} ${role}`;
}

type Row = { kind: 'day'; ts: string } | { kind: 'message'; message: SlackMessage; replies: readonly SlackMessage[] };

function drawMessages(list: HTMLElement, state: State, { surface, openThread }: ConversationActions): void {
  const all = visible(state.messages[state.place] ?? [], state.person);
  const rows = rowsOf(all);
  if (rows.length === 0) {
    fill(list, emptyView('Nothing here yet', 'Type a command below, or take one from “Try this” on the right.'));
    return;
  }
  for (const stray of list.querySelectorAll(':scope > :not([data-key])')) stray.remove();
  keepInStep(list, rows, {
    key: (row) => (row.kind === 'day' ? `day-${row.ts}` : row.message.ts),
    version: (row) =>
      row.kind === 'day' ? row.ts : JSON.stringify([row.message, row.replies.at(-1)?.ts, row.replies.length]),
    draw: (row) =>
      row.kind === 'day'
        ? h('div', { class: 'day' }, formatDate('{day_divider_pretty}', Number(row.ts), Date.now()))
        : messageView(row.message, {
            workspace: state.workspace,
            surface: surface(row.message.ts),
            replies: row.replies,
            openThread: () => openThread(row.message.ts),
          }),
  });
}

/** Roots in order with their replies, and a line where a day begins. */
function rowsOf(messages: readonly SlackMessage[]): readonly Row[] {
  const replies = Map.groupBy(messages.filter(isReply), ({ thread_ts }) => thread_ts);
  const rows: Row[] = [];
  let day = '';
  for (const message of messages.filter((one) => !isReply(one) || one.subtype === 'thread_broadcast')) {
    const date = new Date(Number(message.ts) * 1_000).toDateString();
    if (date !== day) rows.push({ kind: 'day', ts: message.ts });
    day = date;
    rows.push({ kind: 'message', message, replies: replies.get(message.ts) ?? [] });
  }
  return rows;
}

function isReply({ ts, thread_ts }: SlackMessage): boolean {
  return thread_ts !== undefined && thread_ts !== ts;
}

function drawHome(list: HTMLElement, state: State, { surface }: ConversationActions): void {
  const { home } = state;
  if (home === undefined) {
    fill(list, emptyView('App Home is empty', 'Deckhand fills it when somebody opens it. Is it connected?'));
    return;
  }
  keepInStep(list, [home], {
    key: () => 'home',
    version: (view) => JSON.stringify(view.blocks),
    draw: (view) =>
      h(
        'div',
        { class: 'home body', 'data-card': true, 'data-testid': 'home' },
        blocksView(view.blocks, surface(undefined)),
      ),
  });
  for (const stray of list.querySelectorAll(':scope > :not([data-key="home"])')) stray.remove();
}

function emptyView(title: string, text: string): HTMLElement {
  return h('div', { class: 'empty' }, h('h2', {}, title), h('p', {}, text));
}

function drawThread(state: State, { surface, openThread }: ConversationActions): void {
  const pane = byId('thread');
  const messages = visible(state.messages[state.place] ?? [], state.person);
  const root = messages.find(({ ts }) => ts === state.thread);
  pane.hidden = root === undefined;
  byId('panel').hidden = root !== undefined;
  if (root === undefined) return;
  const shown = `${state.person}/${root.ts}`;
  if (pane.dataset['shown'] !== shown) {
    pane.dataset['shown'] = shown;
    const close = h(
      'button',
      { type: 'button', class: 'plain', 'aria-label': 'Close thread', onclick: () => openThread(undefined) },
      signView('close'),
    );
    fill(pane, h('h2', {}, 'Thread', close), h('div', { class: 'replies' }));
  }
  const rows = [root, ...messages.filter((one) => isReply(one) && one.thread_ts === root.ts)];
  keepInStep(pane.lastElementChild as HTMLElement, rows, {
    key: ({ ts }) => ts,
    version: (message) => JSON.stringify(message),
    draw: (message) => messageView(message, { workspace: state.workspace, surface: surface(message.ts) }),
  });
}
