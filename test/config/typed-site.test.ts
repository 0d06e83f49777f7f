import { describe, expect, test } from 'vitest';

import { sitesDefaults } from '#config/sites-schema.ts';
import { readTypedSite } from '#config/typed-site.ts';
import type { SiteFields } from '#ports/managed-sites.ts';

const defaults = sitesDefaults.parse({});
const shop = { name: 'shop', url: 'https://shop.example.com' };
const read = (typed: Record<string, string>, before: SiteFields = shop) => readTypedSite(typed, before, defaults);
function fieldsOf(typed: Record<string, string>, before?: SiteFields): Record<string, unknown> {
  const result = read(typed, before);
  expect(result).toMatchObject({ ok: true });
  const { name: _name, url: _url, ...fields } = result.ok ? result.fields : { name: '', url: '' };
  return fields;
}
function faultsOf(typed: Record<string, string>): readonly string[] {
  const result = read(typed);
  return result.ok ? [] : result.faults.map(({ field, message }) => `${field}: ${message}`);
}

describe('a site that is typed', () => {
  test.each<[Record<string, string>, object]>([
    [
      { interval: '30s', 'max-redirects': '0', verifytls: 'no' },
      { interval: '30s', maxRedirects: 0, verifyTls: false },
    ],
    [{ statuses: '200,204' }, { statuses: [200, 204] }],
    [{ statuses: '[200-299, 301]' }, { statuses: ['200-299', 301] }],
    [{ 'recover.every': '10s' }, { recover: { every: '10s' } }],
    [{ 'intermittent.telldownafter': '10m' }, { intermittent: { tellDownAfter: '10m' } }],
    [
      { 'slo.latency.under': '800ms', 'slo.target': '99.9', 'slo.latency.share': '95' },
      { slo: { target: 99.9, latency: { under: '800ms', share: 95 } } },
    ],
    [{ 'headers.x-key': '${env:SITE_KEY}' }, { headers: { 'x-key': '${env:SITE_KEY}' } }],
    [{ expect: '[{"json": "$.a", "equals": 1}]' }, { expect: [{ json: '$.a', equals: 1 }] }],
    [{ expect: '{"json": "$.a", "equals": 1}' }, { expect: [{ json: '$.a', equals: 1 }] }],
    [{ expect: '{ json: $.a, equals: ok }' }, { expect: [{ json: '$.a', equals: 'ok' }] }],
    [
      { contains: '{"ok": true}', owner: '[ops' },
      { contains: '{"ok": true}', owner: '[ops' },
    ],
  ])('%j is read as %j', (typed, fields) => {
    expect(fieldsOf(typed)).toEqual(fields);
  });

  test('loses what an empty value names, and nothing beside it', () => {
    const before = { ...shop, owner: 'Ops', slo: { target: 99, latency: { under: '1s', share: 90 } } };

    expect(fieldsOf({ 'slo.latency': '', owner: '' }, before)).toEqual({ slo: { target: 99 } });
    expect(fieldsOf({ 'recover.every': '' }, { ...shop, recover: { every: '5s' } })).toEqual({});
  });

  test.each<[Record<string, string>, RegExp]>([
    [{ intervall: '30s' }, /^intervall: `intervall` is no field of a site. Did you mean `interval`\?$/],
    [{ 'slo.latncy.under': '1s' }, /^slo\.latncy: .*Did you mean `slo\.latency`\?$/],
    [{ 'recover.often': '1s' }, /^recover\.often: .*There are: `recover\.every`, `recover\.checks`\.$/],
    [{ 'interval.x': '1s' }, /^interval\.x: .* is no field of a site\. Remove it\.$/],
    [{ colour: 'red' }, /^colour: .*There are: `name`, `url`, .*`slo`\.$/],
    [{ 'slo.target': '99.9', 'slo.latency.under': '800ms' }, /^slo\.latency\.share: Expected a number of percent/],
    [{ expect: '[{"json": "$..["}]' }, /^expect\[0\]\.json: `\$\.\.\[` does not fit\. Expected a JSON path/],
    [{ expect: '[{"contains": "a"}, {"matches": "(?=x)"}]' }, /^expect\[1\]\.matches: `\(\?=x\)` does not fit\. .*RE2/],
    [{ expect: '[{"jsn": "$.a"}]' }, /^expect\[0\]\.jsn: .*Did you mean `expect\[0\]\.json`\?$/],
    [{ expect: '[{"json": "$.a" "equals": 1}]' }, /^expect: It cannot be read from character 17 on\. Write it as in/],
    [{ expect: '[&a {contains: x}, *a]' }, /^expect: It cannot be read\. Write it as in/],
    [{ expect: 'a text that is longer than twenty characters' }, /^expect: Expected a list/],
  ])('%j is refused once, with what is wrong', (typed, message) => {
    expect(faultsOf(typed)).toEqual([expect.stringMatching(message)]);
  });

  test.each([
    ['https://shop.example.com', true],
    ['http://shop.example.com:8443', true],
    ['http://shop.example.com:8050', true],
    ['tcp://shop.example.com:443', true],
    ['dns://shop.example.com', true],
    ['ping://shop.example.com', true],
    ['tcp://shop.example.com:22', false],
    ['https://shop.example.com:8100', false],
  ])('with the address %s may use its port: %s', (url, ok) => {
    const result = readTypedSite({ url }, shop, defaults, [
      [8443, 8443],
      [8000, 8099],
    ]);

    const refused = [{ field: 'url', message: expect.stringMatching(/port \d+; add it to web\.ports/) }];
    expect(result).toMatchObject(ok ? { ok } : { ok, faults: refused });
  });

  test('shows nothing of a header that does not fit', () => {
    expect(faultsOf({ headers: '{"x-key": "s3cret\\u0001"}' }).join(' ')).not.toMatch(/s3cret/);
  });
});
