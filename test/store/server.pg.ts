import pg from 'pg';
import { describe, expect, it } from 'vitest';

import { openStore } from '#store/open.ts';
import { createDatabase, openPostgresStore } from '#test/support/postgres.ts';
import { silentLog as log } from '#test/support/store.ts';

describe('the store on Postgres', () => {
  it('is opened by several processes at once, also the first time', async () => {
    const databaseUrl = await createDatabase();

    const stores = await Promise.all(Array.from({ length: 5 }, () => openStore({ databaseUrl, log })));

    expect((await stores[0]?.pool.query('select count(*)::integer as count from ops.kysely_migration'))?.rows).toEqual([
      { count: 1 },
    ]);
    await Promise.all(stores.map((store) => store.close()));
  });

  it('names a database that is not there', async () => {
    const databaseUrl = (await createDatabase()).replace(/[^/]*$/, 'nowhere');

    await expect(openStore({ databaseUrl, log })).rejects.toMatchObject({
      name: 'Refusal',
      message: expect.stringContaining('no such database') as string,
    });
  });

  it('says what a user lacks who may not create schemas', async () => {
    const databaseUrl = await createDatabase();
    const owner = new pg.Client({ connectionString: databaseUrl });
    await owner.connect();
    await owner.query('drop role if exists guest');
    await owner.query('create role guest login');
    await owner.end();

    await expect(openStore({ databaseUrl: databaseUrl.replace('deckhand@', 'guest@'), log })).rejects.toMatchObject({
      name: 'Refusal',
      message: expect.stringContaining('grant create on database') as string,
    });
  });

  it('survives the loss of all its connections', async () => {
    const store = await openPostgresStore();
    await Promise.all(Array.from({ length: 5 }, () => store.history.slots.claim('warm')));
    const killer = new pg.Client({
      connectionString: (store.pool.options as { connectionString: string }).connectionString,
    });
    await killer.connect();
    await killer.query(
      'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
    );
    await killer.end();

    await expect
      .poll(() => store.history.intents.begin('r-1', 'k').catch((error: unknown) => (error as { code: string }).code))
      .toMatch(/first|again/);
    await store.close();
  });
});
