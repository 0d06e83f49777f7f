import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

import { keepListening, type Listener } from '#listener.ts';
import type { Clock, Log } from '#ports/clock.ts';
import type { SettingsSource } from '#ports/settings.ts';

import type { Desk } from './desk.ts';
import { Answer, answerPath, helloPath, mostAnswerBytes, pollPath, version } from './protocol.ts';

const mostConnections = 200;
const leastToken = 32;

type Needs = {
  settings: SettingsSource;
  desk: Desk;
  /** A variable of the environment. */
  secrets: (name: string) => string | undefined;
  clock: Clock;
  log: Log;
};

/**
 * Listens for agents on a port of its own while deckhand.yml names any. A port that is taken is tried again: checks go on,
 * unconfirmed.
 */
export function serveAgents(needs: Needs): Promise<Listener> {
  return keepListening({
    ...needs,
    what: 'the place where agents ask for work',
    setting: 'vantage.port',
    wanted: ({ vantage }) => ({ ...vantage, enabled: vantage.agents.length > 0 }),
    create: () => createHub(needs),
  });
}

function createHub(needs: Needs): Server {
  const limits = { headersTimeout: 5_000, requestTimeout: 10_000, keepAliveTimeout: 40_000, maxHeaderSize: 8_192 };
  const server = createServer({ ...limits, connectionsCheckingInterval: 2_000 }, (request, response) => {
    answer(request, response, needs).catch((error: unknown) => {
      needs.log.warn({ err: error }, 'an agent could not be answered');
      say(response, 500, 'Something broke; try again.');
    });
  });
  server.maxConnections = mostConnections;
  return server;
}

/** Nothing is read of, or kept for, whoever shows no token. */
async function answer(request: IncomingMessage, response: ServerResponse, needs: Needs): Promise<void> {
  const { desk } = needs;
  const name = agentOf(request.headers.authorization, needs);
  if (name === undefined)
    return say(
      response,
      401,
      'The token is unknown here. Compare DECKHAND_TOKEN with the variable that vantage.agents of deckhand.yml names.',
    );
  if (request.method === 'POST' && (request.url === pollPath || request.url === helloPath)) {
    request.resume();
    const waits = request.url === pollPath;
    const jobs = await desk.take(name, { waits, gone: (act) => void response.once('close', act) });
    return say(response, 200, { jobs });
  }
  if (request.method === 'POST' && request.url === answerPath) {
    const read = Answer.safeParse(await bodyOf(request));
    if (!read.success) return say(response, 400, 'That is no answer. Run the same version of Deckhand on both sides.');
    const { id, look } = read.data;
    return desk.answer(id, name, look) ? say(response, 204) : say(response, 410, 'Nobody waits for this any more.');
  }
  const isOther = /^\/vantage\/\d+\//.test(request.url ?? '') && !request.url?.startsWith(`/vantage/${version}/`);
  if (isOther)
    return say(
      response,
      426,
      `This Deckhand speaks version ${version} with its agents. Run the same version of Deckhand on both sides.`,
    );
  say(response, 404, `Only agents are answered here: ${pollPath}, ${answerPath}.`);
}

/** Whose token this is. Compares with all of them, in the same time whatever is right of it. */
function agentOf(header: string | undefined, { settings, secrets }: Needs): string | undefined {
  const given = digest(/^Bearer (\S+)$/.exec(header ?? '')?.[1] ?? '');
  let found: string | undefined;
  for (const { name, variable } of settings.current().vantage.agents) {
    const token = secrets(variable)?.trim() ?? '';
    if (timingSafeEqual(given, digest(token)) && token.length >= leastToken) found = name;
  }
  return found;
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > mostAnswerBytes) return undefined;
    parts.push(part);
  }
  try {
    return JSON.parse(Buffer.concat(parts).toString());
  } catch {
    return undefined;
  }
}

function say(response: ServerResponse, status: number, body?: object | string): void {
  if (response.headersSent || response.destroyed) return void response.destroy();
  const text = body === undefined ? '' : JSON.stringify(typeof body === 'string' ? { error: body } : body);
  response.writeHead(status, {
    ...(status === 204 ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
    'cache-control': 'no-store',
    ...(status >= 400 ? { connection: 'close' } : {}),
  });
  response.end(text);
}
