import { gzipSync } from 'node:zlib';

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import type { Probe, ProbeResult } from '#ports/web.ts';
import { eventually } from '#test/support/eventually.ts';
import { createClock } from '#timers/clock.ts';
import { createWeb } from '#web/probe.ts';
import { createResolver } from '#web/resolver.ts';

import { closeAll, closeLater, deadPort, dns, http, openSockets, tcp, type Zone } from './servers.ts';

const clock = createClock();
let allowPrivate: string[] = ['127.0.0.1'];
let before = 0;

beforeEach(() => {
  allowPrivate = ['127.0.0.1'];
  before = openSockets();
});
/** Whatever happened to a check, it leaves no descriptor behind. */
afterEach(async () => {
  await closeAll();
  await vi.waitFor(() => expect(openSockets()).toBeLessThanOrEqual(before), { timeout: 3_000 });
});

async function webOn(zone: Zone = {}) {
  const server = await dns(zone);
  const resolver = createResolver({ clock, servers: [server.address], timeoutMs: 200, tries: 1 });
  const web = createWeb({ allowPrivate: () => allowPrivate, clock, resolver });
  closeLater(() => web.close());
  return { web, asked: server.asked };
}

async function check(url: string, change: Partial<Probe> = {}, zone: Zone = {}): Promise<ProbeResult> {
  const { web } = await webOn(zone);
  return web.probe({
    url,
    deadlineMs: 5_000,
    statuses: [],
    verifyTls: true,
    maxRedirects: 5,
    freshDns: false,
    ...change,
  });
}
const classOf = async (result: Promise<ProbeResult>) => (await result).failure?.class;

