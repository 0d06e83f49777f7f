import type { IncomingMessage, ServerResponse } from 'node:http';

/** An EC2 error: code, HTTP status and text as AWS words them. */
export class Ec2Error extends Error {
  readonly code: string;
  readonly status: number;

  constructor(code: string, message: string, status = 400) {
    super(message);
    this.name = 'Ec2Error';
    this.code = code;
    this.status = status;
  }
}

/** The form of a Query request. */
export type Form = {
  get: (name: string) => string | undefined;
  flag: (name: string) => boolean | undefined;
  number: (name: string) => number | undefined;
  /** `Name.1`, `Name.2`, … in order. */
  list: (name: string) => string[];
  /** `Name.1.Key=…` as one record per number. */
  records: (name: string) => Record<string, string>[];
  /** Everything but the token itself, to compare repeated requests. */
  parameters: () => string;
};

export function readForm(body: string): Form {
  const all = new URLSearchParams(body);
  const get = (name: string) => all.get(name) ?? undefined;
  return {
    get,
    flag: (name) => (all.has(name) ? all.get(name) === 'true' : undefined),
    number: (name) => (all.has(name) ? Number(all.get(name)) : undefined),
    list: (name) => numbered(all, name).flatMap(([rest, value]) => (rest === '' ? [value] : [])),
    records: (name) => {
      const found = new Map<string, Record<string, string>>();
      for (const [key, value] of all) {
        const match = key.startsWith(`${name}.`) ? /^(\d+)\.(.+)$/.exec(key.slice(name.length + 1)) : null;
        if (match === null) continue;
        const record = found.get(match[1]!) ?? {};
        record[match[2]!] = value;
        found.set(match[1]!, record);
      }
      return [...found.values()];
    },
    parameters: () =>
      JSON.stringify(
        [...all].filter(([key]) => key !== 'ClientToken' && key !== 'DryRun').toSorted(([a], [b]) => (a < b ? -1 : 1)),
      ),
  };
}

function numbered(all: URLSearchParams, name: string): [rest: string, value: string][] {
  return [...all].flatMap(([key, value]) => {
    const match = key.startsWith(`${name}.`) ? /^\d+(.*)$/.exec(key.slice(name.length + 1)) : null;
    return match === null ? [] : [[match[1]!, value] as [string, string]];
  });
}

/** Values of a reply: arrays become `<item>`s, undefined is left out. */
export type Xml = string | number | boolean | undefined | readonly Xml[] | { readonly [name: string]: Xml };

let turn = 0;

/** A successful reply. AWS promises no order of elements, so each reply begins with another one. */
export function success(action: string, requestId: string, value: { readonly [name: string]: Xml }): string {
  turn = (turn + 1) % 7;
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${action}Response xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>${requestId}</requestId>${inner(value)}</${action}Response>`;
}

export function failure(error: Ec2Error, requestId: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<Response><Errors><Error><Code>${error.code}</Code><Message>${escape(error.message)}</Message></Error></Errors><RequestID>${requestId}</RequestID></Response>`;
}

function inner(value: Xml): string {
  if (value === undefined) return '';
  if (typeof value !== 'object') return escape(String(value));
  if (isList(value)) return value.map((item) => `<item>${inner(item)}</item>`).join('');
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  const start = entries.length === 0 ? 0 : turn % entries.length;
  return [...entries.slice(start), ...entries.slice(0, start)]
    .map(([name, item]) => `<${name}>${inner(item)}</${name}>`)
    .join('');
}

function isList(value: object): value is readonly Xml[] {
  return Array.isArray(value);
}

/** XML 1.0 has no way to write most control characters; AWS refuses them in tags, so they become U+FFFD. */
function escape(text: string): string {
  return (
    text
      // oxlint-disable-next-line no-control-regex -- exactly those are meant
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, '\ufffd')
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replaceAll('\r', '&#13;')
  );
}

export async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > 2_000_000) throw new Ec2Error('RequestTooLarge', 'The request is too large.', 413);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

export function send(response: ServerResponse, status: number, xml: string): void {
  const requestId = /<[rR]equestI[dD]>([^<]*)</.exec(xml)?.[1] ?? '';
  response.writeHead(status, { 'content-type': 'text/xml;charset=UTF-8', 'x-amzn-requestid': requestId });
  response.end(xml);
}
