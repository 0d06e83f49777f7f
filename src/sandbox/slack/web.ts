import type { IncomingMessage, ServerResponse } from 'node:http';

/** Largest body that is read, in bytes. */
const largestBody = 1_500_000;

export type Body = { kind: 'values'; values: Readonly<Record<string, unknown>> } | { kind: 'bad'; error: string };

/** A form or a JSON object, and the query; the codes are Slack's. */
export async function readBody(request: IncomingMessage): Promise<Body> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= largestBody) chunks.push(chunk);
  }
  if (size > largestBody) return { kind: 'bad', error: 'request_too_large' };
  const text = Buffer.concat(chunks).toString('utf8');
  const query = Object.fromEntries(URL.parse(request.url ?? '/', 'http://127.0.0.1')?.searchParams ?? []);
  const type = (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase();
  if (text === '') return { kind: 'values', values: query };
  if (type === 'application/x-www-form-urlencoded')
    return { kind: 'values', values: { ...query, ...Object.fromEntries(new URLSearchParams(text)) } };
  if (type !== 'application/json') return { kind: 'bad', error: 'invalid_post_type' };
  const value = parse(text);
  if (value === undefined) return { kind: 'bad', error: 'invalid_json' };
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { kind: 'bad', error: 'json_not_object' };
  return { kind: 'values', values: { ...query, ...value } };
}

export function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  if (response.headersSent || response.destroyed) return;
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
    ...headers,
  });
  response.end(text);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
