import type { IncomingHttpHeaders } from 'node:http';

import { type buildConnector, Client } from 'undici';

import { mostBodyBytes } from './body.ts';
import type { Connect, Connected, ConnectOptions } from './connection.ts';
import type { Trip } from './trip.ts';

export type Answer = {
  status: number;
  location: string | undefined;
  headers: IncomingHttpHeaders;
  /** Content-Encoding, lower case; '' when none. */
  encoding: string;
  /** At least the first 256 KiB, unless the body was not wanted. */
  chunks: readonly Buffer[];
  certificate: Connected['certificate'];
};
type Options = ConnectOptions & {
  wantsBody: (status: number, location: string | undefined) => boolean;
};

/** What is sent; `headers` in small letters. */
export type Ask = { method: string; headers: Readonly<Record<string, string>>; body: string | undefined };

/** No compression, so that text can be looked for; the name tells the site's owner who asks. */
const ownHeaders = { 'user-agent': 'Deckhand site check', accept: '*/*', 'accept-encoding': 'identity' };

/** One request over one connection of its own; follows nothing. Rejects with what went wrong; the deadline is the caller's. */
export function request(of: { connect: Connect; url: URL; ask: Ask }, options: Options, trip: Trip): Promise<Answer> {
  const { connect, url, ask } = of;
  let certificate: Connected['certificate'];
  const client = new Client(url.origin, {
    pipelining: 1,
    // Undici's own time limits are coarse and blind to a dripping body; one deadline rules the whole check.
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: (_target, handOver) => void open(handOver),
  });
  trip.onEnd(() => void client.destroy().catch(() => undefined));

  async function open(handOver: buildConnector.Callback): Promise<void> {
    try {
      const connected = await connect(url, options, trip);
      certificate = connected.certificate;
      trip.enter('request');
      handOver(null, connected.socket);
    } catch (error) {
      handOver(error as Error, null);
    }
  }

  return new Promise((resolve, reject) => {
    const answer: Omit<Answer, 'certificate'> & { chunks: Buffer[] } = {
      status: 0,
      location: undefined,
      headers: {},
      encoding: '',
      chunks: [],
    };
    let size = 0;
    const done = () => resolve({ ...answer, certificate });
    client.dispatch(
      {
        path: url.pathname + url.search,
        method: ask.method,
        headers: { ...ownHeaders, ...ask.headers },
        body: ask.body ?? null,
        reset: true,
      },
      {
        onRequestStart: () => {},
        onResponseStart: (_controller, status, received) => {
          if (status < 200) return; // 1xx comes before the answer
          trip.enter('body');
          answer.status = status;
          answer.headers = received;
          answer.location = one(received['location']);
          answer.encoding = one(received['content-encoding'])?.trim().toLowerCase() ?? '';
          if (!options.wantsBody(status, answer.location)) done();
        },
        onResponseData: (_controller, chunk) => {
          answer.chunks.push(chunk);
          size += chunk.length;
          if (size >= mostBodyBytes) done();
        },
        onResponseEnd: done,
        onResponseError: (_controller, error) => reject(error),
      },
    );
  });
}

function one(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
