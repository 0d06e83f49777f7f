import { request as httpRequest } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import { connect } from 'node:net';

import { afterEach, describe, expect, test } from 'vitest';

import { startSandboxServer } from '#sandbox/server.ts';
import type { SandboxServer } from '#sandbox/server.ts';
import { createDemoSite } from '#sandbox/site.ts';
import { besideEc2, createFakeEc2, createFakeSlack } from '#test/sandbox/fake-parts.ts';

const open: SandboxServer[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

async function start(statusPage?: () => string | undefined) {
  const failures: object[] = [];
  const slack = createFakeSlack();
  const ec2 = createFakeEc2();
  const site = createDemoSite();
  const quiet = (): void => {};
  const log = { debug: quiet, info: quiet, warn: quiet, error: (data: object) => void failures.push(data) };
  const server = await startSandboxServer({
    port: 0,
    slack,
    ec2,
    ...besideEc2(ec2),
    site,
    log,
    ...(statusPage === undefined ? {} : { statusPage }),
  });
  open.push(server);
  return { server, slack, ec2, site, failures };
}

type Sent = { status: number; headers: IncomingHttpHeaders; text: string };

/** A request with any headers at all; `fetch` does not let one lie about Host. */
function send(
  url: string,
  of: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Sent> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { method: of.method ?? 'GET', headers: of.headers ?? {} }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
    });
    request.on('error', reject);
    request.end(of.body);
  });
}

function postJson(url: string, body: unknown): Promise<Sent> {
  return send(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
}

describe('the status page', () => {
  test('is where Deckhand serves it; where it does not, that is said', async () => {
    const { server } = await start(() => 'http://127.0.0.1:3080/');
    const { server: without } = await start();

    expect((await send(`${server.url}/status`)).headers.location).toBe('http://127.0.0.1:3080/');
    expect(await send(`${without.url}/status`)).toMatchObject({
      status: 404,
      text: expect.stringContaining('statusPage'),
    });
  });
});

describe('the page', () => {
  test('is served with a policy that lets in no foreign script', async () => {
    const { server } = await start();

    const page = await send(`${server.url}/`);

    expect(page.status).toBe(200);
    expect(page.headers['content-type']).toContain('text/html');
    expect(page.text).toContain('<title>Deckhand sandbox</title>');
    expect(page.headers['content-security-policy']).toContain("script-src 'self'");
    expect(page.headers['content-security-policy']).toContain("frame-ancestors 'none'");
  });

  test('has scripts without types, which a browser can read', async () => {
    const { server } = await start();

    const script = await send(`${server.url}/assets/main.ts`);

    expect(script.headers['content-type']).toContain('text/javascript');
    expect(script.text).toContain("from './store.ts'");
    expect(script.text).not.toMatch(/import type|: State\b/);
  });

  test.each(['/assets/nothing.ts', '/assets/../server.ts', '/assets/%2e%2e/server.ts', '/elsewhere'])(
    'answers 404 with the way on for %s',
    async (path) => {
      const { server } = await start();

      const answer = await send(`${server.url}${path}`);

      expect(answer.status).toBe(404);
      expect(JSON.parse(answer.text).error).toContain('/sandbox/api/');
    },
  );

  test('cannot be posted to', async () => {
    const { server } = await start();

    const answer = await send(`${server.url}/`, { method: 'POST' });

    expect(answer.status).toBe(405);
    expect(answer.headers.allow).toBe('GET, HEAD');
  });
});

describe('strangers', () => {
  test('a Host that is not loopback is refused everywhere, so a rebound name reaches nothing', async () => {
    const { server, slack } = await start();

    const answers = await Promise.all(
      ['/', '/aws', '/slack/api/auth.test', '/sandbox/api/commands', '/demo-site'].map((path) =>
        send(`${server.url}${path}`, { method: 'POST', headers: { host: 'evil.example:80' }, body: '{}' }),
      ),
    );

    expect(answers.map(({ status }) => status)).toEqual([403, 403, 403, 403, 403]);
    expect(slack.asked).toEqual([]);
  });

  test.each(['https://evil.example', 'http://127.0.0.1:1', 'null'])(
    'a request from a page of %s is refused',
    async (origin) => {
      const { server, slack } = await start();

      const answer = await send(`${server.url}/sandbox/api/commands`, {
        method: 'POST',
        headers: { origin, 'content-type': 'text/plain' },
        body: '{}',
      });

      expect(answer.status).toBe(403);
      expect(JSON.parse(answer.text).error).toContain('other web pages');
      expect(slack.asked).toEqual([]);
    },
  );

  test('the own page and localhost are let in', async () => {
    const { server } = await start();
    const host = `localhost:${server.port}`;

    const answer = await send(`${server.url}/sandbox/api/commands`, {
      method: 'POST',
      headers: { host, origin: `http://${host}` },
      body: '{}',
    });

    expect(answer.status).toBe(200);
  });

  test('listens on the loopback address only', async () => {
    const { server } = await start();

    const failure = await new Promise<string>((resolve) => {
      const socket = connect(server.port, '127.0.0.2');
      socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''));
      socket.once('connect', () => resolve('connected'));
    });

    expect(failure).toBe('ECONNREFUSED');
  });
});

