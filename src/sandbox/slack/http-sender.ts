import { createHmac, randomBytes } from 'node:crypto';

import type { Outcome, Request } from './delivery.ts';
import type { Logbook } from './logbook.ts';

/** Gives the app one request by HTTP. Never rejects. */
export type HttpSender = (request: Request) => Promise<Outcome>;

/** How a request may be spoilt on demand. */
export const spoilings = ['bad_signature', 'stale', 'unsigned'] as const;
export type Spoiling = (typeof spoilings)[number];

/** Largest answer that is read, in bytes. */
const largestAnswer = 1_000_000;

/**
 * Signed requests as Slack sends them: commands as a form, interactions as a form with `payload`, events as JSON after
 * the address has once answered a url_verification challenge.
 * Source: https://docs.slack.dev/authentication/verifying-requests-from-slack
 */
export function createHttpSender(of: {
  url: string;
  signingSecret: string;
  now: () => number;
  withinMs: number;
  /** The next request's fault, if one is set. */
  nextSpoiling: () => Spoiling | undefined;
  logbook: Logbook;
}): HttpSender {
  const { url, signingSecret, now, withinMs, nextSpoiling, logbook } = of;
  let verified = false;

  async function send(type: string, body: string, more: Record<string, string> = {}): Promise<Response> {
    const spoilt = nextSpoiling();
    const seconds = String(Math.floor(now() / 1_000) - (spoilt === 'stale' ? 301 : 0));
    const secret = spoilt === 'bad_signature' ? 'another secret' : signingSecret;
    const signature = `v0=${createHmac('sha256', secret).update(`v0:${seconds}:${body}`).digest('hex')}`;
    const signed = { 'x-slack-request-timestamp': seconds, 'x-slack-signature': signature };
    return fetch(url, {
      method: 'POST',
      headers: {
        'content-type': type,
        'user-agent': 'Slackbot 1.0 (sandbox)',
        ...(spoilt === 'unsigned' ? {} : signed),
        ...more,
      },
      body,
      redirect: 'error',
      signal: AbortSignal.timeout(withinMs),
    });
  }
  async function isVerified(): Promise<boolean> {
    if (verified) return true;
    const challenge = randomBytes(16).toString('hex');
    const answer = await send(
      'application/json',
      JSON.stringify({ type: 'url_verification', token: 'sandbox', challenge }),
    );
    verified = answer.ok && (await answer.text()).includes(challenge);
    if (!verified)
      logbook.refused('url_verification', 'challenge_failed', `HTTP ${answer.status} from the request URL`);
    return verified;
  }

  return async (request) => {
    const startedAt = performance.now();
    try {
      if (request.kind === 'events_api' && !(await isVerified())) return { ok: false, error: 'dispatch_failed' };
      const answer = await send(typeOf(request), bodyOf(request), retryHeaders(request));
      const text = (await answer.text()).slice(0, largestAnswer);
      if (answer.ok) return { ok: true, afterMs: Math.round(performance.now() - startedAt), response: read(text) };
      logbook.refused(request.kind, `http_${answer.status}`, 'the request URL refused a delivery');
      const final = answer.headers.get('x-slack-no-retry') === '1';
      return { ok: false, error: answer.status < 500 ? 'http_client_error' : 'http_service_error', final };
    } catch (error) {
      const late = error instanceof Error && error.name === 'TimeoutError';
      return { ok: false, error: late ? 'operation_timeout' : 'dispatch_failed' };
    }
  };
}

function typeOf({ kind }: Request): string {
  return kind === 'events_api' ? 'application/json' : 'application/x-www-form-urlencoded';
}

function bodyOf({ kind, payload }: Request): string {
  if (kind === 'events_api') return JSON.stringify(payload);
  if (kind === 'interactive') return new URLSearchParams({ payload: JSON.stringify(payload) }).toString();
  return new URLSearchParams(Object.entries(payload).map(([name, value]) => [name, String(value)])).toString();
}

function retryHeaders({ retry }: Request): Record<string, string> {
  return retry === undefined ? {} : { 'x-slack-retry-num': String(retry.number), 'x-slack-retry-reason': retry.reason };
}

function read(text: string): unknown {
  if (text.trim() === '') return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
