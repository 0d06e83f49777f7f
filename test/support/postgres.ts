import { randomBytes } from 'node:crypto';

import pg from 'pg';
import { inject } from 'vitest';

import type { History } from '#ports/history.ts';
import { createHistory } from '#store/history.ts';
import { openStore, type Store } from '#store/open.ts';

import { silentLog } from './store.ts';

/** A database of its own on the test run's cluster; answers its address. Gone with the cluster. */
export async function createDatabase(): Promise<string> {
  const name = `test_${randomBytes(8).toString('hex')}`;
  const client = new pg.Client({ connectionString: inject('postgresUrl') });
  await client.connect();
  await client.query(`create database ${name}`);
  await client.end();
  return inject('postgresUrl').replace(/[^/]*$/, name);
}

/** A fresh store in a database of its own. Close it. */
export async function openPostgresStore(): Promise<Store & { history: History }> {
  const store = await openStore({ databaseUrl: await createDatabase(), log: silentLog });
  return { ...store, history: createHistory(store) };
}
