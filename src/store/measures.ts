import { type Kysely, sql } from 'kysely';

import type { History } from '#ports/history.ts';

import { stored } from './failures.ts';
import { fenced } from './leases.ts';
import type { Tables } from './tables.ts';
import { json, text } from './values.ts';

export function createMeasures(db: Kysely<Tables>): History['measures'] {
  return {
    saveMinutes: (minutes, fence) =>
      stored(async () => {
        if (minutes.length === 0) return;
        const rows = minutes.map(({ at, writer, data }) => ({ at, writer, data: json(data) }));
        await fenced(db, fence, (open) =>
          open
            .insertInto('ops.site_minute')
            .values(rows)
            .onConflict((conflict) =>
              conflict.columns(['at', 'writer']).doUpdateSet((of) => ({ data: of.ref('excluded.data') })),
            )
            .execute(),
        );
      }),
    minutes: ({ from, to }) =>
      stored(async () => {
        const rows = db.selectFrom('ops.site_minute').selectAll().where('at', '>=', String(from));
        const found = await rows.where('at', '<', String(to)).orderBy('at').orderBy('writer').execute();
        return found.map(({ at, writer, data }) => ({
          at: Number(at),
          writer: Number(writer),
          data: data as Record<string, string>, // written by saveMinutes
        }));
      }),
    save: (grain, rows, fence) =>
      stored(async () => {
        if (rows.length === 0) return;
        const sorted = rows.toSorted((a, b) => (a.site < b.site ? -1 : a.site > b.site ? 1 : a.at - b.at));
        const [sites, ats, datas] = [
          sorted.map(({ site }) => text(site)),
          sorted.map(({ at }) => at),
          sorted.map(({ data }) => data),
        ];
        const insert = sql`insert into ops.site_measure (site, grain, at, data)
          select given.site, ${grain}, given.at, given.data
            from unnest(${sites}::text[], ${ats}::bigint[], ${datas}::text[]) as given (site, at, data)
          on conflict (site, grain, at) do update set data = excluded.data where ops.site_measure.data <> excluded.data`;
        await fenced(db, fence, (open) => insert.execute(open));
      }),
    list: ({ grain, sites, from, to }) =>
      stored(async () => {
        let query = db
          .selectFrom('ops.site_measure')
          .select(['site', 'at', 'data'])
          .where('grain', '=', grain)
          .where('at', '>=', String(from))
          .where('at', '<', String(to));
        if (sites !== undefined) query = query.where(sql<boolean>`site = any(${[...sites]}::text[])`);
        return (await query.orderBy('at').execute()).map((row) => ({ ...row, at: Number(row.at) }));
      }),
    prune: ({ minutes, hours, days }, fence) =>
      stored(async () => {
        await fenced(db, fence, async (open) => {
          await open.deleteFrom('ops.site_minute').where('at', '<', String(minutes)).execute();
          await open.deleteFrom('ops.site_measure').where('grain', '=', 'h').where('at', '<', String(hours)).execute();
          await open.deleteFrom('ops.site_measure').where('grain', '=', 'd').where('at', '<', String(days)).execute();
        });
      }),
  };
}
