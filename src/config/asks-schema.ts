import { JSONPathEnvironment } from 'json-p3';
import { RE2JS } from 're2js';
import { z } from 'zod';

import { type Asks, recordTypes } from '#ports/web.ts';

import { list, matching, section, text, whole } from './fields.ts';

/** What a check asks and expects, as it stands in deckhand.yml. */

const addressError =
  'Expected an address such as https://shop.example.com/health, tcp://db.example.com:5432, tls://mail.example.com:993, dns://example.com or ping://web-1.example.com, without a user name or password in it.';

export const siteAddress = z
  .string({ error: addressError })
  .max(2_000, { error: addressError })
  .refine(isSiteAddress, { error: addressError });

function isSiteAddress(value: string): boolean {
  const url = URL.parse(value);
  if (url === null || url.hostname === '' || url.username + url.password !== '') return false;
  const bare = /^\/?$/.test(url.pathname) && url.search + url.hash === '';
  switch (url.protocol) {
    case 'http:':
    case 'https:':
      return true;
    case 'tcp:':
    case 'tls:':
      return bare && url.port !== '' && url.port !== '0';
    case 'dns:':
    case 'ping:':
      return bare && url.port === '';
    default:
      return false;
  }
}

const statusError = 'Expected status codes from 100 to 599, classes such as `2xx`, or ranges such as `200-299`.';
const status = z.union(
  [whole(100, 599), z.string().regex(/^([1-5]xx|[1-5]\d\d-[1-5]\d\d)$/i, { error: statusError })],
  { error: statusError },
);

/** Codes, classes and ranges; codes inside. */
export const statuses = list(status, 100).transform((all) => [...new Set(all.flatMap(codesOf))]);

function codesOf(of: number | string): readonly number[] {
  if (typeof of === 'number') return [of];
  const [from = 0, to = 0] = /xx$/i.test(of)
    ? [Number(of[0]) * 100, Number(of[0]) * 100 + 99]
    : of.split('-').map(Number);
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, at) => from + at);
}

const patternError =
  'Expected a pattern of RE2, at most 256 characters: as elsewhere, but without look-around and back-references (https://github.com/google/re2/wiki/Syntax).';
const pattern = text(256).refine(isPattern, { error: patternError });

function isPattern(value: string): boolean {
  try {
    RE2JS.compile(value);
    return true;
  } catch {
    return false;
  }
}

const pathError =
  'Expected a JSON path of RFC 9535 such as `$.status` or `$.checks[?@.name == "db"].state`, at most 256 characters, with `..` once at most and not beside a filter.';
const jsonPath = text(256).refine(isJsonPath, { error: pathError });

/** Several descents, or one for each element that a filter looks at, would take too long on a hostile answer. */
function isJsonPath(value: string): boolean {
  const descents = value.split('..').length - 1;
  if (descents > 1 || (descents === 1 && value.includes('?'))) return false;
  try {
    new JSONPathEnvironment().compile(value);
    return true;
  } catch {
    return false;
  }
}

const tokenError =
  'Expected the name of a header such as content-type; what the connection itself needs is not yours to set.';
