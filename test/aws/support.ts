import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import nock from 'nock';
import { afterAll, afterEach, beforeAll, beforeEach, vi } from 'vitest';

import { type AwsCloud, type CloudOptions, createCloud } from '#aws/cloud.ts';
import type { Clock, Log } from '#ports/clock.ts';

/** The real time, as the process has it. */
export const realClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after: (delayMs, act) => {
    const timer = setTimeout(act, delayMs);
    return () => clearTimeout(timer);
  },
  sleep: (delayMs) => new Promise((resolve) => setTimeout(resolve, delayMs)),
};

export type FakeClock = Clock & { advance: (ms: number) => void; nextIn: () => number | undefined };

/** Time that only `advance` moves; what falls due runs in order, each at its own instant. */
export function createFakeClock(): FakeClock {
  let time = 1_000_000;
  const due = new Set<{ at: number; act: () => void }>();

  const after: Clock['after'] = (delayMs, act) => {
    const job = { at: time + delayMs, act };
    due.add(job);
    return () => void due.delete(job);
  };

  function advance(ms: number): void {
    const end = time + ms;
    for (;;) {
      const next = [...due].filter((job) => job.at <= end).toSorted((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      due.delete(next);
      time = Math.max(time, next.at);
      next.act();
    }
    time = end;
  }

  function nextIn(): number | undefined {
    return due.size === 0 ? undefined : Math.max(0, Math.min(...[...due].map((job) => job.at)) - time);
  }

  const sleep: Clock['sleep'] = (delayMs) => new Promise((resolve) => void after(delayMs, resolve));
  return { now: () => time, monotonic: () => time, after, sleep, advance, nextIn };
}

export type LogLine = { level: keyof Log; data: object; text: string };

export function createLog(): Log & { lines: LogLine[] } {
  const lines: LogLine[] = [];
  const write = (level: keyof Log) => (data: object, text: string) => void lines.push({ level, data, text });
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error'), lines };
}

/** A cloud on us-east-1 with made-up keys; anything else as the product has it. */
export function cloudWith(options: Partial<CloudOptions> = {}): AwsCloud {
  return createCloud({
    region: 'us-east-1',
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'made-up' },
    clock: realClock,
    log: createLog(),
    ...options,
  });
}

export type Answer = { status?: number; xml: string; headers?: Record<string, string> };
export type Received = { action: string; form: Record<string, string>; attempt: string };

const awsUrl = 'https://ec2.us-east-1.amazonaws.com';

/** For files that use `answerAws`: nothing leaves the machine, and no variable of the developer's sends calls elsewhere. */
export function useAnswers(): void {
  beforeAll(() => nock.disableNetConnect());
  beforeEach(() => {
    vi.stubEnv('AWS_ENDPOINT_URL', undefined);
    vi.stubEnv('AWS_ENDPOINT_URL_EC2', undefined);
  });
  afterEach(() => {
    nock.cleanAll();
    vi.unstubAllEnvs();
  });
  afterAll(() => {
    nock.enableNetConnect();
    nock.restore();
  });
}

/**
 * AWS itself, by nock: each action answers what is given for it, in order, the last one again and again. Whatever else is
 * called fails the test through an EC2 error of its own.
 */
export function answerAws(answers: Readonly<Record<string, Answer | readonly Answer[]>>): Received[] {
  const received: Received[] = [];
  nock(awsUrl)
    .persist()
    .post('/')
    .reply(async (request: Request) => {
      const form = Object.fromEntries(new URLSearchParams(await request.text()));
      const action = form['Action'] ?? '';
      const earlier = received.filter((call) => call.action === action).length;
      received.push({ action, form, attempt: request.headers.get('amz-sdk-request') ?? '' });
      const given = [answers[action] ?? failure(400, 'UnexpectedCall', `${action} is not part of this test`)].flat();
      const answer = given[Math.min(earlier, given.length - 1)] as Answer;
      return [answer.status ?? 200, answer.xml, { 'content-type': 'text/xml', ...answer.headers }] as const;
    });
  return received;
}

export function reply(action: string, inner: string): Answer {
  return {
    xml: `<?xml version="1.0" encoding="UTF-8"?>\n<${action}Response xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>0f0f0f0f-1111</requestId>${inner}</${action}Response>`,
  };
}

export function failure(status: number, code: string, message: string): Answer {
  return {
    status,
    xml: `<?xml version="1.0" encoding="UTF-8"?>\n<Response><Errors><Error><Code>${code}</Code><Message>${message}</Message></Error></Errors><RequestID>req-in-body</RequestID></Response>`,
    headers: { 'x-amzn-requestid': 'req-42' },
  };
}

export type LocalEc2 = { url: string; received: Received[]; close: () => Promise<void> };

/** A real server on loopback, for what happens on the socket; the SDK finds it through AWS_ENDPOINT_URL_EC2. */
export async function listenAsEc2(
  answer: (call: Received, response: ServerResponse, request: IncomingMessage) => void,
): Promise<LocalEc2> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const form = Object.fromEntries(new URLSearchParams(body));
      const call = { action: form['Action'] ?? '', form, attempt: String(request.headers['amz-sdk-request']) };
      received.push(call);
      answer(call, response, request);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  vi.stubEnv('AWS_ENDPOINT_URL_EC2', url);
  const close = async (): Promise<void> => {
    vi.unstubAllEnvs();
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  };
  return { url, received, close };
}

export async function caught(
  work: Promise<unknown>,
): Promise<{ name: string; message: string; code: unknown; data: Record<string, unknown> }> {
  try {
    await work;
  } catch (error) {
    if (error instanceof Error)
      return {
        name: error.name,
        message: error.message,
        code: Reflect.get(error, 'code'),
        data: (Reflect.get(error, 'data') ?? {}) as Record<string, unknown>,
      };
    throw error;
  }
  throw new Error('expected a refusal, but it went through');
}