describe('a check of a site that is up', () => {
  it('tells status and the time of each phase, which add up to the whole', async () => {
    const site = await http((_request, response) => void setTimeout(() => response.end('hello'), 50));

    const { status, failure, phases } = await check(`${site}/`);

    expect({ status, failure }).toEqual({ status: 200, failure: undefined });
    expect(phases.firstByteMs).toBeGreaterThan(40);
    const { totalMs, ...parts } = phases;
    expect(Object.values(parts).reduce((sum, part) => sum + part, 0)).toBeCloseTo(totalMs, 3);
  });

  it('tells where its CNAMEs end in a re-check, and asks for none otherwise', async () => {
    const site = await http((_request, response) => void setTimeout(() => response.end(), 200));
    const { web, asked } = await webOn({ 'shop.test': ['CNAME d1.cdn.test', '127.0.0.1'], 'd1.cdn.test': [] });
    const probe = { deadlineMs: 5_000, statuses: [], verifyTls: true, maxRedirects: 5 };
    const url = `http://shop.test:${new URL(site).port}/`;

    expect(await web.probe({ ...probe, url, freshDns: false })).not.toHaveProperty('canonical');
    expect(asked.filter((one) => one.startsWith('CNAME'))).toEqual([]);
    await expect
      .poll(async () => (await web.probe({ ...probe, url, freshDns: true })).canonical, { timeout: 10_000 })
      .toBe('d1.cdn.test');
  });

  it.each([2, 3])('is up by an older DNS answer, and not slow, while %i DNS servers are silent', async (count) => {
    const site = await http((_request, response) => void response.end());
    const zone: Zone = { 'shop.test': ['127.0.0.1'], 'gone.test': ['127.0.0.1'], 'in.test': ['10.9.9.9'] };
    const servers = await Promise.all(Array.from({ length: count }, () => dns(zone, 0)));
    const resolver = createResolver({ clock, servers: servers.map(({ address }) => address) });
    const web = createWeb({ allowPrivate: () => allowPrivate, clock, resolver });
    closeLater(() => web.close());
    const probe = { deadlineMs: 10_000, statuses: [], verifyTls: true, maxRedirects: 5, freshDns: false };
    const url = `http://shop.test:${new URL(site).port}/`;
    const gone = `http://gone.test:${await deadPort()}/`;
    const inside = 'http://in.test/';
    await Promise.all([url, gone, inside].map((each) => web.probe({ ...probe, url: each })));
    for (const name of Object.keys(zone)) zone[name] = 'silent';

    const [first, broken, again, refused] = await Promise.all([
      web.probe({ ...probe, url }),
      web.probe({ ...probe, url: gone }),
      web.probe({ ...probe, url, freshDns: true }),
      web.probe({ ...probe, url: inside }),
    ]);

    const second = await web.probe({ ...probe, url });
    for (const one of [first, second, again]) expect(one).toMatchObject({ status: 200, staleDns: true });
    for (const one of [first, second, again]) expect(one.failure).toBeUndefined();
    expect(first.phases.dnsMs).toBeLessThan(1_500);
    expect(second.phases.dnsMs).toBeLessThan(250);
    expect(again.phases.dnsMs).toBeLessThan(4_000);
    expect(refused.failure).toMatchObject({ class: 'setup', detail: expect.stringContaining('private') });
    expect(broken.failure).toEqual({
      class: 'dns',
      detail: 'the DNS did not answer; at the older address: connection refused',
    });
  });

  it('asks over a connection of its own, says who it is, and wants nothing packed', async () => {
    const seen: unknown[] = [];
    const site = await http((request, response) => {
      seen.push([
        request.url,
        request.headers['user-agent'],
        request.headers['accept-encoding'],
        request.headers.connection,
      ]);
      response.end();
    });

    await check(`${site}/health?deep=1#part`);

    expect(seen).toEqual([['/health?deep=1', 'Deckhand site check', 'identity', 'close']]);
  });

  it('resolves a name through its own resolver and books the time', async () => {
    const site = await http((request, response) => void response.end(request.headers.host));
    const { port } = new URL(site);

    const result = await check(
      `http://shop.test:${port}/`,
      { contains: `shop.test:${port}` },
      { 'shop.test': ['127.0.0.1'] },
    );

    expect(result.failure).toBeUndefined();
    expect(result.phases.dnsMs).toBeGreaterThan(0);
  });

  it('resolves localhost through the system', async () => {
    allowPrivate = ['localhost'];
    const { port } = new URL(await http((_request, response) => void response.end()));

    expect((await check(`http://localhost:${port}/`)).failure).toBeUndefined();
  });

  it('finds the text also in an answer that is packed though nobody asked for it', async () => {
    const site = await http((_request, response) => {
      response.setHeader('content-encoding', 'gzip');
      response.end(gzipSync('all is well here'));
    });

    expect((await check(site, { contains: 'is well' })).failure).toBeUndefined();
  });

  it('reads 256 KiB of an endless answer and is content', async () => {
    const site = await http((_request, response) => {
      const pour = () => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536, 'a')));
      };
      response.write('needle');
      response.on('drain', pour);
      pour();
    });

    expect((await check(site, { contains: 'needle' })).failure).toBeUndefined();
    expect(await classOf(check(site, { contains: 'haystack' }))).toBe('body');
  });

  it('does not unpack a bomb beyond the cap', async () => {
    const bomb = gzipSync(Buffer.alloc(50_000_000));
    const site = await http((_request, response) => {
      response.setHeader('content-encoding', 'gzip');
      response.end(bomb);
    });

    expect(await classOf(check(site, { contains: 'x' }))).toBe('body');
  });
});

