/// <reference lib="dom" />
import { post } from './api.ts';
import { createComposer } from './composer.ts';
import { createConversation } from './conversation.ts';
import { toast } from './dialogs.ts';
import { byId, fill, h } from './dom.ts';
import { drawFleet } from './fleet-view.ts';
import { createModal } from './modal.ts';
import { drawRail } from './rail.ts';
import { list, object, text, words } from './reading.ts';
import { optionsOf } from './selects.ts';
import type { SlackView } from './shapes.ts';
import { channelsFor, createStore, markSeen, nameOf, namesOf, visible } from './store.ts';
import type { State } from './store.ts';
import { suggestionsFor } from './suggestions.ts';
import type { Action, Option, Surface, Values } from './surface.ts';
import { createTrouble } from './trouble.ts';

const store = createStore();

/** Posts, tells a refusal, and reads Slack again. False when it was refused. */
async function tell(path: string, body: object): Promise<boolean> {
  const { error } = await post(path, body);
  if (error !== undefined) toast(error, 'error');
  await store.refresh('slack');
  return error === undefined;
}

/** Where blocks act: in a message, in App Home (no `ts`), or in a modal. */
function surfaceOf(at: { ts?: string; view?: SlackView; kind: Surface['kind']; values: Values }): Surface {
  const { workspace, place } = store.state();
  const where = at.ts === undefined ? { view_id: at.view?.id } : { channel: place, ts: at.ts };
  return {
    kind: at.kind,
    names: namesOf(store.state()),
    values: at.values,
    people: (workspace?.people ?? []).map(({ id, name, real_name }): Option => ({
      value: id,
      label: real_name ?? name,
    })),
    channels: (workspace?.channels ?? [])
      .filter((one) => one.is_im !== true)
      .map(({ id, name }): Option => ({ value: id, label: `#${name}` })),
    act: async (action: Action) => void (await tell('actions', { user: store.state().person, ...where, ...action })),
    suggest: async (element, typed) => {
      const { body, error } = await post('suggest', { user: store.state().person, ...where, ...element, value: typed });
      if (error !== undefined) toast(error, 'error');
      const groups = list(body['option_groups']);
      return groups.length > 0 ? groups.flatMap((group) => optionsOf(group['options'])) : optionsOf(body['options']);
    },
  };
}

const drawConversation = createConversation({
  surface: (ts) =>
    ts === undefined
      ? surfaceOf({
          ...(store.state().home === undefined ? {} : { view: store.state().home as SlackView }),
          kind: 'home',
          values: {},
        })
      : surfaceOf({ ts, kind: 'message', values: {} }),
  openThread: (thread) => {
    store.set({ thread });
    if (thread === undefined) return byId('command-box').focus();
    byId('app').classList.remove('closed');
    byId('thread').querySelector('button')?.focus();
  },
});

const drawModal = createModal({
  surface: (view, values) => surfaceOf({ view, kind: 'modal', values }),
  submit: async (view, values) => {
    const { body, error } = await post('views/submit', { user: store.state().person, view_id: view.id, values });
    const errors = object(body['errors']);
    if (Object.keys(errors).length > 0)
      return Object.fromEntries(Object.entries(errors).map(([block, message]) => [block, text(message)]));
    if (error !== undefined) toast(error, 'error');
    await store.refresh('slack');
    return undefined;
  },
  close: async (view) => void (await tell('views/close', { user: store.state().person, view_id: view.id })),
});

const composer = createComposer(store, async (line) => {
  const { person, place } = store.state();
  if (!line.startsWith('/')) {
    toast('Commands begin with a slash. Type / to see them, for example /fleet all.', 'error');
    return false;
  }
  return tell('commands', { user: person, channel: place, text: line });
});

const drawTrouble = createTrouble(store);

const rail = {
  go: (place: string) => {
    store.set({ place, thread: undefined });
    if (place === 'home') void tell('home/open', { user: store.state().person });
    else byId('command-box').focus();
  },
  become: (person: string) => {
    const { workspace, place } = store.state();
    const kept =
      place === 'home' || (workspace !== undefined && channelsFor(workspace, person).some(({ id }) => id === place));
    store.set({
      person,
      thread: kept ? store.state().thread : undefined,
      views: [],
      home: undefined,
      ...(kept ? {} : { place: '' }),
    });
    byId('announcer').replaceChildren(h('p', {}, `You are ${nameOf(workspace, person)} now.`));
    if (place === 'home') void tell('home/open', { user: person });
    else void store.refresh('slack');
  },
};

function drawTry({ workspace, ec2 }: State): void {
  const section = byId('try');
  const found = suggestionsFor(workspace?.commands ?? [], ec2);
  const version = JSON.stringify(found);
  if (section.dataset['version'] === version) return;
  section.dataset['version'] = version;
  const offer = (line: string): void => {
    const { place, workspace: now, person } = store.state();
    if (place === 'home' && now !== undefined) store.set({ place: channelsFor(now, person)[0]?.id ?? 'home' });
    composer.offer(line);
  };
  fill(
    section,
    h('h2', { id: 'try-title' }, 'Try this'),
    found.map(({ line, says }) =>
      h(
        'button',
        { type: 'button', class: 'try', title: line, onclick: () => offer(line) },
        h('code', {}, line),
        h('small', {}, says),
      ),
    ),
  );
}

/** Marks the open channel as read, and says new messages of it aloud. */
function noticeNew(state: State): void {
  const key = `${state.person}/${state.place}`;
  const messages = visible(state.messages[state.place] ?? [], state.person);
  const latest = messages.reduce((most, { ts }) => (Number(ts) > Number(most) ? ts : most), '0');
  const before = state.seen[key];
  if (latest === before || document.hidden) return;
  markSeen(state, latest);
  if (before === undefined) return;
  const fresh = messages.filter(({ ts }) => Number(ts) > Number(before)).slice(-3);
  byId('announcer').replaceChildren(
    ...fresh.map((one) =>
      h('p', {}, `${nameOf(state.workspace, one.user ?? '')}: ${one.text || words(one.blocks?.[0]?.['text'])}`),
    ),
  );
}

store.onChange((state) => {
  noticeNew(state);
  drawRail(state, rail);
  drawConversation(state);
  drawModal(state.views);
  composer.draw();
  drawTry(state);
  drawTrouble(state);
  drawFleet(state);
});

/** The parts that the page shows. */
const shown = ['slack', 'ec2', 'site'] as const;

function listen(): void {
  const events = new EventSource('/sandbox/api/events');
  events.addEventListener('change', ({ data }) => {
    const part = shown.find((one) => one === data);
    if (part !== undefined) void store.refresh(part);
  });
  events.addEventListener('open', () => {
    store.set({ online: true });
    for (const part of shown) void store.refresh(part);
  });
  events.addEventListener('error', () => store.set({ online: false }));
}

/** EC2's states move on by time alone, which no event tells. */
const ec2EveryMs = 2_000;
setInterval(() => {
  if (!document.hidden && store.state().online) void store.refresh('ec2');
}, ec2EveryMs);

const toggle = byId('trouble-toggle');
function showSide(open: boolean): void {
  byId('app').classList.toggle('closed', !open);
  toggle.setAttribute('aria-expanded', String(open));
}
toggle.addEventListener('click', () => {
  const closed = byId('app').classList.contains('closed');
  if (closed) store.set({ thread: undefined });
  showSide(closed);
});
document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape' && !event.defaultPrevented && store.state().thread !== undefined)
    store.set({ thread: undefined });
});
document.addEventListener('visibilitychange', () => store.set({}));
showSide(window.innerWidth > 1100);
listen();
