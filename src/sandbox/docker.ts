import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';

import { z } from 'zod';

import { Refusal } from '#errors.ts';
import { matcher } from '#sandbox/ec2/filters.ts';
import { createNotifier } from '#sandbox/ec2/notifier.ts';
import { openKeptFile } from '#sandbox/kept-file.ts';
import { createWaits, troubled } from '#sandbox/troubled.ts';
import { createTroubles, Injections, setTroubles } from '#sandbox/troubles.ts';

import type { ControlAnswer, DockerPart } from './parts.ts';

/** The API versions of Docker 29. Source: https://docs.docker.com/reference/api/engine/#versions-of-the-api-and-sdk */
const newest = 52;
const oldest = 44;
/** Ms that a container takes to stop and start. A plausible value. */
const restarting = 1_000;

const Container = z.object({
  id: z.string(),
  name: z.string(),
  image: z.string(),
  labels: z.record(z.string(), z.string()),
  running: z.boolean(),
  healthy: z.boolean(),
  startedAt: z.number(),
  finishedAt: z.number().nullable(),
  exitCode: z.int(),
});
type Container = z.infer<typeof Container>;
const State = z.object({ version: z.literal(1), containers: z.array(Container) });

const word = z.string().min(1);
const Faults = z.strictObject({
  ...Injections,
  kill: word.optional(),
  unhealthy: word.optional(),
  failRestarts: z.int().min(0).max(1_000).optional(),
  clear: z.literal(true).optional(),
  reset: z.literal(true).optional(),
});

export type DockerOptions = {
  now: () => number;
  /** Docker's delays are divided by it. */
  speed: number;
  /** Everything but faults is kept there. */
  stateFile?: string | undefined;
  /** A container was started anew. */
  restarted?: (name: string) => void;
};

class DockerProblem extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = 'DockerProblem';
    this.status = status;
  }
}

/** What a call is, for faults, and what it does. `afterMs`: it takes so long to answer. */
type Act = { action: string; name: string; work: () => { status: number; body?: unknown; afterMs?: number } };

/**
 * A make-believe Docker engine with the container of the demo site, over TCP under `/docker`: list, inspect and restart.
 * Throws Refusal "bad-input" for an unreadable state file.
 */
export function createDocker({ now, speed, stateFile, restarted = () => {} }: DockerOptions): DockerPart {
  let containers = readState(stateFile) ?? firstContainers(now());
  let failRestarts = 0;
  const file = openKeptFile(stateFile, () => JSON.stringify({ version: 1, containers }));
  const notifier = createNotifier(() => undefined);
  const troubles = createTroubles({ service: 'docker', statusOf: () => 500 });
  const waits = createWaits();
  const calls: Record<string, number> = {};

  function changed(): void {
    file.save();
    notifier.changed();
  }

  function find(name: string): Container {
    const found = containers.find((one) => one.name === name || (name.length >= 12 && one.id.startsWith(name)));
    if (found === undefined) throw new DockerProblem(404, `No such container: ${name}`);
    return found;
  }

  function restart(name: string): { status: number; afterMs: number } {
    const container = find(name);
    const fails = failRestarts > 0;
    if (fails) failRestarts -= 1;
    container.finishedAt = now();
    Object.assign(container, fails ? { running: false, exitCode: 128 } : started(now()));
    changed();
    if (fails)
      throw new DockerProblem(500, `Cannot restart container ${name}: driver failed programming external connectivity`);
    restarted(container.name);
    return { status: 204, afterMs: restarting / speed };
  }

  function actFor(method: string, url: URL): Act {
    const path = url.pathname.replace(/^\/docker/, '');
    if (path === '/_ping') return { action: 'ping', name: '', work: () => ({ status: 200, body: 'OK' }) };
    const [, minor, rest = ''] = /^\/v1\.(\d+)(\/.*)$/.exec(path) ?? [];
    const [, name = '', what] = /^\/containers\/([^/]+)\/(json|restart)$/.exec(rest) ?? [];
    const checked =
      (work: Act['work']): Act['work'] =>
      () => {
        checkVersion(Number(minor ?? newest));
        return work();
      };
    if (method === 'GET' && rest === '/containers/json')
      return { action: 'list', name: '', work: checked(() => ({ status: 200, body: listed(containers, url) })) };
    if (method === 'GET' && what === 'json')
      return { action: 'inspect', name, work: checked(() => ({ status: 200, body: inspected(find(name)) })) };
    if (method === 'POST' && what === 'restart') return { action: 'restart', name, work: checked(() => restart(name)) };
    return {
      action: 'unknown',
      name: '',
      work: () => {
        throw new DockerProblem(404, 'page not found');
      },
    };
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    request.resume();
    const act = actFor(request.method ?? 'GET', new URL(request.url ?? '/', 'http://localhost'));
    calls[act.action] = (calls[act.action] ?? 0) + 1;
    notifier.called();
    try {
      const isDenied = matcher(troubles.denied());
      if (troubles.denied().length > 0 && isDenied(`docker:${act.action}`))
        throw new DockerProblem(403, `authorization denied by plugin sandbox: ${act.action} is not allowed`);
      const trouble = troubles.next(act.action, new Map([['name', act.name]]));
      const done = await troubled(trouble, act.work, { waits, response });
      if (done === undefined) return;
      if (done.kind === 'wrong') throw new DockerProblem(done.answer.status, done.answer.message);
      if (done.kind === 'failed') throw done.error;
      const { status, body, afterMs = 0 } = done.value;
      if (afterMs > 0 && !(await waits.hang(afterMs, response))) return;
      send(response, status, body);
    } catch (error) {
      if (!(error instanceof DockerProblem)) throw error;
      send(response, error.status, { message: error.message });
    }
  }

  function setFaults(input: unknown): ControlAnswer {
    const read = Faults.safeParse(input);
    if (!read.success || Object.keys(read.data).length === 0)
      return refusal(400, `Docker's faults are ${Object.keys(Faults.shape).join(', ')}.`);
    const asked = read.data;
    const unknown = [asked.kill, asked.unhealthy].find(
      (name) => name !== undefined && !containers.some((one) => one.name === name),
    );
    if (unknown !== undefined) return refusal(404, `There is no container ${unknown}.`);
    if (asked.reset === true) containers = firstContainers(now());
    if (asked.clear === true || asked.reset === true) {
      troubles.clear();
      failRestarts = 0;
    }
    setTroubles(troubles, asked);
    if (asked.failRestarts !== undefined) failRestarts = asked.failRestarts;
    if (asked.kill !== undefined)
      Object.assign(find(asked.kill), { running: false, finishedAt: now(), exitCode: 137, healthy: false });
    if (asked.unhealthy !== undefined) find(asked.unhealthy).healthy = false;
    changed();
    return { status: 200, body: { ok: true, faults: troubles.list() } };
  }

  return {
    handle: (request, response) => {
      serve(request, response).catch((error: unknown) => {
        send(response, 500, { message: `The sandbox itself failed: ${error instanceof Error ? error.message : ''}` });
      });
    },
    dump: () => ({ containers, calls, faults: troubles.list() }),
    faults: setFaults,
    onChange: notifier.onChange,
    close: () => {
      notifier.close();
      waits.endAll();
      return file.close();
    },
  };
}

