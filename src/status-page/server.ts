import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

import { keepListening, type Listener } from '#listener.ts';
import type { Clock, Log } from '#ports/clock.ts';
import type { SettingsSource } from '#ports/settings.ts';

import type { Copies, Copy } from './copies.ts';
import { refreshMs, words } from './messages.ts';
import { styleHash } from './style.ts';

/** Bounds on what a crowd may hold open: about 20 KiB of memory for each connection. */
const mostConnections = 1_000;
const mostRequestsOfOne = 200;
const idleMs = 10_000;

/** The public page on a port of its own, while deckhand.yml says so. */
export function serveStatusPage(of: {
  settings: SettingsSource;
  copies: Copies;
  clock: Clock;
  log: Log;
}): Promise<Listener> {
  const { settings, copies } = of;
  settings.onChange(() => copies.drop());
  return keepListening({
    ...of,
    what: 'the status page',
    setting: 'statusPage.port',
    wanted: ({ statusPage }) => statusPage,
    create: () => createStatusServer({ copies, everyMs: () => settings.current().statusPage.everyMs }),
  });
}

/** Answers GET and HEAD from memory; reads no body, keeps nothing of who asks. */
function createStatusServer(of: { copies: Copies; everyMs: () => number }): Server {
  const limits = { headersTimeout: 5_000, requestTimeout: 5_000, keepAliveTimeout: idleMs, maxHeaderSize: 8_192 };
  const server = createServer({ ...limits, connectionsCheckingInterval: 2_000 }, (request, response) => {
    answer(request, response, of).catch(() => say(response, 503, words.notReady));
  });
  server.maxConnections = mostConnections;
  server.maxRequestsPerSocket = mostRequestsOfOne;
  // Also for whoever takes an answer too slowly.
  server.setTimeout(3 * idleMs);
  return server;
}

/** Nothing from anywhere, no script, no frame; the one style by its hash. Source: https://www.w3.org/TR/CSP3/ */
const policy = [
  "default-src 'none'",
  `style-src '${styleHash}'`,
  "img-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const always = {
  'content-security-policy': policy,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
};

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  of: { copies: Copies; everyMs: () => number },
): Promise<void> {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('allow', 'GET, HEAD');
    response.setHeader('connection', 'close');
    return say(response, 405, words.notAllowed);
  }
  const [path = '', query = ''] = (request.url ?? '/').split('?', 2);
  const copy = path.startsWith('/') ? await of.copies.get(path.slice(1)) : undefined;
  if (copy === undefined) return say(response, 404, words.notFound);
  const isPacked = /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?(?:\s*,|\s*$))/.test(request.headers['accept-encoding'] ?? '');
  const etag = `"${copy.etag}${isPacked ? '-gz' : ''}"`;
  const isPage = path === '/';
  const headers = {
    ...always,
    etag,
    vary: 'Accept-Encoding',
    'cache-control': `public, max-age=${Math.max(1, Math.floor(of.everyMs() / 2_000))}`,
    // Without a script; `?refresh=no` for whom it disturbs.
    ...(isPage && query !== 'refresh=no' ? { refresh: String(Math.ceil(refreshMs(of.everyMs()) / 1_000)) } : {}),
    ...(isPage ? {} : { 'access-control-allow-origin': '*' }),
  };
  if (isSame(request.headers['if-none-match'], etag)) {
    response.writeHead(304, headers).end();
    return;
  }
  send(response, request.method, { copy, isPacked, headers });
}

function send(
  response: ServerResponse,
  method: string,
  { copy, isPacked, headers }: { copy: Copy; isPacked: boolean; headers: Record<string, string> },
): void {
  const body = isPacked ? copy.packed : copy.plain;
  response.writeHead(200, {
    ...headers,
    'content-type': copy.type,
    'content-length': body.length,
    ...(isPacked ? { 'content-encoding': 'gzip' } : {}),
  });
  response.end(method === 'HEAD' ? undefined : body);
}

/** Source: RFC 9110, 13.1.2 (weak comparison). */
function isSame(given: string | undefined, etag: string): boolean {
  return (given ?? '').split(',').some((one) => one.trim().replace(/^W\//, '') === etag || one.trim() === '*');
}

function say(response: ServerResponse, status: number, text: string): void {
  if (response.headersSent) return void response.destroy();
  response.writeHead(status, {
    ...always,
    'content-type': 'text/plain; charset=utf-8',
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
    ...(status === 503 ? { 'retry-after': '60' } : {}),
  });
  response.end(text);
}
