import { type Kysely, sql } from 'kysely';

import type { History } from '#ports/history.ts';

import { stored } from './failures.ts';
import { fenced } from './leases.ts';
import type { Tables } from './tables.ts';
import { json } from './values.ts';

export function createWatch(db: Kysely<Tables>): History['watch'] {
  return {
    load: (prefix) =>
      stored(async () => {
        const rows = db
          .selectFrom('ops.watch')
          .selectAll()
          .where(sql<boolean>`starts_with(key, ${prefix})`);
        return new Map((await rows.execute()).map(({ key, value }) => [key, value]));
      }),
    save: (entries, fence) =>
      stored(async () => {
        if (entries.size === 0) return;
        // In one order everywhere, so that two writers never wait for each other.
        const sorted = [...entries].toSorted(([a], [b]) => (a < b ? -1 : 1));
        const keys = sorted.map(([key]) => key);
        const values = sorted.map(([, value]) => json(value));
        const insert = sql`insert into ops.watch (key, value)
          select given.key, given.value::json from unnest(${keys}::text[], ${values}::text[]) as given (key, value)
          on conflict (key) do update set value = excluded.value`;
        await fenced(db, fence, (open) => insert.execute(open));
      }),
    forget: (keys, fence) =>
      stored(async () => {
        const remove = sql`delete from ops.watch where key = any(${keys}::text[])`;
        await fenced(db, fence, (open) => remove.execute(open));
      }),
  };
}
