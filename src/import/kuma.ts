import { z } from 'zod';

import { freeNames, type Imported, type ImportedSite } from './imported.ts';

/**
 * A backup of Uptime Kuma 1.x (Settings > Backup > Export), or a list of monitors in the same form.
 * Source of the fields: https://github.com/louislam/uptime-kuma (server/model/monitor.js).
 */
const Monitor = z.looseObject({
  name: z.string(),
  type: z.string(),
  url: z.string().nullish(),
  hostname: z.string().nullish(),
  port: z.coerce.number().nullish(),
  interval: z.number().nullish(),
  timeout: z.number().nullish(),
  active: z.union([z.boolean(), z.number()]).nullish(),
  method: z.string().nullish(),
  headers: z.string().nullish(),
  body: z.string().nullish(),
  keyword: z.string().nullish(),
  invertKeyword: z.union([z.boolean(), z.number()]).nullish(),
  ignoreTls: z.union([z.boolean(), z.number()]).nullish(),
  upsideDown: z.union([z.boolean(), z.number()]).nullish(),
  maxredirects: z.number().nullish(),
  accepted_statuscodes: z.array(z.string()).nullish(),
  dns_resolve_type: z.string().nullish(),
  dns_resolve_server: z.string().nullish(),
  jsonPath: z.string().nullish(),
  expectedValue: z.string().nullish(),
  authMethod: z.string().nullish(),
  basic_auth_user: z.string().nullish(),
  maxretries: z.number().nullish(),
  proxyId: z.number().nullish(),
});
type Monitor = z.infer<typeof Monitor>;
const Backup = z.union([z.object({ monitorList: z.array(z.unknown()) }), z.array(z.unknown())]);

/** Pure. Throws when the text is no such backup. */
export function importKuma(text: string): Imported {
  const backup = Backup.parse(JSON.parse(text));
  const list = Array.isArray(backup) ? backup : backup.monitorList;
  const nameOf = freeNames();
  const left: Imported['left'] = [];
  const sites = list.flatMap((raw, at): ImportedSite[] => {
    const read = Monitor.safeParse(raw);
    const label = read.data?.name ?? `monitor ${at + 1}`;
    const url = read.data === undefined ? undefined : addressOf(read.data);
    if (read.data === undefined || url === undefined) {
      const type = read.data?.type ?? 'unreadable';
      left.push({ of: label, what: `not carried over: there is no check like \`${type}\`` });
      return [];
    }
    const name = nameOf(label);
    for (const what of lossesOf(read.data)) left.push({ of: name, what });
    return [{ label, fields: { name, url, ...fieldsOf(read.data, left, name) } }];
  });
  return { found: list.length, sites, left };
}

const web = ['http', 'keyword', 'json-query'];

function addressOf({ type, url, hostname, port, dns_resolve_type: record }: Monitor): string | undefined {
  if (web.includes(type)) return url ?? undefined;
  if (hostname === null || hostname === undefined || hostname === '') return undefined;
  if (type === 'port' && port !== null && port !== undefined) return `tcp://${hostname}:${port}`;
  if (type === 'ping') return `ping://${hostname}`;
  return type === 'dns' && record !== 'SOA' ? `dns://${hostname}` : undefined;
}