describe('the parts', () => {
  test('get their own paths', async () => {
    const { server } = await start();

    expect((await send(`${server.url}/aws`, { method: 'POST' })).text).toBe('ec2 POST /aws');
    expect((await send(`${server.url}/aws/any`, { method: 'POST' })).text).toBe('ec2 POST /aws/any');
    expect((await send(`${server.url}/slack/api/auth.test`)).text).toBe('slack GET /slack/api/auth.test');
    expect((await send(`${server.url}/slack/response/x`)).text).toBe('slack GET /slack/response/x');
  });

  test.each([
    ['/slack/link?ticket=1', '127.0.0.1', '101'],
    ['/slack/link', 'evil.example', '403'],
    ['/elsewhere', '127.0.0.1', '403'],
  ])('an upgrade to %s as %s answers %s', async (path, host, status) => {
    const { server } = await start();

    const line = await new Promise<string>((resolve, reject) => {
      const socket = connect(server.port, '127.0.0.1');
      socket.once('error', reject);
      socket.once('data', (data) => {
        resolve(data.toString('utf8').split('\r\n')[0] ?? '');
        socket.destroy();
      });
      socket.write(`GET ${path} HTTP/1.1\r\nhost: ${host}\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n`);
    });

    expect(line).toContain(` ${status} `);
  });

  test('a part that breaks answers 500 and is logged', async () => {
    const { server, slack, failures } = await start();
    slack.state.onCommand = () => {
      throw new Error('boom');
    };

    const answer = await postJson(`${server.url}/sandbox/api/commands`, {});

    expect(answer.status).toBe(500);
    expect(JSON.parse(answer.text).error).toContain('log');
    expect(failures).toHaveLength(1);
  });
});

