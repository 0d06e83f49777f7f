import { createHash } from 'node:crypto';
import { mkdirSync, openAsBlob, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { createEngine } from '#engine/engine.ts';
import type { Log } from '#ports/clock.ts';
import type { History } from '#ports/history.ts';
import { createHistory } from '#store/history.ts';
import { openStore, type Store, type StoreOptions } from '#store/open.ts';

export const silentLog: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

const root = join(import.meta.dirname, '..', '..');
const cache = join(root, 'node_modules', '.cache', 'deckhand');

/** A fresh, empty store in memory, with all tables, in about half a second. Close it. */
export async function openTestStore(options: Partial<StoreOptions> = {}): Promise<Store & { history: History }> {
  const store = await openStore({ log: silentLog, memory: true, image: await storeImage(), ...options });
  return { ...store, history: createHistory(store) };
}

/**
 * An image of a store with all tables, ours and the engine's. Making one takes seconds, so it is kept on disk, named
 * after everything it is made of.
 */
export async function storeImage(): Promise<Blob> {
  const name = `store-${fingerprint()}.tar`;
  const path = join(cache, name);
  mkdirSync(cache, { recursive: true });
  if (readdirSync(cache).includes(name)) return openAsBlob(path);
  const made = await makeImage();
  const part = `${path}.${process.pid}`;
  await writeFile(part, Buffer.from(await made.arrayBuffer()));
  renameSync(part, path);
  for (const other of readdirSync(cache)) {
    if (/^store-\w+\.tar$/.test(other) && other !== name) rmSync(join(cache, other), { force: true });
  }
  return made;
}

async function makeImage(): Promise<Blob> {
  const store = await openStore({ log: silentLog, memory: true });
  const engine = createEngine({ ...store, log: silentLog });
  await engine.launch();
  await engine.stop(0);
  const made = await store.dump?.();
  await store.close();
  if (made === undefined) throw new Error('a store in memory can be dumped');
  return made;
}

function fingerprint(): string {
  const hash = createHash('sha256');
  for (const file of [
    'src/store/migrations.ts',
    'node_modules/@electric-sql/pglite/package.json',
    'node_modules/@dbos-inc/dbos-sdk/package.json',
  ])
    hash.update(readFileSync(join(root, file)));
  return hash.digest('hex').slice(0, 16);
}
