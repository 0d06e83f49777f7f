import { createEngine } from '#engine/engine.ts';
import { engineSuite } from '#test/ports/engine.suite.ts';
import { openPostgresStore } from '#test/support/postgres.ts';
import { silentLog } from '#test/support/store.ts';

engineSuite(async () => {
  const store = await openPostgresStore();
  return {
    create: () => createEngine({ ...store, log: silentLog, retryMs: 5 }),
    close: () => store.close(),
  };
});
