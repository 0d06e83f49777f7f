import { App, type webApi } from '@slack/bolt';

import type { Chat, Inbound } from '#ports/chat.ts';
import type { Clock, Log } from '#ports/clock.ts';

import { createChat } from './chat.ts';
import { checkAppToken, identify, type Identity } from './identity.ts';
import { callWithinMs, httpLine, socketLine } from './lines.ts';
import { listen } from './listen.ts';
import { boltLogger } from './logger.ts';
import { createNaming } from './naming.ts';

export type SlackOptions = {
  botToken: string;
  apiUrl: string | undefined;
  connection: { kind: 'socket'; appToken: string } | { kind: 'http'; signingSecret: string };
  /** HTTP mode: what `/healthz` says beside `ok`. */
  figures?: () => object;
  /** HTTP mode: where Slack's requests (`/slack/events`) and `/healthz` arrive. */
  port: number;
  host: string;
  commandPrefix: string;
  /** Direct commands without slash and prefix. */
  commands: readonly string[];
  clock: Clock;
  log: Log;
  /** Slack was away for 2 min, or no longer takes a token: a supervisor should restart the process. Called once. */
  onLost: () => void;
  editGapMs?: number;
  /** What Slack said of this token at an earlier start, and where to keep what it says now. */
  identity?: { known: Identity | undefined; keep: (identity: Identity) => Promise<void> };
};
export type Slack = {
  chat: Chat;
  start: (inbound: Inbound) => Promise<void>;
  stop: () => Promise<void>;
  isConnected: () => boolean;
};

/** Every call has an end, `respond` included, for which Bolt knows no time-out. */
const boundedFetch: NonNullable<webApi.WebClientOptions['fetch']> = (url, init) =>
  fetch(url, { ...init, signal: init?.signal ?? AbortSignal.timeout(callWithinMs) });

/** Slack on real Bolt. Throws Refusal when a token is wrong, naming the variable and where to get it. */
export async function createSlack(options: SlackOptions): Promise<Slack> {
  const { clock, log, connection } = options;
  const onLost = once(options.onLost);
  const logger = boltLogger(log);
  const address = options.apiUrl === undefined ? {} : { slackApiUrl: options.apiUrl };
  // A listener answers a waiting person: no pause for a rate limit, no repetition that comes after the 3 s of a trigger.
  const clientOptions: webApi.WebClientOptions = {
    ...address,
    timeout: callWithinMs,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    fetch: boundedFetch,
    logger,
  };
  const patient = { ...clientOptions, retryConfig: { retries: 2, minTimeout: 500, maxTimeout: 3_000 } };
  const known = options.identity?.known;
  const me = await identify({ botToken: options.botToken, clientOptions: patient, known });
  if (me === known) log.warn({}, 'Slack cannot be reached; starting with what is known, and trying on');
  else await options.identity?.keep(me);
  if (connection.kind === 'socket') await checkAppToken({ appToken: connection.appToken, clientOptions: patient });

  const line =
    connection.kind === 'socket'
      ? socketLine(connection.appToken, { address, logger, options: { ...options, onLost } })
      : httpLine(connection.signingSecret, { logger, options });
  const app = new App({
    token: options.botToken,
    tokenVerificationEnabled: false,
    botId: me.botId,
    botUserId: me.botUserId,
    receiver: line.receiver,
    convoStore: false,
    clientOptions,
    logger,
  });
  const chat = createChat({
    ...options,
    named: createNaming(options.commandPrefix, options.commands),
    teamId: me.teamId,
    logger,
    isConnected: line.isUp,
    onTokenRefused: once(() => {
      log.error({}, 'Slack no longer takes SLACK_BOT_TOKEN; copy the new one into .env');
      onLost();
    }),
  });

  async function start(inbound: Inbound): Promise<void> {
    listen(app, {
      inbound,
      chat,
      clock,
      log,
      prefix: options.commandPrefix,
      commands: options.commands,
      teamId: me.teamId,
      enterpriseId: me.enterpriseId,
    });
    await line.start();
    log.info({ team: me.teamName }, 'listening to Slack');
  }
  return { chat, start, stop: line.stop, isConnected: line.isUp };
}

function once(act: () => void): () => void {
  let done = false;
  return () => {
    if (!done) act();
    done = true;
  };
}
