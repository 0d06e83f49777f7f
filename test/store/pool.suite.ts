import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/** What Kysely and DBOS need of a pool, the same on node-postgres and on the embedded store's facade. */
export function poolSuite(open: () => Promise<{ pool: pg.Pool; close: () => Promise<void> }>): void {
  describe('a pool', () => {
    let pool: pg.Pool;
    let close: () => Promise<void>;

    beforeAll(async () => {
      ({ pool, close } = await open());
      await pool.query('create table thing (id integer primary key, name text)');
    });
    afterAll(() => close());

    it('reads and writes types the same', async () => {
      const at = new Date('2026-01-02T03:04:05.678Z');
      const { rows, rowCount, command, fields } = await pool.query(
        `select 1::int8 as big, $1::bytea as bytes, $2::timestamptz as at, $3::jsonb as json, $4::text[] as list,
          1.5::float8 as real, 2.50::numeric as exact, $5::boolean as yes, null as nothing, array[1,2]::int8[] as bigs, $6::text as words`,
        [Buffer.from([0, 255]), at, { a: [1] }, ['x', 'y "z"', null, '\\'], true, 7],
      );

      expect(rows).toEqual([
        {
          big: '1',
          bytes: Buffer.from([0, 255]),
          at,
          json: { a: [1] },
          list: ['x', 'y "z"', null, '\\'],
          real: 1.5,
          exact: '2.50',
          yes: true,
          nothing: null,
          bigs: ['1', '2'],
          words: '7',
        },
      ]);
      expect(Buffer.isBuffer((rows as { bytes: unknown }[])[0]?.bytes)).toBe(true);
      expect({ rowCount, command }).toEqual({ rowCount: 1, command: 'SELECT' });
      expect(fields[0]?.name).toBe('big');
    });

    it('answers rows as lists when asked, counts changed rows, and takes several statements', async () => {
      const lists = await pool.query({ text: 'select 1 as a, 2 as a', rowMode: 'array' });
      const changed = await pool.query('insert into thing (id) values ($1), ($2) on conflict do nothing', [901, 902]);
      const unchanged = await pool.query('update thing set name = $1 where id = -1', ['x']);
      const several = (await pool.query('select 1 as one; select 2 as two')) as unknown as pg.QueryResult[];

      expect(lists.rows).toEqual([[1, 2]]);
      expect(changed.rowCount).toBe(2);
      expect(unchanged.rowCount).toBe(0);
      expect(several.map(({ rows }) => rows as unknown)).toEqual([[{ one: 1 }], [{ two: 2 }]]);
    });

    it('keeps transactions of many clients apart', async () => {
      await pool.query('insert into thing values (1, $1) on conflict (id) do update set name = excluded.name', ['0']);
      async function addOne(): Promise<void> {
        const client = await pool.connect();
        try {
          await client.query('/* a leading remark */ begin');
          const { rows } = await client.query<{ name: string }>('select name from thing where id = 1 for update');
          await client.query('update thing set name = $1 where id = 1', [String(Number(rows[0]?.name) + 1)]);
          await client.query('commit');
        } finally {
          client.release();
        }
      }

      await Promise.all(Array.from({ length: 30 }, addOne));

      expect((await pool.query('select name from thing where id = 1')).rows).toEqual([{ name: '30' }]);
    });

    it('goes on in a failed transaction only by rollback, and to a savepoint when there is one', async () => {
      const client = await pool.connect();
      await client.query('begin');
      await client.query('insert into thing values (10)');
      await client.query('savepoint before');
      await expect(client.query('insert into thing values (10)')).rejects.toMatchObject({ code: '23505' });
      await expect(client.query('select 1')).rejects.toMatchObject({ code: '25P02' });
      await client.query('rollback to savepoint before');
      await client.query('commit');
      client.release();

      expect((await pool.query('select id from thing where id = 10')).rowCount).toBe(1);
    });

    it('tells what was wrong by code and constraint', async () => {
      await expect(pool.query('select nonsense')).rejects.toMatchObject({ code: '42703' });
      await pool.query('insert into thing values (20)');
      await expect(pool.query('insert into thing values ($1)', [20])).rejects.toMatchObject({
        code: '23505',
        constraint: 'thing_pkey',
      });
      expect((await pool.query('select 1 as fine')).rows).toEqual([{ fine: 1 }]);
    });

    it('brings notifications to the client that listens, until it is released', async () => {
      const client = await pool.connect();
      const heard: unknown[] = [];
      client.on('notification', ({ channel, payload }) => heard.push([channel, payload]));
      await client.query('LISTEN deck_news;');

      await pool.query("notify deck_news, 'one'");
      await expect.poll(() => heard).toEqual([['deck_news', 'one']]);
      client.release(true);
      await pool.query("notify deck_news, 'two'");
      await pool.query('select 1');

      expect(heard).toHaveLength(1);
    });

    it('refuses a second release', async () => {
      const client = await pool.connect();
      client.release();

      expect(() => client.release()).toThrow('already been released');
    });
  });
}
