import type { Kysely, Selectable } from 'kysely';

import type { AuditEntry, History } from '#ports/history.ts';

import { stored } from './failures.ts';
import type { Tables } from './tables.ts';
import { bound, json, maybeText, text } from './values.ts';

/** The database itself refuses to change or delete entries (migrations.ts). */
export function createAudit(db: Kysely<Tables>): History['audit'] {
  return {
    append: (entry) =>
      stored(async () => {
        const row = {
          key: text(entry.key),
          at: entry.at,
          kind: entry.kind,
          actor: text(entry.actor),
          run: maybeText(entry.run),
          operation: maybeText(entry.operation),
          channel: maybeText(entry.channel),
          targets: json(entry.targets),
          detail: text(entry.detail),
        };
        await db
          .insertInto('ops.audit')
          .values(row)
          .onConflict((conflict) => conflict.column('key').doNothing())
          .execute();
      }),
    list: ({ limit, before, run, actor }) =>
      stored(async () => {
        let query = db
          .selectFrom('ops.audit')
          .selectAll()
          .orderBy('at', 'desc')
          .orderBy('nr', 'desc')
          .limit(bound(limit));
        if (before !== undefined) query = query.where('at', '<', String(before));
        if (run !== undefined) query = query.where('run', '=', text(run));
        if (actor !== undefined) query = query.where('actor', '=', text(actor));
        return (await query.execute()).map(entryOf);
      }),
  };
}

function entryOf(row: Selectable<Tables['ops.audit']>): AuditEntry {
  return {
    key: row.key,
    at: Number(row.at),
    kind: row.kind,
    actor: row.actor,
    run: row.run ?? undefined,
    operation: row.operation ?? undefined,
    channel: row.channel ?? undefined,
    targets: row.targets as readonly string[], // written by `append`
    detail: row.detail,
  };
}
