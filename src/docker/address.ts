import { readFile } from 'node:fs/promises';

import { Agent } from 'undici';

import { Refusal } from '#errors.ts';
import type { DockerEngine } from '#ports/containers.ts';

/** Milliseconds. `answer`: until an answer begins, and between its parts. */
export type Timeouts = { connect: number; answer: number };

/** A way to one engine. */
export type Way = { origin: string; path: string; agent: Agent };

const examples = 'unix:///var/run/docker.sock or tcp://10.0.0.5:2376';

/**
 * Opens the way to an engine: reads its certificates, connects to nothing yet. Throws Refusal "bad-input" for an address or
 * a certificate that cannot be used.
 */
export async function openWay({ address, tls }: DockerEngine, timeouts: Timeouts): Promise<Way> {
  const limits = { headersTimeout: timeouts.answer, bodyTimeout: timeouts.answer, connections: 4 };
  const timeout = timeouts.connect;
  if (address.startsWith('unix://')) {
    const socketPath = address.slice('unix://'.length);
    if (!socketPath.startsWith('/')) throw bad(address, 'has no path from the root');
    return { origin: 'http://localhost', path: '', agent: new Agent({ ...limits, connect: { socketPath, timeout } }) };
  }
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || !/^(?:tcp|https?):$/.test(url.protocol) || url.hostname === '')
    throw bad(address, 'cannot be read');
  if (url.protocol === 'https:' && tls === undefined) throw bad(address, 'needs ca, cert and key');
  if (url.protocol === 'http:' && tls !== undefined) throw bad(address, 'is not for TLS: use tcp or https');
  // A URL of an unknown scheme is not taken apart as one of http, and its port has no default.
  const plain = new URL(address.replace(/^tcp:/, tls === undefined ? 'http:' : 'https:'));
  if (plain.port === '' && url.protocol === 'tcp:') plain.port = tls === undefined ? '2375' : '2376';
  const connect = { timeout, ...(tls === undefined ? {} : await certificates(tls)) };
  return { origin: plain.origin, path: plain.pathname.replace(/\/$/, ''), agent: new Agent({ ...limits, connect }) };
}

async function certificates(tls: NonNullable<DockerEngine['tls']>): Promise<{ ca: Buffer; cert: Buffer; key: Buffer }> {
  const [ca, cert, key] = await Promise.all([pem(tls.ca), pem(tls.cert), pem(tls.key)]);
  return { ca, cert, key };
}

async function pem(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined;
    throw new Refusal(
      'bad-input',
      `The certificate file ${path} cannot be read (${String(code)}). Check the path and who may read it.`,
      {},
      { cause: error },
    );
  }
}

function bad(address: string, problem: string): Refusal {
  return new Refusal(
    'bad-input',
    `The address of the Docker engine, ${JSON.stringify(address)}, ${problem}. Use for example ${examples}.`,
  );
}
