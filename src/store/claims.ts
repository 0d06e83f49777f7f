import { type Kysely, sql, type Transaction } from 'kysely';

import type { History } from '#ports/history.ts';

import { stored } from './failures.ts';
import type { Tables } from './tables.ts';
import { text } from './values.ts';

type Claim = { resource: string; run: string };

/** A claim that vanished between our insert and our look was released meanwhile: then all is tried again. */
const rounds = 10;

export function createClaims(db: Kysely<Tables>): History['claims'] {
  return {
    take: (run, resources) =>
      stored(async () => {
        // In one order everywhere, so that two takers never wait for each other.
        const wanted = [...new Set(resources.map(text))].toSorted();
        if (wanted.length === 0) return [];
        for (let round = 1; ; round++) {
          const held = await takeAll(db, run, wanted);
          const others = held.filter((claim) => claim.run !== run);
          if (others.length > 0 || held.length === wanted.length) return others;
          if (round === rounds) throw new Error('resources changed hands too quickly to claim them');
        }
      }),
    release: (run) =>
      stored(async () => {
        await db.deleteFrom('ops.claim').where('run', '=', run).execute();
      }),
    holders: (resources) =>
      stored(() => (resources.length === 0 ? Promise.resolve([]) : holders(db, resources.map(text)))),
  };
}

/** Who holds what after the attempt. Unless `run` holds all of it, nothing was taken. */
async function takeAll(db: Kysely<Tables>, run: string, resources: readonly string[]): Promise<readonly Claim[]> {
  const attempt = await db.startTransaction().execute();
  try {
    await sql`insert into ops.claim (resource, run) select unnest(${resources}::text[]), ${run}::text on conflict do nothing`.execute(
      attempt,
    );
    const held = await holders(attempt, resources);
    const whole = held.length === resources.length && held.every((claim) => claim.run === run);
    await (whole ? attempt.commit() : attempt.rollback()).execute();
    return held;
  } catch (error) {
    // The first error tells more than one of the rollback.
    await attempt
      .rollback()
      .execute()
      .catch(() => undefined);
    throw error;
  }
}

function holders(db: Kysely<Tables> | Transaction<Tables>, resources: readonly string[]): Promise<readonly Claim[]> {
  return db
    .selectFrom('ops.claim')
    .select(['resource', 'run'])
    .where('resource', '=', sql<string>`any(${resources}::text[])`)
    .orderBy('resource')
    .execute();
}
