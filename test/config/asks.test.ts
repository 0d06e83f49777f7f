import { describe, expect, test } from 'vitest';

import { inspectSettings, parseSettings } from '#config/parse-settings.ts';

const site = (fields: string) => `channels: { alerts: C1A }\nsites:\n  - { name: shop, ${fields} }\n`;
const told = (fields: string, env?: Record<string, string>) =>
  inspectSettings(site(fields), 'deckhand.yml', env).problems.map(
    ({ where, what, next }) => `${where} ${what} ${next}`,
  );

describe('what a site asks and expects', () => {
  test('is read, with status classes and ranges as codes', () => {
    const [shop] = parseSettings(
      site(
        'url: "https://a.example", method: POST, headers: { X-Key: "${env:SHOP_TOKEN}" }, body: "{}", statuses: [204, 3xx, 400-401], family: ipv6, expect: [{ json: $.ok, equals: true }]',
      ),
      'deckhand.yml',
      { SHOP_TOKEN: 'x' },
    ).sites;

    expect(shop?.asks).toEqual({
      method: 'POST',
      headers: { 'X-Key': '${env:SHOP_TOKEN}' },
      body: '{}',
      family: 6,
      expect: [{ json: '$.ok', equals: true }],
    });
    expect(shop?.statuses).toHaveLength(103);
    expect(shop?.statuses).toEqual(expect.arrayContaining([204, 300, 399, 400, 401]));
  });

  test.each(['tcp://db.example:5432', 'tls://[2001:db8::1]:993', 'dns://example.com', 'ping://web-1.example'])(
    'takes %s',
    (url) => {
      expect(told(`url: "${url}"`)).toEqual([]);
    },
  );

  test.each([
    ['url: "tcp://db.example"', /url .*tcp:\/\/db\.example\.com:5432/],
    ['url: "ftp://a.example"', /url .*Expected an address/],
    ['url: "dns://a.example", contains: x', /contains .*Only sites with an http or https address/],
    ['url: "https://a.example", values: [x]', /values .*Only sites with a dns/],
    ['url: "dns://a.example", family: ipv6', /family .*record: AAAA/],
    ['url: "https://a.example", body: x', /body .*such as POST/],
    ['url: "https://a.example", method: HEAD, contains: x', /method .*Expected GET/],
    ['url: "https://a.example", statuses: [700]', /statuses\[0\] .*Expected/],
    ['url: "https://a.example", expect: [{ json: "$.a", header: b }]', /expect\[0\]\.header .*not both/],
    ['url: "https://a.example", expect: [{}]', /expect\[0\] .*something to look for/],
    ['url: "https://a.example", expect: [{ matches: "(?=a)" }]', /matches .*RE2/],
    ['url: "https://a.example", expect: [{ json: "status" }]', /json .*RFC 9535/],
    ['url: "https://a.example", expect: [{ json: "$..a..b" }]', /json .*once at most/],
    ['url: "https://a.example", headers: { Content-Length: "3" }', /headers/],
    ['url: "https://a.example", headers: { a: "${env:GONE}" }', /headers\.a needs the variable GONE, which is not set/],
    ['url: "https://a.example", headers: { a: "${env:SLACK_BOT_TOKEN}" }', /would send SLACK_BOT_TOKEN to the site/],
    ['url: "https://a.example", headers: { a: "${env:x" }', /Write it as/],
  ])('refuses %s with the next move', (fields, message) => {
    expect(told(fields, { SLACK_BOT_TOKEN: 'x' })).toEqual([expect.stringMatching(message)]);
  });
});
