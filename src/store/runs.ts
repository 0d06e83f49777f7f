import { type Kysely, type Selectable, sql } from 'kysely';

import { type History, openRunStates, type Order, type Run, type RunState } from '#ports/history.ts';

import { stored } from './failures.ts';
import type { Tables } from './tables.ts';
import { bound, json, maybeNumber, maybeText, text } from './values.ts';

export function createRuns(db: Kysely<Tables>): History['runs'] {
  const all = db
    .selectFrom('ops.run')
    .selectAll()
    // A result of `null` and none at all read alike otherwise.
    .select(sql<boolean>`result is not null`.as('has_result'));
  return {
    create: (order, summary) =>
      stored(async () => {
        const row = {
          id: order.id,
          operation: order.operation,
          order_json: json(order),
          state: 'waiting' as const,
          summary: text(summary),
          requested_at: order.requestedAt,
          updated_at: order.requestedAt,
        };
        const insert = db
          .insertInto('ops.run')
          .values(row)
          .onConflict((conflict) => conflict.column('id').doNothing());
        return (await insert.returning('id').execute()).length === 1;
      }),
    get: (id) =>
      stored(async () => {
        const row = await all.where('id', '=', text(id)).executeTakeFirst();
        return row === undefined ? undefined : runOf(row);
      }),
    move: (id, from, to, more) => stored(() => move(db, id, from, to, more)),
    markUndone: (id, by) =>
      stored(async () => {
        await db
          .updateTable('ops.run')
          .set({ undone_by: maybeText(by) })
          .where('id', '=', id)
          .execute();
      }),
    recent: ({ limit, before, states, operation }) =>
      stored(async () => {
        if (states?.length === 0) return [];
        let query = all.orderBy('requested_at', 'desc').orderBy('id', 'desc').limit(bound(limit));
        if (before !== undefined) query = query.where('requested_at', '<', String(before));
        if (states !== undefined) query = query.where('state', 'in', states);
        if (operation !== undefined) query = query.where('operation', '=', operation);
        return (await query.execute()).map(runOf);
      }),
  };
}

async function move(
  db: Kysely<Tables>,
  ...[id, from, to, { result, reason, at }]: Parameters<History['runs']['move']>
): Promise<boolean> {
  if (from.length === 0) return false;
  const set = {
    state: to,
    updated_at: at,
    ended_at: isOpen(to) ? null : at,
    ...(result === undefined ? {} : { result: json(result) }),
    ...(reason === undefined ? {} : { reason: text(reason) }),
  };
  const update = db.updateTable('ops.run').set(set).where('id', '=', id).where('state', 'in', from);
  return (await update.returning('id').execute()).length === 1;
}

function isOpen(state: RunState): boolean {
  return openRunStates.some((open) => open === state);
}

function runOf(row: Selectable<Tables['ops.run']> & { has_result: boolean }): Run {
  return {
    order: row.order_json as unknown as Order, // written by `create`
    state: row.state,
    summary: row.summary,
    result: row.has_result ? row.result : undefined,
    reason: row.reason ?? undefined,
    updatedAt: Number(row.updated_at),
    endedAt: maybeNumber(row.ended_at),
    undoneBy: row.undone_by ?? undefined,
  };
}