describe('the control API', () => {
  test('hands bodies and queries to the parts and gives their answers back', async () => {
    const { server, slack } = await start();
    const api = `${server.url}/sandbox/api`;
    const command = { user: 'U0REQUESTER', channel: 'C0OPS', text: '/fleet all' };

    expect((await postJson(`${api}/commands`, command)).status).toBe(200);
    await postJson(`${api}/actions`, { action_id: 'approve' });
    await postJson(`${api}/views/submit`, { view_id: 'V1' });
    await postJson(`${api}/views/close`, { view_id: 'V1' });
    await postJson(`${api}/home/open`, { user: 'U0REQUESTER' });
    await postJson(`${api}/suggest`, { value: 'web' });

    expect(slack.asked.map(({ what }) => what)).toEqual([
      'commands',
      'actions',
      'submit',
      'closeView',
      'openHome',
      'suggest',
    ]);
    expect(slack.asked[0]?.input).toEqual(command);
    expect(JSON.parse((await send(`${api}/messages?channel=C0OPS`)).text)).toEqual({ messages: [] });
    expect((await send(`${api}/messages`)).status).toBe(400);
    expect(JSON.parse((await send(`${api}/workspace`)).text).team.id).toBe('T0SANDBOX');
    expect(JSON.parse((await send(`${api}/ec2`)).text).instances).toHaveLength(3);
    expect(JSON.parse((await send(`${api}/views?user=U`)).text)).toEqual({ views: [] });
    expect(JSON.parse((await send(`${api}/home?user=U`)).text)).toEqual({ view: null });
  });

  test.each([
    ['not JSON', '{"user":', 400, 'not JSON'],
    ['a body over 1 MB', JSON.stringify({ text: 'x'.repeat(1_000_001) }), 413, 'smaller'],
  ])('refuses %s', async (_name, body, status, words) => {
    const { server, slack } = await start();

    const answer = await send(`${server.url}/sandbox/api/commands`, { method: 'POST', body });

    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.text).error).toContain(words);
    expect(slack.asked).toEqual([]);
  });

  test.each(['nothing', 'toString', '__proto__', 'commands/more', ''])(
    'answers 404 with the list of routes for %j',
    async (name) => {
      const { server } = await start();

      const answer = await send(`${server.url}/sandbox/api/${name}`);

      expect(answer.status).toBe(404);
      expect(JSON.parse(answer.text).error).toContain('/sandbox/api/commands');
    },
  );

  test.each([
    ['commands', 'GET', 'POST'],
    ['messages', 'POST', 'GET'],
    ['site', 'DELETE', 'GET, POST'],
    ['events', 'POST', 'GET'],
  ])('%s refuses %s and names %s', async (name, method, allow) => {
    const { server } = await start();

    const answer = await send(`${server.url}/sandbox/api/${name}`, { method });

    expect(answer.status).toBe(405);
    expect(answer.headers.allow).toBe(allow);
  });

  test('faults go to the parts they name, and a refused one is told', async () => {
    const { server, slack, ec2, site } = await start();
    const faults = `${server.url}/sandbox/api/faults`;

    const taken = await postJson(faults, { ec2: { a: 1 }, slack: { b: 2 }, site: { up: false } });
    const refused = await postJson(faults, { ec2: 'nonsense' });

    expect(taken.status).toBe(200);
    expect(JSON.parse(taken.text)).toMatchObject({ ec2: { ok: true }, slack: { ok: true }, site: { up: false } });
    expect(ec2.asked[0]?.input).toEqual({ a: 1 });
    expect(slack.asked[0]?.input).toEqual({ b: 2 });
    expect(site.state().up).toBe(false);
    expect(refused.status).toBe(400);
    expect(JSON.parse(refused.text).error).toContain('no fault');
  });

  test.each([[{}], [{ moon: true }], [[]], [7], [null]])('faults %j are refused with an example', async (body) => {
    const { server, ec2 } = await start();

    const answer = await postJson(`${server.url}/sandbox/api/faults`, body);

    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.text).error).toContain('{"ec2"');
    expect(ec2.asked).toEqual([]);
  });
});

