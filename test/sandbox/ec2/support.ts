import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { EC2Client, EC2ServiceException } from '@aws-sdk/client-ec2';
import { onTestFinished } from 'vitest';

import { createEc2, type Ec2Options } from '#sandbox/ec2/index.ts';

export type Dump = {
  account: string;
  instances: {
    id: string;
    name: string;
    state: string;
    status: Record<string, string>;
    mappings: { device: string; volumeId: string; deleteOnTermination: boolean; state: string }[];
    tags: Record<string, string>;
  }[];
  volumes: { id: string; name: string; state: string; tags: Record<string, string>; attachments: unknown[] }[];
  snapshots: { id: string; volumeId: string; state: string; tags: Record<string, string> }[];
  rootTasks: { id: string; instanceId: string; state: string; oldVolumeId: string; newVolumeId: string }[];
  calls: { total: number; byAction: Record<string, number>; dryRuns: Record<string, number> };
  recentCalls: { action: string; params: Record<string, string>; status: number; code: string }[];
  faults: unknown[];
  invariants: string[];
};

/** Noon of some day; only `advance` moves it. */
const noon = Date.UTC(2026, 10, 24, 12);

/**
 * An EC2 at AWS's own pace on a clock of its own behind a real HTTP server, and the real SDK in front of it. What is new is
 * visible at once unless the test says otherwise. All of it ends with the test.
 */
export async function startEc2(
  options: Partial<Ec2Options> & { attempts?: number; lag?: number; startAt?: number } = {},
) {
  const { attempts = 1, lag = 0, startAt = noon, ...own } = options;
  let now = startAt;
  const ec2 = createEc2({ speed: 1, now: () => now, ...own });
  if (lag === 0) ec2.faults({ consistencyMs: 0 });
  const server = createServer(ec2.handle);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/aws`;
  const client = new EC2Client({
    region: own.region ?? 'us-east-1',
    endpoint,
    credentials: { accessKeyId: 'sandbox', secretAccessKey: 'sandbox' },
    maxAttempts: attempts,
  });

  let closed = false;
  async function close(): Promise<void> {
    if (closed) return;
    closed = true;
    client.destroy();
    await ec2.close();
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }
  onTestFinished(close);

  const dump = (): Dump => ec2.dump() as unknown as Dump;
  function find(name: string): Dump['instances'][number] {
    const found = dump().instances.find((one) => one.name === name || one.id === name);
    if (found === undefined) throw new Error(`no server ${name}`);
    return found;
  }
  function volumeNamed(name: string): string {
    const found = dump().volumes.find((one) => one.name === name);
    if (found === undefined) throw new Error(`no volume ${name}`);
    return found.id;
  }
  return {
    ec2,
    client,
    endpoint,
    close,
    dump,
    server: find,
    volumeNamed,
    now: () => now,
    advance: (seconds: number) => {
      now += seconds * 1_000;
    },
    /** A request as a form, signed by name only. */
    raw: async (form: Record<string, string>, headers: Record<string, string> = {}) => {
      const response = await fetch(endpoint, {
        method: 'POST',
        body: new URLSearchParams({ Version: '2016-11-15', ...form }),
        headers: { authorization: signedBy('sandbox'), ...headers },
        signal: AbortSignal.timeout(5_000),
      });
      return { status: response.status, type: response.headers.get('content-type'), body: await response.text() };
    },
  };
}
export type Running = Awaited<ReturnType<typeof startEc2>>;

export function signedBy(key: string, region = 'us-east-1', service = 'ec2'): string {
  return `AWS4-HMAC-SHA256 Credential=${key}/20261124/${region}/${service}/aws4_request, SignedHeaders=host, Signature=0`;
}

/** What EC2 refused with. */
export async function problemOf(
  work: Promise<unknown>,
): Promise<{ code: string; status: number | undefined; message: string }> {
  try {
    await work;
  } catch (error) {
    if (error instanceof EC2ServiceException)
      return { code: error.name, status: error.$metadata.httpStatusCode, message: error.message };
    throw error;
  }
  throw new Error('expected EC2 to refuse, but it did the work');
}
