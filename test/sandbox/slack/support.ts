import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { App, LogLevel, SocketModeReceiver } from '@slack/bolt';
import type { Logger } from '@slack/bolt';
import { WebClient } from '@slack/web-api';

import { createSlack } from '#sandbox/slack/index.ts';
import type { SlackOptions } from '#sandbox/slack/index.ts';
import type { Manifest } from '#sandbox/slack/model.ts';
import { bot, sandboxTokens } from '#sandbox/slack/seed.ts';

const scopes = [
  'commands',
  'chat:write',
  'im:write',
  'users:read',
  'usergroups:read',
  'channels:read',
  'groups:read',
  'reactions:write',
  'team:read',
];

export function manifestWith(more: Partial<Manifest> = {}): Manifest {
  return {
    features: {
      slash_commands: [
        { command: '/fleet', description: 'Servers', usage_hint: '[selector]' },
        { command: '/snapshot', description: 'Snapshot', should_escape: true },
      ],
      app_home: { home_tab_enabled: true },
    },
    oauth_config: { scopes: { bot: scopes } },
    settings: { event_subscriptions: { bot_events: ['app_home_opened'] }, interactivity: { is_enabled: true } },
    ...more,
  };
}

/** Expected failures would otherwise fill the screen. */
export const quiet: Logger = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  setLevel: () => {},
  getLevel: () => LogLevel.ERROR,
  setName: () => {},
};

/** Who the bot is, so that Bolt does not ask. */
export const known = { tokenVerificationEnabled: false, botId: bot.id, botUserId: bot.user };

/** A clock that stands until it is moved. */
export function movableClock(at = Date.now()): { now: () => number; move: (ms: number) => void } {
  let time = at;
  return { now: () => time, move: (ms) => void (time += ms) };
}

/** A workspace on a server of its own. */
export async function startWorkspace(options: Partial<SlackOptions> = {}) {
  let url = '';
  const slack = createSlack({ baseUrl: () => `${url}/slack`, now: Date.now, manifest: manifestWith(), ...options });
  const server = createServer((request, response) => slack.handle(request, response));
  server.on('upgrade', (request, socket, head) => slack.upgrade(request, socket, head));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = webClient(`${url}/slack/api/`, sandboxTokens.bot);

  return {
    slack,
    url,
    client,
    webClient: (token: string) => webClient(`${url}/slack/api/`, token),
    /** A call with whatever body and headers; the answer as it came. */
    call: async (method: string, values: Record<string, unknown>, token: string | undefined = sandboxTokens.bot) => {
      const response = await fetch(`${url}/slack/api/${method}`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        },
        body: JSON.stringify(values),
      });
      return { status: response.status, headers: response.headers, body: (await response.json()) as Answer };
    },
    messages: (channel: string, user?: string): readonly Shown[] =>
      (
        slack.messages(new URLSearchParams({ channel, ...(user === undefined ? {} : { user }) })).body as {
          messages: Shown[];
        }
      ).messages,
    workspace: () =>
      slack.workspace() as unknown as {
        connections: number;
        refused: { method: string; error: string; detail?: string }[];
        apiCalls: Record<string, number>;
      },
    stop: async () => {
      await slack.close();
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

export type WorkspaceServer = Awaited<ReturnType<typeof startWorkspace>>;
export type Answer = {
  ok: boolean;
  error?: string;
  ts?: string;
  needed?: string;
  provided?: string;
  errors?: unknown[];
  response_metadata?: { messages?: string[]; next_cursor?: string };
  [key: string]: unknown;
};
export type Shown = {
  ts: string;
  user: string;
  text: string;
  plain: string;
  blocks?: unknown[];
  edited?: unknown;
  thread_ts?: string;
  ephemeral?: boolean;
  to?: string;
  metadata?: unknown;
  reactions: { name: string; users: string[] }[];
  buttons: { action_id: string; text: string; value?: string; style?: string; block_id: string }[];
};

function webClient(slackApiUrl: string, token: string): WebClient {
  return new WebClient(token, {
    slackApiUrl,
    timeout: 10_000,
    rejectRateLimitedCalls: true,
    retryConfig: { retries: 0 },
    logger: quiet,
  });
}

/** The real Bolt, connected by Socket Mode. */
export async function startApp(
  workspace: WorkspaceServer,
  listen: (app: App) => void,
  clientPingTimeout = 200,
): Promise<App> {
  const slackApiUrl = `${workspace.url}/slack/api/`;
  const receiver = new SocketModeReceiver({
    appToken: sandboxTokens.app,
    logger: quiet,
    clientPingTimeout,
    installerOptions: {
      clientOptions: { slackApiUrl, timeout: 10_000, retryConfig: { forever: true, minTimeout: 50, maxTimeout: 200 } },
    },
  });
  const app = new App({
    ...known,
    token: sandboxTokens.bot,
    receiver,
    logger: quiet,
    clientOptions: { slackApiUrl, timeout: 10_000, retryConfig: { retries: 0 } },
  });
  listen(app);
  await app.start();
  return app;
}
