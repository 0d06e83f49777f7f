import type { Kysely } from 'kysely';

import type { History } from '#ports/history.ts';

import { stored } from './failures.ts';
import type { Tables } from './tables.ts';

export function createSlots(db: Kysely<Tables>): History['slots'] {
  return {
    claim: (key) =>
      stored(async () => {
        const insert = db
          .insertInto('ops.slot')
          .values({ key })
          .onConflict((conflict) => conflict.column('key').doNothing());
        return (await insert.returning('key').execute()).length === 1;
      }),
  };
}
