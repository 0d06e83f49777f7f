import { z } from 'zod';

import type { Json } from '#ports/json.ts';

import {
  freeNames,
  headersOf,
  type Imported,
  type ImportedSite,
  leftOver,
  type Moves,
  NotThat,
  scalar,
  statusesOf,
} from './imported.ts';

const onOff = z.union([z.boolean(), z.number()]).nullish();
/**
 * A backup of Uptime Kuma 1.x (Settings > Backup > Export), or a list of monitors in the same form.
 * Source of the fields: https://github.com/louislam/uptime-kuma (server/model/monitor.js).
 */
const Monitor = z.looseObject({
  id: z.number().nullish(),
  name: z.string(),
  type: z.string(),
  url: z.string().nullish(),
  hostname: z.string().nullish(),
  port: z.coerce.number().nullish(),
  interval: z.number().nullish(),
  timeout: z.number().nullish(),
  active: onOff,
  forceInactive: onOff,
  method: z.string().nullish(),
  headers: z.string().nullish(),
  body: z.string().nullish(),
  httpBodyEncoding: z.string().nullish(),
  keyword: z.string().nullish(),
  invertKeyword: onOff,
  ignoreTls: onOff,
  maxredirects: z.number().nullish(),
  accepted_statuscodes: z.array(z.string()).nullish(),
  dns_resolve_type: z.string().nullish(),
  dns_resolve_server: z.string().nullish(),
  jsonPath: z.string().nullish(),
  jsonPathOperator: z.string().nullish(),
  expectedValue: z.coerce.string().nullish(),
  authMethod: z.string().nullish(),
  basic_auth_user: z.string().nullish(),
  ipFamily: z.string().nullish(),
});
type Monitor = z.infer<typeof Monitor>;
type Lose = (what: string) => void;

/** Pure. Throws NotThat when the text is no such backup. */
export function importKuma(text: string): Imported {
  const { list, more } = monitorsOf(text);
  const nameOf = freeNames();
  const left: Imported['left'] = [];
  const read = list.map((raw) => Monitor.safeParse(raw).data);
  const labels = new Map(
    read.flatMap((one) => (one?.id === null || one?.id === undefined ? [] : [[one.id, one.name]])),
  );
  const sites = read.flatMap((of, at): ImportedSite[] => {
    const label = of?.name ?? `monitor ${at + 1}`;
    const url = of === undefined ? undefined : addressOf(of);
    if (of === undefined || url === undefined) {
      left.push({ of: label, what: `not carried over: ${whyNot(of)}` });
      return [];
    }
    const name = nameOf(label);
    const lose = (what: string) => void left.push({ of: name, what });
    const fields = fieldsOf(of, name, lose);
    for (const what of lossesOf(of, labels)) lose(what);
    return [{ label, fields: { name, url, ...fields } }];
  });
  for (const what of leftOver(more, { carried: ['version', 'notificationList'], moves: {} }))
    left.push({ of: 'the backup', what });
  return { found: list.length, sites, left };
}

function monitorsOf(text: string): { list: readonly unknown[]; more: Record<string, unknown> } {
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch {
    throw new NotThat('it is no JSON');
  }
  if (Array.isArray(read)) return { list: read, more: {} };
  const { monitorList, ...more } = Object(read) as Record<string, unknown>;
  if (typeof monitorList !== 'object' || monitorList === null) throw new NotThat('it has no `monitorList`');
  return { list: Object.values(monitorList), more };
}

function whyNot(of: Monitor | undefined): string {
  if (of === undefined) return 'it has no `name` and `type` as a monitor has them';
  if (of.type === 'group')
    return 'it is a group; Deckhand puts together what fails together, and `parent` names a site that others cannot work without';
  return `there is no check like \`${of.type}\``;
}

const web = ['http', 'keyword', 'json-query'];

