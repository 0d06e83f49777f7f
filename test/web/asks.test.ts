import { describe, expect, it } from 'vitest';

import type { Expectation, Probe, ProbeResult } from '#ports/web.ts';
import { createClock } from '#timers/clock.ts';
import { createWeb } from '#web/probe.ts';
import { createResolver } from '#web/resolver.ts';

import { closeLater, deadPort, dns, http, tcp, type Zone } from './servers.ts';

const clock = createClock();
const secret = 'sesame-0815';

async function check(url: string, change: Partial<Probe> = {}, zone: Zone = {}): Promise<ProbeResult> {
  const server = await dns(zone);
  const resolver = createResolver({ clock, servers: [server.address], timeoutMs: 200, tries: 1 });
  const allowPrivate = () => ['127.0.0.0/8', '::1'];
  const variables: Record<string, string> = { SHOP_TOKEN: secret, TWO_LINES: 'a\nb: c' };
  const secrets = (name: string) => variables[name];
  const web = createWeb({ allowPrivate, clock, resolver, secrets });
  closeLater(() => web.close());
  const plain = { deadlineMs: 3_000, statuses: [], verifyTls: true, maxRedirects: 5, freshDns: false };
  return web.probe({ url, ...plain, ...change });
}

describe('what a check asks', () => {
  it('is sent as it is set up, with secrets put in at the last moment', async () => {
    const seen: unknown[] = [];
    const site = await http((request, response) => {
      request.on('data', (chunk: Buffer) =>
        seen.push([request.method, request.headers.authorization, request.headers['user-agent'], String(chunk)]),
      );
      request.on('end', () => response.end());
    });

    const result = await check(site, {
      method: 'POST',
      headers: { Authorization: 'Bearer ${env:SHOP_TOKEN}', 'User-Agent': 'shop' },
      body: '{"key":"${env:SHOP_TOKEN}"}',
    });

    expect(result.failure).toBeUndefined();
    expect(seen).toEqual([['POST', `Bearer ${secret}`, 'shop', `{"key":"${secret}"}`]]);
  });

  it('is not asked when a variable is not set', async () => {
    const { failure } = await check('http://127.0.0.1:1/', { headers: { a: '${env:GONE}' } });

    expect(failure).toEqual({ class: 'setup', detail: expect.stringContaining('GONE is not set; set it') });
  });

  it('is not sent when a variable holds what no header may, which is told without it', async () => {
    const { failure } = await check('http://127.0.0.1:PORT/'.replace('PORT', String(await tcp(() => {}))), {
      headers: { a: '${env:TWO_LINES}' },
    });

    expect(failure).toEqual({ class: 'setup', detail: expect.stringContaining('look at the variable') });
  });

  it('goes to another server without the headers, and never with the body', async () => {
    const seen: unknown[] = [];
    const other = await http((request, response) => {
      seen.push([request.method, request.headers['x-key']]);
      response.end();
    });
    const site = await http((request, response) => {
      response.writeHead(Number(request.url?.slice(1)), { location: `${other}/` }).end();
    });
    const asks = { method: 'POST', headers: { 'x-key': 'secret' }, body: 'text' };

    expect((await check(`${site}/303`, asks)).failure).toBeUndefined();
    expect((await check(`${site}/307`, asks)).failure).toMatchObject({ class: 'blocked' });
    expect(seen).toEqual([['GET', undefined]]);
  });
});

