import { Transient } from '#errors.ts';

/**
 * SQLSTATE classes and codes after which the same call may well work: connection (08), resources (53), operator (57:
 * shutdown, starting up, statement time-out), serialization and deadlock (40), a lock not had in time (55P03).
 * Source: https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const passing = /^(08...|53...|57...|40001|40P01|40003|55P03|25P03)$/;
const network = /^(ECONN\w+|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN)$/;
/** node-postgres and PGlite say these in words only. */
const spoken =
  /connection terminated|connection timeout|timeout exceeded when trying to connect|query read timeout|client has encountered a connection error|not queryable|after calling end on the pool|PGlite is clos/i;

/** The same error, as Transient when the database is away, full or too busy; anything else is a fault as it is. */
export function asTransient(error: unknown): unknown {
  if (!isAway(error)) return error;
  return new Transient(`The store did not answer (${messageOf(error)}). Try again in a moment.`, { cause: error });
}

function isAway(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.some(isAway);
  const { code } = error as { code?: unknown };
  if (typeof code === 'string' && (passing.test(code) || network.test(code))) return true;
  return spoken.test(messageOf(error));
}

function messageOf(error: unknown): string {
  const { message, code } = error as { message?: unknown; code?: unknown };
  if (typeof message === 'string' && message !== '') return message;
  return typeof code === 'string' ? code : String(error);
}
