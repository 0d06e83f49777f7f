import pg from 'pg';

import { Refusal } from '#errors.ts';
import type { Log } from '#ports/clock.ts';

/** Enough for the engine (one to listen, a few to dispatch and poll) and our own work; Postgres allows 100 by default. */
const connections = 15;
/** A server that does not answer within this time counts as away. */
const connectWithinMs = 5_000;
/** No statement of ours comes near; one that takes longer waits for a lock or for a dead network. */
const statementWithinMs = 30_000;

export type ServerOptions = { databaseUrl: string; log: Log; connectWithinMs?: number | undefined };

/** A pool on Postgres. Throws Refusal, ending with the next move, when the server cannot be used. */
export async function openServer({ databaseUrl, log, ...options }: ServerOptions): Promise<pg.Pool> {
  const where = describe(databaseUrl);
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    max: connections,
    connectionTimeoutMillis: options.connectWithinMs ?? connectWithinMs,
    statement_timeout: statementWithinMs,
    // When even the server's own time-out is not heard of, the network is gone.
    query_timeout: statementWithinMs + 10_000,
    idle_in_transaction_session_timeout: 60_000,
    keepAlive: true,
    application_name: 'deckhand',
  });
  // Without a listener an idle connection that breaks would end the process.
  pool.on('error', (error) => log.warn({ err: error }, 'an idle database connection broke'));
  try {
    await pool.query('select 1');
    return pool;
  } catch (error) {
    await pool.end();
    throw new Refusal('unsuitable', `The database ${where} cannot be used: ${reason(error)}`, {}, { cause: error });
  }
}

/** Host, port and database, never user or password. */
function describe(databaseUrl: string): string {
  let url: URL;
  try {
    url = new URL(databaseUrl);
  } catch (error) {
    throw badUrl(error);
  }
  if (url.protocol !== 'postgres:' && url.protocol !== 'postgresql:') throw badUrl(undefined);
  return `${url.hostname || 'localhost'}:${url.port || '5432'}${url.pathname}`;
}

function badUrl(cause: unknown): Refusal {
  return new Refusal(
    'bad-input',
    'DATABASE_URL is no Postgres address. Write it as postgres://user:password@host:5432/database, with special characters in the password percent-encoded.',
    {},
    { cause },
  );
}

/** The next move by what Postgres or the network says. Source: https://www.postgresql.org/docs/current/errcodes-appendix.html */
function reason(error: unknown): string {
  const { code = '', message = '' } = error as { code?: string; message?: string };
  switch (code) {
    case '28P01':
    case '28000':
      return 'it refuses the user or password. Check both in DATABASE_URL, and pg_hba.conf on the server.';
    case '3D000':
      return 'there is no such database. Create it (createdb), or correct the name in DATABASE_URL.';
    case '53300':
      return `it has no free connections (Deckhand uses up to ${connections}). Raise max_connections or close others.`;
    default:
      return `${message || code || 'it does not answer'}. Check that Postgres runs and that DATABASE_URL names its host and port.`;
  }
}
