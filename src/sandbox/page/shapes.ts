import type { Json } from '#ports/json.ts';

/**
 * What the page reads from the control API. The make-believe Slack and EC2 may send more; the page draws what it knows
 * and shows the type of what it does not know. Everything in here is untrusted text.
 */

/** `GET /sandbox/api/workspace`. */
export type Workspace = {
  team: { id: string; name: string };
  /** The app's bot user. */
  bot: { user: string; name: string };
  /** Live Socket Mode connections (or 1 in HTTP mode); 0 = the bot is not there, commands cannot be answered. */
  connections: number;
  channels: readonly WorkspaceChannel[];
  people: readonly WorkspacePerson[];
  groups: readonly { id: string; handle: string; name: string; users: readonly string[] }[];
  /** From the app's manifest. */
  commands: readonly { command: string; description: string; usage_hint?: string }[];
  /** Latest Web API calls that were refused, newest last. */
  refused: readonly { method: string; error: string; at: number; detail?: string }[];
};
export type WorkspaceChannel = {
  id: string;
  name: string;
  is_im?: boolean;
  is_private?: boolean;
  is_archived?: boolean;
  is_ext_shared?: boolean;
  /** Who is in it; absent = everybody. */
  members?: readonly string[];
  /** For a direct message: the person on the other side of the bot. */
  user?: string;
};
export type WorkspacePerson = {
  id: string;
  name: string;
  real_name?: string;
  /** What the person is for in the sandbox: requester, approver, outsider, guest, bot, … */
  role?: string;
  is_bot?: boolean;
  deleted?: boolean;
};

/** `GET /sandbox/api/messages?channel=C…&user=U…` → `{ messages }`, oldest first, thread replies included, as Slack keeps them. */
export type SlackMessage = {
  ts: string;
  thread_ts?: string;
  /** `thread_broadcast`: a reply that the channel shows as well. */
  subtype?: string;
  user?: string;
  bot_id?: string;
  text: string;
  blocks?: readonly Block[];
  /** Uploaded with it. */
  files?: readonly SlackFile[];
  edited?: { ts: string; user?: string };
  /** Only this person sees it. */
  ephemeral_to?: string;
  reply_count?: number;
};

export type SlackFile = {
  id: string;
  name: string;
  title?: string;
  mimetype?: string;
  size?: number;
  alt_txt?: string;
  preview?: string;
};

/** A Block Kit block, element or object: a type and whatever comes with it. */
export type Block = { readonly type: string; readonly block_id?: string; readonly [key: string]: unknown };

/** `GET /sandbox/api/views?user=U…` → `{ views }`, bottom of the stack first; `GET /sandbox/api/home?user=U…` → `{ view }`. */
export type SlackView = {
  id: string;
  type: string;
  title?: { text: string };
  submit?: { text: string };
  close?: { text: string };
  blocks: readonly Block[];
};

/** `GET /sandbox/api/ec2`. */
export type Ec2Dump = {
  instances: readonly Ec2Instance[];
  volumes: readonly Ec2Volume[];
  snapshots: readonly { id: string; volumeId: string; state: string; progress?: number }[];
  /** Sentences; anything here means that something was left half-done. */
  invariants: readonly string[];
  calls: { total: number; byAction: Readonly<Record<string, number>> };
  /** What is broken on purpose now, as it was asked for: `{ deny: […] }`, `{ inject: {…} }`, … */
  faults?: readonly Json[];
};
export type Ec2Volume = {
  id: string;
  name?: string;
  state: string;
  sizeGiB?: number;
  tags?: Readonly<Record<string, string>>;
  attachments?: readonly { instanceId: string; device: string }[];
  /** What its volume status tells: inconsistent, degraded or stalled. */
  trouble?: string;
};
export type Ec2Instance = {
  id: string;
  name?: string;
  state: string;
  /** The status checks by name: ok, impaired, initializing, … */
  status?: Readonly<Record<string, string>>;
  rootDevice?: string;
  mappings?: readonly { device: string; volumeId: string }[];
};
