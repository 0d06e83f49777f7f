import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { createDatabase } from '#test/support/postgres.ts';
import { createWorkers, type Workers } from '#test/support/workers.ts';

/** Workers beat every 0.2 s and count as dead after 1 s. */
describe('two replicas on one database', () => {
  let workers: Workers;
  let store: { DATABASE_URL: string };
  beforeEach(async () => {
    workers = createWorkers();
    store = { DATABASE_URL: await createDatabase() };
  });
  afterEach(() => workers.close());

  async function begin(): Promise<{ owner: ReturnType<Workers['start']>; peer: ReturnType<Workers['start']> }> {
    const owner = workers.start('owner', store, 'start');
    await expect.poll(workers.journal, { timeout: 20_000 }).toEqual(['first:owner', 'second:owner']);
    const peer = workers.start('peer', store);
    await expect.poll(peer.output, { timeout: 20_000 }).toContain('ready');
    return { owner, peer };
  }

  it('a peer takes over the run of a killed owner and finishes it', async () => {
    const { owner } = await begin();

    owner.process.kill('SIGKILL');
    await owner.exited;
    workers.openGate();

    await expect
      .poll(workers.journal, { timeout: 15_000 })
      .toEqual(['first:owner', 'second:owner', 'second:peer', 'second done:peer', 'third:peer']);
  });

  it('a peer does not take the run of an owner that lives', async () => {
    const { owner } = await begin();
    const reader = workers.start('reader', store, 'finish');
    await expect.poll(reader.output, { timeout: 20_000 }).toContain('ready');
    const readyAt = Date.now();
    // Three times the time after which a silent owner counts as dead.
    await expect.poll(() => Date.now() - readyAt, { timeout: 10_000 }).toBeGreaterThan(3_000);

    workers.openGate();

    expect(await reader.exited).toBe(0);
    expect(reader.output()).toContain('"owner"');
    expect(workers.journal()).toEqual(['first:owner', 'second:owner', 'second done:owner', 'third:owner']);
    expect(owner.process.exitCode).toBeNull();
  });

  it('an owner that was frozen, lost its run and wakes neither goes on nor undoes what the peer finished', async () => {
    const { owner } = await begin();

    owner.process.kill('SIGSTOP');
    await expect.poll(workers.journal, { timeout: 15_000 }).toContain('second:peer');
    workers.openGate();
    await expect.poll(workers.journal, { timeout: 15_000 }).toContain('third:peer');
    owner.process.kill('SIGCONT');
    await expect.poll(workers.journal, { timeout: 15_000 }).toContain('second done:owner');
    // It stops on its own terms, so whatever it wanted to do next is done by then.
    owner.process.kill('SIGTERM');
    expect(await owner.exited).toBe(0);

    expect(workers.journal()).not.toContain('third:owner');
    expect(workers.journal().filter((line) => line.startsWith('undo'))).toEqual([]);
  });

  it('a peer takes over at once from an owner that was asked to stop', async () => {
    const { owner } = await begin();

    owner.process.kill('SIGTERM');
    workers.openGate();
    expect(await owner.exited).toBe(0);

    await expect
      .poll(workers.journal, { timeout: 15_000 })
      .toEqual(['first:owner', 'second:owner', 'second done:owner', 'third:peer']);
  });
});
