import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { expect, it } from 'vitest';
import { parse } from 'yaml';

import { carryOver } from '#import/main.ts';
import { tempFolder } from '#test/support/processes.ts';

const monitor = (more: object) => ({
  id: 1,
  type: 'http',
  url: 'https://shop.example.com/',
  method: 'GET',
  hostname: null,
  port: null,
  maxretries: 0,
  active: 1,
  interval: 60,
  retryInterval: 60,
  keyword: null,
  ignoreTls: false,
  upsideDown: false,
  maxredirects: 10,
  accepted_statuscodes: ['200-299'],
  dns_resolve_type: 'A',
  dns_resolve_server: '1.1.1.1',
  headers: null,
  body: null,
  authMethod: null,
  notificationIDList: { 1: true },
  tags: [],
  ...more,
});
const backup = JSON.stringify({
  version: '1.23.16',
  notificationList: [{ id: 1, name: 'Slack' }],
  monitorList: [
    monitor({ name: 'Shop' }),
    monitor({ name: 'Shop', type: 'keyword', keyword: 'Add to cart', active: 0, interval: 30, timeout: 48 }),
    monitor({
      name: 'API',
      type: 'json-query',
      jsonPath: '$.status',
      expectedValue: 'ok',
      accepted_statuscodes: ['200', '204'],
      headers: '{"Authorization": "Bearer s3cret"}',
    }),
    monitor({ name: 'DB', type: 'port', url: 'https://', hostname: 'db.example.com', port: 5432, maxretries: 3 }),
    monitor({ name: 'Names', type: 'dns', hostname: 'example.com', dns_resolve_type: 'MX', port: 53 }),
    monitor({ name: 'Gateway', type: 'ping', hostname: 'gw.example.com' }),
    monitor({ name: 'Cron', type: 'push', url: null }),
    monitor({ name: 'Box', type: 'docker', docker_container: 'web' }),
  ],
});
const gatus = `
endpoints:
  - name: front-end
    group: core
    url: "https://twin.sh/health"
    interval: 5m
    conditions: ["[STATUS] == 200", "[BODY].status == UP", "[RESPONSE_TIME] < 150"]
  - name: back-end
    url: "https://example.org/"
    headers: { Authorization: "Bearer s3cret" }
    interval: 1m30s
    conditions: ["[STATUS] == any(200, 429)", "[CERTIFICATE_EXPIRATION] > 48h", "len([BODY].users) > 5"]
  - name: example-dns-query
    url: "8.8.8.8"
    dns: { query-name: "example.com", query-type: "A" }
    conditions: ["[BODY] == 93.184.216.34", "[DNS_RCODE] == NOERROR"]
  - name: icmp-ping
    url: "icmp://example.org"
    conditions: ["[CONNECTED] == true"]
  - name: box
    url: "ssh://example.com:22"
    ssh: { username: u, password: p }
    conditions: ["[CONNECTED] == true"]
`;
const sitesOf = (yaml: string) =>
  Object.fromEntries((parse(yaml) as { sites: { name: string }[] }).sites.map(({ name, ...more }) => [name, more]));

it('carries over a backup of Uptime Kuma, writes no secret, and names what is lost', () => {
  const { yaml, report } = carryOver('kuma', backup);

  expect(sitesOf(yaml)).toMatchObject({
    shop: { url: 'https://shop.example.com/', interval: '60s' },
    'shop-2': { contains: 'Add to cart', paused: true, interval: '30s', deadline: '30s' },
    api: {
      expect: [{ json: '$.status', equals: 'ok' }],
      statuses: [200, 204],
      headers: { Authorization: '${env:SITE_API_AUTHORIZATION}' },
    },
    db: { url: 'tcp://db.example.com:5432' },
    names: { url: 'dns://example.com', record: 'MX' },
    gateway: { url: 'ping://gw.example.com' },
  });
  expect(report.join('\n')).toMatch(
    /6 of 8 sites carried over[^]*SITE_API_AUTHORIZATION[^]*db: its retries[^]*Cron: not carried over[^]*Box: not/,
  );
  expect(yaml + report.join()).not.toMatch(/s3cret/);
});

it('carries over a config of Gatus: conditions become what must hold, or are named', () => {
  const { yaml, report } = carryOver('gatus', gatus);

  expect(sitesOf(yaml)).toMatchObject({
    'core-front-end': { interval: '5m', statuses: [200], slow: '150ms', expect: [{ json: '$.status', equals: 'UP' }] },
    'back-end': { interval: '90s', statuses: [200, 429], certificateDays: [2] },
    'example-dns-query': { url: 'dns://example.com', record: 'A', values: ['93.184.216.34'] },
    'icmp-ping': { url: 'ping://example.org' },
  });
  expect(report.join('\n')).toMatch(/4 of 5 sites carried over/);
  expect(report.join('\n')).toMatch(/back-end: the condition `len\(\[BODY\]\.users\) > 5`/);
  expect(yaml).not.toMatch(/s3cret/);
});

