import type { Kysely, Selectable } from 'kysely';

import type { CardRecord, History } from '#ports/history.ts';

import { stored } from './failures.ts';
import type { Tables } from './tables.ts';
import { json } from './values.ts';

export function createCards(db: Kysely<Tables>): History['cards'] {
  return {
    put: ({ token, kind, subject, channel, ts, data, createdAt }) =>
      stored(async () => {
        const row = { token, kind, subject, channel, ts: ts ?? null, data: json(data), created_at: createdAt };
        await db
          .insertInto('ops.card')
          .values(row)
          .onConflict((conflict) =>
            conflict.column('token').doUpdateSet((was) => ({
              kind,
              subject,
              channel,
              data: row.data,
              // Put again by a repeated step, which does not know yet that the post succeeded.
              ts: was.fn.coalesce('excluded.ts', 'ops.card.ts'),
            })),
          )
          .execute();
      }),
    setTs: (token, { channel, ts }) =>
      stored(async () => {
        await db.updateTable('ops.card').set({ channel, ts }).where('token', '=', token).execute();
      }),
    get: (token) =>
      stored(async () =>
        cardOf(await db.selectFrom('ops.card').selectAll().where('token', '=', token).executeTakeFirst()),
      ),
    of: (kind, subject) =>
      stored(async () => {
        const cards = db.selectFrom('ops.card').selectAll().where('kind', '=', kind).where('subject', '=', subject);
        return cardOf(await cards.orderBy('nr', 'desc').limit(1).executeTakeFirst());
      }),
  };
}

function cardOf(row: Selectable<Tables['ops.card']> | undefined): CardRecord | undefined {
  if (row === undefined) return undefined;
  const { token, kind, subject, channel, ts, data } = row;
  return { token, kind, subject, channel, ts: ts ?? undefined, data, createdAt: Number(row.created_at) };
}