const ownHeaders = ['connection', 'content-length', 'expect', 'keep-alive', 'te', 'transfer-encoding', 'upgrade'];
const headerName = matching(/^[\w!#$%&'*+.^`|~-]{1,100}$/, tokenError).refine(
  (name) => !ownHeaders.includes(name.toLowerCase()),
  { error: tokenError },
);
const headerError =
  'Expected a line of printable text, at most 4,000 characters, in quotes; a secret as `${env:SHOP_TOKEN}`, a variable of the environment.';
const headerValue = z
  .string({ error: headerError })
  .regex(/^[\t\u0020-\u007e\u0080-\u00ff]{0,4000}$/, { error: headerError });

const scalarError = 'Expected text, a number, true, false or null.';
const number = () => z.number({ error: 'Expected a number.' });
const expectation = section({
  json: jsonPath.optional().describe('JSON path (RFC 9535); the first value it finds is looked at'),
  header: headerName.optional().describe('Name of a header to look at; without it and `json`, the text'),
  equals: z
    .union([z.string(), z.number(), z.boolean(), z.null()], { error: scalarError })
    .optional()
    .describe('Exactly this; in JSON also of this type'),
  contains: text(1_000).optional().describe('This text must stand in it'),
  lacks: text(1_000).optional().describe('This text must not stand in it'),
  matches: pattern.optional().describe('RE2 pattern that must be found in it'),
  atLeast: number().optional().describe('A number not below this'),
  atMost: number().optional().describe('A number not above this'),
});

export const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;

export const asks = {
  method: z
    .enum(methods, { error: `Expected one of ${methods.join(', ')}.` })
    .optional()
    .describe('Method of the request; GET when unset'),
  headers: z
    .record(headerName, headerValue, { error: 'Expected headers, one per line: `accept: "application/json"`.' })
    .optional()
    .describe('Headers of the request; `${env:NAME}` in them is a variable of the environment'),
  body: text(100_000).optional().describe('Body of the request; `${env:NAME}` as in headers'),
  expect: list(expectation, 20).optional().describe('What must hold of the answer, all of it'),
  family: z
    .enum(['ipv4', 'ipv6'], { error: 'Expected ipv4 or ipv6.' })
    .optional()
    .describe('Only over this; unset = whichever connects first'),
  record: z
    .enum(recordTypes, { error: `Expected one of ${recordTypes.join(', ')}.` })
    .optional()
    .describe('Type of record that a `dns://` site asks for; A when unset'),
  values: list(text(1_000), 50).optional().describe('Exactly these records must come, in any order; unset = any'),
};

type Entry = { [K in keyof typeof asks]?: z.output<(typeof asks)[K]> } & { url: string; contains?: string | undefined };
type Fault = { path: (string | number)[]; message: string };

const onlyWeb = ['method', 'headers', 'body', 'expect', 'contains'] as const;
const onlyDns = ['record', 'values'] as const;

/** Fields that mean nothing for the kind of the site, or beside each other. */
export function asksFaults(entry: Entry): readonly Fault[] {
  const kind = /^[a-z]+/i.exec(entry.url)?.[0].toLowerCase() ?? '';
  const isWeb = kind === 'http' || kind === 'https';
  const given = (names: readonly (keyof Entry)[]) => names.filter((name) => entry[name] !== undefined);
  const faults: Fault[] = [
    ...(isWeb ? [] : given(onlyWeb)).map((name) => ({
      path: [name],
      message: `Only sites with an http or https address have it, and this one is ${kind}. Remove it.`,
    })),
    ...(kind === 'dns' ? [] : given(onlyDns)).map((name) => ({
      path: [name],
      message: 'Only sites with a dns:// address have it. Remove it.',
    })),
  ];
  if (kind === 'dns' && entry.family !== undefined)
    faults.push({ path: ['family'], message: 'A dns:// site connects to nothing; use `record: AAAA`. Remove it.' });
  if (entry.body !== undefined && ['GET', 'HEAD', undefined].includes(entry.method))
    faults.push({ path: ['body'], message: 'Expected a `method` that takes a body, such as POST.' });
  if (
    entry.method === 'HEAD' &&
    (entry.contains !== undefined || entry.expect?.some(({ header }) => header === undefined))
  )
    faults.push({ path: ['method'], message: 'Expected GET: the answer to HEAD has no text to look at.' });
  for (const [at, one] of (entry.expect ?? []).entries()) {
    if (one.json !== undefined && one.header !== undefined)
      faults.push({ path: ['expect', at, 'header'], message: 'Expected `json` or `header`, not both.' });
    if (Object.keys(one).length === 0)
      faults.push({ path: ['expect', at], message: 'Expected something to look for, such as `contains`.' });
  }
  return faults;
}

export function toAsks({ method, headers, body, expect, family, record, values }: Entry): Asks {
  const of = { method, headers, body, expect, family: toFamily(family), record, values };
  return Object.fromEntries(Object.entries(of).filter(([, value]) => value !== undefined));
}

function toFamily(name: 'ipv4' | 'ipv6' | undefined): 4 | 6 | undefined {
  if (name === undefined) return undefined;
  return name === 'ipv4' ? 4 : 6;
}