const kumaSite = (more: object) => {
  const { yaml, report } = carryOver('kuma', JSON.stringify([monitor({ name: 'Shop', ...more })]));
  return { yaml, site: sitesOf(yaml)['shop'] as Record<string, unknown> | undefined, report: report.join('\n') };
};

it.each([
  [['200-299'], undefined],
  [
    ['200-299', '301'],
    ['200-299', 301],
  ],
  [['200-399'], undefined],
  [['200-404'], ['200-404']],
  [
    ['200-299', '300-399', '401'],
    ['200-399', 401],
  ],
  [
    ['200', '204'],
    [200, 204],
  ],
  [['100-199', '200-299', '300-399', '400-499', '500-599'], ['100-599']],
])('carries over the status codes %j of Kuma as %j', (codes, statuses) => {
  const { site, yaml } = kumaSite({ accepted_statuscodes: codes });

  expect(site?.['statuses']).toEqual(statuses);
  expect(yaml.split('\n').length).toBeLessThan(12);
});

it('says what a redirect among the codes of Kuma means, and keeps the range where none is followed', () => {
  expect(kumaSite({ accepted_statuscodes: ['200-299', '301'] }).report).toMatch(
    /shop: its status 301: Deckhand does not f/,
  );
  expect(kumaSite({ accepted_statuscodes: ['200-299'], maxredirects: 0 }).site).toMatchObject({
    maxRedirects: 0,
    statuses: ['200-299'],
  });
  expect(kumaSite({ accepted_statuscodes: ['200-299', '1000-1999'] }).report).toMatch(
    /its status 1000-1999: Deckhand knows/,
  );
});

it.each([
  ['==', 'ok', { equals: 'ok' }],
  ['>=', '5', { atLeast: 5 }],
  ['<=', '5.5', { atMost: 5.5 }],
  ['contains', 'up', { contains: 'up' }],
  ['!=', 'down', undefined],
  ['>', '5', undefined],
])(
  'carries over the operator %s of a JSON query, or says that it is left out',
  (jsonPathOperator, expectedValue, rule) => {
    const query = { type: 'json-query', jsonPath: 'a.b', jsonPathOperator, expectedValue };
    const { site, report } = kumaSite(query);

    expect(site?.['expect']).toEqual(rule === undefined ? undefined : [{ json: '$.a.b', ...rule }]);
    expect(report.includes(`\`a.b ${jsonPathOperator} ${expectedValue}\`: say it in \`expect\``)).toBe(
      rule === undefined,
    );
  },
);

it('names everything of Kuma that is left out, with the next move, what many share in one line', () => {
  const of = { parent: 7, resendInterval: 3, tags: [{ name: 'x' }], cacheBust: true, somethingNew: { a: 1 } };
  const { report, yaml } = carryOver(
    'kuma',
    JSON.stringify({
      version: '1.23.16',
      proxyList: [{ id: 1 }],
      monitorList: [
        { ...monitor({ name: 'Web', type: 'group' }), id: 7 },
        ...Array.from({ length: 12 }, (_, nr) => monitor({ name: `Shop ${nr}`, ...of, mqttUsername: 'u' })),
        monitor({ name: 'Hook', method: 'POST', body: '{"a":1}', ipFamily: 'ipv4', notificationIDList: {} }),
      ],
    }),
  );

  expect(sitesOf(yaml)['hook']).toMatchObject({
    body: '{"a":1}',
    headers: { 'content-type': 'application/json' },
    family: 'ipv4',
  });
  const shops = 'shop-0, shop-1, shop-2, shop-3, shop-4, shop-5, shop-6, shop-7, shop-8, shop-9 and 2 more';
  expect(report).toEqual([
    '13 of 14 sites carried over.',
    expect.stringMatching(/^- Web: not carried over: it is a group; .*`parent`/),
    expect.stringMatching(`^- ${shops}: its group \`Web\`: set \`parent\``),
    expect.stringMatching(`^- ${shops}: its notifications: .*\`channel\``),
    expect.stringMatching(`^- ${shops}: its tags: `),
    `- ${shops}: its repeated messages: set \`alerts.remind\``,
    expect.stringMatching(`^- ${shops}: its \`cacheBust\`: Deckhand has nothing like it; `),
    expect.stringMatching(`^- ${shops}: its \`somethingNew\`: `),
    expect.stringMatching(/^- the backup: its `proxyList`: /),
  ]);
});

