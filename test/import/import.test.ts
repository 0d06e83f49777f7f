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

it('prints YAML alone, the report apart from it, and a refusal with the next move for what is no backup', async () => {
  const folder = tempFolder('import');
  const file = join(folder.path, 'backup.json');
  const run = (...words: string[]) => promisify(execFile)(process.execPath, ['src/import/main.ts', ...words]);
  writeFileSync(file, backup);

  const { stdout, stderr } = await run('kuma', file);
  expect(Object.keys(sitesOf(stdout))).toHaveLength(6);
  expect(stderr).toMatch(/6 of 8 sites carried over/);
  await expect(run('gatus', file)).rejects.toThrow(/is not a config of Gatus/);
  await expect(run('kuma')).rejects.toThrow(/Usage: npm run/);
  folder.remove();
});
