import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { Refusal } from '#errors.ts';

/**
 * One Deckhand per folder. SQLite's exclusive lock is one of the kernel's: it goes when the process dies, however it
 * dies, so it is never stale. Throws Refusal "conflict" when another process (or this one) holds it.
 * Two processes on one PGlite folder lose data: https://github.com/electric-sql/pglite/issues/709.
 */
export function lockFolder(folder: string): { release: () => void } {
  const lock = new DatabaseSync(join(folder, 'deckhand.lock'));
  try {
    lock.exec(
      'pragma locking_mode = exclusive; begin exclusive; create table if not exists lock (pid integer); commit;',
    );
    lock.exec(`delete from lock; insert into lock values (${process.pid});`);
  } catch (error) {
    lock.close();
    if (!(error instanceof Error) || !error.message.includes('locked')) throw error;
    throw new Refusal(
      'conflict',
      `The data folder ${folder} is already in use by another Deckhand: stop it or use another DATA_DIR.`,
      {},
      { cause: error },
    );
  }
  return { release: () => lock.close() };
}