const answer = JSON.stringify({
  status: 'degraded',
  load: 7,
  ok: true,
  none: null,
  echo: secret,
  list: [{ n: 'db', up: false }],
});
const table: readonly [Expectation, string | undefined][] = [
  [{ contains: 'degraded', lacks: 'panic', matches: '"load":\\d+' }, undefined],
  [{ contains: 'panic' }, 'expected the text to contain "panic"'],
  [{ lacks: 'degraded' }, 'expected the text not to contain "degraded"'],
  [{ matches: '^ok' }, 'expected the text to match "^ok"'],
  [{ json: '$.status', equals: 'degraded' }, undefined],
  [{ json: '$.status', equals: 'ok' }, 'expected $.status to be "ok", it is "degraded"'],
  [{ json: '$.ok', equals: 'true' }, 'expected $.ok to be "true", it is true'],
  [{ json: '$.none', equals: null }, undefined],
  [{ json: '$.load', atLeast: 7, atMost: 7 }, undefined],
  [{ json: '$.load', atMost: 5 }, 'expected $.load to be at most 5, it is 7'],
  [{ json: '$.status', atLeast: 1 }, 'expected $.status to be at least 1, it is "degraded"'],
  [{ json: '$.list[?@.n == "db"].up', equals: false }, undefined],
  [{ json: '$.list[?match(@.n, "d.")].up' }, undefined],
  [{ json: '$.gone' }, 'expected $.gone to be there, there is none'],
  [{ json: '$.gone', lacks: 'x' }, undefined],
  [{ json: '$.echo', equals: 'x' }, 'expected $.echo to be "x", it is "[secret]"'],
  [{ header: 'Content-Type', contains: 'json' }, undefined],
  [{ header: 'x-none' }, 'expected header x-none to be there, there is none'],
];

describe('what is expected of an answer', () => {
  it.each(table)('%j', async (expected, detail) => {
    const site = await http((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).end(answer);
    });

    const { failure } = await check(site, { headers: { a: '${env:SHOP_TOKEN}' }, expect: [expected] });

    expect(failure?.detail).toBe(detail);
    expect(JSON.stringify(failure ?? {})).not.toContain(secret);
  });

  it('is shown as it came, literally and cut', async () => {
    const site = await http((_request, response) => {
      response.writeHead(200, { 'x-long': `<!here> *bold* ${'x'.repeat(300)}` }).end();
    });

    const { failure } = await check(site, { expect: [{ header: 'x-long', equals: 'a' }] });

    expect(failure?.detail).toBe(`expected header x-long to be "a", it is "<!here> *bold* ${'x'.repeat(64)}…"`);
  });

  it('is JSON, whole, within what is read', async () => {
    const site = await http((request, response) => {
      response.end(request.url === '/page' ? '<html>' : JSON.stringify('x'.repeat(300_000)));
    });
    const expected = { expect: [{ json: '$' }] };

    expect((await check(`${site}/page`, expected)).failure?.detail).toBe('expected JSON, the answer is none');
    expect((await check(`${site}/long`, expected)).failure?.detail).toMatch('longer than the 256 KiB');
  });

  it('is looked for in linear time, however hostile the answer', async () => {
    const site = await http((_request, response) => void response.end(`{"a":"${'a'.repeat(100_000)}!"}`));
    const started = performance.now();

    const text = await check(site, { expect: [{ matches: '^\\{"a":"(a+)+"' }] });
    const path = await check(site, { expect: [{ json: '$[?match(@, "(a+)+")]' }] });

    expect([text.failure?.class, path.failure?.class]).toEqual(['body', 'body']);
    expect(performance.now() - started).toBeLessThan(3_000);
  });
});

describe('a connection', () => {
  it('is enough for tcp://, and its failures have their class', async () => {
    const port = await tcp(() => {});
    const good = await check(`tcp://shop.test:${port}`, {}, { 'shop.test': ['127.0.0.1'] });

    expect(good.failure).toBeUndefined();
    expect(good.addresses).toEqual(['127.0.0.1']);
    expect(good.phases.connectMs).toBeGreaterThan(0);
    expect((await check(`tcp://127.0.0.1:${await deadPort()}`)).failure?.class).toBe('refused');
    expect((await check(`tcp://gone.test:80`)).failure?.class).toBe('dns');
  });

  it('goes over the family that is asked for', async () => {
    const site = await http((_request, response) => void response.end());
    const url = site.replace('127.0.0.1', 'shop.test');

    expect((await check(url, { family: 4 }, { 'shop.test': ['127.0.0.1', '::1'] })).addresses).toEqual(['127.0.0.1']);
    expect((await check(url, { family: 6 }, { 'shop.test': ['127.0.0.1'] })).failure).toMatchObject({ class: 'dns' });
    expect((await check(site, { family: 6 })).failure?.detail).toBe(
      'expected an IPv6 address, the site is given as IPv4',
    );
  });

  it.each(['tcp://HOST:80', 'tls://HOST:443', 'ping://HOST', 'http://HOST/'])(
    'of no kind reaches metadata or private addresses: %s',
    async (pattern) => {
      const zone: Zone = { 'meta.test': ['169.254.169.254'], 'inside.test': ['10.0.0.1'] };
      for (const host of [
        '169.254.169.254',
        '10.0.0.1',
        '[fd00:ec2::254]',
        '[::ffff:169.254.169.254]',
        'meta.test',
        'inside.test',
      ])
        expect((await check(pattern.replace('HOST', host), {}, zone)).failure?.class).toBe('setup');
    },
  );
});

