import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, describe, expect, test } from 'vitest';

import { createContainers } from '#docker/containers.ts';
import type { Containers, DockerEngine } from '#ports/containers.ts';
import { createDocker } from '#sandbox/docker.ts';
import { caught } from '#test/aws/support.ts';
import { aCertificate, anAuthority } from '#test/web/certificates.ts';

const ends: (() => Promise<unknown> | void)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

const folder = (): string => {
  const path = mkdtempSync(join(tmpdir(), 'deckhand-docker-'));
  ends.push(() => rmSync(path, { recursive: true }));
  return path;
};

function containersOf(timeouts: { connect?: number; answer?: number } = {}): Containers {
  const containers = createContainers({ timeouts });
  ends.push(() => containers.close());
  return containers;
}

async function listen(server: ReturnType<typeof createServer>, at: string | number): Promise<number> {
  await new Promise<void>((resolve) =>
    typeof at === 'string' ? server.listen(at, resolve) : server.listen(at, '127.0.0.1', resolve),
  );
  ends.push(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return typeof at === 'string' ? 0 : (server.address() as AddressInfo).port;
}

/** A make-believe engine at the root of its own server, as a real one is. */
function engineAtRoot() {
  const docker = createDocker({ now: Date.now, speed: 1_000 });
  ends.push(() => docker.close());
  return docker;
}

/** By each way that an engine can be reached. */
const ways: readonly [how: string, open: (listener: RequestListener) => Promise<DockerEngine>][] = [
  [
    'a unix socket',
    async (listener) => {
      const path = join(folder(), 'docker.sock');
      await listen(createServer(listener), path);
      return { address: `unix://${path}` };
    },
  ],
  ['TCP', async (listener) => ({ address: `tcp://127.0.0.1:${await listen(createServer(listener), 0)}` })],
  [
    'a path behind a proxy',
    async (listener) => ({ address: `http://127.0.0.1:${await listen(createServer(listener), 0)}/docker` }),
  ],
  ['TLS with certificates on both sides', async (listener) => (await overTls(listener)).engine],
];

async function overTls(listener: RequestListener) {
  const authority = anAuthority();
  const server = createTlsServer(
    { ...aCertificate({ ips: ['127.0.0.1'], by: authority }), ca: authority.cert, requestCert: true },
    listener,
  );
  const port = await listen(server, 0);
  const path = folder();
  const client = aCertificate({ dns: ['deckhand'], by: authority });
  const write = (name: string, text: string): string => {
    writeFileSync(join(path, name), text);
    return join(path, name);
  };
  const tls = {
    ca: write('ca.pem', authority.cert),
    cert: write('cert.pem', client.cert),
    key: write('key.pem', client.key),
  };
  return { engine: { address: `tcp://127.0.0.1:${port}`, tls }, write };
}

describe.each(ways)('an engine over %s', (_how, open) => {
  test('lists, shows and restarts containers', async () => {
    const docker = engineAtRoot();
    const engine = await open(docker.handle);
    const containers = containersOf();

    expect(await containers.list(engine)).toEqual([
      { id: expect.stringMatching(/^[0-9a-f]{64}$/), name: 'shop', state: 'running' },
      { id: expect.any(String), name: 'shop-db', state: 'running' },
    ]);
    expect((await containers.list(engine, { name: 'shop' })).map(({ name }) => name)).toEqual(['shop']);
    expect((await containers.list(engine, { label: 'com.docker.compose.service=db' })).map(({ name }) => name)).toEqual(
      ['shop-db'],
    );
    const before = await containers.container(engine, 'shop');
    expect(before).toMatchObject({
      name: 'shop',
      image: 'deckhand/demo-shop:1.4',
      state: 'running',
      health: 'healthy',
      exitCode: 0,
      labels: { site: 'demo-shop' },
    });
    expect(before.finishedAt).toBeUndefined();

    await containers.restart(engine, { name: 'shop', startedAt: before.startedAt });
    const after = await containers.container(engine, 'shop');
    expect(after.startedAt).toBeGreaterThan(before.startedAt!);

    await containers.restart(engine, { name: 'shop', startedAt: before.startedAt });
    expect((await containers.container(engine, 'shop')).startedAt).toBe(after.startedAt);
    expect(docker.dump()).toMatchObject({ calls: { restart: 1 } });
  });
});

async function makeBelieve(timeouts: { answer?: number } = {}) {
  const docker = engineAtRoot();
  const engine = { address: `tcp://127.0.0.1:${await listen(createServer(docker.handle), 0)}` };
  return { docker, engine, containers: containersOf(timeouts) };
}

describe('what an engine refuses', () => {
  test('an unknown container is named, with the next move', async () => {
    const { engine, containers } = await makeBelieve();

    const error = await caught(containers.container(engine, 'nobody'));

    expect(error).toMatchObject({ name: 'Refusal', code: 'not-found' });
    expect(error.message).toContain('No such container: nobody. Check the name');
  });

  test.each([
    [400, 'bad-input'],
    [403, 'not-permitted'],
    [409, 'conflict'],
    [418, 'unsuitable'],
    [500, 'transient'],
    [503, 'transient'],
  ])('HTTP %i to a restart is %s', async (status, code) => {
    const { docker, engine, containers } = await makeBelieve();
    docker.faults({ inject: { action: 'restart', status, message: 'Their words.' } });

    const error = await caught(containers.restart(engine, { name: 'shop', startedAt: Date.now() }));

    expect(error.code).toBe(code);
    expect(error.message).toContain(
      `Docker at ${engine.address} refused the restart of shop (HTTP ${status}): Their words.`,
    );
  });

  test('a proxy that lets nothing through is told as one that forbids it', async () => {
    const { docker, engine, containers } = await makeBelieve();
    docker.faults({ deny: ['list'] });

    expect(await caught(containers.list(engine))).toMatchObject({ code: 'not-permitted' });
  });

  test('a restart that fails for good is an error, and the container is down', async () => {
    const { docker, engine, containers } = await makeBelieve();
    docker.faults({ failRestarts: 1 });

    expect(await caught(containers.restart(engine, { name: 'shop', startedAt: Date.now() }))).toMatchObject({
      code: 'transient',
      message: expect.stringContaining('driver failed programming external connectivity'),
    });
    expect(await containers.container(engine, 'shop')).toMatchObject({ state: 'exited', exitCode: 128 });
  });
});

describe('trouble on the way', () => {
  test('a lost answer to a restart is looked at, not repeated', async () => {
    const { docker, engine, containers } = await makeBelieve();
    const { startedAt } = await containers.container(engine, 'shop');
    docker.faults({ inject: { action: 'restart', afterWork: true, dropSocket: true } });

    expect(await caught(containers.restart(engine, { name: 'shop', startedAt }))).toMatchObject({ code: 'transient' });
    await containers.restart(engine, { name: 'shop', startedAt });

    expect(docker.dump()).toMatchObject({ calls: { restart: 1 } });
  });

  test('no answer in time', async () => {
    const { docker, engine, containers } = await makeBelieve({ answer: 300 });
    docker.faults({ inject: { action: 'inspect', hangMs: 60_000 } });

    expect(await caught(containers.container(engine, 'shop'))).toMatchObject({ code: 'transient' });
  });

  test('nobody listens', async () => {
    const { engine, containers } = await makeBelieve();
    const gone = { address: `unix://${join(folder(), 'none.sock')}` };

    expect(await caught(containers.list(gone))).toMatchObject({
      code: 'transient',
      message: expect.stringContaining('cannot be reached (ENOENT)'),
    });
    expect(await caught(containers.list({ address: 'tcp://127.0.0.1:1' }))).toMatchObject({ code: 'transient' });
    expect(await containers.list(engine)).toHaveLength(2);
  });

  test('an engine that is not who it should be is not spoken to', async () => {
    const { engine, write } = await overTls(engineAtRoot().handle);
    const other = write('other.pem', anAuthority('Somebody else').cert);

    const error = await caught(containersOf().list({ ...engine, tls: { ...engine.tls, ca: other } }));

    expect(error).toMatchObject({
      code: 'not-permitted',
      message: expect.stringContaining('Correct ca, cert and key'),
    });
  });

  test('a certificate that cannot be read is named, and read again the next time', async () => {
    const { engine, write } = await overTls(engineAtRoot().handle);
    const late = join(engine.tls.ca, '..', 'late.pem');
    const withLate = { ...engine, tls: { ...engine.tls, cert: late } };
    const containers = containersOf();

    expect(await caught(containers.list(withLate))).toMatchObject({
      code: 'bad-input',
      message: expect.stringContaining('late.pem cannot be read (ENOENT)'),
    });
    write('late.pem', readFileSync(engine.tls.cert, 'utf8'));
    expect(await containers.list(withLate)).toHaveLength(2);
  });

  test.each([
    ['is no engine', '', '<html>', 'not-offered'],
    ['is far too old', '1.12', 'OK', 'not-offered'],
    ['answers nonsense', '1.45', 'nonsense', 'not-offered'],
  ])('what %s is told so', async (_what, version, body, code) => {
    const listener: RequestListener = (_request, response) =>
      void response.writeHead(200, version === '' ? {} : { 'api-version': version }).end(body);
    const engine = { address: `tcp://127.0.0.1:${await listen(createServer(listener), 0)}` };

    expect(await caught(containersOf().list(engine))).toMatchObject({ name: 'Refusal', code });
  });

  test('an answer without end is cut', async () => {
    const listener: RequestListener = (request, response) => {
      response.writeHead(200, { 'api-version': '1.45' });
      if (request.url === '/_ping') return void response.end('OK');
      const more = (): void => {
        while (!response.destroyed && response.write('x'.repeat(262_144)));
        if (!response.destroyed) response.once('drain', more);
      };
      more();
    };
    const engine = { address: `tcp://127.0.0.1:${await listen(createServer(listener), 0)}` };

    expect(await caught(containersOf().list(engine))).toMatchObject({ message: expect.stringContaining('too long') });
  });
});

describe('versions', () => {
  test.each([
    ['1.44', '/v1.44/containers/json'],
    ['1.24', '/v1.24/containers/json'],
    ['1.99', '/v1.51/containers/json'],
  ])('an engine of %s is asked at %s', async (version, path) => {
    const paths: string[] = [];
    const listener: RequestListener = (request, response) => {
      paths.push((request.url ?? '').replace(/\?.*/, ''));
      response.writeHead(200, { 'api-version': version }).end(request.url === '/_ping' ? 'OK' : '[]');
    };
    const engine = { address: `tcp://127.0.0.1:${await listen(createServer(listener), 0)}` };

    await containersOf().list(engine);

    expect(paths).toEqual(['/_ping', path]);
  });
});

describe('addresses and names', () => {
  test.each(['docker.sock', 'unix://docker.sock', 'ftp://127.0.0.1', 'tcp://', 'ssh://root@host', 'https://127.0.0.1'])(
    '%s is no address',
    async (address) => {
      expect(await caught(containersOf().list({ address }))).toMatchObject({ code: 'bad-input' });
    },
  );

  test.each(['../x', 'a/b', '', 'a b', '%2e', 'x'.repeat(200)])('%s is no name of a container', async (name) => {
    const { engine, containers, docker } = await makeBelieve();

    expect(await caught(containers.container(engine, name))).toMatchObject({ code: 'bad-input' });
    expect(docker.dump()).toMatchObject({ calls: {} });
  });
});