function refusal(status: number, problem: string): ControlAnswer {
  return { status, body: { error: `${problem} Send for example {"kill": "shop"} or {"failRestarts": 1}.` } };
}

function started(at: number): Partial<Container> {
  return { running: true, healthy: true, startedAt: at, exitCode: 0 };
}

function firstContainers(now: number): Container[] {
  const container = (name: string, image: string, labels: Record<string, string>): Container => ({
    id: createHash('sha256').update(name).digest('hex'),
    name,
    image,
    labels,
    running: true,
    healthy: true,
    startedAt: now - 86_400_000,
    finishedAt: null,
    exitCode: 0,
  });
  return [
    container('shop', 'deckhand/demo-shop:1.4', { 'com.docker.compose.service': 'shop', site: 'demo-shop' }),
    container('shop-db', 'postgres:17', { 'com.docker.compose.service': 'db' }),
  ];
}

function checkVersion(minor: number): void {
  const said = `client version 1.${minor} is too`;
  if (minor > newest) throw new DockerProblem(400, `${said} new. Maximum supported API version is 1.${newest}`);
  if (minor < oldest)
    throw new DockerProblem(
      400,
      `${said} old. Minimum supported API version is 1.${oldest}, please upgrade your client to a newer version`,
    );
}

const Filters = z.object({ name: z.array(z.string()).default([]), label: z.array(z.string()).default([]) });

/** A name filter is a regular expression and found anywhere, as in the engine. */
function listed(containers: readonly Container[], url: URL): object[] {
  const read = Filters.safeParse(JSON.parse(url.searchParams.get('filters') ?? '{}'));
  if (!read.success) throw new DockerProblem(400, 'invalid filter');
  const { name, label } = read.data;
  return containers
    .filter((one) => one.running || url.searchParams.get('all') === 'true')
    .filter((one) => name.length === 0 || name.some((pattern) => new RegExp(pattern).test(`/${one.name}`)))
    .filter(({ labels }) =>
      label.every((wanted) => {
        const [key = '', ...value] = wanted.split('=');
        return value.length === 0 ? Object.hasOwn(labels, key) : labels[key] === value.join('=');
      }),
    )
    .map(({ id, name: called, image, labels, running }) => ({
      Id: id,
      Names: [`/${called}`],
      Image: image,
      Labels: labels,
      State: running ? 'running' : 'exited',
    }));
}

function inspected(container: Container): object {
  return {
    Id: container.id,
    Name: `/${container.name}`,
    RestartCount: 0,
    State: {
      Status: container.running ? 'running' : 'exited',
      Running: container.running,
      StartedAt: new Date(container.startedAt).toISOString(),
      FinishedAt: container.finishedAt === null ? '0001-01-01T00:00:00Z' : new Date(container.finishedAt).toISOString(),
      ExitCode: container.exitCode,
      Health: { Status: container.healthy ? 'healthy' : 'unhealthy' },
    },
    Config: { Image: container.image, Labels: container.labels },
  };
}

function send(response: ServerResponse, status: number, body: unknown): void {
  if (response.headersSent || response.destroyed) return;
  const text = body === undefined ? '' : typeof body === 'string' ? body : `${JSON.stringify(body)}\n`;
  response.writeHead(status, {
    'api-version': `1.${newest}`,
    ...(body === undefined ? {} : { 'content-type': typeof body === 'string' ? 'text/plain' : 'application/json' }),
  });
  response.end(text);
}

function readState(path: string | undefined): Container[] | undefined {
  if (path === undefined || !existsSync(path)) return undefined;
  try {
    return State.parse(JSON.parse(readFileSync(path, 'utf8'))).containers;
  } catch (error) {
    throw new Refusal(
      'bad-input',
      `The containers in ${path} cannot be read. Delete that file, or start with another --data-dir.`,
      {},
      { cause: error },
    );
  }
}