describe('a dns:// check', () => {
  const zone: Zone = {
    'shop.test': ['192.0.2.1', '192.0.2.2'],
    'mail.test': ['MX 10 mx1.test', 'MX 20 mx2.test', 'TXT v=spf1 -all'],
    'mx1.test': ['8.8.8.8'],
    'mx2.test': ['10.1.2.4'],
    'inside.test': ['10.1.2.3'],
    'db.test': ['CNAME prod-db.inside.test', 'TXT token=s3cret'],
    'prod-db.inside.test': ['10.1.2.5'],
    'dangling.test': ['CNAME nowhere.test'],
    'silent.test': 'silent',
  };

  it('compares the records, in any order', async () => {
    const good: readonly [string, Partial<Probe>][] = [
      ['shop.test', {}],
      ['shop.test', { values: ['192.0.2.2', '192.0.2.1'] }],
      ['mail.test', { record: 'MX', values: ['20 MX2.test.', '10 mx1.test'] }],
      ['mail.test', { record: 'TXT', values: ['v=spf1 -all'] }],
    ];
    for (const [name, change] of good) expect((await check(`dns://${name}`, change, zone)).failure).toBeUndefined();
  });

  it('tells what was expected and what came, and nothing from inside the network', async () => {
    const bad: readonly [string, Partial<Probe>, string][] = [
      [
        'mail.test',
        { record: 'MX', values: ['10 mx9.test'] },
        'expected MX 10 mx9.test; the DNS says "10 mx1.test", a name without a public address',
      ],
      [
        'mail.test',
        { record: 'MX', values: ['20 mx2.test'] },
        'expected MX 20 mx2.test; the DNS says "10 mx1.test", "20 mx2.test"',
      ],
      [
        'db.test',
        { record: 'CNAME', values: ['db.aws.test'] },
        'expected CNAME db.aws.test; the DNS says a name without a public address',
      ],
      ['db.test', { record: 'TXT', values: ['token=a'] }, 'expected TXT token=a; the DNS says another text'],
      [
        'dangling.test',
        { record: 'CNAME', values: ['shop.test'] },
        'expected CNAME shop.test; the DNS says a name without a public address',
      ],
      ['inside.test', { values: ['192.0.2.1'] }, 'expected A 192.0.2.1; the DNS says a private address'],
      ['mail.test', { record: 'A' }, 'the name has no A record'],
      ['gone.test', {}, 'there is no such name in the DNS'],
      ['silent.test', {}, 'the DNS did not answer'],
    ];
    for (const [name, change, detail] of bad)
      expect((await check(`dns://${name}`, change, zone)).failure).toEqual({ class: 'dns', detail });
  });
});

describe('a ping', () => {
  it('is answered, or says what this machine lacks', async () => {
    const { failure } = await check('ping://127.0.0.1');

    expect(failure?.detail ?? 'answered').toMatch(/^answered$|tcp:\/\/host:port$/);
  });

  it('without an answer ends with its deadline', async () => {
    const { failure, phases } = await check('ping://127.0.0.1', { deadlineMs: 1 });

    expect(failure?.class).toBe('deadline');
    expect(phases.totalMs).toBeLessThan(1_000);
  });
});
