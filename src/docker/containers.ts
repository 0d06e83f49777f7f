import { request } from 'undici';
import { z } from 'zod';

import { Refusal, Transient } from '#errors.ts';
import type { Container, ContainerQuery, Containers, DockerEngine } from '#ports/containers.ts';

import { openWay, type Timeouts, type Way } from './address.ts';
import { refused, translate } from './failures.ts';

/** The newest version of the Engine API that was tried; older engines are spoken to in theirs.
 *  Source: https://docs.docker.com/reference/api/engine/#versions-of-the-api-and-sdk */
const newest = 51;
/** Version 1.24 is of 2016; what is used here is older still. */
const oldest = 24;
const usualTimeouts: Timeouts = { connect: 3_000, answer: 10_000 };
const usualGraceSec = 10;
const longestGraceSec = 300;
/** Bytes of an answer; an engine with 1,000 containers answers 2 MB. */
const longestAnswer = 16 * 1_024 * 1_024;
const longestWords = 300;

export type ContainersOptions = { timeouts?: Partial<Timeouts> };

type Call = { method?: 'GET' | 'POST'; path: string; query?: Record<string, string>; what: string; withinMs?: number };

/** Docker engines over a socket or TCP. Connects to nothing before the first call. */
export function createContainers(options: ContainersOptions = {}): Containers {
  const timeouts = { ...usualTimeouts, ...options.timeouts };
  const ways = new Map<string, Promise<Way>>();

  /** A way that could not be opened is opened anew the next time. */
  async function wayTo(engine: DockerEngine): Promise<Way> {
    const key = JSON.stringify([engine.address, engine.tls]);
    const opening = ways.get(key) ?? openWay(engine, timeouts);
    ways.set(key, opening);
    try {
      return await opening;
    } catch (error) {
      ways.delete(key);
      throw error;
    }
  }

  async function ask(engine: DockerEngine, call: Call): Promise<unknown> {
    const way = await wayTo(engine);
    const asked = { what: call.what, address: engine.address };
    try {
      const ping = await answerTo(way, { path: '/_ping', what: 'a ping' }, timeouts.answer);
      if (ping.status >= 400) throw refused(ping.status, messageOf(ping.text), { ...asked, what: 'a ping' });
      const version = versionFor(ping.version, engine.address);
      const answer = await answerTo(way, { ...call, path: `/v1.${version}${call.path}` }, timeouts.answer);
      if (answer.status >= 400) throw refused(answer.status, messageOf(answer.text), asked);
      return answer.text === '' ? undefined : JSON.parse(answer.text);
    } catch (error) {
      if (error instanceof SyntaxError) throw unreadable(engine.address, call.what);
      throw translate(error, asked);
    }
  }

  async function container(engine: DockerEngine, name: string): Promise<Container> {
    const what = `a look at the container ${checked(name)}`;
    return readAs(ContainerReply, await ask(engine, { path: `/containers/${name}/json`, what }), engine, what);
  }

  async function list(engine: DockerEngine, { name, label }: ContainerQuery = {}) {
    const filters = {
      // A regular expression, found anywhere in the name, so the exact ones are chosen below.
      ...(name === undefined ? {} : { name: [checked(name).replaceAll('.', String.raw`\.`)] }),
      ...(label === undefined ? {} : { label: [label] }),
    };
    const query = { all: 'true', filters: JSON.stringify(filters) };
    const what = 'a list of containers';
    const found = readAs(ListReply, await ask(engine, { path: '/containers/json', query, what }), engine, what);
    return found
      .filter(({ names }) => name === undefined || names.includes(name))
      .map(({ id, names, state }) => ({ id, name: names[0] ?? '', state }));
  }

  async function restart(engine: DockerEngine, of: Parameters<Containers['restart']>[1]): Promise<void> {
    const graceSec = Math.min(longestGraceSec, Math.max(0, Math.round(of.graceSec ?? usualGraceSec)));
    const now = await container(engine, of.name);
    if (now.startedAt !== undefined && now.startedAt > (of.startedAt ?? Number.NEGATIVE_INFINITY)) return;
    await ask(engine, {
      method: 'POST',
      // By id: the name may belong to another one by now.
      path: `/containers/${now.id}/restart`,
      query: { t: String(graceSec) },
      what: `the restart of ${of.name}`,
      withinMs: graceSec * 1_000 + timeouts.answer,
    });
  }

  async function close(): Promise<void> {
    const open = await Promise.allSettled(ways.values());
    ways.clear();
    for (const way of open) if (way.status === 'fulfilled') await way.value.agent.destroy();
  }

  return { list, container, restart, close };
}

