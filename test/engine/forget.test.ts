import { expect, it } from 'vitest';

import { createEngine } from '#engine/engine.ts';
import { forgetOld } from '#engine/forget.ts';
import { openTestStore, silentLog as log } from '#test/support/store.ts';

it('forgets the steps of runs that ended 90 days ago, and nothing that still lives', async () => {
  const store = await openTestStore();
  const engine = createEngine({ ...store, log });
  engine.serve('ends', async (durable) => durable.step('only', async () => 'over'));
  engine.serve('waits', async (durable) => (await durable.receive<string>('go', 60_000)) ?? 'none');
  await engine.launch();
  await Promise.all(['old', 'new'].map((id) => engine.start(id, 'ends', null)));
  await engine.start('waiting', 'waits', null);
  await Promise.all(['old', 'new'].map((id) => engine.result(id)));
  const old = Date.now() - 91 * 24 * 3_600_000;
  await store.pool.query("update dbos.workflow_status set updated_at = $1 where workflow_uuid in ('old', 'waiting')", [
    old,
  ]);

  expect(await forgetOld(store.pool)).toBe(1);

  expect(await engine.state('old')).toBeUndefined();
  expect(await engine.state('new')).toBe('done');
  expect(await engine.state('waiting')).toBe('running');
  expect(await forgetOld(store.pool)).toBe(0);
  await engine.stop(0);
  await store.close();
});