function fieldsOf(of: Monitor, left: Imported['left'], name: string): Omit<ImportedSite['fields'], 'name' | 'url'> {
  const isWeb = web.includes(of.type);
  const interval = of.interval ?? 60;
  const deadline = of.timeout === null || of.timeout === undefined || of.timeout <= 0 ? undefined : of.timeout;
  const method = (of.method ?? 'GET').toUpperCase();
  const takesBody = !['GET', 'HEAD'].includes(method) && (of.body ?? '') !== '';
  const has = (of.keyword ?? '') !== '' && of.type === 'keyword';
  const json = of.type === 'json-query' && (of.jsonPath ?? '') !== '';
  return {
    interval: `${interval}s`,
    ...(deadline === undefined ? {} : { deadline: `${Math.min(deadline, interval, 120)}s` }),
    ...(of.active === false || of.active === 0 ? { paused: true } : {}),
    ...(isWeb && method !== 'GET' ? { method } : {}),
    ...(isWeb ? headersOf(of, left, name) : {}),
    ...(isWeb && takesBody ? { body: of.body! } : {}),
    ...(has && !isSet(of.invertKeyword) ? { contains: of.keyword! } : {}),
    ...(has && isSet(of.invertKeyword) ? { expect: [{ lacks: of.keyword! }] } : {}),
    ...(json
      ? {
          expect: [
            {
              json: of.jsonPath!.startsWith('$') ? of.jsonPath! : `$.${of.jsonPath!}`,
              equals: scalar(of.expectedValue ?? ''),
            },
          ],
        }
      : {}),
    ...(isWeb && isSet(of.ignoreTls) ? { verifyTls: false } : {}),
    ...(isWeb && of.maxredirects !== null && of.maxredirects !== undefined
      ? { maxRedirects: Math.min(of.maxredirects, 10) }
      : {}),
    ...(isWeb ? statusesOf(of.accepted_statuscodes ?? []) : {}),
    ...(of.type === 'dns' ? { record: of.dns_resolve_type ?? 'A' } : {}),
  };
}

/** Header values may be secrets: they are not written into a file, but named. */
function headersOf(of: Monitor, left: Imported['left'], name: string): { headers?: Record<string, string> } {
  if ((of.headers ?? '').trim() === '') return {};
  try {
    const given = z.record(z.string(), z.unknown()).parse(JSON.parse(of.headers!));
    const headers = Object.keys(given).map((key) => [key, `\${env:${variable(name, key)}}`] as const);
    for (const [key] of headers)
      left.push({
        of: name,
        what: `the value of header ${key} is not written here: set ${variable(name, key)} in .env`,
      });
    return headers.length === 0 ? {} : { headers: Object.fromEntries(headers) };
  } catch {
    left.push({ of: name, what: 'its headers are not JSON' });
    return {};
  }
}

function variable(name: string, header: string): string {
  return `SITE_${name}_${header}`.toUpperCase().replaceAll(/[^A-Z0-9]+/g, '_');
}

/** Ranges become the codes in them; the usual one is what Deckhand means anyway, with redirects followed. */
function statusesOf(codes: readonly string[]): { statuses?: number[] } {
  const all = codes.flatMap((code) => {
    const [from = 0, to = from] = code.split('-').map(Number);
    return Array.from({ length: Math.max(0, Math.min(to, 599) - from + 1) }, (_, at) => from + at);
  });
  const isUsual = codes.length === 0 || (codes.length === 1 && codes[0] === '200-299');
  return isUsual || all.length === 0 ? {} : { statuses: all.slice(0, 100) };
}

function lossesOf(of: Monitor): string[] {
  const is = (value: unknown) => value !== null && value !== undefined && value !== '' && value !== 'none';
  return [
    ...(isSet(of.upsideDown) ? ['upside down mode: Deckhand tells when it does not answer'] : []),
    ...(is(of.authMethod) || is(of.basic_auth_user)
      ? [`sign-in (${of.authMethod ?? 'basic'}): add a header \`authorization\` from the environment`]
      : []),
    ...(is(of.proxyId) ? ['its proxy'] : []),
    ...(of.type === 'dns' && is(of.dns_resolve_server) ? [`its own DNS server ${of.dns_resolve_server}`] : []),
    ...((of.maxretries ?? 0) > 0 ? ['its retries: Deckhand confirms an outage by its own re-checks (`recheck`)'] : []),
  ];
}

function isSet(value: boolean | number | null | undefined): boolean {
  return value === true || value === 1;
}

function scalar(text: string): string | number | boolean {
  if (text === 'true' || text === 'false') return text === 'true';
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
}
