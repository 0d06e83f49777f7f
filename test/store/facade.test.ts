import type { PGlite } from '@electric-sql/pglite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { createFacade } from '#store/facade.ts';
import { createHistory } from '#store/history.ts';
import type { Store } from '#store/open.ts';
import { createTurns } from '#store/turns.ts';
import { openTestStore } from '#test/support/store.ts';

import { poolSuite } from './pool.suite.ts';

poolSuite(openTestStore);

describe("the embedded store's one connection", () => {
  let store: Store;
  beforeEach(async () => {
    store = await openTestStore({ restLimitMs: 150 });
  });
  afterEach(() => store.close());

  it('rolls a forgotten transaction back before the next one works', async () => {
    await store.pool.query('create table thing (id integer)');
    const client = await store.pool.connect();
    await client.query('begin');
    await client.query('insert into thing values (1)');
    client.release();

    expect((await store.pool.query('select count(*)::integer as count from thing')).rows).toEqual([{ count: 0 }]);
    await expect(client.query('select 1')).rejects.toThrow('released');
  });

  it('fails a second connection inside an open transaction, says why, and stays usable', async () => {
    const nested = store.kysely.transaction().execute(async (transaction) => {
      await transaction.selectFrom('ops.run').selectAll().execute();
      // The mistake: not `transaction`.
      await store.kysely.selectFrom('ops.run').selectAll().execute();
    });

    await expect(nested).rejects.toMatchObject({
      code: 'nested-checkout',
      message: expect.stringContaining('use only its own connection') as string,
    });
    expect(await store.kysely.selectFrom('ops.run').selectAll().execute()).toEqual([]);
  });

  it('lets others wait longer than that for a transaction that works', async () => {
    const client = await store.pool.connect();
    await client.query('begin');
    const waiting = store.pool.query('select 1 as one');
    const until = Date.now() + 500;
    while (Date.now() < until) await client.query('select 1');
    await client.query('commit');
    client.release();

    expect((await waiting).rows).toEqual([{ one: 1 }]);
  });

  it('leaves the event loop free under many statements', async () => {
    let turns = 0;
    const timer = setInterval(() => turns++, 1);

    await Promise.all(Array.from({ length: 500 }, () => store.pool.query('select 1')));
    clearInterval(timer);

    expect(turns).toBeGreaterThan(20);
  });

  it('is away, not broken, after its end', async () => {
    await store.close();

    await expect(store.pool.query('select 1')).rejects.toThrow('after calling end');
    await expect(createHistory(store).intents.begin('r', 'k')).rejects.toMatchObject({
      name: 'Transient',
      code: 'transient',
    });
  });
});

describe('Postgres inside the process crashing', () => {
  /** What Emscripten throws when the instance aborts; SQL cannot provoke one. */
  const crash = new WebAssembly.RuntimeError('Aborted(out of memory)');

  it('is reported, fails the statement, and blocks nobody who waits', async () => {
    const reports: unknown[] = [];
    const db = {
      ready: true,
      exec: () => Promise.reject(crash),
      isInTransaction: () => {
        throw crash;
      },
    } as unknown as PGlite;
    const pool = createFacade({ db, turns: createTurns(1_000), onBroken: (error) => reports.push(error) });

    const results = await Promise.allSettled([pool.query('select 1'), pool.query('select 2')]);

    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(reports).toEqual([crash, crash]);
  });
});
