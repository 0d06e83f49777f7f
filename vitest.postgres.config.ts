import { defineConfig } from 'vitest/config';

/** The tests that need a real Postgres server: the same suites on it, and what only several replicas can show. */
export default defineConfig({
  test: {
    include: ['test/**/*.pg.ts'],
    globalSetup: ['test/support/postgres-server.ts'],
    restoreMocks: true,
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
