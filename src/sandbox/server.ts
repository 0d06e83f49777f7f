import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';

import { Refusal } from '#errors.ts';
import type { Log } from '#ports/clock.ts';

import { loadAssets } from './assets.ts';
import type { Asset } from './assets.ts';
import { createChangeStream } from './change-stream.ts';
import { createControl, send } from './control.ts';
import type { AwsPart, DockerPart, Ec2Part, SlackPart } from './parts.ts';
import type { DemoSite } from './site.ts';

export type SandboxServer = {
  port: number;
  /** `http://127.0.0.1:PORT`, without a slash at the end. */
  url: string;
  /** Ends event streams, sockets and requests, then stops listening. The parts stay open. Idempotent. */
  close: () => Promise<void>;
};

/**
 * One HTTP server on 127.0.0.1 for the whole sandbox: the web page, the make-believe Slack (`/slack/…`, with its
 * WebSocket under `/slack/link`), the make-believe EC2 and the services beside it (`/aws`), a Docker engine (`/docker`), the demo site (`/demo-site`) and the control API
 * (`/sandbox/api/…`). Port 0 takes any free one. Rejects with the system's error when the port is taken.
 *
 * Only requests that name a loopback host are answered, and none that another web site sent: a page on the internet must
 * not reach into the sandbox through the browser.
 */
export async function startSandboxServer(of: {
  port: number;
  ec2: Ec2Part;
  aws: AwsPart;
  docker: DockerPart;
  slack: SlackPart;
  site: DemoSite;
  log: Log;
  /** Where Deckhand serves its public page, when it does. */
  statusPage?: () => string | undefined;
}): Promise<SandboxServer> {
  const { ec2, aws, docker, slack, site, log } = of;
  const changes = createChangeStream();
  ec2.onChange(() => changes.changed('ec2'));
  aws.onChange(() => changes.changed('aws'));
  docker.onChange(() => changes.changed('docker'));
  slack.onChange(() => changes.changed('slack'));
  site.onChange(() => changes.changed('site'));
  const control = createControl({ ec2, aws, docker, slack, site, changes });
  // Read when the page is first asked for, so that scripts without a browser start sooner.
  let assets: Promise<ReadonlyMap<string, Asset>> | undefined;

  async function route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const refused = refusalOf(request);
    if (refused !== undefined) return send(response, { status: 403, body: { error: refused } });
    const url = urlOf(request);
    if (url === undefined)
      return send(response, { status: 400, body: { error: 'That address cannot be read. Check its spelling.' } });
    const path = url.pathname;
    if (path.startsWith('/slack/')) return slack.handle(request, response);
    if (path === '/aws' || path.startsWith('/aws/')) return (aws.takes(request) ? aws : ec2).handle(request, response);
    if (path.startsWith('/docker/')) return docker.handle(request, response);
    if (path === '/status') return sendToStatusPage(response, of.statusPage?.());
    if (path === '/demo-site') return site.handle(request, response);
    if (path.startsWith('/sandbox/api/')) return control(request, response, url);
    assets ??= loadAssets();
    sendPage(request, response, { path, assets: await assets });
  }

  const server = createServer((request, response) => {
    route(request, response).catch((error: unknown) => {
      log.error({ error, path: request.url }, 'sandbox request failed');
      send(response, { status: 500, body: { error: 'The sandbox itself failed; its log says why. Try again.' } });
    });
  });
  server.requestTimeout = 30_000;
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', (error) => log.debug({ error }, 'sandbox socket failed'));
    if (refusalOf(request) !== undefined || !urlOf(request)?.pathname.startsWith('/slack/link')) {
      socket.end('HTTP/1.1 403 Forbidden\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
      return;
    }
    slack.upgrade(request, socket, head);
  });
  const port = await listen(server, of.port);
  const stop = closer(server, () => changes.close());
  return { port, url: `http://127.0.0.1:${port}`, close: stop };
}

/** It has a port of its own, as it always has. */
function sendToStatusPage(response: ServerResponse, url: string | undefined): void {
  if (url !== undefined) {
    response.writeHead(302, { location: url, 'cache-control': 'no-store', 'content-length': 0 }).end();
    return;
  }
  send(response, {
    status: 404,
    body: { error: 'No status page is served: set `statusPage.enabled` in the deckhand.yml in use, or wait a moment.' },
  });
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        new Refusal(
          'bad-input',
          `Port ${port} cannot be opened (${error.code ?? error.message}). Choose another with --port (0 takes any free one), or stop what uses it.`,
        ),
      ),
    );
    server.listen(port, '127.0.0.1', () => {
      server.removeAllListeners('error');
      resolve((server.address() as AddressInfo).port);
    });
  });
}

/** Closes once, however often it is asked. Upgraded sockets are not the server's any more, so they are kept in view here. */
function closer(server: Server, before: () => void): () => Promise<void> {
  const sockets = new Set<Duplex>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  let closing: Promise<void> | undefined;
  return () => {
    closing ??= new Promise((resolve) => {
      before();
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    });
    return closing;
  };
}

const loopback = /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d{1,5})?$/i;

/**
 * Why the request is refused, or undefined. A foreign Host means DNS rebinding, a foreign Origin a page of another site;
 * an Origin must be this very host. Source: https://owasp.org/www-community/attacks/csrf
 */
function refusalOf({ headers }: IncomingMessage): string | undefined {
  const host = headers.host ?? '';
  if (!loopback.test(host)) return 'The sandbox answers only to 127.0.0.1 and localhost. Open it by that name.';
  if (headers.origin !== undefined && headers.origin.toLowerCase() !== `http://${host.toLowerCase()}`)
    return 'The sandbox takes no requests from other web pages. Use its own page, or a program without an Origin header.';
  return undefined;
}

function urlOf({ url, headers }: IncomingMessage): URL | undefined {
  return URL.parse(url ?? '/', `http://${headers.host ?? '127.0.0.1'}`) ?? undefined;
}

/** Scripts, styles and data from this server only; pictures that a message names may come over https. */
const pagePolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' https: data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

function sendPage(
  request: IncomingMessage,
  response: ServerResponse,
  { path, assets }: { path: string; assets: ReadonlyMap<string, Asset> },
): void {
  const name = path === '/' ? 'index.html' : path.startsWith('/assets/') ? path.slice('/assets/'.length) : undefined;
  const asset = name === undefined ? undefined : assets.get(name);
  if (asset === undefined)
    return send(response, {
      status: 404,
      body: { error: 'Nothing is here. The page is at /, the control API under /sandbox/api/ (docs/sandbox.md).' },
    });
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('allow', 'GET, HEAD');
    return send(response, { status: 405, body: { error: `${path} takes GET, not ${request.method}.` } });
  }
  response.writeHead(200, {
    'content-type': asset.type,
    'content-length': asset.body.length,
    'cache-control': 'no-cache',
    'content-security-policy': pagePolicy,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
  });
  response.end(request.method === 'HEAD' ? undefined : asset.body);
}
