/// <reference lib="dom" />
import { get } from './api.ts';
import type { Ec2Dump, SlackMessage, SlackView, Workspace } from './shapes.ts';
import type { Names } from './text-view.ts';

/** Everything the page shows. */
export type State = {
  workspace: Workspace | undefined;
  /** User id of who one is now. */
  person: string;
  /** A channel's id, or 'home'. */
  place: string;
  messages: Readonly<Record<string, readonly SlackMessage[]>>;
  /** `ts` of the root of the open thread. */
  thread: string | undefined;
  views: readonly SlackView[];
  home: SlackView | undefined;
  ec2: Ec2Dump | undefined;
  site: { up: boolean; status: number; latencyMs: number; cure: string; requests: number } | undefined;
  /** False while the event stream is down. */
  online: boolean;
  /** Latest `ts` seen, by person and channel. */
  seen: Record<string, string>;
};

export type Store = {
  state: () => State;
  /** Changes some fields and draws. */
  set: (change: Partial<State>) => void;
  /** Reads a part of the world again and draws. Several calls while one is under way become one more. */
  refresh: (part: 'slack' | 'ec2' | 'site') => Promise<void>;
  onChange: (listener: (state: State) => void) => void;
};

/** Least pause between two looks at EC2; longer where one takes long: a fleet of thousands is megabytes. */
const ec2GapMs = 300;

/** An empty store; nothing is read before the first `refresh`. */
export function createStore(): Store {
  let state: State = {
    workspace: undefined,
    person: '',
    place: '',
    messages: {},
    thread: undefined,
    views: [],
    home: undefined,
    ec2: undefined,
    site: undefined,
    online: false,
    seen: readSeen(),
  };
  const listeners: ((state: State) => void)[] = [];
  const set = (change: Partial<State>): void => {
    state = { ...state, ...change };
    for (const listener of listeners) listener(state);
  };
  const readers = {
    slack: oneAtATime(async () => {
      const asked = state.person;
      const read = await readSlack(asked);
      // Somebody else by now: what was read is another person's, and their own look is already asked for.
      if (read === undefined || state.person !== asked) return;
      set({ ...read, place: placeIn(read.workspace, read.person, state.place) });
    }),
    ec2: oneAtATime(async () => {
      const began = performance.now();
      const { body, error } = await get('ec2');
      if (error === undefined) set({ ec2: body as unknown as Ec2Dump });
      const tookMs = performance.now() - began;
      await new Promise((resolve) => setTimeout(resolve, Math.max(ec2GapMs, 4 * tookMs)));
    }),
    site: oneAtATime(async () => {
      const { body, error } = await get('site');
      if (error === undefined) set({ site: body as unknown as State['site'] });
    }),
  };
  return {
    state: () => state,
    set,
    refresh: (part) => readers[part](),
    onChange: (listener) => void listeners.push(listener),
  };
}

const seenKey = 'deckhand-seen';

/** What was read stays read when the page is loaded again. */
function readSeen(): Record<string, string> {
  try {
    return JSON.parse(sessionStorage.getItem(seenKey) ?? '{}') as Record<string, string>;
  } catch {
    return {};
  }
}

/** Marks a channel as read up to `ts` by this person. */
export function markSeen({ person, place, seen }: State, ts: string): void {
  seen[`${person}/${place}`] = ts;
  sessionStorage.setItem(seenKey, JSON.stringify(seen));
}

/** While one run is under way, any number of further calls wait for exactly one more. */
function oneAtATime(run: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  let next: Promise<void> | undefined;
  const start = (): Promise<void> => {
    running = run().finally(() => (running = undefined));
    return running;
  };
  return () => {
    if (running === undefined) return start();
    next ??= running.then(() => {
      next = undefined;
      return start();
    });
    return next;
  };
}

/** The workspace as this person sees it, or undefined when it cannot be read. */
async function readSlack(
  asked: string,
): Promise<(Pick<State, 'person' | 'views' | 'home' | 'messages'> & { workspace: Workspace }) | undefined> {
  const answer = await get('workspace');
  if (answer.error !== undefined) return undefined;
  const workspace = answer.body as unknown as Workspace;
  const person = workspace.people.some(({ id }) => id === asked) ? asked : firstPerson(workspace);
  const user = encodeURIComponent(person);
  const channels = channelsFor(workspace, person);
  const [views, home, ...lists] = await Promise.all([
    get(`views?user=${user}`),
    get(`home?user=${user}`),
    ...channels.map(({ id }) => get(`messages?channel=${encodeURIComponent(id)}&user=${user}`)),
  ]);
  return {
    workspace,
    person,
    views: (views.body['views'] as readonly SlackView[] | undefined) ?? [],
    home: (home.body['view'] as SlackView | null | undefined) ?? undefined,
    messages: Object.fromEntries(
      channels.map(({ id }, at) => [id, (lists[at]?.body['messages'] as readonly SlackMessage[] | undefined) ?? []]),
    ),
  };
}

/** Where one is, if this person may be there; else their first channel. */
function placeIn(workspace: Workspace, person: string, place: string): string {
  const channels = channelsFor(workspace, person);
  return place === 'home' || channels.some(({ id }) => id === place) ? place : (channels[0]?.id ?? 'home');
}

function firstPerson({ people }: Workspace): string {
  return (people.find(({ role }) => role === 'requester') ?? people.find((person) => person.is_bot !== true))?.id ?? '';
}

/** The live channels this person is in, and their own direct messages. */
export function channelsFor({ channels }: Workspace, person: string): Workspace['channels'] {
  return channels
    .filter((channel) => channel.is_archived !== true && (channel.members?.includes(person) ?? true))
    .filter((channel) => channel.is_im !== true || channel.user === person);
}

/** The names behind ids, for drawing text as this person sees it. */
export function namesOf({ workspace, person }: State): Names {
  return {
    me: person,
    now: Date.now(),
    user: (id) => nameOf(workspace, id),
    channel: (id) => workspace?.channels.find((channel) => channel.id === id)?.name ?? id,
    group: (id) => workspace?.groups?.find((group) => group.id === id)?.handle ?? id,
  };
}

/** A person's or the bot's name; the id when nobody has it. */
export function nameOf(workspace: Workspace | undefined, id: string): string {
  if (workspace === undefined) return id;
  const person = workspace.people.find((one) => one.id === (id === '' ? workspace.bot.user : id));
  if (person !== undefined) return person.real_name ?? person.name;
  return id === '' || id === workspace.bot.user ? workspace.bot.name : id;
}

/** What this person may see in a channel: everything but what is for other eyes only. */
export function visible(messages: readonly SlackMessage[], person: string): readonly SlackMessage[] {
  return messages.filter(({ ephemeral_to }) => ephemeral_to === undefined || ephemeral_to === person);
}

/** Messages of a channel that this person has not seen. */
export function unread({ messages, person, seen }: State, channel: string): number {
  const last = seen[`${person}/${channel}`] ?? '0';
  return visible(messages[channel] ?? [], person).filter(({ ts }) => Number(ts) > Number(last)).length;
}
