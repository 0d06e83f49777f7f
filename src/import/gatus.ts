import { parse } from 'yaml';
import { z } from 'zod';

import type { Json } from '#ports/json.ts';

import { lossesOf, lossesOfAll, othersOf } from './gatus-left.ts';
import {
  freeNames,
  headersOf,
  type Imported,
  type ImportedSite,
  listOf,
  NotThat,
  scalar,
  statusesOf,
} from './imported.ts';

/** The part of a Gatus config that says what is checked. Source: https://github.com/TwiN/gatus#configuration. */
const Endpoint = z.looseObject({
  name: z.string(),
  group: z.string().nullish(),
  url: z.string(),
  enabled: z.boolean().nullish(),
  method: z.string().nullish(),
  body: z.string().nullish(),
  graphql: z.boolean().nullish(),
  headers: z.record(z.string(), z.coerce.string()).nullish(),
  interval: z.string().nullish(),
  conditions: z.array(z.string()).nullish(),
  dns: z.looseObject({ 'query-name': z.string(), 'query-type': z.string() }).nullish(),
  client: z
    .looseObject({
      insecure: z.boolean().nullish(),
      'ignore-redirect': z.boolean().nullish(),
      timeout: z.string().nullish(),
      network: z.string().nullish(),
    })
    .nullish(),
});
type Endpoint = z.infer<typeof Endpoint>;
type Lose = (what: string) => void;

/** Pure. Throws NotThat when the text is no such config. */
export function importGatus(text: string): Imported {
  const { endpoints, config } = configOf(text);
  const nameOf = freeNames();
  const left: Imported['left'] = [];
  const sites = endpoints.flatMap((raw, at): ImportedSite[] => {
    const read = Endpoint.safeParse(raw);
    const label = read.success ? [read.data.group, read.data.name].filter(Boolean).join(' ') : `endpoint ${at + 1}`;
    const url = read.success ? addressOf(read.data) : undefined;
    if (!read.success || url === undefined) {
      const why = read.success ? `there is no check like \`${read.data.url}\`` : 'it has no `name` and `url`';
      left.push({ of: label, what: `not carried over: ${why}` });
      return [];
    }
    const name = nameOf(label);
    const lose = (what: string) => void left.push({ of: name, what });
    const fields = fieldsOf(read.data, url, name, lose);
    for (const what of lossesOf(read.data)) lose(what);
    return [{ label, fields: { name, url, ...fields } }];
  });
  const others = (['external-endpoints', 'suites'] as const).flatMap((key) => listOf(config[key]).map(othersOf(key)));
  left.push(...others);
  left.push(...lossesOfAll(config).map((what) => ({ of: 'the config', what })));
  return { found: endpoints.length + others.length, sites, left };
}

function configOf(text: string): { endpoints: readonly unknown[]; config: Record<string, unknown> } {
  let read: unknown;
  try {
    read = parse(text, { merge: true, logLevel: 'error' }); // Gatus takes `<<: *defaults`
  } catch {
    throw new NotThat('it is no YAML');
  }
  const config = Object(read) as Record<string, unknown>;
  if (!['endpoints', 'external-endpoints', 'suites'].some((key) => Array.isArray(config[key])))
    throw new NotThat('it has no `endpoints`');
  return { endpoints: listOf(config['endpoints']), config };
}

function addressOf({ url, dns, ...more }: Endpoint): string | undefined {
  if (dns !== null && dns !== undefined) return `dns://${dns['query-name'].replace(/\.$/, '')}`;
  if ('grpc' in more || 'ssh' in more) return undefined;
  if (url.startsWith('icmp:')) return url.replace('icmp:', 'ping:');
  return /^(https?|tcp|tls):/.test(url) ? url : undefined;
}

function fieldsOf(of: Endpoint, url: string, name: string, lose: Lose): Record<string, Json> {
  const isWeb = /^https?:/.test(url);
  const interval = of.interval ?? '60s';
  const timeout = of.client?.timeout ?? undefined;
  const network = of.client?.network;
  const fields: Record<string, Json> = {
    interval: oneUnit(interval),
    ...(timeout === undefined
      ? {}
      : { deadline: oneUnit([timeout, interval, '2m'].toSorted((a, b) => hours(a) - hours(b))[0]!) }),
    ...(of.enabled === false ? { paused: true } : {}),
    ...(isWeb ? askOf(of, name, lose) : {}),
    ...(of.client?.insecure === true ? { verifyTls: false } : {}),
    ...(of.client?.['ignore-redirect'] === true ? { maxRedirects: 0 } : {}),
    ...(network === 'ip4' || network === 'ip6' ? { family: `ipv${network[2]}` } : {}),
  };
  if (of.dns) {
    fields['record'] = of.dns['query-type'];
    lose(`its own DNS server ${of.url}: Deckhand asks those of its machine`);
  }
  const ups: ((code: number) => boolean)[] = [];
  for (const condition of of.conditions ?? []) {
    const isUp = isWeb ? statusOf(condition) : undefined;
    if (isUp === undefined) apply(condition, fields, isWeb, lose);
    else ups.push(isUp);
  }
  // Without a condition on the status any will do; below 200 there is no final answer.
  const isUp = (code: number) => code >= 200 && ups.every((is) => is(code));
  return { ...fields, ...(isWeb ? statusesOf(isUp, fields['maxRedirects'] !== 0, lose) : {}) };
}