function addressOf({ type, url, hostname, port, dns_resolve_type: record }: Monitor): string | undefined {
  if (web.includes(type)) return url ?? undefined;
  if (hostname === null || hostname === undefined || hostname === '') return undefined;
  if (type === 'port' && port !== null && port !== undefined) return `tcp://${hostname}:${port}`;
  if (type === 'ping') return `ping://${hostname}`;
  return type === 'dns' && record !== 'SOA' ? `dns://${hostname}` : undefined;
}

function fieldsOf(of: Monitor, name: string, lose: Lose): Omit<ImportedSite['fields'], 'name' | 'url'> {
  const isWeb = web.includes(of.type);
  const interval = of.interval ?? 60;
  const deadline = of.timeout === null || of.timeout === undefined || of.timeout <= 0 ? undefined : of.timeout;
  const family = of.type === 'dns' ? undefined : of.ipFamily?.toLowerCase();
  return {
    interval: `${interval}s`,
    ...(deadline === undefined ? {} : { deadline: `${Math.min(deadline, interval, 120)}s` }),
    ...(of.active === false || of.active === 0 || isOn(of.forceInactive) ? { paused: true } : {}),
    ...(isWeb ? askOf(of, name, lose) : {}),
    ...(isWeb ? expectOf(of, lose) : {}),
    ...(isWeb && isOn(of.ignoreTls) ? { verifyTls: false } : {}),
    ...(isWeb && of.maxredirects !== null && of.maxredirects !== undefined
      ? { maxRedirects: Math.min(of.maxredirects, 10) }
      : {}),
    ...(isWeb ? codesOf(of, lose) : {}),
    ...(family === 'ipv4' || family === 'ipv6' ? { family } : {}),
    ...(of.type === 'dns' ? { record: of.dns_resolve_type ?? 'A' } : {}),
  };
}

const types: Readonly<Record<string, string>> = {
  json: 'application/json',
  form: 'application/x-www-form-urlencoded',
  xml: 'text/xml; charset=utf-8',
};

/** Kuma adds the type of the body itself. */
function askOf(of: Monitor, name: string, lose: Lose): Record<string, Json> {
  const method = (of.method ?? 'GET').toUpperCase();
  const has = (of.body ?? '').trim() !== '';
  const takes = !['GET', 'HEAD'].includes(method);
  if (has && !takes) lose(`its body: a ${method} takes none; set \`method: POST\` and \`body\` if it is needed`);
  const type = has && takes ? types[of.httpBodyEncoding ?? 'json'] : undefined;
  return {
    ...(method === 'GET' ? {} : { method }),
    ...headersOf({ name, given: headerNames(of, lose), type }, lose),
    ...(has && takes ? { body: of.body! } : {}),
  };
}

function headerNames(of: Monitor, lose: Lose): readonly string[] {
  if ((of.headers ?? '').trim() === '') return [];
  try {
    return Object.keys(z.record(z.string(), z.unknown()).parse(JSON.parse(of.headers!)));
  } catch {
    lose('its headers are not JSON: set `headers`');
    return [];
  }
}

function expectOf(of: Monitor, lose: Lose): Record<string, Json> {
  const { keyword, jsonPath, expectedValue } = of;
  if (of.type === 'keyword' && (keyword ?? '') !== '')
    return isOn(of.invertKeyword) ? { expect: [{ lacks: keyword! }] } : { contains: keyword! };
  if (of.type !== 'json-query' || (jsonPath ?? '') === '') return {};
  const json = jsonPath!.startsWith('$') ? jsonPath! : `$${jsonPath!.startsWith('[') ? '' : '.'}${jsonPath!}`;
  const rule = ruleOf(of.jsonPathOperator ?? '==', expectedValue ?? '');
  if (rule !== undefined) return { expect: [{ json, ...rule }] };
  lose(`what it expects, \`${jsonPath} ${of.jsonPathOperator} ${expectedValue}\`: say it in \`expect\``);
  return {};
}

/** Source: https://github.com/louislam/uptime-kuma (src/util.ts, evaluateJsonQuery). */
function ruleOf(operator: string, expected: string): Record<string, Json> | undefined {
  const number = expected.trim() === '' ? Number.NaN : Number(expected);
  if (operator === '==') return { equals: scalar(expected) };
  if (operator === 'contains' && expected !== '') return { contains: expected };
  if (operator === '>=' && Number.isFinite(number)) return { atLeast: number };
  return operator === '<=' && Number.isFinite(number) ? { atMost: number } : undefined;
}

