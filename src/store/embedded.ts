import { accessSync, constants, existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { PGlite } from '@electric-sql/pglite';
import type pg from 'pg';

import { Refusal } from '#errors.ts';
import type { Log } from '#ports/clock.ts';

import { DurableFiles, syncTree } from './durable-files.ts';
import { createFacade } from './facade.ts';
import { lockFolder } from './folder-lock.ts';
import { giveMemoryBack } from './memory.ts';
import { readTypesAsPg } from './statement.ts';
import { createTurns } from './turns.ts';

export type EmbeddedOptions = {
  log: Log;
  /** Where everything is kept; undefined keeps it in memory. */
  dataDir?: string | undefined;
  /** An image made by `dump`, to begin with; a folder that holds data already is left as it is. */
  image?: Blob | undefined;
  /** How long an open transaction may do nothing while others wait. Default 15 s. */
  restLimitMs?: number | undefined;
  /** Called when Postgres inside the process has crashed; what was acknowledged is on disk. Default: exit, so that a supervisor restarts. */
  onBroken?: ((error: unknown) => void) | undefined;
  createFiles?: ((folder: string) => DurableFiles) | undefined;
};
export type Embedded = { pool: pg.Pool; dump: () => Promise<Blob>; close: () => Promise<void> };

/** Postgres in this process (PGlite). Throws Refusal when the folder cannot be used. */
export async function openEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  const { dataDir } = options;
  if (dataDir === undefined) return present(await createMemory(options.image), options, () => undefined);
  const folder = resolve(dataDir);
  makeUsable(folder);
  const lock = lockFolder(folder);
  try {
    const db = await openInFolder(folder, options);
    return present(db, options, lock.release);
  } catch (error) {
    lock.release();
    throw error;
  }
}

function present(db: PGlite, { log, restLimitMs = 15_000, onBroken }: EmbeddedOptions, release: () => void): Embedded {
  readTypesAsPg(db);
  let isBroken = false;
  const pool = createFacade({
    db,
    turns: createTurns(restLimitMs),
    onBroken: (error) => {
      if (isBroken) return;
      isBroken = true;
      log.error(
        { err: error },
        'the embedded store has crashed; Deckhand must be started again, nothing stored is lost',
      );
      (onBroken ?? exit)(error);
    },
  });
  return {
    pool,
    dump: () => db.dumpDataDir('none'),
    close: async () => {
      await pool.end();
      if (!isBroken) await db.close();
      release();
    },
  };
}

function exit(): void {
  process.exit(1);
}

/**
 * PGlite's own start parameters without `-F` (no fsync), and smaller buffers: Postgres touches all of them at its start, so
 * 4 instead of 128 MB saves 124 MB of memory (measured); what is read again comes from the page cache of the machine. The
 * log stays below 64 MB on disk.
 */
const startParams = [
  ...PGlite.defaultStartParams.filter((parameter) => parameter !== '-F'),
  ...['fsync=on', 'wal_sync_method=fsync', 'shared_buffers=4MB', 'max_wal_size=64MB'].flatMap((setting) => [
    '-c',
    setting,
  ]),
];

function createMemory(image: Blob | undefined): Promise<PGlite> {
  return PGlite.create('memory://', image === undefined ? {} : { loadDataDir: image });
}

/**
 * Opens `folder/postgres`, or makes it. A mark beside it says that it was once whole; what a crash left unfinished is
 * set aside, since nothing can have been stored in it yet.
 */
async function openInFolder(folder: string, { createFiles, image, log }: EmbeddedOptions): Promise<PGlite> {
  const path = join(folder, 'postgres');
  const mark = join(folder, 'postgres.complete');
  const isNew = !existsSync(mark);
  if (isNew && existsSync(path)) {
    const aside = `${path}.unfinished-${Date.now()}`;
    renameSync(path, aside);
    log.warn({ aside }, 'an earlier first start was interrupted; its unfinished files were set aside');
  }
  const files = createFiles?.(path) ?? new DurableFiles(path);
  const db = await open(path, files, isNew ? image : undefined);
  try {
    await prove(db, files);
    if (isNew) {
      // Making it leaves 270 MB behind (measured: 565 MB before, 291 after); a small container would end the process for it.
      giveMemoryBack();
      await syncTree(path);
      writeFileSync(
        mark,
        `PGlite ${(await db.query<{ version: string }>('select version()')).rows[0]?.version ?? ''}\n`,
        { flush: true },
      );
    }
    return db;
  } catch (error) {
    await db.close();
    throw error;
  }
}

async function open(path: string, files: DurableFiles, image: Blob | undefined): Promise<PGlite> {
  try {
    return await PGlite.create({ fs: files, startParams, ...(image === undefined ? {} : { loadDataDir: image }) });
  } catch (error) {
    throw new Refusal(
      'unsuitable',
      `The data in ${path} cannot be opened: ${error instanceof Error ? error.message : String(error)}. ` +
        'It may be of another version, or the disk may be full: free space or start the Deckhand version that made it; ' +
        'put a backup in its place, or use another DATA_DIR to begin anew.',
      {},
      { cause: error },
    );
  }
}

/** A commit must reach the disk. PGlite's inner workings may change; then Deckhand does not start rather than lose data. */
async function prove(db: PGlite, files: DurableFiles): Promise<void> {
  const before = files.syncs;
  await db.exec("select pg_logical_emit_message(true, 'deckhand', 'is this on disk?')");
  if (files.syncs > before) return;
  throw new Refusal(
    'unsuitable',
    'The embedded store does not put its data on the disk with this version of PGlite. ' +
      'Install the version that package-lock.json names (npm ci), or set DATABASE_URL to use Postgres.',
  );
}

function makeUsable(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new Refusal(
      'unsuitable',
      `The data folder ${folder} cannot be used (${(error as NodeJS.ErrnoException).code ?? 'unknown reason'}): ` +
        'make it a folder that Deckhand may read and write, or set DATA_DIR to another one.',
      {},
      { cause: error },
    );
  }
}
