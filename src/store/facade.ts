import { EventEmitter } from 'node:events';
import { setImmediate } from 'node:timers/promises';

import type { PGlite } from '@electric-sql/pglite';
import type pg from 'pg';

import { type Answer, readStatement, runStatement, type Statement } from './statement.ts';
import type { Turns } from './turns.ts';

type Of = { db: PGlite; turns: Turns; onBroken: (error: unknown) => void };

/**
 * PGlite's one connection as a `pg.Pool` of many logical clients: transactions one after another, a statement outside a
 * transaction between them, LISTEN per client, a forgotten transaction rolled back at release.
 */
export function createFacade(of: Of): pg.Pool {
  let ended = false;
  const connect = async (): Promise<FacadeClient> => {
    if (ended) throw new Error('Cannot use a pool after calling end on the pool');
    return createClient(of);
  };
  const pool = Object.assign(new EventEmitter(), {
    /** What DBOS halves to bound its polling; PGlite itself always serves one at a time. */
    options: { max: 15 },
    totalCount: 1,
    idleCount: 1,
    waitingCount: 0,
    connect,
    query: async (query: unknown, values?: unknown) => {
      const client = await connect();
      try {
        return await client.query(query, values);
      } finally {
        client.release();
      }
    },
    end: async () => {
      ended = true;
    },
  });
  // The part of node-postgres that Kysely and DBOS use.
  return pool as unknown as pg.Pool;
}

type FacadeClient = EventEmitter & {
  query: (query: unknown, values?: unknown) => Promise<Answer | readonly Answer[]>;
  release: (error?: unknown) => void;
};

const listenTo = /^\s*listen\s+"?([a-z_][a-z0-9_]*)"?\s*;?\s*$/i;

function createClient({ db, turns, onBroken }: Of): FacadeClient {
  const events = new EventEmitter();
  const unlisten: (() => Promise<void>)[] = [];
  let inTransaction = false;
  let released = false;
  let broken = false;
  /** One client's statements run in the order they were given. */
  let last: Promise<unknown> = Promise.resolve();

  function inOrder<T>(act: () => Promise<T>): Promise<T> {
    const done = last.then(act);
    last = done.catch(() => undefined);
    return done;
  }

  async function onTurn<T>(act: () => Promise<T>): Promise<T> {
    if (inTransaction) turns.resume();
    else await turns.take();
    try {
      return await act();
    } catch (error) {
      broken = isBroken(error);
      if (broken) onBroken(error);
      throw error;
    } finally {
      inTransaction = !broken && db.ready && db.isInTransaction();
      // Between two statements the event loop runs, else hundreds of queued ones would starve timers and sockets.
      await setImmediate();
      if (inTransaction) turns.rest();
      else turns.pass();
    }
  }

  async function listen(channel: string): Promise<Answer> {
    unlisten.push(
      await db.listen(channel, (payload) => events.emit('notification', { channel, payload, processId: 0 })),
    );
    return { command: 'LISTEN', rowCount: null, oid: null, fields: [], rows: [] };
  }

  function run(statement: Statement): Promise<Answer | readonly Answer[]> {
    const channel = listenTo.exec(statement.text)?.[1];
    return channel === undefined ? runStatement(db, statement) : listen(channel);
  }

  async function leave(): Promise<void> {
    if (inTransaction) await onTurn(() => runStatement(db, { text: 'rollback', values: [], rowMode: 'object' }));
    for (const stop of unlisten) await onTurn(() => stop());
  }

  return Object.assign(events, {
    query: (query: unknown, values?: unknown) => {
      if (released) return Promise.reject(new Error('This client was released; take a new one from the pool'));
      return inOrder(() => onTurn(() => run(readStatement(query, values))));
    },
    release: () => {
      if (released) throw new Error('Release called on client which has already been released to the pool.');
      released = true;
      // When the store closes meanwhile, the transaction ends with it.
      void inOrder(leave).catch(() => undefined);
    },
  });
}

/** The WebAssembly instance is gone (out of memory, a failed assertion, a PANIC): nothing but a new process helps. */
function isBroken(error: unknown): boolean {
  const { name, message } = error as { name?: unknown; message?: unknown };
  return (
    name === 'RuntimeError' || name === 'ExitStatus' || (typeof message === 'string' && message.includes('Aborted('))
  );
}
