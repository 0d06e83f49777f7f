import { Kysely, PostgresDialect } from 'kysely';
import type pg from 'pg';

import { Refusal } from '#errors.ts';
import type { Log } from '#ports/clock.ts';

import { type EmbeddedOptions, openEmbedded } from './embedded.ts';
import { freeLeases } from './leases.ts';
import { migrate } from './migrations.ts';
import { openServer } from './server.ts';
import type { Tables } from './tables.ts';
import { keepUp } from './upkeep.ts';

export type StoreOptions = {
  log: Log;
  /** Postgres, for several replicas. Wins over `dataDir`. */
  databaseUrl?: string | undefined;
  /** The embedded store's folder: one process, one machine, a local disk. */
  dataDir?: string | undefined;
  /** An embedded store that is forgotten at the end. */
  memory?: boolean | undefined;
  /** Time for the first answer of Postgres. Default 5 s. */
  connectWithinMs?: number | undefined;
} & Pick<EmbeddedOptions, 'image' | 'restLimitMs' | 'onBroken' | 'createFiles'>;

export type Store = {
  /** The one door to the database, for the engine and for us. */
  pool: pg.Pool;
  kysely: Kysely<Tables>;
  /** True: this process alone has the store. */
  embedded: boolean;
  /** An image of an embedded store, to begin another one with. */
  dump: (() => Promise<Blob>) | undefined;
  /** Ends it; everything stored is on disk. Safe to repeat. */
  close: () => Promise<void>;
};

/**
 * Opens the store and brings its tables up to date. Throws Refusal, ending with the next move: the folder is in use by
 * another process or unusable, the database does not answer or refuses us, the data is of a newer version.
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  const { pool, dump, closePool } = await openPool(options);
  const kysely = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
  const embedded = options.databaseUrl === undefined;
  try {
    await migrate(kysely as unknown as Kysely<unknown>); // migrations know tables that are gone today
    if (embedded) await freeLeases(kysely);
  } catch (error) {
    await closePool();
    throw error;
  }
  const stopUpkeep = keepUp({ pool, embedded, log: options.log });
  let closing: Promise<void> | undefined;
  return {
    pool,
    kysely,
    embedded,
    dump,
    close: () => {
      closing ??= stopUpkeep().then(closePool);
      return closing;
    },
  };
}

type Opened = { pool: pg.Pool; dump: Store['dump']; closePool: () => Promise<void> };

async function openPool(options: StoreOptions): Promise<Opened> {
  const { databaseUrl, dataDir, memory = false } = options;
  if (databaseUrl !== undefined) {
    const pool = await openServer({ ...options, databaseUrl });
    return { pool, dump: undefined, closePool: () => pool.end() };
  }
  if (dataDir === undefined && !memory)
    throw new Refusal(
      'bad-input',
      'There is no place for the data: set DATA_DIR to a folder or DATABASE_URL to a Postgres.',
    );
  const { pool, dump, close } = await openEmbedded({ ...options, dataDir: memory ? undefined : dataDir });
  return { pool, dump, closePool: close };
}
