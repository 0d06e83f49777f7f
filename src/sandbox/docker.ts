import { existsSync, readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';

import { z } from 'zod';

import { Refusal } from '#errors.ts';
import { matcher } from '#sandbox/ec2/filters.ts';
import { createNotifier } from '#sandbox/ec2/notifier.ts';
import { openKeptFile } from '#sandbox/kept-file.ts';
import { createWaits, troubled } from '#sandbox/troubled.ts';
import { createTroubles, Injections, setTroubles } from '#sandbox/troubles.ts';

import {
  checkVersion,
  Container,
  DockerProblem,
  firstContainers,
  inspected,
  listed,
  newest,
} from './docker-answers.ts';
import type { ControlAnswer, DockerPart } from './parts.ts';

/** Ms that a container takes to stop and start. A plausible value. */
const restarting = 1_000;

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
  const notifier = createNotifier(now);
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
