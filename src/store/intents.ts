import type { Kysely } from 'kysely';

import type { History } from '#ports/history.ts';

import { stored } from './failures.ts';
import type { Tables } from './tables.ts';
import { text } from './values.ts';

export function createIntents(db: Kysely<Tables>): History['intents'] {
  return {
    begin: (run, key) =>
      stored(async () => {
        const insert = db
          .insertInto('ops.intent')
          .values({ run, key: text(key) })
          .onConflict((conflict) => conflict.columns(['run', 'key']).doNothing());
        return (await insert.returning('run').execute()).length === 1 ? 'first' : 'again';
      }),
    forget: (run, key) =>
      stored(async () => {
        await db.deleteFrom('ops.intent').where('run', '=', run).where('key', '=', text(key)).execute();
      }),
  };
}
