import { createEngine } from '#engine/engine.ts';
import { engineSuite } from '#test/ports/engine.suite.ts';
import { openTestStore, silentLog } from '#test/support/store.ts';

engineSuite(async () => {
  const store = await openTestStore();
  return {
    create: () => createEngine({ ...store, log: silentLog, retryMs: 5 }),
    close: () => store.close(),
  };
});
