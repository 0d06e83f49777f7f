import { type Kysely, sql, type Transaction } from 'kysely';

import { Transient } from '#errors.ts';
import type { Fence, History } from '#ports/history.ts';

import { stored } from './failures.ts';
import type { Tables } from './tables.ts';

/** The database's clock decides, so that those of the replicas need not agree. */
export function createLeases(db: Kysely<Tables>): History['leases'] {
  const until = (ttlMs: number) => sql<Date>`clock_timestamp() + ${ttlMs}::double precision * interval '1 ms'`;
  return {
    take: (name, holder, ttlMs) =>
      stored(async () => {
        const { rows } = await sql<{ token: string }>`
          insert into ops.lease as held (name, holder, token, until) values (${name}, ${holder}, 1, ${until(ttlMs)})
          on conflict (name) do update set holder = excluded.holder, token = held.token + 1, until = excluded.until
            where held.until <= clock_timestamp()
          returning token`.execute(db);
        return rows[0] === undefined ? undefined : { lease: name, token: Number(rows[0].token) };
      }),
    renew: ({ lease, token }, ttlMs) =>
      stored(async () => {
        const own = db.updateTable('ops.lease').set({ until: until(ttlMs) });
        const { numUpdatedRows } = await own
          .where('name', '=', lease)
          .where('token', '=', String(token))
          .executeTakeFirst();
        return numUpdatedRows > 0n;
      }),
    release: ({ lease, token }) =>
      stored(async () => {
        const own = db.updateTable('ops.lease').set({ until: until(0) });
        await own.where('name', '=', lease).where('token', '=', String(token)).execute();
      }),
  };
}

/** The store is this process' alone, so whoever held a lease before is gone. Tokens go on counting. */
export async function freeLeases(db: Kysely<Tables>): Promise<void> {
  await sql`update ops.lease set until = clock_timestamp()`.execute(db);
}

/** Does `write` only while `fence` is the newest of its lease; nobody can take the lease until it is committed. */
export async function fenced<T>(
  db: Kysely<Tables>,
  fence: Fence | undefined,
  write: (db: Kysely<Tables> | Transaction<Tables>) => Promise<T>,
): Promise<T> {
  if (fence === undefined) return write(db);
  return db.transaction().execute(async (transaction) => {
    const newest = transaction.selectFrom('ops.lease').select('token').where('name', '=', fence.lease);
    if ((await newest.where('token', '=', String(fence.token)).forShare().executeTakeFirst()) === undefined)
      throw new Transient(`Another Deckhand does the work of "${fence.lease}" now, so this was not stored.`);
    return write(transaction);
  });
}
