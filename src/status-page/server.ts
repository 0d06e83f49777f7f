import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import type { Cancel, Clock, Log } from '#ports/clock.ts';
import type { SettingsSource, StatusPageSettings } from '#ports/settings.ts';

import type { Copies, Copy } from './copies.ts';
import { refreshMs, words } from './messages.ts';
import { styleHash } from './style.ts';

export type StatusServer = {
  /** Where it listens; undefined while it does not. */
  url: () => string | undefined;
  close: () => Promise<void>;
};

/** How soon a port that could not be opened is tried again. */
const againMs = 30_000;
/** Bounds on what a crowd may hold open: about 20 KiB of memory for each connection. */
const mostConnections = 1_000;
const mostRequestsOfOne = 200;
const idleMs = 10_000;

/**
 * The public page on a port of its own, while deckhand.yml says so; follows its changes. It never hurts the rest: a port
 * that is taken is logged and tried again. Resolves after the first try.
 */
export async function serveStatusPage(of: {
  settings: SettingsSource;
  copies: Copies;
  clock: Clock;
  log: Log;
}): Promise<StatusServer> {
  const { settings, copies, clock, log } = of;
  let open: { server: Server; at: string } | undefined;
  let cancel: Cancel = () => {};
  let closed = false;
  /** One change after the other. */
  let last = follow(settings.current().statusPage);
  settings.onChange(({ statusPage }) => {
    copies.drop();
    last = last.then(() => follow(statusPage));
  });

  async function follow(wanted: StatusPageSettings): Promise<void> {
    cancel();
    const at = `${wanted.host} ${wanted.port}`;
    if (open !== undefined && (closed || !wanted.enabled || open.at !== at)) await end();
    if (closed || !wanted.enabled || open !== undefined) return;
    const server = createStatusServer({ copies, everyMs: () => settings.current().statusPage.everyMs });
    try {
      await listen(server, wanted);
      open = { server, at };
      server.on('error', (error) => log.warn({ err: error }, 'the status page has trouble with its port'));
      log.info({ url: urlOf(server) }, 'the status page is served');
    } catch (error) {
      const { host, port } = wanted;
      log.error(
        { err: error, host, port },
        'the status page has no port: set statusPage.port to a free one, or stop what uses it; trying again',
      );
      cancel = clock.after(againMs, () => {
        last = last.then(() => follow(settings.current().statusPage));
      });
    }
  }

  async function end(): Promise<void> {
    const { server } = open ?? {};
    open = undefined;
    await new Promise<void>((resolve) => {
      if (server === undefined) return resolve();
      server.close(() => resolve());
      server.closeAllConnections();
    });
  }

  await last;
  return {
    url: () => (open === undefined ? undefined : urlOf(open.server)),
    async close() {
      closed = true;
      cancel();
      await last;
      cancel();
      await end();
    },
  };
}

function listen(server: Server, { host, port }: StatusPageSettings): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.removeListener('error', reject);
      resolve();
    });
  });
}

function urlOf(server: Server): string {
  const { address, family, port } = server.address() as AddressInfo;
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}/`;
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
