import type { ChannelId, FileId, GroupId, TeamId, UserId } from './ids.ts';
import type { ButtonVerb, Line, Message, Section } from './text.ts';

/** Where a message is. */
export type MessageRef = { channel: ChannelId; ts: string };

/** A person as the chat system knows them now. */
export type Person = {
  id: UserId;
  teamId: TeamId;
  /** Display name: untrusted, never an identity. */
  name: string;
  isBot: boolean;
  isGuest: boolean;
  isDeleted: boolean;
  /** True when `teamId` (and the enterprise's teams) is not the installing workspace: Slack Connect. */
  isExternal: boolean;
};
export type Channel = {
  id: ChannelId;
  name: string;
  isExternallyShared: boolean;
  isArchived: boolean;
  isMember: boolean;
  isDirect: boolean;
};

/** A message together with the opaque token that all its buttons carry. */
export type Post = { message: Message; token: string };

/**
 * A file for people to open or download. `name` has its ending (`plan.csv`), `title` is what is shown; both are literal.
 * `alt` says in words what a picture shows. At most `largestFile` bytes; text is sent as UTF-8.
 */
export type NewFile = { name: string; title: string; alt?: string } & ({ text: string } | { bytes: Uint8Array });

/** Bytes of one file. Slack takes 1 GB; everything we make is far smaller, so more is a mistake. */
export const largestFile = 10_000_000;

/**
 * The chat system in our words. Every call has a time-out and throws Transient (rate limited, unavailable), Ambiguous
 * (post of unknown outcome) or Refusal "not-here" (not in the channel, archived, unknown; `data.reason`).
 */
export type Chat = {
  /** Not repeatable. Posts, in a thread when `threadTs` is given. */
  post: (channel: ChannelId, post: Post, threadTs?: string) => Promise<MessageRef>;
  /**
   * Repeatable. Replaces the whole message, buttons included; edits of one message are spaced, and only the newest state
   * is sent (`now`: without waiting). Refusal "not-here" when it is gone or no longer editable.
   */
  update: (ref: MessageRef, post: Post, how?: { now?: boolean }) => Promise<void>;
  /** Not repeatable. Seen by one person only, may be lost: never the only copy of a result. */
  whisper: (channel: ChannelId, user: UserId, post: Post) => Promise<void>;
  /** Not repeatable. Direct message. */
  tell: (user: UserId, post: Post) => Promise<MessageRef>;
  /**
   * Uploads a file. With `channel` it is shared there (in a thread with `threadTs`): not repeatable. Without, it is only
   * kept, for an `image` section of a later message: repeatable. Refusal "bad-input" when empty or over `largestFile`,
   * "not-permitted" when the installed app lacks the scope files:write.
   */
  file: (file: NewFile & { channel?: ChannelId; threadTs?: string }) => Promise<{ id: FileId }>;
  /** Now, not cached longer than 60 s. Refusal "not-found" for an unknown id. */
  person: (id: UserId) => Promise<Person>;
  /** Member ids, not cached longer than 60 s. Throws rather than answer from an old copy. */
  groupMembers: (id: GroupId) => Promise<readonly UserId[]>;
  channel: (id: ChannelId) => Promise<Channel>;
  /** Repeatable. */
  publishHome: (user: UserId, sections: readonly Section[]) => Promise<void>;
  /** A link to a message, for "see the current card". Undefined when the chat has none. */
  permalink: (ref: MessageRef) => Promise<string | undefined>;
  /** The socket or the HTTP listener is up and heard from lately. */
  isConnected: () => boolean;
};

/** Who did something in the chat, as the payload says; `teamId` is checked again on every request. */
export type Actor = { id: UserId; teamId: TeamId; name: string };

/** A form (modal). Ids of fields are the argument names of the operation. */
/** What a searchable menu holds: servers with their volumes, volumes, or the sites that are watched. */
export const menuSources = ['servers', 'volumes', 'snapshots', 'sites'] as const;
export type MenuSource = (typeof menuSources)[number];
export type FormField =
  | {
      kind: 'text';
      id: string;
      label: string;
      hint?: string;
      optional?: boolean;
      initial?: string;
      placeholder?: string;
    }
  /** Searchable menu of what exists, fed by `suggest`. */
  | {
      kind: 'search';
      id: string;
      label: string;
      hint?: string;
      optional?: boolean;
      of: MenuSource;
    }
  /** A date and a time of day, shown in the person's own zone; the value is as `utc` of lib/format writes it, '' for none. */
  | { kind: 'time'; id: string; label: string; hint?: string }
  | {
      kind: 'choice';
      id: string;
      label: string;
      options: readonly { value: string; label: string }[];
      initial?: string;
    };
export type Form = {
  operation: string;
  title: string;
  submit: string;
  fields: readonly FormField[];
  intro?: Line;
  /** The incident on whose card it was opened. */
  incident?: string;
};

/** One typed command. `id` is the chat system's own id of the request: a repeated delivery has the same. */
export type CommandRequest = {
  id: string;
  actor: Actor;
  channel: ChannelId;
  /** Without prefix and slash: `deck`, `snapshot`, … */
  command: string;
  /** As typed, entities and smart quotes not yet undone. */
  text: string;
  /** Tells only the person who asked. Never throws: falls back to a direct message, then to the log. */
  answer: (message: Post) => Promise<void>;
  /** Opens a form for the person; must be called within 3 s of the request. False when the time was over. */
  openForm: (form: Form) => Promise<boolean>;
};
export type Press = {
  id: string;
  actor: Actor;
  verb: ButtonVerb;
  token: string;
  /** What the pressed button carried. */
  mark?: string;
  /** Who was chosen in a menu of people. */
  person?: UserId;
  channel: ChannelId;
  /** The pressed message; absent on Home. */
  ts?: string;
  isEphemeral: boolean;
  /** As of a command. */
  openForm: CommandRequest['openForm'];
  answer: (message: Post) => Promise<void>;
  /** Replaces the pressed ephemeral message (paging). Falls back to `answer`. */
  replace: (message: Post) => Promise<void>;
};
export type FormSubmission = {
  id: string;
  actor: Actor;
  operation: string;
  channel: ChannelId;
  incident?: string;
  values: Readonly<Record<string, string>>;
  answer: (message: Post) => Promise<void>;
};
export type Suggestion = { value: string; label: string };

/** What the product does with what comes in. The adapter has acknowledged before it calls; none of these throws. */
export type Inbound = {
  command: (request: CommandRequest) => Promise<void>;
  press: (press: Press) => Promise<void>;
  /** Field errors keyed by field id, or undefined when the form may close (work goes on afterwards). Answers within 2 s. */
  submit: (form: FormSubmission) => Promise<Readonly<Record<string, string>> | undefined>;
  suggest: (of: MenuSource, typed: string) => Promise<readonly Suggestion[]>;
  homeOpened: (user: UserId) => Promise<void>;
};
