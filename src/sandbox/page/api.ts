/// <reference lib="dom" />
import { object, text } from './reading.ts';

/** What the sandbox answered. `error` is set when it refused or could not be reached, in words for a person. */
export type Answer = { body: Readonly<Record<string, unknown>>; error?: string };

/** Ms after which a request is given up. Longer than Slack's three seconds and the slowest fault. */
const giveUpMs = 20_000;

/** `GET /sandbox/api/PATH`. Never throws. */
export function get(path: string): Promise<Answer> {
  return call(path, {});
}

/** `POST /sandbox/api/PATH` with a JSON body. Never throws. */
export function post(path: string, body: object): Promise<Answer> {
  return call(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
}

/** What Slack's own client would say about the app's answer. */
const failures: Readonly<Record<string, string>> = {
  operation_timeout: 'Deckhand did not answer within Slack’s three seconds. Is it still running?',
  dispatch_failed: 'Deckhand is not connected, so nobody was asked. Start it, then try again.',
  invalid_command_response: 'Deckhand answered with something that Slack refuses. See “Slack refused” on the right.',
};

async function call(path: string, request: RequestInit): Promise<Answer> {
  try {
    const response = await fetch(`/sandbox/api/${path}`, { ...request, signal: AbortSignal.timeout(giveUpMs) });
    const body = object(await response.json());
    if (response.ok && body['error'] === undefined) return { body };
    return {
      body,
      error:
        failures[text(body['error'])] ??
        (text(body['error']) || `The sandbox answered ${response.status}. Look at its log.`),
    };
  } catch (error) {
    const late = error instanceof DOMException && error.name === 'TimeoutError';
    return {
      body: {},
      error: late
        ? 'The sandbox did not answer in time. Look at its log, then try again.'
        : 'The sandbox cannot be reached. Is it still running? Start it again with npm run sandbox.',
    };
  }
}
