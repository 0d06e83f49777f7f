import { type SocketModeReceiver, webApi } from '@slack/bolt';

import { Refusal } from '#errors.ts';
import type { Cancel, Clock, Log } from '#ports/clock.ts';

type Needs = { client: SocketModeReceiver['client']; clock: Clock; log: Log; onLost: () => void };
export type Connection = {
  /** Resolves with the first connection. Throws Refusal when Slack refuses the token, or is away for `lostAfterMs`. */
  start: () => Promise<void>;
  /** Safe to repeat; at most about 2 s. */
  stop: () => Promise<void>;
  isUp: () => boolean;
};

/** After this time without a socket it is told in the log; Slack itself refreshes connections within seconds. */
const lostAfterMs = 120_000;
/** From the request for an address to Slack's hello. */
const helloWithinMs = 30_000;
/** A connection that lived this long was a good one: the next attempt follows at once. */
const goodAfterMs = 10_000;
const longestPauseMs = 30_000;
const closeWithinMs = 2_000;

/** Slack's answers to apps.connections.open that no repetition changes.
 *  Source: https://docs.slack.dev/reference/methods/apps.connections.open */
const refusals = new Set([
  'not_authed',
  'invalid_auth',
  'token_revoked',
  'token_expired',
  'account_inactive',
  'not_allowed_token_type',
  'user_removed_from_team',
  'team_disabled',
]);

/**
 * Keeps one Socket Mode connection, for ever: after a refresh at once, after failures with pauses up to 30 s. The SDK's
 * own reconnect is switched off: it pauses 5 s at every refresh, and drops the rejection of a refused token, which ends
 * the process. `onLost` is called once, when Slack no longer takes the
 * token, or could not be reached at all for the first 2 min.
 */
export function createConnection({ client, clock, log, onLost }: Needs): Connection {
  let up = false;
  let wasUp = false;
  let stopped = false;
  let cancelWatch: Cancel = () => undefined;
  const first = Promise.withResolvers<void>();
  client.on('connected', () => {
    if (stopped) return;
    up = true;
    wasUp = true;
    cancelWatch();
    log.info({}, 'connected to Slack');
    first.resolve();
  });
  client.on('disconnected', () => {
    if (!up) return;
    up = false;
    if (stopped) return;
    log.info({}, 'the connection to Slack ended');
    watch();
  });

  function watch(): void {
    cancelWatch();
    cancelWatch = clock.after(lostAfterMs, () => {
      if (wasUp) {
        log.error({ forMs: lostAfterMs }, 'Slack is away; trying on, and whatever needs no Slack goes on');
        return watch();
      }
      giveUp(
        new Refusal(
          'not-here',
          'Slack could not be reached for 2 minutes. Check the network, the proxy and SLACK_API_URL, then start again.',
        ),
      );
    });
  }

  function giveUp(why: Refusal): void {
    if (stopped) return;
    stopped = true;
    cancelWatch();
    log.error({ reason: why.message }, 'the connection to Slack is lost');
    first.reject(why);
    onLost();
  }

  async function keep(): Promise<void> {
    let failures = 0;
    while (!stopped) {
      const outcome = await connectOnce();
      if (outcome.kind === 'refused') return giveUp(outcome.why);
      failures = outcome.livedMs >= goodAfterMs ? 0 : failures + 1;
      const pauseMs = failures === 0 ? 0 : Math.min(longestPauseMs, 250 * 2 ** Math.min(failures, 10));
      if (pauseMs > 0 && !stopped) await clock.sleep(pauseMs);
    }
  }

  /** One connection from its beginning to its end. */
  async function connectOnce(): Promise<{ kind: 'refused'; why: Refusal } | { kind: 'ended'; livedMs: number }> {
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    client.once('disconnected', end);
    const cancel = clock.after(helloWithinMs, () => void client.disconnect());
    try {
      await client.start();
    } catch (error) {
      client.off('disconnected', end);
      const why = refusalOf(error);
      return why === undefined ? { kind: 'ended', livedMs: 0 } : { kind: 'refused', why };
    } finally {
      cancel();
    }
    if (stopped) await close();
    const connectedAt = clock.monotonic();
    await ended;
    return { kind: 'ended', livedMs: clock.monotonic() - connectedAt };
  }

  function refusalOf(error: unknown): Refusal | undefined {
    const reason = error instanceof webApi.WebAPIPlatformError ? error.data.error : undefined;
    if (reason === undefined || !refusals.has(reason)) {
      log.warn({ reason: reason ?? nameOf(error) }, 'no connection to Slack yet; trying again');
      return undefined;
    }
    return new Refusal(
      'not-here',
      `Slack no longer accepts SLACK_APP_TOKEN (${reason}). Make a new one with the scope connections:write at https://api.slack.com/apps > your app > Basic Information > App-Level Tokens, then start again.`,
      { reason },
    );
  }

  async function start(): Promise<void> {
    watch();
    keep().catch((error: unknown) => log.error({ err: error }, 'the connection to Slack is no longer kept'));
    return first.promise;
  }

  async function stop(): Promise<void> {
    stopped = true;
    cancelWatch();
    up = false;
    first.resolve();
    await close();
  }

  async function close(): Promise<void> {
    await Promise.race([client.disconnect(), clock.sleep(closeWithinMs)]);
  }
  return { start, stop, isUp: () => up };
}

/** Of errors only the name: their words can hold the socket's address, which is a key. */
function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : 'closed before hello';
}
