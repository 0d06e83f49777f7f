import type pg from 'pg';

import type { Log } from '#ports/clock.ts';

const everyMs = 10 * 60_000;

/** What nobody needs any more: pages of answers and slots after 30 days (far beyond any catching up), replicas and
 *  the right to post after a day. */
const tidy = `
  delete from ops.card where kind = 'answer' and created_at < (extract(epoch from now()) * 1000)::bigint - 30 * 86400000::bigint;
  delete from ops.slot where at < now() - interval '30 days';
  delete from ops.replica where beat < now() - interval '1 day';
  delete from ops.lease where starts_with(name, 'post:') and until < now() - interval '1 day'`;

/**
 * Every ten minutes: deletes what has served its time, and vacuums the embedded store, which has no autovacuum (1,500
 * runs leave 62 MB; it takes 0.2 s). Answers how to stop; a running round is waited for.
 */
export function keepUp({ pool, embedded, log }: { pool: pg.Pool; embedded: boolean; log: Log }): () => Promise<void> {
  let round: Promise<void> = Promise.resolve();
  const timer = setInterval(() => {
    round = round
      .then(() => upkeep(pool, embedded))
      .catch((error: unknown) => log.warn({ err: error }, 'upkeep of the store failed; trying again in ten minutes'));
  }, everyMs).unref();
  return async () => {
    clearInterval(timer);
    await round;
  };
}

/** One round. Repeatable. */
export async function upkeep(pool: pg.Pool, embedded: boolean): Promise<void> {
  await pool.query(tidy);
  if (embedded) await pool.query('vacuum (analyze)');
}
