import { request } from 'undici';
import type { z } from 'zod';

import { Refusal, Transient } from '#errors.ts';
import type { DockerEngine } from '#ports/containers.ts';

import { openWay, type Timeouts, type Way } from './address.ts';
import { refused, translate } from './failures.ts';
import { messageOf } from './replies.ts';

/** The newest version of the Engine API that was tried; older engines are spoken to in theirs.
 *  Source: https://docs.docker.com/reference/api/engine/#versions-of-the-api-and-sdk */
const newest = 51;
/** Version 1.24 is of 2016; what is used here is older still. */
const oldest = 24;
const usualTimeouts: Timeouts = { connect: 3_000, answer: 10_000 };
/** Bytes of an answer; an engine with 1,000 containers answers 2 MB. */
const longestAnswer = 16 * 1_024 * 1_024;

export type EnginesOptions = { timeouts?: Partial<Timeouts> };

/** One call. `what`: for messages. `longerMs`: what the engine needs beyond the usual time. */
export type Call = {
  method?: 'GET' | 'POST';
  path: string;
  query?: Record<string, string>;
  what: string;
  longerMs?: number;
};

export type Engines = {
  /** Sends a call in a version that the engine speaks and reads its reply. Throws Refusal or Transient. */
  ask: <S extends z.ZodType>(engine: DockerEngine, call: Call, reply: S) => Promise<z.output<S>>;
  close: () => Promise<void>;
};

/** Docker engines, each over a way of its own that is opened at the first call. */
export function createEngines(options: EnginesOptions): Engines {
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

  async function ask<S extends z.ZodType>(engine: DockerEngine, call: Call, reply: S): Promise<z.output<S>> {
    const { address } = engine;
    const way = await wayTo(engine);
    const answerTo = async (of: Call): Promise<Answer> => {
      const answer = await send(way, of, timeouts.answer);
      if (answer.status >= 400) throw refused(answer.status, messageOf(answer.text), { what: of.what, address });
      return answer;
    };
    try {
      const version = versionFor((await answerTo({ path: '/_ping', what: 'a ping' })).version, address);
      const { text } = await answerTo({ ...call, path: `/v1.${version}${call.path}` });
      const read = reply.safeParse(text === '' ? undefined : JSON.parse(text));
      if (read.success) return read.data;
      throw unreadable(address, call.what);
    } catch (error) {
      throw error instanceof SyntaxError
        ? unreadable(address, call.what)
        : translate(error, { what: call.what, address });
    }
  }

  async function close(): Promise<void> {
    const open = await Promise.allSettled(ways.values());
    ways.clear();
    for (const way of open) if (way.status === 'fulfilled') await way.value.agent.destroy();
  }

  return { ask, close };
}

type Answer = { status: number; text: string; version: string };

async function send(way: Way, call: Call, usualMs: number): Promise<Answer> {
  const withinMs = usualMs + (call.longerMs ?? 0);
  const { statusCode, headers, body } = await request(`${way.origin}${way.path}${call.path}`, {
    dispatcher: way.agent,
    method: call.method ?? 'GET',
    headersTimeout: withinMs,
    // Of the whole, however slowly its parts come.
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

function unreadable(address: string, what: string): Refusal {
  return new Refusal(
    'not-offered',
    `${address} answered ${what} in a form that Deckhand cannot read. Check that a Docker engine listens there.`,
  );
}