describe('a check of a site that is down says why, in exactly one class', () => {
  it('refused: nobody listens', async () => {
    const { failure, status } = await check(`http://127.0.0.1:${await deadPort()}/`);

    expect(failure).toEqual({ class: 'refused', detail: 'connection refused' });
    expect(status).toBeUndefined();
  });

  it('status: 200 to 399 unless others are named', async () => {
    const site = await http((request, response) => {
      response.statusCode = Number(request.url?.slice(1));
      response.end();
    });

    expect((await check(`${site}/503`)).failure).toEqual({ class: 'status', detail: 'HTTP 503' });
    expect((await check(`${site}/503`, { statuses: [503] })).failure).toBeUndefined();
    expect(await classOf(check(`${site}/204`, { statuses: [200] }))).toBe('status');
    expect((await check(`${site}/304`)).failure).toBeUndefined();
  });

  it('body: the text is missing', async () => {
    const site = await http((_request, response) => void response.end('maintenance'));

    expect((await check(site, { contains: 'welcome' })).failure).toEqual({
      class: 'body',
      detail: 'HTTP 200, but the expected text is missing',
    });
  });

  it('body: the answer breaks off in the middle', async () => {
    const port = await tcp((socket) => {
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf'));
    });

    expect((await check(`http://127.0.0.1:${port}/`)).failure).toMatchObject({ class: 'body' });
  });

  it('body: what answers is not HTTP', async () => {
    const port = await tcp((socket) => void socket.once('data', () => socket.end('SSH-2.0-OpenSSH_9.6\r\n')));

    expect(await classOf(check(`http://127.0.0.1:${port}/`))).toBe('body');
  });

  it('body: packed in an unknown or broken way', async () => {
    const site = await http((request, response) => {
      response.setHeader('content-encoding', request.url === '/odd' ? 'lzma' : 'gzip');
      response.end('plain');
    });

    expect(await classOf(check(`${site}/odd`, { contains: 'plain' }))).toBe('body');
    expect(await classOf(check(`${site}/broken`, { contains: 'plain' }))).toBe('body');
  });

  it('reset: the connection is cut before an answer', async () => {
    const reset = await tcp((socket) => void socket.once('data', () => socket.resetAndDestroy()));
    const closed = await tcp((socket) => void socket.once('data', () => socket.end()));

    expect(await classOf(check(`http://127.0.0.1:${reset}/`))).toBe('reset');
    expect(await classOf(check(`http://127.0.0.1:${closed}/`))).toBe('reset');
  });

  it('tls: plain HTTP on the TLS port', async () => {
    const port = new URL(await http((_request, response) => void response.end())).port;

    expect(await classOf(check(`https://127.0.0.1:${port}/`))).toBe('tls');
  });

  it('dns: there is no such name, or it has no address', async () => {
    expect((await check('http://nowhere.test/')).failure).toEqual({
      class: 'dns',
      detail: 'there is no such name in the DNS',
    });
    expect((await check('http://empty.test/', {}, { 'empty.test': [] })).failure).toEqual({
      class: 'dns',
      detail: 'the name has no address',
    });
  });

  it('dns: nobody answers, whether the resolver or the deadline gives up first', async () => {
    const zone: Zone = { 'dead.test': 'silent' };

    expect((await check('http://dead.test/', {}, zone)).failure).toEqual({
      class: 'dns',
      detail: 'the DNS did not answer',
    });
    expect((await check('http://dead.test/', { deadlineMs: 60 }, zone)).failure).toEqual({
      class: 'dns',
      detail: 'the name was not resolved within 60 ms',
    });
  });

  it('blocked: that is no web address', async () => {
    expect(await classOf(check('ftp://127.0.0.1/'))).toBe('setup');
    expect(await classOf(check('nonsense'))).toBe('setup');
  });
});

