import { Agent, request } from 'undici';

import type { Clock, Log } from '#ports/clock.ts';
import type { Look } from '#ports/vantage.ts';
import type { Probe } from '#ports/web.ts';

import { answerPath, helloPath, type Job, Jobs, mostJobsBytes, pollMs, pollPath } from './protocol.ts';

export type AgentLoop = {
  /** A Deckhand was reached within the last minute. */
  isConnected: () => boolean;
  /** Asks no more; what it looks at is given up. At once. */
  stop: () => Promise<void>;
};

/** The first gap after a failure; doubles up to the second, each time between half and all of it. */
const firstGapMs = 1_000;
const longestGapMs = 60_000;
const connectMs = 10_000;
/** From a poll that was answered to the next, so that a broken hub cannot make it spin. */
const leastGapMs = 20;

/**
 * Asks each of `hubs` for jobs, looks, and answers, until stopped. Needs no port that others can reach. What fails is logged
 * once until it works again, and tried again and again.
 */
export function runAgent(of: {
  hubs: readonly string[];
  token: string;
  look: (probe: Probe, canaries: readonly string[]) => Promise<Look>;
  clock: Clock;
  /** 0 to 1. */
  random: () => number;
  log: Log;
}): AgentLoop {
  const { clock, log } = of;
  const dispatcher = new Agent({
    connect: { timeout: connectMs },
    headersTimeout: pollMs + 10_000,
    bodyTimeout: 10_000,
  });
  const ending = new AbortController();
  let reachedAt = -Infinity;

  async function serve(hub: string): Promise<void> {
    let fails = 0;
    let said = '';
    while (!ending.signal.aborted) {
      try {
        const jobs = await poll(hub, said === 'connected' ? pollPath : helloPath);
        if (said !== 'connected') log.info({ hub }, 'connected: this place looks at sites when it is asked');
        [fails, said] = [0, 'connected'];
        for (const job of jobs) void help(hub, job);
        await pause(leastGapMs);
      } catch (error) {
        if (ending.signal.aborted) return;
        const why = reasonOf(error);
        if (why !== said) log.warn({ hub, why }, 'not connected; trying again');
        said = why;
        await pause(Math.min(longestGapMs, firstGapMs * 2 ** fails++) * (0.5 + of.random() / 2));
      }
    }
  }

  async function poll(hub: string, path: string): Promise<readonly Job[]> {
    const { statusCode, body } = await post(hub, path);
    const text = await limited(body);
    if (statusCode !== 200) throw new Error(refusal(statusCode, text));
    reachedAt = clock.monotonic();
    const read = Jobs.safeParse(parse(text));
    if (!read.success) throw new Error('its answer cannot be read. Run the same version of Deckhand on both sides');
    return read.data.jobs;
  }

  async function help(hub: string, { id, probe, canaries }: Job): Promise<void> {
    const look = await of.look(probe as Probe, canaries); // of the same form
    try {
      const { statusCode, body } = await post(hub, answerPath, JSON.stringify({ id, look }));
      await body.dump({ limit: mostJobsBytes });
      if (statusCode >= 400) log.debug({ hub, statusCode }, 'an answer came too late');
    } catch (error) {
      log.debug({ hub, why: reasonOf(error) }, 'an answer could not be given');
    }
  }

  function post(hub: string, path: string, body?: string) {
    return request(`${hub}${path}`, {
      method: 'POST',
      dispatcher,
      signal: ending.signal,
      headers: {
        authorization: `Bearer ${of.token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      body: body ?? null,
    });
  }

  function pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        cancel();
        ending.signal.removeEventListener('abort', end);
        resolve();
      };
      const cancel = clock.after(ms, end);
      ending.signal.addEventListener('abort', end);
    });
  }

  for (const hub of of.hubs) void serve(hub);
  return {
    isConnected: () => clock.monotonic() - reachedAt < 60_000,
    stop: async () => {
      ending.abort();
      await dispatcher.destroy();
    },
  };
}

async function limited(body: AsyncIterable<Buffer>): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of body) {
    size += part.length;
    if (size > mostJobsBytes) throw new Error('its answer is too large. Is the address right?');
    parts.push(part);
  }
  return Buffer.concat(parts).toString();
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What was refused, with the next move. */
function refusal(status: number, text: string): string {
  const said = (parse(text) as { error?: unknown } | null | undefined)?.error;
  if ([401, 426].includes(status) && typeof said === 'string') return said.slice(0, 300);
  if (status === 404)
    return 'there is no Deckhand that listens for agents. Is DECKHAND_HUB its address, with vantage.port?';
  return `HTTP ${status}. Is DECKHAND_HUB the address of Deckhand, or of the proxy before it?`;
}

/** Never holds the token: it stands in a header, which no error of undici repeats. */
function reasonOf(error: unknown): string {
  return error instanceof Error ? `${(error as { code?: string }).code ?? ''} ${error.message}`.trim() : String(error);
}
