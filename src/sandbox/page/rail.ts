/// <reference lib="dom" />
import { byId, fill, h } from './dom.ts';
import type { Child } from './dom.ts';
import { signView } from './icons.ts';
import { initials, mainRoles, tone, withRole } from './people.ts';
import type { Workspace, WorkspacePerson } from './shapes.ts';
import { channelsFor, nameOf, unread } from './store.ts';
import type { State } from './store.ts';

/** What one can do in the rail. */
export type RailActions = { go: (place: string) => void; become: (person: string) => void };

/** Draws the left side: App Home, channels, direct messages, and who one is. */
export function drawRail(state: State, actions: RailActions): void {
  const { workspace } = state;
  if (workspace === undefined) return;
  fill(byId('team'), workspace.team.name);
  drawLink(state);
  const focused = document.activeElement?.getAttribute('data-testid');
  const mine = channelsFor(workspace, state.person);
  const row = (channel: Workspace['channels'][number]): HTMLElement => placeView(channel, state, actions);
  fill(
    byId('places'),
    h('div', { class: 'title' }, 'App'),
    placeButton({ id: 'home', name: `${nameOf(workspace, '')} · Home`, sign: 'home', fresh: 0, state, actions }),
    h('div', { class: 'title' }, 'Channels'),
    mine.filter((channel) => channel.is_im !== true).map(row),
    mine.some((channel) => channel.is_im === true) && h('div', { class: 'title' }, 'Direct messages'),
    mine.filter((channel) => channel.is_im === true).map(row),
  );
  fill(byId('people-list'), peopleView(workspace, state, actions));
  if (focused !== null && focused !== undefined)
    document.querySelector<HTMLElement>(`#rail [data-testid="${CSS.escape(focused)}"]`)?.focus();
}

function drawLink({ online, workspace }: State): void {
  const link = byId('link');
  const connected = online && (workspace?.connections ?? 0) > 0;
  const words = !online ? 'Sandbox is not running' : connected ? 'Deckhand is connected' : 'Deckhand is not connected';
  link.className = connected ? 'link on' : 'link';
  if (link.textContent !== words) link.textContent = words;
}

function placeView(channel: Workspace['channels'][number], state: State, actions: RailActions): HTMLElement {
  const fresh = state.place === channel.id ? 0 : unread(state, channel.id);
  const direct = channel.is_im === true;
  const name = direct ? nameOf(state.workspace, '') : channel.name;
  return placeButton({
    id: channel.id,
    name,
    sign: direct ? 'person' : channel.is_private === true ? 'lock' : 'hash',
    fresh,
    state,
    actions,
  });
}

function placeButton(of: {
  id: string;
  name: string;
  sign: 'home' | 'hash' | 'lock' | 'person';
  fresh: number;
  state: State;
  actions: RailActions;
}): HTMLElement {
  const { id, name, sign, fresh, state, actions } = of;
  const slug = id === 'home' ? 'place-home' : sign === 'person' ? 'place-direct' : `channel-${name}`;
  return h(
    'button',
    {
      type: 'button',
      class: fresh > 0 ? 'place fresh' : 'place',
      'data-testid': slug,
      'aria-current': state.place === id ? 'page' : undefined,
      onclick: () => actions.go(id),
    },
    signView(sign),
    h('span', { class: 'name' }, name),
    fresh > 0 && h('span', { class: 'badge' }, String(fresh), h('span', { class: 'hidden' }, ' unread')),
  );
}

function peopleView(workspace: Workspace, state: State, actions: RailActions): readonly Child[] {
  const main = mainRoles.map((role) => withRole(workspace, role)).filter((person) => person !== undefined);
  const others = workspace.people.filter(
    (person) => !main.includes(person) && person.is_bot !== true && person.deleted !== true,
  );
  const select = h(
    'select',
    { 'aria-label': 'Be somebody else', 'data-testid': 'person-others' },
    h('option', { value: '' }, 'Somebody else…'),
    others.map(({ id, name, real_name, role }) =>
      h(
        'option',
        { value: id, selected: id === state.person },
        `${real_name ?? name}${role === undefined ? '' : ` · ${role}`}`,
      ),
    ),
  );
  select.addEventListener('change', () => {
    if (select.value !== '') actions.become(select.value);
  });
  return [main.map((person) => personView(person, state, actions)), others.length > 0 && select];
}

function personView(person: WorkspacePerson, state: State, actions: RailActions): HTMLElement {
  const name = person.real_name ?? person.name;
  return h(
    'button',
    {
      type: 'button',
      class: 'person',
      'data-testid': `person-${person.role ?? person.id}`,
      'aria-pressed': person.id === state.person ? 'true' : 'false',
      onclick: () => actions.become(person.id),
    },
    h('span', { class: `avatar tone-${tone(person.id)}`, 'aria-hidden': 'true' }, initials(name)),
    h('span', {}, h('span', { class: 'who' }, name), h('small', {}, person.role ?? '')),
  );
}
