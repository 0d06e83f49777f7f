import { request } from 'node:http';
import { createServer } from 'node:net';

import { afterEach, describe, expect, test } from 'vitest';

import { createCopies } from '#status-page/copies.ts';
import { pageOf } from '#status-page/model.ts';
import { serveStatusPage } from '#status-page/server.ts';
import { createFakeClock } from '#test/support/fake-clock.ts';
import { createFakeSettings } from '#test/support/fake-settings.ts';

import { facts, published, settingsOf, view } from './support.ts';

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

async function serve(change: Parameters<typeof settingsOf>[0] = {}) {
  const clock = createFakeClock();
  const settings = createFakeSettings({ statusPage: settingsOf({ sites: [published('a', 'Web shop')], ...change }) });
  const world = { reads: 0, fails: false, state: 'up' };
  const read = async () => {
    world.reads++;
    if (world.fails) throw new Error('the store is away');
    return pageOf(settings.current().statusPage, facts({ now: clock.now(), views: [view('a', world.state)] }));
  };
  const lines: string[] = [];
  const say = (data: object, text: string) => void lines.push(`${text} ${JSON.stringify(data)}`);
  const log = { debug: say, info: say, warn: say, error: say };
  const copies = createCopies({ read, everyMs: () => settings.current().statusPage.everyMs, clock, log });
  const server = await serveStatusPage({ settings, copies, clock, log });
  ends.push(() => server.close());
  const ask = async (path = '', of: RequestInit = {}) => {
    const response = await fetch(`${server.url()}${path}`, { redirect: 'manual', ...of });
    return { status: response.status, headers: response.headers, text: await response.text() };
  };
  return { clock, settings, world, server, ask, lines };
}

describe('the listener of the status page', () => {
  test('serves the page with headers that allow nothing but its own style', async () => {
    const { ask } = await serve();
    const { status, headers, text } = await ask();

    expect(status).toBe(200);
    expect(text).toContain('Web shop is operational');
    expect(headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(headers.get('content-security-policy')).toMatch(
      /^default-src 'none'; style-src 'sha256-[\w+/=]+'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'$/,
    );
    expect(Object.fromEntries(headers)).toMatchObject({
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'public, max-age=15',
      refresh: '30',
      'content-encoding': 'gzip',
      vary: 'Accept-Encoding',
    });
  });

  test('the feed and the data tell the same', async () => {
    const { ask } = await serve();

    expect(JSON.parse((await ask('status.json')).text)).toMatchObject({
      state: 'operational',
      services: [{ name: 'Web shop', state: 'operational' }],
    });
    expect((await ask('feed.atom')).text).toMatch(/^<\?xml version="1.0" encoding="utf-8"\?>\s*<feed /);
    expect((await ask('favicon.svg')).headers.get('content-type')).toBe('image/svg+xml');
  });

  test('does not refresh itself where that disturbs', async () => {
    const { ask } = await serve();

    expect((await ask('?refresh=no')).headers.get('refresh')).toBeNull();
  });

  test('answers 304 to who has it, and HEAD without a body', async () => {
    const { ask } = await serve();
    const etag = (await ask()).headers.get('etag')!;

    expect(await ask('', { headers: { 'if-none-match': `"other", W/${etag}` } })).toMatchObject({
      status: 304,
      text: '',
    });
    expect((await ask('', { headers: { 'if-none-match': '"other"' } })).status).toBe(200);
    const head = await ask('', { method: 'HEAD' });
    expect([head.status, head.text, head.headers.get('etag')]).toEqual([200, '', etag]);
  });

  test('who takes no gzip gets it plain', async () => {
    const { ask } = await serve();
    const plain = await ask('', { headers: { 'accept-encoding': 'gzip;q=0, identity' } });

    expect([plain.headers.get('content-encoding'), plain.text.includes('Web shop')]).toEqual([null, true]);
  });

  test.each(['nothing', 'healthz', '..%2f', 'status.json/', 'index.html'])('%s is not here', async (path) => {
    const { ask } = await serve();

    expect(await ask(path)).toMatchObject({ status: 404, text: expect.stringContaining('status page is at /') });
  });

  test('takes GET and HEAD only', async () => {
    const { ask } = await serve();
    const posted = await ask('', { method: 'POST', body: 'x'.repeat(100_000) });

    expect([posted.status, posted.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  });

  test('refuses headers without end', async () => {
    const { server } = await serve();
    const status = await new Promise((resolve, reject) => {
      const asked = request(server.url()!, { headers: { 'x-long': 'x'.repeat(20_000) } }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      asked.on('error', reject).end();
    });

    expect(status).toBe(431);
  });
});

describe('a crowd', () => {
  test('is served from memory: one reading, however many ask', async () => {
    const { ask, world } = await serve();

    const answers = await Promise.all(Array.from({ length: 60 }, () => ask()));
    expect(answers.every(({ status }) => status === 200)).toBe(true);
    expect(world.reads).toBe(1);
  });

  test('waits for nothing when the page is due anew, and sees it at the next look', async () => {
    const { ask, world, clock } = await serve();
    await ask();
    world.state = 'down';
    await clock.advance(29_000);
    expect((await ask()).text).toContain('is operational');
    expect(world.reads).toBe(1);

    await clock.advance(2_000);
    await ask();
    await expect.poll(async () => (await ask()).text).toContain('Web shop is down');
    expect(world.reads).toBe(2);
  });
});

describe('while the store is away', () => {
  test('the first one is told to come back', async () => {
    const { ask, world, clock } = await serve();
    world.fails = true;
    const first = await ask();
    expect([first.status, first.headers.get('retry-after')]).toEqual([503, '60']);

    world.fails = false;
    await clock.advance(5_000);
    expect((await ask()).status).toBe(200);
  });

  test('the last page stands for five minutes, then nothing is known', async () => {
    const { ask, world, clock } = await serve();
    await ask();
    world.fails = true;
    await clock.advance(4 * 60_000);
    expect((await ask()).text).toContain('Web shop is operational');

    await clock.advance(61_000);
    expect((await ask()).text).toContain('We cannot see how our services are');

    world.fails = false;
    await clock.advance(6_000);
    expect((await ask()).text).toContain('Web shop is operational');
  });
});

describe('deckhand.yml', () => {
  test('is followed: off, on, another port, and nothing of before is shown after a change', async () => {
    const { ask, server, settings } = await serve();
    const before = server.url();
    await ask();

    settings.change({ statusPage: settingsOf({ sites: [published('b', 'Only this')] }) });
    expect((await ask()).text).not.toContain('Web shop');
    expect(server.url()).toBe(before);

    settings.change({ statusPage: settingsOf({ enabled: false }) });
    await expect.poll(() => server.url()).toBeUndefined();
    await expect(fetch(before!)).rejects.toThrow('fetch failed');

    settings.change({ statusPage: settingsOf({ sites: [published('a', 'Again')] }) });
    await expect.poll(() => server.url()).toBeDefined();
    expect((await ask()).text).toContain('Again');
  });

  test('a port that is taken hurts nothing, is named, and is tried again', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as { port: number };
    const { server, clock, lines } = await serve({ port });
    expect(server.url()).toBeUndefined();
    expect(lines.join('\n')).toContain('statusPage.port');

    await new Promise((resolve) => other.close(resolve));
    await clock.advance(30_000);
    await expect.poll(() => server.url()).toBe(`http://127.0.0.1:${port}/`);
  });
});
