import type { IncomingMessage, ServerResponse } from 'node:http';

import type { ChangeStream } from './change-stream.ts';
import type { AwsPart, ControlAnswer, DockerPart, Ec2Part, SlackPart } from './parts.ts';
import type { DemoSite } from './site.ts';

/** What the control API works on. */
export type ControlWorld = {
  ec2: Ec2Part;
  aws: AwsPart;
  docker: DockerPart;
  slack: SlackPart;
  site: DemoSite;
  changes: ChangeStream;
};

/** One route: a method and either an answer made from the query, or one made from a JSON body. */
type Route =
  | { method: 'GET'; answer: (query: URLSearchParams) => ControlAnswer }
  | { method: 'POST'; answer: (input: unknown) => ControlAnswer | Promise<ControlAnswer> };

/** Largest JSON body, in bytes. A view with every limit used stays below 250 kB.
 *  Source: https://docs.slack.dev/reference/views */
const largestBody = 1_000_000;

/** The routes under `/sandbox/api/`, as docs/sandbox.md describes them. */
function routesOf({ ec2, aws, docker, slack, site }: ControlWorld): Readonly<Record<string, readonly Route[]>> {
  return {
    commands: [{ method: 'POST', answer: slack.commands }],
    messages: [{ method: 'GET', answer: slack.messages }],
    actions: [{ method: 'POST', answer: slack.actions }],
    suggest: [{ method: 'POST', answer: slack.suggest }],
    views: [{ method: 'GET', answer: slack.views }],
    'views/submit': [{ method: 'POST', answer: slack.submit }],
    'views/close': [{ method: 'POST', answer: slack.closeView }],
    home: [{ method: 'GET', answer: slack.home }],
    'home/open': [{ method: 'POST', answer: slack.openHome }],
    workspace: [{ method: 'GET', answer: () => ({ status: 200, body: slack.workspace() }) }],
    ec2: [{ method: 'GET', answer: (query) => ({ status: 200, body: ec2.dump(placeOf(query)) }) }],
    aws: [{ method: 'GET', answer: (query) => ({ status: 200, body: aws.dump(placeOf(query)) }) }],
    docker: [{ method: 'GET', answer: () => ({ status: 200, body: docker.dump() }) }],
    faults: [{ method: 'POST', answer: (input) => applyFaults(input, { ec2, aws, docker, slack, site }) }],
    site: [
      { method: 'GET', answer: () => ({ status: 200, body: site.state() }) },
      { method: 'POST', answer: site.set },
    ],
  };
}

/**
 * Answers `/sandbox/api/…`. Bad JSON 400, unknown route 404, wrong method 405 with `allow`, body over 1 MB 413, each with
 * `{ error }` that names the next move. Throws only what a part throws.
 */
export function createControl(
  world: ControlWorld,
): (request: IncomingMessage, response: ServerResponse, url: URL) => Promise<void> {
  const routes = routesOf(world);
  return async (request, response, url) => {
    const name = url.pathname.slice('/sandbox/api/'.length).replace(/\/$/, '');
    if (name === 'events' && request.method === 'GET') return world.changes.join(response);
    const found = name === 'events' ? [] : Object.hasOwn(routes, name) ? routes[name] : undefined;
    if (found === undefined) return send(response, noSuchRoute(routes));
    const route = found.find(({ method }) => method === request.method);
    if (route === undefined) {
      const allowed = name === 'events' ? ['GET'] : found.map(({ method }) => method);
      response.setHeader('allow', allowed.join(', '));
      return send(response, {
        status: 405,
        body: { error: `/sandbox/api/${name} takes ${allowed.join(' and ')}, not ${request.method}.` },
      });
    }
    if (route.method === 'GET') return send(response, route.answer(url.searchParams));
    const body = await readBody(request);
    if (!body.ok) return send(response, body.answer);
    send(response, await route.answer(body.value));
  };
}

function placeOf(query: URLSearchParams) {
  return { account: query.get('account') ?? undefined, region: query.get('region') ?? undefined };
}

/** Writes an answer as JSON. */
export function send(response: ServerResponse, { status, body }: ControlAnswer): void {
  const text = `${JSON.stringify(body)}\n`;
  if (response.headersSent || response.destroyed) return;
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
  });
  response.end(text);
}

function noSuchRoute(routes: Readonly<Record<string, unknown>>): ControlAnswer {
  const names = [...Object.keys(routes), 'events'].map((name) => `/sandbox/api/${name}`);
  return { status: 404, body: { error: `There is no such route. The control API has ${names.join(', ')}.` } };
}

type Body = { ok: true; value: unknown } | { ok: false; answer: ControlAnswer };

async function readBody(request: IncomingMessage): Promise<Body> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= largestBody) chunks.push(chunk);
  }
  if (size > largestBody) return refuse(413, `The body is over ${largestBody} bytes. Send a smaller JSON object.`);
  try {
    return { ok: true, value: JSON.parse(Buffer.concat(chunks).toString('utf8')) };
  } catch {
    return refuse(400, 'The body is not JSON. Send a JSON object, as docs/sandbox.md shows for every route.');
  }
}

function refuse(status: number, error: string): Body {
  return { ok: false, answer: { status, body: { error } } };
}

const faultExample = 'for example {"ec2":{…}} or {"slack":{…}}; docs/sandbox.md lists all faults';

/** Hands each part its faults; the answer holds each part's own answer and the worst of their statuses. */
function applyFaults(input: unknown, of: Omit<ControlWorld, 'changes'>): ControlAnswer {
  const { ec2, aws, docker, slack, site } = of;
  const parts = {
    ec2: ec2.faults,
    aws: aws.faults,
    docker: docker.faults,
    slack: slack.faults,
    site: site.set,
  };
  if (typeof input !== 'object' || input === null || Array.isArray(input))
    return { status: 400, body: { error: `Faults must be a JSON object, ${faultExample}.` } };
  const asked = Object.entries(input);
  const unknown = asked.find(([name]) => !Object.hasOwn(parts, name));
  if (unknown !== undefined || asked.length === 0)
    return { status: 400, body: { error: `Name ec2, aws, docker, slack or site, ${faultExample}.` } };
  const answers = asked.map(([name, faults]) => [name, parts[name as keyof typeof parts](faults)] as const);
  const failed = answers.find(([, { status }]) => status >= 400);
  return {
    status: failed?.[1].status ?? 200,
    body: {
      ...(failed === undefined ? {} : { error: errorOf(failed[1].body) }),
      ...Object.fromEntries(answers.map(([name, { body }]) => [name, body])),
    },
  };
}

function errorOf(body: unknown): unknown {
  return typeof body === 'object' && body !== null && 'error' in body ? body.error : 'The fault was refused.';
}
