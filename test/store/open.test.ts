import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { NodeFS } from '@electric-sql/pglite/nodefs';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { DurableFiles } from '#store/durable-files.ts';
import { createHistory } from '#store/history.ts';
import { openStore } from '#store/open.ts';
import { silentLog as log, storeImage } from '#test/support/store.ts';

describe('the embedded store in a folder', () => {
  let dataDir: string;
  let image: Blob;
  beforeAll(async () => {
    image = await storeImage();
  });
  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'deckhand-store-'));
  });
  afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

  it('keeps what was stored, refuses a second opener with the next move, and frees the folder at the end', async () => {
    const first = await openStore({ dataDir, log });
    await createHistory(first).intents.begin('r-1', 'create');

    await expect(openStore({ dataDir, log })).rejects.toMatchObject({
      name: 'Refusal',
      code: 'conflict',
      message: expect.stringContaining('already in use by another Deckhand: stop it or use another DATA_DIR') as string,
    });
    await first.close();
    await first.close();
    const second = await openStore({ dataDir, log });

    expect(await createHistory(second).intents.begin('r-1', 'create')).toBe('again');
    expect((await second.pool.query('show fsync')).rows).toEqual([{ fsync: 'on' }]);
    await second.close();
  });

  it('refuses a folder that another process uses, and opens it the moment that one is killed', async () => {
    const worker = spawn(process.execPath, [join(import.meta.dirname, 'hold-store.ts'), dataDir], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      await once(worker.stdout, 'data');

      await expect(openStore({ dataDir, log, image })).rejects.toMatchObject({ name: 'Refusal', code: 'conflict' });
      worker.kill('SIGKILL');
      await once(worker, 'exit');
      const store = await openStore({ dataDir, log, image });

      expect(await createHistory(store).intents.begin('r-1', 'by the dead')).toBe('again');
      await store.close();
    } finally {
      worker.kill('SIGKILL');
    }
  });

  it('begins anew, keeping the remains, when the very first start was interrupted', async () => {
    mkdirSync(join(dataDir, 'postgres'));
    writeFileSync(join(dataDir, 'postgres', 'PG_VERSION'), '18\n');

    const store = await openStore({ dataDir, log, image });
    await store.close();

    expect(readdirSync(dataDir).some((name) => name.startsWith('postgres.unfinished-'))).toBe(true);
    expect(existsSync(join(dataDir, 'postgres.complete'))).toBe(true);
  });

  it('refuses to start on damaged data, touching nothing', async () => {
    mkdirSync(join(dataDir, 'postgres'));
    writeFileSync(join(dataDir, 'postgres', 'PG_VERSION'), '15\n');
    writeFileSync(join(dataDir, 'postgres.complete'), 'once\n');

    await expect(openStore({ dataDir, log, image })).rejects.toMatchObject({
      name: 'Refusal',
      code: 'unsuitable',
      message: expect.stringContaining('put a backup in its place') as string,
    });

    expect(existsSync(join(dataDir, 'postgres', 'PG_VERSION'))).toBe(true);
    await expect(openStore({ dataDir, log, image })).rejects.toMatchObject({ code: 'unsuitable' }); // not "in use"
  });

  it('refuses to start when a commit does not reach the disk', async () => {
    class ForgetfulFiles extends DurableFiles {
      override init(...given: Parameters<NodeFS['init']>): ReturnType<NodeFS['init']> {
        return NodeFS.prototype.init.apply(this, given);
      }
    }

    await expect(
      openStore({ dataDir, log, image, createFiles: (path) => new ForgetfulFiles(path) }),
    ).rejects.toMatchObject({
      name: 'Refusal',
      code: 'unsuitable',
      message: expect.stringContaining('does not put its data on the disk') as string,
    });
  });

  it('names a folder that cannot be used', async () => {
    const file = join(dataDir, 'file');
    writeFileSync(file, '');

    await expect(openStore({ dataDir: file, log })).rejects.toMatchObject({
      name: 'Refusal',
      code: 'unsuitable',
      message: expect.stringContaining(file) as string,
    });
    await expect(openStore({ dataDir: join(file, 'below'), log })).rejects.toMatchObject({
      message: expect.stringContaining('set DATA_DIR to another one') as string,
    });
  });

  it('asks for a place when it has none', async () => {
    await expect(openStore({ log })).rejects.toMatchObject({
      name: 'Refusal',
      message: expect.stringContaining('DATA_DIR') as string,
    });
  });
});

describe('the store on a server', () => {
  it('says where nobody answers, without the password, and what to check', async () => {
    const port = await freePort();
    const databaseUrl = `postgres://deckhand:secret@127.0.0.1:${port}/deckhand`;

    const refusal = (await openStore({ databaseUrl, log }).catch((error: unknown) => error)) as Error;

    expect(refusal).toMatchObject({ name: 'Refusal', code: 'unsuitable' });
    expect(refusal.message).toContain(`127.0.0.1:${port}/deckhand`);
    expect(refusal.message).toContain('Check that Postgres runs');
    expect(refusal.message).not.toContain('secret');
  });

  it('gives up on a server that accepts and says nothing', async () => {
    const mute = createServer((socket) => socket.on('error', () => undefined)).listen(0, '127.0.0.1');
    await once(mute, 'listening');
    const { port } = mute.address() as { port: number };
    const databaseUrl = `postgres://deckhand@127.0.0.1:${port}/deckhand`;

    await expect(openStore({ databaseUrl, log, connectWithinMs: 200 })).rejects.toMatchObject({
      name: 'Refusal',
      code: 'unsuitable',
    });
    mute.close();
  });

  it.each(['', 'deckhand', 'mysql://host/db', 'postgres//host'])(
    'explains the address it cannot read: "%s"',
    async (databaseUrl) => {
      await expect(openStore({ databaseUrl, log })).rejects.toMatchObject({
        name: 'Refusal',
        code: 'bad-input',
        message: expect.stringContaining('postgres://user:password@host:5432/database') as string,
      });
    },
  );
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