function codesOf(
  { accepted_statuscodes: codes, maxredirects }: Monitor,
  lose: Lose,
): { statuses?: (number | string)[] } {
  const ranges = (codes ?? []).map((code) => code.split('-').map(Number));
  const isUp = (code: number) => ranges.some(([from = 0, to = from]) => from <= code && code <= to);
  const unknown = (codes ?? []).filter((_code, at) => ranges[at]!.some((end) => !(end >= 100 && end <= 599)));
  if (unknown.length > 0) lose(`its status ${unknown.join(', ')}: Deckhand knows 100 to 599; look at \`statuses\``);
  return statusesOf(isUp, maxredirects !== 0, lose);
}

/** Read above, or without a meaning for the kinds of checks that are carried over. */
const carried = [
  ...Object.keys(Monitor.shape),
  ...'path pathName childrenIDs weight dns_last_result expiryNotification retryInterval'.split(' '),
  ...'gamedigGivenPortOnly screenshot includeSensitiveData basic_auth_pass authDomain authWorkstation'.split(' '),
  ...'tlsCa tlsCert tlsKey snmpVersion subtype location protocol ping_numeric'.split(' '),
];
const ofOtherKinds =
  /^(mqtt|kafka|grpc|radius|rabbitmq|database|docker|oauth|push|snmp|smtp|game|ws|remote_browser|system)/i;

const moves: Moves = {
  parent: () => [], // told with the name of the group
  upsideDown: () => ['upside down mode: Deckhand tells when it does not answer'],
  proxyId: () => ['its proxy: Deckhand asks directly; let it reach the site, or check from an agent (docs/vantage.md)'],
  maxretries: () => ['its retries: Deckhand confirms an outage by its own re-checks (`recheck`)'],
  notificationIDList: () => ['its notifications: its alerts go to `channels.alerts`, or to its `channel`'],
  resendInterval: () => ['its repeated messages: set `alerts.remind`'],
  tags: () => ['its tags: Deckhand has none; `owner` and `runbook` say who and what to do'],
  description: () => ['its description: put it where its `runbook` leads'],
  maintenance: () => ['it is in maintenance there: add the window under `maintenance`'],
  domainExpiryNotification: () => ['the end of its domain, which Deckhand does not watch'],
  conditions: (value) => (value === '[]' ? [] : ['its conditions: set `values` to the records that must come']),
  packetSize: (value) => (value === 56 ? [] : ['the size of its ping: Deckhand sends the usual one']),
  ping_count: (value) => (value === 1 || value === 3 ? [] : ['its number of pings: Deckhand sends one, and re-checks']),
  ping_per_request_timeout: (value) => (value === 2 ? [] : ['the time-out of a ping: set `deadline`']),
};

function lossesOf(of: Monitor, labels: ReadonlyMap<number, string>): string[] {
  const is = (value: unknown) => value !== null && value !== undefined && value !== '' && value !== 'none';
  const given = Object.fromEntries(Object.entries(of).filter(([key]) => !ofOtherKinds.test(key)));
  const group = typeof of['parent'] === 'number' ? labels.get(of['parent']) : undefined;
  return [
    ...(is(of.authMethod) || is(of.basic_auth_user)
      ? [`sign-in (${of.authMethod ?? 'basic'}): add a header \`authorization\` from the environment`]
      : []),
    ...(of.type === 'dns' && is(of.dns_resolve_server)
      ? [`its own DNS server ${of.dns_resolve_server}: Deckhand asks those of its machine`]
      : []),
    ...(group === undefined
      ? []
      : [`its group \`${group}\`: set \`parent\` where it cannot work without another site`]),
    ...leftOver(given, { carried, moves }),
  ];
}

function isOn(value: boolean | number | null | undefined): boolean {
  return value === true || value === 1;
}
