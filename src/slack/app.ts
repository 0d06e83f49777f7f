import { App, type AppOptions, type CustomRoute, HTTPReceiver, SocketModeReceiver, webApi } from '@slack/bolt';

import type { Chat, Inbound } from '#ports/chat.ts';
import type { Clock, Log } from '#ports/clock.ts';

import { createChat } from './chat.ts';
import { checkAppToken, identify } from './identity.ts';
import { listen } from './listen.ts';
import { boltLogger } from './logger.ts';

export type SlackOptions = {
  botToken: string;
  apiUrl: string | undefined;
  connection: { kind: 'socket'; appToken: string } | { kind: 'http'; signingSecret: string };
  /** HTTP mode: where Slack's requests (`/slack/events`) and `/healthz` arrive. */
  port: number;
  host: string;
  commandPrefix: string;
  /** Direct commands without slash and prefix. */
  commands: readonly string[];
  clock: Clock;
  log: Log;
  /** The socket was away for `lostAfterMs`: a supervisor should restart the process. */
  onLost: () => void;
  editGapMs?: number;
};
export type Slack = {
  chat: Chat;
  start: (inbound: Inbound) => Promise<void>;
  stop: () => Promise<void>;
  isConnected: () => boolean;
};

/** Longest time without a socket; Slack itself refreshes connections within seconds. */
const lostAfterMs = 120_000;

/** Slack on real Bolt. Throws Refusal when a token is wrong, naming the variable and where to get it. */
export async function createSlack(options: SlackOptions): Promise<Slack> {
  const { clock, log, connection } = options;
  const logger = boltLogger(log);
  const address = options.apiUrl === undefined ? {} : { slackApiUrl: options.apiUrl };
  const clientOptions: webApi.WebClientOptions = {
    ...address,
    timeout: 10_000,
    retryConfig: { retries: 2, minTimeout: 500, maxTimeout: 3_000 },
    logger,
  };
  const me = await identify({ botToken: options.botToken, clientOptions });
  if (connection.kind === 'socket') await checkAppToken({ appToken: connection.appToken, clientOptions });

  const socket = createSocketState(clock, options.onLost);
  const receiver =
    connection.kind === 'socket'
      ? socketReceiver(connection.appToken, address, logger)
      : httpReceiver(connection.signingSecret, logger, socket.isUp);
  if (receiver instanceof SocketModeReceiver) {
    receiver.client.on('connected', socket.up);
    for (const event of ['disconnected', 'reconnecting', 'close']) receiver.client.on(event, socket.down);
  }
  const appOptions: AppOptions = {
    token: options.botToken,
    tokenVerificationEnabled: false,
    botId: me.botId,
    botUserId: me.botUserId,
    receiver,
    clientOptions,
    logger,
  };
  const app = new App(appOptions);
  const chat = createChat({
    ...options,
    teamId: me.teamId,
    enterpriseId: me.enterpriseId,
    logger,
    isConnected: socket.isUp,
  });

  async function start(inbound: Inbound): Promise<void> {
    listen(app, { inbound, chat, clock, log, prefix: options.commandPrefix, commands: options.commands });
    if (connection.kind === 'socket') await app.start();
    else await app.start({ port: options.port, host: options.host });
    socket.up();
    log.info({ team: me.teamName }, 'connected to Slack');
  }

  async function stop(): Promise<void> {
    socket.stop();
    await app.stop();
  }
  return { chat, start, stop, isConnected: socket.isUp };
}

/** Its own retry policy: it must never give up, while a listener's calls must do so soon. */
function socketReceiver(
  appToken: string,
  address: { slackApiUrl?: string },
  logger: ReturnType<typeof boltLogger>,
): SocketModeReceiver {
  const retryConfig = { forever: true, minTimeout: 1_000, factor: 2, maxTimeout: 30_000, randomize: true };
  return new SocketModeReceiver({
    appToken,
    logger,
    installerOptions: { clientOptions: { ...address, timeout: 10_000, retryConfig } },
  });
}

/** The signature of every request is checked by Bolt; it cannot be switched off here. */
function httpReceiver(signingSecret: string, logger: ReturnType<typeof boltLogger>, isUp: () => boolean): HTTPReceiver {
  const health: CustomRoute = {
    path: '/healthz',
    method: 'GET',
    handler: (_request, response) => {
      response.writeHead(isUp() ? 200 : 503, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ ok: isUp() }));
    },
  };
  return new HTTPReceiver({ signingSecret, logger, endpoints: '/slack/events', customRoutes: [health] });
}

function createSocketState(clock: Clock, onLost: () => void) {
  let up = false;
  let cancel: () => void = () => undefined;
  return {
    isUp: () => up,
    up: () => {
      cancel();
      up = true;
    },
    down: () => {
      if (!up) return;
      up = false;
      cancel = clock.after(lostAfterMs, onLost);
    },
    stop: () => {
      cancel();
      up = false;
    },
  };
}
