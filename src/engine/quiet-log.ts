import type { DBOSConfig } from '@dbos-inc/dbos-sdk';

import type { Log } from '#ports/clock.ts';

/** DBOS' own words as data of our log, one level lower: what a person should look at, the product says itself. */
export function quietLog(log: Log): NonNullable<DBOSConfig['logger']> {
  return {
    debug: (entry) => log.debug({ dbos: entry }, 'engine'),
    info: (entry) => log.debug({ dbos: entry }, 'engine'),
    warn: (entry) => log.info({ dbos: entry }, 'engine'),
    error: (entry, metadata) => log.warn({ dbos: entry, stack: metadata?.stack }, 'engine'),
  };
}
