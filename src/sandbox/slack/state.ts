import { randomBytes } from 'node:crypto';

import type { Channel, Message, Person, Seed } from './model.ts';
import { bot } from './seed.ts';
import { openStateFile } from './state-file.ts';

/** People, channels and messages of the workspace, and who wants to hear of changes. */
export type State = {
  seed: Seed;
  now: () => number;
  channels: () => readonly Channel[];
  channel: (id: string) => Channel | undefined;
  person: (id: string) => Person | undefined;
  /** The direct message of the bot and this person; opened when there is none yet. */
  directWith: (user: string) => Channel;
  /** In the order in which they were posted, ephemeral ones included. */
  messages: (channel: string) => readonly Message[];
  message: (channel: string, ts: string) => Message | undefined;
  post: (message: Omit<Message, 'ts' | 'reactions'>) => Message;
  /** Replaces the message with the same ts. */
  replace: (message: Message) => void;
  remove: (channel: string, ts: string) => void;
  /** A new message name, later than every one before. */
  newTs: () => string;
  /** `V` and ten characters no other id has. */
  newId: (prefix: string) => string;
  changed: () => void;
  onChange: (listener: () => void) => void;
  close: () => Promise<void>;
};

/** Messages kept per channel; the oldest go first. */
const mostKept = 2_000;

/** Keeps the workspace in memory and, when given a file, its lasting messages there. Throws Refusal "bad-input" for an unreadable file. */
export function createState(of: { seed: Seed; now: () => number; stateFile: string | undefined }): State {
  const { seed, now } = of;
  const file = openStateFile(of.stateFile);
  const listeners = new Set<() => void>();
  const directs: Channel[] = [...file.saved.directs];
  const messages = new Map<string, Message[]>(
    Object.entries(file.saved.messages).map(([id, list]): [string, Message[]] => [id, [...list]]),
  );
  let last = file.saved.lastMicros;

  function changed(): void {
    file.save(() => ({ lastMicros: last, directs, messages: lasting(messages) }));
    for (const listener of listeners) listener();
  }
  function newTs(): string {
    last = Math.max(Math.round(now() * 1_000), last + 1);
    return `${Math.floor(last / 1_000_000)}.${String(last % 1_000_000).padStart(6, '0')}`;
  }
  function listOf(channel: string): Message[] {
    const list = messages.get(channel) ?? [];
    messages.set(channel, list);
    return list;
  }
  const channels = (): readonly Channel[] => [...seed.channels, ...directs];

  return {
    seed,
    now,
    channels,
    channel: (id) => channels().find((one) => one.id === id),
    person: (id) => seed.people.find((one) => one.id === id),
    directWith: (user) => {
      const open = directs.find(({ directWith }) => directWith === user);
      if (open !== undefined) return open;
      const direct: Channel = {
        id: `D0${user.replace(/^U0?/, '')}`,
        name: 'directmessage',
        members: [user, bot.user],
        isPrivate: true,
        isArchived: false,
        isShared: false,
        directWith: user,
      };
      directs.push(direct);
      changed();
      return direct;
    },
    messages: (channel) => messages.get(channel) ?? [],
    message: (channel, ts) => messages.get(channel)?.find((one) => one.ts === ts),
    post: (message) => {
      const posted: Message = { ...message, ts: newTs(), reactions: [] };
      const list = listOf(message.channel);
      list.push(posted);
      if (list.length > mostKept) list.splice(0, list.length - mostKept);
      changed();
      return posted;
    },
    replace: (message) => {
      const list = listOf(message.channel);
      const at = list.findIndex(({ ts }) => ts === message.ts);
      if (at >= 0) list[at] = message;
      changed();
    },
    remove: (channel, ts) => {
      const list = listOf(channel);
      const at = list.findIndex((one) => one.ts === ts);
      if (at >= 0) list.splice(at, 1);
      changed();
    },
    newTs,
    newId: (prefix) => `${prefix}0${randomBytes(8).toString('hex').toUpperCase()}`,
    changed,
    onChange: (listener) => void listeners.add(listener),
    close: file.close,
  };
}

/** Ephemeral messages do not outlive the process, as they do not outlive a reload in Slack. */
function lasting(messages: ReadonlyMap<string, readonly Message[]>): Record<string, readonly Message[]> {
  return Object.fromEntries(
    [...messages].map(([channel, list]) => [channel, list.filter(({ ephemeralTo }) => ephemeralTo === undefined)]),
  );
}
