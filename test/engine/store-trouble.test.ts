import type pg from 'pg';
import { afterEach, beforeEach, expect, it } from 'vitest';

import { createEngine } from '#engine/engine.ts';
import type { Engine } from '#ports/engine.ts';
import type { Store } from '#store/open.ts';
import { openTestStore, silentLog as log } from '#test/support/store.ts';

let store: Store;
let engine: Engine;
beforeEach(async () => {
  store = await openTestStore();
});
afterEach(async () => {
  await engine.stop(0);
  await store.close();
});

/** The store's pool, whose statements `spoil` may fail. */
function spoiledPool(spoil: (text: string) => Error | undefined): pg.Pool {
  const textOf = (query: unknown): string => (typeof query === 'string' ? query : (query as { text: string }).text);
  function spoilt<T extends { query: unknown }>(of: T): T {
    return new Proxy(of, {
      get: (target, key) => {
        const value: unknown = Reflect.get(target, key);
        if (key === 'query')
          return (query: unknown, ...rest: unknown[]) => {
            const error = spoil(textOf(query));
            return error === undefined
              ? (value as (...all: unknown[]) => unknown)(query, ...rest)
              : Promise.reject(error);
          };
        if (key === 'connect') return async () => spoilt(await (value as () => Promise<pg.PoolClient>)());
        return value;
      },
    });
  }
  return spoilt(store.pool);
}

it('a step that could not be recorded is no failure of the work: the run continues from its record, undoing nothing', async () => {
  const seen: string[] = [];
  let failures = 1;
  const pool = spoiledPool((text) => {
    if (failures === 0 || !/insert into "dbos".operation_outputs/i.test(text) || !seen.includes('second'))
      return undefined;
    failures--;
    return Object.assign(new Error('canceling statement due to statement timeout'), { code: '57014' });
  });
  engine = createEngine({ ...store, pool, log });
  engine.serve('story', async (durable) => {
    try {
      await durable.step('first', async () => void seen.push('first'));
      await durable.step('second', async () => void seen.push('second'));
      return 'done';
    } catch (error) {
      if (!durable.isStop(error)) seen.push('undone');
      throw error;
    }
  });
  await engine.launch();

  await engine.start('a', 'story', null);

  expect(await engine.result('a')).toBe('done');
  expect(failures).toBe(0);
  expect(seen).toEqual(['first', 'second', 'second']);
});

it('a store that does not answer is told after a while, and an order given meanwhile is kept', async () => {
  let away = false;
  const pool = spoiledPool(() =>
    away ? Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:5432'), { code: 'ECONNREFUSED' }) : undefined,
  );
  engine = createEngine({ ...store, pool, log, answerWithinMs: 100 });
  engine.serve('story', async () => 'done');
  await engine.launch();

  away = true;
  await expect(engine.start('a', 'story', null)).rejects.toMatchObject({ name: 'Transient', code: 'transient' });
  await expect(engine.send('a', 'topic', null, 'k')).rejects.toMatchObject({ code: 'transient' });
  away = false;

  await expect.poll(() => engine.state('a'), { timeout: 10_000 }).toBe('done');
});
