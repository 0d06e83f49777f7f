import { parse } from 'yaml';
import { z } from 'zod';

import type { Json } from '#ports/json.ts';

import { freeNames, type Imported, type ImportedSite } from './imported.ts';

/** The part of a Gatus config that says what is checked. Source: https://github.com/TwiN/gatus#configuration. */
const Endpoint = z.looseObject({
  name: z.string(),
  group: z.string().nullish(),
  url: z.string(),
  enabled: z.boolean().nullish(),
  method: z.string().nullish(),
  body: z.string().nullish(),
  headers: z.record(z.string(), z.coerce.string()).nullish(),
  interval: z.string().nullish(),
  conditions: z.array(z.string()).nullish(),
  dns: z.looseObject({ 'query-name': z.string(), 'query-type': z.string() }).nullish(),
  client: z
    .looseObject({
      insecure: z.boolean().nullish(),
      'ignore-redirect': z.boolean().nullish(),
      timeout: z.string().nullish(),
    })
    .nullish(),
});
type Endpoint = z.infer<typeof Endpoint>;
const Config = z.looseObject({ endpoints: z.array(z.unknown()) });

/** Pure. Throws when the text is no such config. */
export function importGatus(text: string): Imported {
  const nameOf = freeNames();
  const left: Imported['left'] = [];
  const { endpoints } = Config.parse(parse(text));
  const sites = endpoints.flatMap((raw, at): ImportedSite[] => {
    const read = Endpoint.safeParse(raw);
    const label = read.success ? [read.data.group, read.data.name].filter(Boolean).join(' ') : `endpoint ${at + 1}`;
    const url = read.success ? addressOf(read.data) : undefined;
    if (!read.success || url === undefined) {
      left.push({
        of: label,
        what: `not carried over: there is no check like ${read.success ? `\`${read.data.url}\`` : 'this'}`,
      });
      return [];
    }
    const name = nameOf(label);
    const lose = (what: string) => void left.push({ of: name, what });
    return [{ label, fields: { name, url, ...fieldsOf(read.data, url, name, lose) } }];
  });
  return { found: endpoints.length, sites, left };
}

function addressOf({ url, dns, ...more }: Endpoint): string | undefined {
  if (dns !== null && dns !== undefined) return `dns://${dns['query-name'].replace(/\.$/, '')}`;
  if ('grpc' in more || 'ssh' in more) return undefined;
  if (url.startsWith('icmp:')) return url.replace('icmp:', 'ping:');
  return /^(https?|tcp|tls):/.test(url) ? url : undefined;
}

function fieldsOf(of: Endpoint, url: string, name: string, lose: (what: string) => void): Record<string, Json> {
  const isWeb = /^https?:/.test(url);
  const fields: Record<string, Json> = { interval: oneUnit(of.interval ?? '60s') };
  const timeout = of.client?.timeout ?? undefined;
  if (timeout !== undefined && hours(timeout) <= hours(of.interval ?? '60s')) fields['deadline'] = oneUnit(timeout);
  if (of.enabled === false) fields['paused'] = true;
  if (isWeb && of.method && of.method.toUpperCase() !== 'GET') fields['method'] = of.method.toUpperCase();
  if (isWeb && of.body && fields['method'] !== undefined) fields['body'] = of.body;
  if (isWeb && of.headers && Object.keys(of.headers).length > 0)
    fields['headers'] = Object.fromEntries(
      Object.keys(of.headers).map((key) => {
        const variable = `SITE_${name}_${key}`.toUpperCase().replaceAll(/[^A-Z0-9]+/g, '_');
        lose(`the value of header ${key} is not written here: set ${variable} in .env`);
        return [key, `\${env:${variable}}`];
      }),
    );
  if (of.client?.insecure === true) fields['verifyTls'] = false;
  if (of.client?.['ignore-redirect'] === true) fields['maxRedirects'] = 0;
  if (of.dns) {
    fields['record'] = of.dns['query-type'];
    lose(`its own DNS server ${of.url}`);
  }
  for (const condition of of.conditions ?? []) apply(condition, fields, isWeb, lose);
  return fields;
}

/** One condition in our words, or told as lost. */
function apply(condition: string, fields: Record<string, Json>, isWeb: boolean, lose: (what: string) => void): void {
  const [, left = '', sign = '', right = ''] = /^(.*?)\s*(==|!=|<=|>=|<|>)\s*(.*)$/s.exec(condition.trim()) ?? [];
  const number = /^-?\d+(\.\d+)?$/.test(right) ? Number(right) : undefined;
  const path = /^\[BODY\]((?:\.|\[).+)$/.exec(left)?.[1];
  const expect = (one: Json) => void (fields['expect'] = [...((fields['expect'] as Json[] | undefined) ?? []), one]);
  const any = /^any\((.*)\)$/
    .exec(right)?.[1]
    ?.split(',')
    .map((code) => Number(code.trim()));
  if (left === '[CONNECTED]' && right === 'true') return;
  if (left === '[DNS_RCODE]' && right === 'NOERROR') return;
  if (left === '[STATUS]' && isWeb && sign === '==' && (any ?? [number]).every(Number.isInteger)) {
    fields['statuses'] = any ?? [number!];
    return;
  }
  if (left === '[STATUS]' && isWeb && (sign === '<' || sign === '<=') && (right === '300' || right === '299')) {
    fields['statuses'] = Array.from({ length: 100 }, (_, at) => 200 + at);
    return;
  }
  if (left === '[STATUS]' && isWeb && sign === '<' && right === '400') return;
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
  lose(`the condition \`${condition}\``);
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

function scalar(text: string): string | number | boolean {
  const bare = text.replace(/^"(.*)"$/, '$1');
  if (bare === 'true' || bare === 'false') return bare === 'true';
  return /^-?\d+(\.\d+)?$/.test(bare) ? Number(bare) : bare;
}