describe('one deadline rules the whole check', () => {
  const quick = { deadlineMs: 150 };
  const within = async (result: Promise<ProbeResult>) => {
    const { failure, phases } = await result;
    expect(phases.totalMs).toBeLessThan(1_000);
    return failure;
  };

  it('when a server takes the connection and never answers', async () => {
    const port = await tcp(() => {});

    expect(await within(check(`http://127.0.0.1:${port}/`, quick))).toEqual({
      class: 'deadline',
      detail: 'connected, but no answer within 150 ms',
    });
  });

  it('when a server is silent in the TLS handshake', async () => {
    const port = await tcp(() => {});

    expect(await within(check(`https://127.0.0.1:${port}/`, quick))).toEqual({
      class: 'deadline',
      detail: 'connected, but no TLS handshake within 150 ms',
    });
  });

  it('when headers come drop by drop', async () => {
    const port = await tcp((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n');
      const drip = setInterval(() => socket.write('x-slow: 1\r\n'), 20);
      socket.once('close', () => clearInterval(drip));
    });

    expect(await within(check(`http://127.0.0.1:${port}/`, quick))).toMatchObject({ class: 'deadline' });
  });

  it('when a body comes drop by drop', async () => {
    const site = await http((_request, response) => {
      const drip = setInterval(() => response.write('.'), 20);
      response.once('close', () => clearInterval(drip));
    });

    const failure = await within(check(site, quick));

    expect(failure).toEqual({ class: 'deadline', detail: 'the answer began, but was not complete within 150 ms' });
  });

  it('when redirects take turns in being slow', async () => {
    const site = await http((request, response) => {
      const next = Number(request.url?.slice(1)) + 1;
      setTimeout(() => response.writeHead(302, { location: `/${next}` }).end(), 60);
    });

    expect(await within(check(`${site}/0`, { ...quick, maxRedirects: 10 }))).toMatchObject({ class: 'deadline' });
  });

  it('and a loop of our own that stood still is nobody else’s fault', async () => {
    const site = await http((_request, response) => void setTimeout(() => response.end(), 100));

    const checked = check(site, { deadlineMs: 300 });
    setTimeout(() => {
      const until = performance.now() + 500;
      while (performance.now() < until); // the event loop stands still
    }, 20);

    expect((await checked).failure).toMatchObject({ class: 'monitor' });
  });
});

describe('checks', () => {
  it('give all their connections back, whatever became of them, without the help of the server', async () => {
    const hole = await tcp(() => {});
    const drip = await http((_request, response) => void response.write('.'));
    const cut = await tcp((socket) => void socket.once('data', () => socket.resetAndDestroy()));
    const { web } = await webOn({ 'dead.test': 'silent' });
    const urls = [
      `http://127.0.0.1:${hole}/`,
      `https://127.0.0.1:${hole}/`,
      drip,
      `http://127.0.0.1:${cut}/`,
      'http://dead.test/',
    ];
    const round = () =>
      Promise.all(
        urls.flatMap((url) =>
          [1, 2, 3, 4, 5].map(() =>
            web.probe({ url, deadlineMs: 100, statuses: [], verifyTls: true, maxRedirects: 5, freshDns: true }),
          ),
        ),
      );
    await round();
    const open = openSockets();

    for (let n = 0; n < 4; n++) expect((await round()).every(({ failure }) => failure !== undefined)).toBe(true);

    await eventually(() => expect(openSockets()).toBeLessThanOrEqual(open));
  });
});

