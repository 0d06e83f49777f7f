import { type Kysely, type Selectable, sql } from 'kysely';

import type { History, PartRecord } from '#ports/history.ts';

import { stored } from './failures.ts';
import type { Tables } from './tables.ts';
import { json, maybeNumber, text } from './values.ts';

export function createParts(db: Kysely<Tables>): History['parts'] {
  return {
    add: (run, parts) =>
      stored(async () => {
        if (parts.length === 0) return;
        const keys = parts.map(({ key }) => text(key));
        const labels = parts.map(({ label }) => text(label));
        await sql`insert into ops.part (run, key, nr, label, state, failed_undo)
          select ${run}::text, one.key, one.nr, one.label, 'waiting', '[]'::json
          from unnest(${keys}::text[], ${labels}::text[]) with ordinality as one (key, label, nr)
          on conflict do nothing`.execute(db);
      }),
    begin: (run, keys, at) =>
      stored(async () => {
        await waiting(db, run, keys).set({ state: 'running', started_at: at }).execute();
      }),
    skip: (run, keys, { reason, at }) =>
      stored(async () => {
        await waiting(db, run, keys)
          .set({ state: 'skipped', reason: text(reason), ended_at: at })
          .execute();
      }),
    end: (run, { key, state, result, reason, failedUndo, touched, at }) =>
      stored(async () => {
        await db
          .updateTable('ops.part')
          .set({
            state,
            result: result === undefined ? null : json(result),
            reason: reason === undefined ? null : text(reason),
            failed_undo: json(failedUndo),
            touched,
            ended_at: at,
          })
          .where('run', '=', run)
          .where('key', '=', text(key))
          .where('state', 'in', ['waiting', 'running'])
          .execute();
      }),
    states: (run) =>
      stored(async () => {
        const rows = await db.selectFrom('ops.part').select(['key', 'state']).where('run', '=', run).execute();
        return new Map(rows.map(({ key, state }) => [key, state]));
      }),
    list: (run) =>
      stored(async () => {
        const rows = await db
          .selectFrom('ops.part')
          .selectAll()
          // A result of `null` and none at all read alike otherwise.
          .select(sql<boolean>`result is not null`.as('has_result'))
          .where('run', '=', run)
          .orderBy('nr')
          .execute();
        return rows.map(partOf);
      }),
  };
}

function waiting(db: Kysely<Tables>, run: string, keys: readonly string[]) {
  return db
    .updateTable('ops.part')
    .where('run', '=', run)
    .where('key', '=', sql<string>`any(${keys.map(text)}::text[])`)
    .where('state', '=', 'waiting');
}

function partOf(row: Selectable<Tables['ops.part']> & { has_result: boolean }): PartRecord {
  return {
    run: row.run,
    key: row.key,
    label: row.label,
    state: row.state,
    result: row.has_result ? row.result : undefined,
    reason: row.reason ?? undefined,
    failedUndo: row.failed_undo as unknown as PartRecord['failedUndo'], // written by `end`
    touched: row.touched,
    startedAt: maybeNumber(row.started_at),
    endedAt: maybeNumber(row.ended_at),
  };
}
