import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

import type { Json } from '#ports/json.ts';

/** The JSON that `dump`, `workspace`, `messages`, `views` and `home` answer is written down in page/shapes.ts. */

/** What a control call answers: an HTTP status and a JSON body. Bad input is 400 with `{ error }` that names the next move. */
export type ControlAnswer = { status: number; body: unknown };

/** A server, as far as other services care. */
export type Server = {
  id: string;
  name: string;
  state: string;
  /** No status check is impaired. */
  well: boolean;
  zone: string;
  address: string;
  type: string;
  /** Its Auto Scaling group. */
  group: string | undefined;
  tags: Readonly<Record<string, string>>;
  /** When its last change of power was, or will be, over. */
  startedAt: number;
  /** When its operating system last began: by a start or a reboot. */
  bootedAt: number;
  /** What is attached to it. */
  disks: readonly { id: string; fromSnapshot: boolean }[];
};
export type Servers = {
  account: () => string;
  region: () => string;
  all: () => readonly Server[];
  /** By id or Name, if it is not gone. */
  named: (word: string) => Server | undefined;
  /** Says of members of groups whether they are kept or replaced whatever they do; undefined leaves it to EC2. */
  judgeMembers: (verdict: (instanceId: string, group: string) => 'keep' | 'replace' | undefined) => void;
};

/**
 * Whether an account may use a key there, named by ARN, alias or id: `managed` = its own key that AWS manages, which lets no
 * other account read what it encrypts.
 */
export type KeyUse = (name: string, by: { account: string; region: string }) => 'usable' | 'managed' | 'unusable';

/** The make-believe EC2: speaks the Query protocol, keeps its state in a file when given one. */
export type Ec2Part = {
  /** What is there, for the services beside it. */
  servers: Servers;
  /** POST with a form-encoded body; any path. */
  handle: (request: IncomingMessage, response: ServerResponse) => void;
  /** Everything a test or the page wants to see: instances, volumes, snapshots, calls, faults, invariants broken. */
  dump: (place?: { account?: string | undefined; region?: string | undefined }) => Json;
  /** Faults and world changes of the control API (see docs/sandbox.md). */
  faults: (input: unknown) => ControlAnswer;
  onChange: (listener: () => void) => void;
  /** Writes the state file. Idempotent. */
  close: () => Promise<void>;
};

/** The make-believe services beside EC2: Systems Manager, Auto Scaling, ECS, load balancers, KMS and S3. */
export type AwsPart = Pick<Ec2Part, 'handle' | 'dump' | 'faults' | 'onChange' | 'close'> & {
  /** Whether a request under `/aws` is signed for one of them; all others are EC2's. */
  takes: (request: IncomingMessage) => boolean;
  keyUse: KeyUse;
};

/** The make-believe Docker engine, under a path of its own. */
export type DockerPart = Pick<Ec2Part, 'handle' | 'dump' | 'faults' | 'onChange' | 'close'>;

/** The make-believe Slack workspace. */
export type SlackPart = {
  /** `/slack/api/METHOD`. */
  handle: (request: IncomingMessage, response: ServerResponse) => void;
  /** Socket Mode: the WebSocket of `apps.connections.open`. */
  upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
  commands: (input: unknown) => Promise<ControlAnswer>;
  actions: (input: unknown) => Promise<ControlAnswer>;
  submit: (input: unknown) => Promise<ControlAnswer>;
  /** external_select typing: `{ user, action_id, block_id?, value, view_id }`. */
  suggest: (input: unknown) => Promise<ControlAnswer>;
  openHome: (input: unknown) => Promise<ControlAnswer>;
  closeView: (input: unknown) => Promise<ControlAnswer>;
  messages: (query: URLSearchParams) => ControlAnswer;
  views: (query: URLSearchParams) => ControlAnswer;
  home: (query: URLSearchParams) => ControlAnswer;
  /** Channels, people, slash commands (for the page's completion), connections, refused API calls. */
  workspace: () => Json;
  faults: (input: unknown) => ControlAnswer;
  onChange: (listener: () => void) => void;
  close: () => Promise<void>;
};