type Answer = { status: number; text: string; version: string };

async function answerTo(way: Way, call: Call, usualMs: number): Promise<Answer> {
  const withinMs = call.withinMs ?? usualMs;
  const { statusCode, headers, body } = await request(`${way.origin}${way.path}${call.path}`, {
    dispatcher: way.agent,
    method: call.method ?? 'GET',
    headersTimeout: withinMs,
    signal: AbortSignal.timeout(withinMs + usualMs),
    ...(call.query === undefined ? {} : { query: call.query }),
  });
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of body as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > longestAnswer) throw new Transient(`Docker's answer to ${call.what} is too long. Try again.`);
    parts.push(part);
  }
  return { status: statusCode, text: Buffer.concat(parts).toString(), version: String(headers['api-version'] ?? '') };
}

/** The minor number to speak: the engine's, or the newest that is known here. */
function versionFor(told: string, address: string): number {
  const [, minor] = /^1\.(\d{1,3})$/.exec(told) ?? [];
  if (minor === undefined || Number(minor) < oldest)
    throw new Refusal(
      'not-offered',
      `What listens at ${address} is no Docker engine that Deckhand can use (API version ${JSON.stringify(told.slice(0, 20))}). Check the address, or bring the engine to version 1.12 or newer.`,
    );
  return Math.min(newest, Number(minor));
}

/** Source: the pattern in the engine's own error message. */
function checked(name: string): string {
  if (/^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}$/.test(name)) return name;
  throw new Refusal(
    'bad-input',
    `${JSON.stringify(name.slice(0, 80))} cannot be the name or id of a container. Use letters, digits and _ . - only.`,
  );
}

function readAs<S extends z.ZodType>(reply: S, value: unknown, { address }: DockerEngine, what: string): z.output<S> {
  const read = reply.safeParse(value);
  if (read.success) return read.data;
  throw unreadable(address, what);
}

function unreadable(address: string, what: string): Refusal {
  return new Refusal(
    'not-offered',
    `${address} answered ${what} in a form that Deckhand cannot read. Check that a Docker engine listens there.`,
  );
}

const Refused = z.object({ message: z.string() });

/** The engine's words in one line, cut. Not every proxy answers in JSON. */
function messageOf(text: string): string {
  const read = Refused.safeParse(parsed(text));
  const words = read.success ? read.data.message : text;
  return words.replace(/\s+/g, ' ').trim().slice(0, longestWords).replace(/\.$/, '');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Docker writes the year 1 for never. */
const Instant = z.string().transform((text) => {
  const at = Date.parse(text);
  return at > 0 ? at : undefined;
});

const ContainerReply = z
  .object({
    Id: z.string().regex(/^[0-9a-f]{12,64}$/),
    Name: z.string(),
    RestartCount: z.number().optional(),
    State: z.object({
      Status: z.string(),
      StartedAt: Instant,
      FinishedAt: Instant,
      ExitCode: z.number(),
      Health: z.object({ Status: z.string() }).nullish(),
    }),
    Config: z.object({ Image: z.string(), Labels: z.record(z.string(), z.string()).nullish() }),
  })
  .transform(({ State: state, Config: config, ...reply }): Container => ({
    id: reply.Id,
    name: reply.Name.replace(/^\//, ''),
    image: config.Image,
    state: state.Status,
    ...(state.Health === undefined || state.Health === null || state.Health.Status === 'none'
      ? {}
      : { health: state.Health.Status }),
    ...(state.StartedAt === undefined ? {} : { startedAt: state.StartedAt }),
    ...(state.FinishedAt === undefined ? {} : { finishedAt: state.FinishedAt }),
    exitCode: state.ExitCode,
    restarts: reply.RestartCount ?? 0,
    labels: config.Labels ?? {},
  }));

const ListReply = z.array(
  z
    .object({ Id: z.string(), Names: z.array(z.string()).nullish(), State: z.string() })
    .transform(({ Id, Names, State }) => ({
      id: Id,
      names: (Names ?? []).map((name) => name.replace(/^\//, '')),
      state: State,
    })),
);