/** Wrapped for GraphQL as Gatus does it. Source: https://github.com/TwiN/gatus (config/endpoint/endpoint.go). */
function askOf(of: Endpoint, name: string, lose: Lose): Record<string, Json> {
  const method = (of.method || 'GET').toUpperCase();
  const has = (of.body ?? '') !== '';
  const takes = !['GET', 'HEAD'].includes(method);
  if (has && !takes) lose(`its body: a ${method} takes none; set \`method: POST\` and \`body\` if it is needed`);
  if (has && takes && /\$\{?\w|\[(ENDPOINT_|RANDOM_STRING_)/.test(of.body!))
    lose('what Gatus fills into its body is sent as it stands: write variables as `${env:NAME}`');
  const type = of.graphql === true ? 'application/json' : undefined;
  return {
    ...(method === 'GET' ? {} : { method }),
    ...headersOf({ name, given: Object.keys(of.headers ?? {}), type }, lose),
    ...(has && takes ? { body: of.graphql === true ? JSON.stringify({ query: of.body! }) : of.body! } : {}),
  };
}

/** Which codes a condition on the status lets through; undefined when it is about something else. */
function statusOf(condition: string): ((code: number) => boolean) | undefined {
  const [, sign = '', right = ''] = /^\[STATUS\]\s*(==|!=|<=|>=|<|>)\s*(.*)$/.exec(condition.trim()) ?? [];
  const codes = (/^any\((.*)\)$/.exec(right)?.[1] ?? right).split(',').map((code) => Number(code.trim() || Number.NaN));
  const [first = Number.NaN] = codes;
  if (!codes.every(Number.isInteger)) return undefined;
  const signs: Readonly<Record<string, (code: number) => boolean>> = {
    '==': (code) => codes.includes(code),
    '!=': (code) => !codes.includes(code),
    '<': (code) => code < first,
    '<=': (code) => code <= first,
    '>': (code) => code > first,
    '>=': (code) => code >= first,
  };
  return signs[sign];
}

/** One condition in our words, or told as lost. */
function apply(condition: string, fields: Record<string, Json>, isWeb: boolean, lose: Lose): void {
  const [, left = '', sign = '', right = ''] = /^(.*?)\s*(==|!=|<=|>=|<|>)\s*(.*)$/s.exec(condition.trim()) ?? [];
  const number = /^-?\d+(\.\d+)?$/.test(right) ? Number(right) : undefined;
  const path = /^\[BODY\]((?:\.|\[).+)$/.exec(left)?.[1];
  const expect = (one: Json) => void (fields['expect'] = [...((fields['expect'] as Json[] | undefined) ?? []), one]);
  if (left === '[CONNECTED]' && right === 'true') return;
  if (left === '[DNS_RCODE]' && right === 'NOERROR') return;
  if (left === '[RESPONSE_TIME]' && sign.startsWith('<') && number !== undefined) {
    fields['slow'] = `${number}ms`;
    return lose(`\`${condition}\` becomes \`slow\`: told as degraded, not as down`);
  }
  if (left === '[CERTIFICATE_EXPIRATION]' && sign.startsWith('>') && isWeb) {
    const days = Math.round(hours(right) / 24);
    if (days >= 0 && days <= 365) {
      fields['certificateDays'] = [days];
      return lose(`\`${condition}\` becomes \`certificateDays\`: a warning, not an outage`);
    }
  }
  const pattern = /^pat\(\*([^*?[\]]+)\*\)$/.exec(right)?.[1];
  if (left === '[BODY]' && isWeb && pattern !== undefined && sign === '==') return expect({ contains: pattern });
  if (left === '[BODY]' && isWeb && pattern !== undefined && sign === '!=') return expect({ lacks: pattern });
  if (left === '[BODY]' && isWeb && sign === '==' && !right.includes('(')) return expect({ equals: right });
  if (left === '[BODY]' && fields['record'] !== undefined && sign === '==' && !right.includes('(')) {
    fields['values'] = [right];
    return;
  }
  if (path !== undefined && isWeb && !right.includes('(')) {
    const json = `$${path}`;
    if (sign === '==') return expect({ json, equals: scalar(right) });
    if (sign === '>=' && number !== undefined) return expect({ json, atLeast: number });
    if (sign === '<=' && number !== undefined) return expect({ json, atMost: number });
  }
  lose(`the condition \`${condition}\`: say it in \`expect\`, if it can be said there`);
}

/** Go writes `1m30s`; deckhand.yml takes one unit. */
function oneUnit(text: string): string {
  if (/^\d+(\.\d+)?(ms|s|m|h)$/.test(text)) return text;
  return `${Math.max(1, Math.round(hours(text) * 3_600))}s`;
}

function hours(text: string): number {
  const units: Record<string, number> = { ms: 1 / 3_600_000, s: 1 / 3_600, m: 1 / 60, h: 1 };
  return [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)].reduce(
    (sum, [, n, unit]) => sum + Number(n) * units[unit!]!,
    0,
  );
}
