import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    restoreMocks: true,
    pool: 'forks',
    maxWorkers: 3, // many journeys mostly wait
    testTimeout: 30_000,
    hookTimeout: 240_000,
    expect: { poll: { timeout: 15_000 } }, // a busy machine may stand still for a second or two
    coverage: { include: ['src/**'] },
  },
});
