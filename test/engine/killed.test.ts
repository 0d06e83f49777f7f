import { join } from 'node:path';

import { afterEach, beforeEach, expect, it } from 'vitest';

import { createWorkers, type Workers } from '#test/support/workers.ts';

let workers: Workers;
beforeEach(() => {
  workers = createWorkers();
});
afterEach(() => workers.close());

it('a process killed in mid-step continues at its next start: only the step in flight runs again', async () => {
  const store = { DATA_DIR: join(workers.folder, 'data') };
  const first = workers.start('one', store, 'start');
  await expect.poll(workers.journal, { timeout: 30_000 }).toEqual(['first:one', 'second:one']);

  first.process.kill('SIGKILL');
  await first.exited;
  workers.openGate();
  const second = workers.start('two', store, 'finish');

  expect(await second.exited).toBe(0);
  expect(second.output()).toContain('"two"');
  expect(workers.journal()).toEqual(['first:one', 'second:one', 'second:two', 'second done:two', 'third:two']);
});

it('a process that is asked to stop leaves its run to the next one', async () => {
  const store = { DATA_DIR: join(workers.folder, 'data') };
  const first = workers.start('one', store, 'start');
  await expect.poll(workers.journal, { timeout: 30_000 }).toEqual(['first:one', 'second:one']);

  first.process.kill('SIGTERM');
  workers.openGate();
  expect(await first.exited).toBe(0);
  const second = workers.start('two', store, 'finish');

  expect(await second.exited).toBe(0);
  expect(workers.journal()).toEqual(['first:one', 'second:one', 'second done:one', 'third:two']);
});