const gatusSite = (more: string) => {
  const { yaml, report } = carryOver('gatus', `endpoints:\n  - name: shop\n    url: https://shop.example.com\n${more}`);
  return { site: sitesOf(yaml)['shop'] as Record<string, unknown> | undefined, report: report.join('\n') };
};

it.each([
  ['[STATUS] == 200', [200]],
  ['[STATUS] < 300', undefined],
  ['[STATUS] <= 299', undefined],
  ['[STATUS] < 400', undefined],
  ['[STATUS] < 500', ['200-499']],
  ['[STATUS] == any(200, 429)', [200, 429]],
  ['[STATUS] != 500", "[STATUS] >= 400', ['400-499', '501-599']],
  ['[CONNECTED] == true', ['200-599']],
])('carries over the condition %s of Gatus', (condition, statuses) => {
  expect(gatusSite(`    conditions: ["${condition}"]`).site?.['statuses']).toEqual(statuses);
});

it('keeps what Gatus means where it follows no redirects', () => {
  const none = gatusSite('    client: { ignore-redirect: true }\n    conditions: ["[STATUS] < 300"]');

  expect(none.site).toMatchObject({ maxRedirects: 0, statuses: ['200-299'] });
});

it('wraps a GraphQL body as Gatus does, reads merged defaults, and names everything that is left out', () => {
  const { yaml, report } = carryOver(
    'gatus',
    `
defaults: &defaults
  interval: 2m
  alerts: [{ type: slack }, { type: pagerduty, failure-threshold: 5 }]
alerting: { slack: { webhook-url: "https://hooks.example.com/s3cret" } }
maintenance: { start: "23:00", duration: 1h }
external-endpoints: [{ name: nightly-job, token: s3cret }]
ui: { title: Status }
endpoints:
  - <<: *defaults
    name: graph
    url: https://api.example.com/query
    method: POST
    graphql: true
    body: "{ users { id } }"
    client: { dns-resolver: "tcp://8.8.8.8:53", timeout: 90s }
    conditions: ["[STATUS] == 200"]
  - <<: *defaults
    name: plain
    url: https://api.example.com/
    body: lost
    conditions: ["[STATUS] == 200"]
`,
  );

  expect(sitesOf(yaml)).toEqual({
    graph: {
      url: 'https://api.example.com/query',
      interval: '2m',
      deadline: '90s',
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"query":"{ users { id } }"}',
      statuses: [200],
    },
    plain: { url: 'https://api.example.com/', interval: '2m', statuses: [200] },
  });
  expect(report).toEqual([
    '2 of 3 sites carried over.',
    expect.stringMatching(/^- graph, plain: its alerts \(slack, pagerduty\): .*`channel`/),
    '- graph: its own DNS server: Deckhand asks those of its machine',
    expect.stringMatching(/^- plain: its body: a GET takes none/),
    expect.stringMatching(/^- nightly-job: not carried over: its results are sent from outside/),
    expect.stringMatching(/^- the config: its `defaults`/),
    expect.stringMatching(/^- the config: its alerting \(slack\)/),
    expect.stringMatching(/^- the config: its maintenance window: .*`maintenance`/),
  ]);
  expect(yaml + report.join()).not.toMatch(/s3cret/);
});

it('says in words what a wrong file lacks', () => {
  expect(() => carryOver('kuma', '{"a": 1}')).toThrow('it has no `monitorList`');
  expect(() => carryOver('kuma', 'endpoints: []')).toThrow('it is no JSON');
  expect(() => carryOver('gatus', '{"monitorList": []}')).toThrow('it has no `endpoints`');
  expect(() => carryOver('gatus', 'a: [')).toThrow('it is no YAML');
});

it('prints YAML alone, the report apart from it, and a refusal with the next move for what is no backup', async () => {
  const folder = tempFolder('import');
  const file = join(folder.path, 'backup.json');
  const run = (...words: string[]) => promisify(execFile)(process.execPath, ['src/import/main.ts', ...words]);
  writeFileSync(file, backup);

  const { stdout, stderr } = await run('kuma', file);
  expect(Object.keys(sitesOf(stdout))).toHaveLength(6);
  expect(stderr).toMatch(/6 of 8 sites carried over/);
  await expect(run('gatus', file)).rejects.toThrow(
    /is not a config of Gatus with `endpoints:`: it has no `endpoints`\. Usage/,
  );
  await expect(run('kuma')).rejects.toThrow(/Usage: npm run/);
  folder.remove();
});
