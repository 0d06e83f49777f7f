import type { ChannelId, FileId, GroupId, UserId } from './ids.ts';

/**
 * What Deckhand says, as data. A string is always literal text: nothing in it can become a mention, a link or markup,
 * whatever it holds. Only the other pieces are live, so untrusted text cannot reach mrkdwn.
 */
export type Piece =
  | string
  | { bold: string }
  | { italic: string }
  | { code: string }
  | { strike: string }
  /** Shown in each reader's own time zone. `style`: 'time' 10:42, 'date' Nov 25, 'datetime' both. */
  | { at: number; style: 'time' | 'date' | 'datetime' }
  | { user: UserId }
  | { group: GroupId }
  | { channel: ChannelId }
  /** http and https only; anything else is shown as text. */
  | { link: string; label: string }
  /** A Slack emoji name without colons, from our own code only. */
  | { emoji: string };
export type Line = Piece | readonly Piece[];

export type Section =
  | { kind: 'text'; lines: readonly Line[] }
  /** Label and value pairs, one per row. */
  | { kind: 'facts'; facts: readonly (readonly [label: string, value: Line])[] }
  | { kind: 'list'; items: readonly Line[] }
  | { kind: 'code'; text: string }
  /** At most 20 rows are shown; cells are literal. */
  | { kind: 'table'; columns: readonly string[]; rows: readonly (readonly string[])[] }
  /** Small grey line. */
  | { kind: 'note'; line: Line }
  | { kind: 'steps'; steps: readonly { label: string; state: 'waiting' | 'running' | 'done' | 'failed' | 'undone' }[] }
  /** A picture uploaded before with `Chat.file`. `alt` says the same in words; it stands alone where the picture cannot. */
  | { kind: 'image'; file: FileId; alt: string }
  | { kind: 'divider' };

/** The fixed verbs of buttons. A button carries the verb and the card's token, nothing else. */
export const buttonVerbs = [
  'confirm',
  'cancel',
  'approve',
  'deny',
  'undo', // on a run
  'acknowledge',
  'silence',
  'maintenance',
  'remedy-1',
  'remedy-2',
  'remedy-3',
  'close',
  'assign', // on an incident
  'previous',
  'next',
  'details',
  'refresh', // on an answer
] as const;
export type ButtonVerb = (typeof buttonVerbs)[number];
export type Button = {
  verb: ButtonVerb;
  label: string;
  style?: 'primary' | 'danger';
  /** A question asked before the press is sent; an aid, not a control. */
  confirm?: { title: string; text: string; yes: string };
  /** A menu of the workspace's people instead; the press says who was chosen. `chosen`: who is shown as chosen now. */
  people?: { chosen: UserId | undefined };
  /** Comes back with the press: what it was for, when a newer card means another thing by the verb. No blanks, at most 100. */
  mark?: string;
};

/** One message. `alert` is the push notification and screen-reader line: what, which, state. Never empty. */
export type Message = {
  alert: string;
  title?: string;
  sections: readonly Section[];
  buttons?: readonly Button[];
};
