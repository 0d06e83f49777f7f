/** What the make-believe workspace knows. Instants are epoch ms; `ts` is Slack's own name of a message. */

export type Person = {
  id: string;
  name: string;
  realName: string;
  /** What the person is for in the sandbox. */
  role: string;
  teamId: string;
  isBot: boolean;
  isGuest: boolean;
  isDeleted: boolean;
  timeZone: string;
};
export type Group = { id: string; handle: string; name: string; users: readonly string[] };
export type Channel = {
  id: string;
  name: string;
  members: readonly string[];
  isPrivate: boolean;
  isArchived: boolean;
  /** By Slack Connect with another workspace. */
  isShared: boolean;
  /** A direct message between this person and the bot. */
  directWith?: string;
};
export type Seed = {
  team: { id: string; name: string; domain: string };
  people: readonly Person[];
  groups: readonly Group[];
  channels: readonly Channel[];
};

/** A Block Kit block or element as it was sent, block ids filled in. */
export type Block = { readonly type: string; readonly block_id?: string; readonly [key: string]: unknown };

/** A file as a message shows it. Source: https://docs.slack.dev/reference/objects/file-object */
export type Attached = {
  id: string;
  name: string;
  title: string;
  filetype: string;
  mimetype: string;
  size: number;
  mode: 'hosted' | 'snippet';
  user: string;
  url_private: string;
  url_private_download: string;
  alt_txt?: string;
  /** The beginning of a text. */
  preview?: string;
};

export type Message = {
  ts: string;
  channel: string;
  user: string;
  botId?: string;
  text: string;
  blocks?: readonly Block[];
  attachments?: unknown;
  files?: readonly Attached[];
  threadTs?: string;
  /** A thread reply that the channel shows as well. */
  isBroadcast?: boolean;
  metadata?: { event_type: string; event_payload: Record<string, unknown> };
  edited?: { user: string; ts: string };
  reactions: readonly { name: string; users: readonly string[] }[];
  /** Only this person sees it, until the page is loaded anew. */
  ephemeralTo?: string;
};

/** What a person holds in the elements of a view or message: by block id, then action id. */
export type StateValues = Record<string, Record<string, Record<string, unknown>>>;

export type View = {
  id: string;
  type: 'modal' | 'home';
  user: string;
  hash: string;
  blocks: readonly Block[];
  /** What was sent besides the blocks: title, submit, callback_id, private_metadata, … */
  rest: Readonly<Record<string, unknown>>;
  values: StateValues;
  rootId: string;
  previousId?: string;
};

/** The manifest of the app, as far as the workspace obeys it. */
export type Manifest = {
  features?:
    | {
        slash_commands?:
          | readonly {
              command: string;
              description?: string | undefined;
              usage_hint?: string | undefined;
              should_escape?: boolean | undefined;
            }[]
          | undefined;
        app_home?: { home_tab_enabled?: boolean | undefined } | undefined;
      }
    | undefined;
  oauth_config?: { scopes?: { bot?: readonly string[] | undefined } | undefined } | undefined;
  settings?:
    | {
        event_subscriptions?: { bot_events?: readonly string[] | undefined } | undefined;
        interactivity?: { is_enabled?: boolean | undefined } | undefined;
      }
    | undefined;
};
