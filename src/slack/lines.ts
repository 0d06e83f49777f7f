import type { Server } from 'node:http';

import { type CustomRoute, HTTPReceiver, SocketModeReceiver } from '@slack/bolt';

import { Refusal } from '#errors.ts';
import type { Clock, Log } from '#ports/clock.ts';

import { createConnection } from './connection.ts';
import { arrival } from './listen.ts';
import type { boltLogger } from './logger.ts';

/** Longest call to Slack, and longest a request of Slack's may take to arrive. */
export const callWithinMs = 10_000;
/** For requests under way when it stops. */
const closeWithinMs = 2_000;

/** How Slack's requests arrive. */
export type Line = {
  receiver: SocketModeReceiver | HTTPReceiver;
  start: () => Promise<void>;
  stop: () => Promise<void>;
  isUp: () => boolean;
};
type LineNeeds = {
  logger: ReturnType<typeof boltLogger>;
  options: { clock: Clock; log: Log; port: number; host: string; figures?: () => object; onLost: () => void };
};

/** Options of its own: Bolt would write the socket's retry policy into those of the listeners. */
export function socketLine(appToken: string, { address, logger, options }: LineNeeds & { address: object }): Line {
  const receiver = new SocketModeReceiver({
    appToken,
    logger,
    autoReconnectEnabled: false,
    customPropertiesExtractor: () => arrival(options.clock),
    installerOptions: {
      clientOptions: { ...address, timeout: callWithinMs, retryConfig: { retries: 0 }, rejectRateLimitedCalls: true },
    },
  });
  const { clock, log, onLost } = options;
  return { receiver, ...createConnection({ client: receiver.client, clock, log, onLost }) };
}

/** The signature of every request is checked by Bolt; it cannot be switched off here. */
export function httpLine(signingSecret: string, { logger, options }: LineNeeds): Line {
  let server: Server | undefined;
  const isUp = () => server !== undefined;
  const health: CustomRoute = {
    path: '/healthz',
    method: 'GET',
    handler: (_request, response) => {
      response.writeHead(isUp() ? 200 : 503, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ ok: isUp(), ...options.figures?.() }));
    },
  };
  const receiver = new HTTPReceiver({
    signingSecret,
    logger,
    endpoints: '/slack/events',
    customRoutes: [health],
    customPropertiesExtractor: () => arrival(options.clock),
  });
  async function start(): Promise<void> {
    const { port, host } = options;
    const listening = await receiver.start({ port, host }, { requestTimeout: callWithinMs }).catch((error: unknown) => {
      const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
      const text = `Port ${port} on ${host} cannot be opened (${code}). Set PORT to a free one, or stop what uses it.`;
      throw new Refusal('bad-input', text, {}, { cause: error });
    });
    server = listening;
  }
  async function stop(): Promise<void> {
    const closing = server;
    if (closing === undefined) return;
    server = undefined;
    const forced = options.clock.after(closeWithinMs, () => closing.closeAllConnections());
    await receiver.stop();
    forced();
  }
  return { receiver, start, stop, isUp };
}