describe('the event stream', () => {
  test('tells which part changed, many changes at once as one', async () => {
    const { server, slack, ec2 } = await start();
    const stop = new AbortController();
    const response = await fetch(`${server.url}/sandbox/api/events`, { signal: stop.signal });
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    if (reader === undefined) throw new Error('no stream');
    await reader.read();

    slack.changed();
    slack.changed();
    ec2.changed();
    slack.changed();
    let told = '';
    while (!told.includes('ec2')) told += (await reader.read()).value ?? '';
    stop.abort();

    expect(response.headers.get('content-type')).toBe('text/event-stream');
    expect(told).toBe('event: change\ndata: slack\n\nevent: change\ndata: ec2\n\n');
  });

  test('refuses the 65th listener instead of growing for ever', async () => {
    const { server } = await start();
    const stop = new AbortController();
    const join = () => fetch(`${server.url}/sandbox/api/events`, { signal: stop.signal });

    const first = await Promise.all(Array.from({ length: 64 }, join));
    const late = await join();
    stop.abort();

    expect(first.every(({ status }) => status === 200)).toBe(true);
    expect(late.status).toBe(503);
  });

  test('closing ends streams and may be asked twice', async () => {
    const { server } = await start();
    const response = await fetch(`${server.url}/sandbox/api/events`);

    await Promise.all([server.close(), server.close()]);

    await expect(
      response.text().then(
        () => 'over',
        () => 'over',
      ),
    ).resolves.toBe('over');
    await expect(fetch(server.url)).rejects.toThrow('fetch failed');
  });
});

describe('starting', () => {
  test('a taken port is an error, not a second guess', async () => {
    const { server } = await start();
    const ec2 = createFakeEc2();
    const quiet = (): void => {};
    const log = { debug: quiet, info: quiet, warn: quiet, error: quiet };

    const second = startSandboxServer({
      port: server.port,
      slack: createFakeSlack(),
      ec2,
      ...besideEc2(ec2),
      site: createDemoSite(),
      log,
    });

    await expect(second).rejects.toMatchObject({
      name: 'Refusal',
      message: expect.stringMatching(/EADDRINUSE.*--port/),
    });
  });
});

describe('the demo site', () => {
  test('is a real page with its name, and counts who looked', async () => {
    const { server, site } = await start();

    const page = await send(`${server.url}/demo-site`);

    expect(page.status).toBe(200);
    expect(page.text).toContain('Deckhand demo shop');
    expect(site.state().requests).toBe(1);
  });

  test('resets connections while it is down', async () => {
    const { server } = await start();
    await postJson(`${server.url}/sandbox/api/site`, { up: false });

    await expect(send(`${server.url}/demo-site`)).rejects.toMatchObject({ code: 'ECONNRESET' });
  });

  test('answers with the status and delay it was told', async () => {
    const { server } = await start();
    await postJson(`${server.url}/sandbox/api/site`, { status: 503, latencyMs: 120 });
    const before = performance.now();

    const page = await send(`${server.url}/demo-site`);

    expect(page.status).toBe(503);
    expect(page.text).not.toContain('Deckhand demo shop');
    expect(performance.now() - before).toBeGreaterThanOrEqual(115);
  });

  test('keeps what was not named', async () => {
    const { server } = await start();
    await postJson(`${server.url}/sandbox/api/site`, { status: 503 });

    const answer = await postJson(`${server.url}/sandbox/api/site`, { latencyMs: 5 });

    expect(JSON.parse(answer.text)).toEqual({ up: true, status: 503, latencyMs: 5, cure: 'restart', requests: 0 });
    expect(JSON.parse((await send(`${server.url}/sandbox/api/site`)).text)).toEqual({
      up: true,
      status: 503,
      latencyMs: 5,
      cure: 'restart',
      requests: 0,
    });
  });

  test.each([
    [{ up: 'no' }],
    [{ status: 100 }],
    [{ status: 600 }],
    [{ latencyMs: -1 }],
    [{ latencyMs: 1e9 }],
    [{ cure: 'prayer' }],
    [{ colour: 1 }],
    [{}],
    [[]],
    [null],
    ['down'],
  ])('refuses %j and stays as it is', async (body) => {
    const { server, site } = await start();

    const answer = await postJson(`${server.url}/sandbox/api/site`, body);

    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.text).error).toContain('for example');
    expect(site.state()).toEqual({ up: true, status: 200, latencyMs: 0, cure: 'restart', requests: 0 });
  });
});
