import { defineConfig } from 'vitest/config';

/** The contracts of the AWS ports on an independent AWS (moto, in Python): `npm run test:moto`. */
export default defineConfig({
  test: {
    include: ['test/**/*.moto.ts'],
    globalSetup: ['test/support/moto.ts'],
    restoreMocks: true,
    pool: 'forks',
    maxWorkers: 1,
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
