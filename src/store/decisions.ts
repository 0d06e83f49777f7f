import type { Kysely, Selectable } from 'kysely';

import type { Decision, History } from '#ports/history.ts';

import { stored } from './failures.ts';
import type { Tables } from './tables.ts';

export function createDecisions(db: Kysely<Tables>): History['decisions'] {
  return {
    record: (decision) =>
      stored(async () => {
        const { run, by, verdict, planHash, at } = decision;
        const row = { run, by_user: by, verdict, plan_hash: planHash, at };
        const inserted = await db
          .insertInto('ops.decision')
          .values(row)
          .onConflict((conflict) => conflict.columns(['run', 'by_user']).doNothing())
          .returning('run')
          .execute();
        if (inserted.length === 1) return { first: true, decision };
        // Rows of this table are never changed or deleted, so the earlier one is there.
        const earlier = db.selectFrom('ops.decision').selectAll().where('run', '=', run).where('by_user', '=', by);
        return { first: false, decision: decisionOf(await earlier.executeTakeFirstOrThrow()) };
      }),
    list: (run) =>
      stored(async () => {
        const rows = db.selectFrom('ops.decision').selectAll().where('run', '=', run).orderBy('at').orderBy('by_user');
        return (await rows.execute()).map(decisionOf);
      }),
  };
}

function decisionOf(row: Selectable<Tables['ops.decision']>): Decision {
  return { run: row.run, by: row.by_user, verdict: row.verdict, planHash: row.plan_hash, at: Number(row.at) };
}