describe('redirects', () => {
  it('are followed by hand, and the last answer counts', async () => {
    const site = await http((request, response) => {
      if (request.url === '/end') response.end('arrived');
      else response.writeHead(302, { location: request.url === '/a' ? '/b' : '/end' }).end();
    });

    expect(await check(`${site}/a`, { contains: 'arrived' })).toMatchObject({ status: 200 });
    expect((await check(`${site}/a`, { contains: 'arrived' })).failure).toBeUndefined();
  });

  it('are the answer when none may be followed, or when their status is asked for', async () => {
    const site = await http(
      (_request, response) => void response.writeHead(301, { location: 'http://10.0.0.1/' }).end(),
    );

    expect(await check(site, { maxRedirects: 0 })).toMatchObject({ status: 301 });
    expect((await check(site, { maxRedirects: 0 })).failure).toBeUndefined();
    expect((await check(site, { statuses: [301] })).failure).toBeUndefined();
  });

  it('to a port that the site may not use are refused, as is such an address itself', async () => {
    const site = await http((request, response) => {
      if (request.url === '/end') response.end();
      else response.writeHead(302, { location: `http://127.0.0.1:22/` }).end();
    });
    const port = Number(new URL(site).port);
    const tcp22 = 'a site that is added in Slack may not use port 22; add it to web.ports in deckhand.yml';

    expect((await check(`${site}/end`, { ports: [[port, port]] })).failure).toBeUndefined();
    expect((await check(site, { ports: [[port, port]] })).failure).toEqual({
      class: 'blocked',
      detail: expect.stringContaining(tcp22),
    });
    expect((await check('tcp://127.0.0.1:22', { ports: [] })).failure).toEqual({
      class: 'setup',
      detail: expect.stringContaining(tcp22),
    });
  });

  it('are followed when a range of statuses takes in all of them', async () => {
    const site = await http((request, response) => {
      if (request.url === '/end') response.writeHead(503).end();
      else response.writeHead(301, { location: '/end' }).end();
    });
    const range = Array.from({ length: 300 }, (_, at) => 200 + at);

    expect((await check(site, { statuses: range })).failure).toEqual({ class: 'status', detail: 'HTTP 503' });
  });

  it('in a loop end after the limit', async () => {
    let hits = 0;
    const site = await http((_request, response) => void (hits++, response.writeHead(307, { location: '/' }).end()));

    expect((await check(site, { maxRedirects: 3 })).failure).toEqual({
      class: 'status',
      detail: 'more than 3 redirects (HTTP 307)',
    });
    expect(hits).toBe(4);
  });

  it('to instance metadata, to a private address or out of the web are refused', async () => {
    const to = async (location: string) => {
      const site = await http((_request, response) => void response.writeHead(302, { location }).end());
      return (await check(site, { deadlineMs: 1_000 })).failure;
    };

    expect(await to('http://169.254.169.254/latest/meta-data/')).toMatchObject({
      class: 'blocked',
      detail: expect.stringContaining('metadata'),
    });
    expect(await to('http://10.1.2.3/')).toMatchObject({
      class: 'blocked',
      detail: expect.stringContaining('private'),
    });
    expect(await to('http://[::1]:1/')).toMatchObject({ class: 'blocked' });
    expect(await to('file:///etc/passwd')).toMatchObject({ class: 'blocked' });
  });

  it('carry no credentials of the address they come with', async () => {
    const seen: unknown[] = [];
    const site = await http((request, response) => {
      seen.push(request.headers.authorization);
      if (request.url === '/end') response.end();
      else response.writeHead(302, { location: `http://user:secret@${request.headers.host}/end` }).end();
    });

    await check(site);

    expect(seen).toEqual([undefined, undefined]);
  });
});

describe('addresses inside the network', () => {
  it('are refused unless settings allow them, by host, address or network', async () => {
    const { port } = new URL(await http((_request, response) => void response.end()));
    const zone: Zone = { 'inside.test': ['127.0.0.1'] };
    const result = async (allowed: string[], host: string) => {
      allowPrivate = allowed;
      return (await check(`http://${host}:${port}/`, {}, zone)).failure?.class;
    };

    expect(await result([], '127.0.0.1')).toBe('setup');
    expect(await result([], 'inside.test')).toBe('setup');
    expect(await result(['other.test'], 'inside.test')).toBe('setup');
    expect(await result(['INSIDE.test'], 'inside.test')).toBeUndefined();
    expect(await result(['127.0.0.0/8'], 'inside.test')).toBeUndefined();
    expect(await result(['127.0.0.1'], '127.0.0.1')).toBeUndefined();
  });

  it('are refused without a connection, also when only one of several is private', async () => {
    let connections = 0;
    const port = await tcp(() => void connections++);
    allowPrivate = [];

    const result = await check(`http://mixed.test:${port}/`, {}, { 'mixed.test': ['93.184.215.14', '127.0.0.1'] });

    expect(result.failure?.class).toBe('setup');
    expect(connections).toBe(0);
  });

  it('of instance metadata are refused even when settings allow them', async () => {
    allowPrivate = ['169.254.0.0/16', '169.254.169.254', 'meta.test'];

    expect(await classOf(check('http://169.254.169.254/'))).toBe('setup');
    expect(await classOf(check('http://2852039166/'))).toBe('setup'); // the same, written as one number
    expect(await classOf(check('http://[::ffff:169.254.169.254]/'))).toBe('setup');
    expect(await classOf(check('http://meta.test/', {}, { 'meta.test': ['169.254.169.254'] }))).toBe('setup');
  });

  it('are told to nobody', async () => {
    allowPrivate = [];

    const { failure } = await check('http://secret.test/', {}, { 'secret.test': ['10.9.8.7'] });

    expect(failure?.detail).not.toContain('10.9.8.7');
  });
});
