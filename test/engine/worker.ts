import { appendFileSync, existsSync } from 'node:fs';

import { createEngine } from '#engine/engine.ts';
import { openStore } from '#store/open.ts';
import { silentLog as log, storeImage } from '#test/support/store.ts';

/**
 * A Deckhand of nothing but store and engine, for tests that kill it. The body of run `a` has three steps; each writes
 * "name:worker" into the journal, which outlives the process, and `second` goes on only when the file GATE is there.
 */
const { WORKER = '', JOURNAL = '', GATE = '', DEAD_MS = '1000', DATABASE_URL, DATA_DIR } = process.env;

const image = DATA_DIR === undefined ? undefined : await storeImage();
const store = await openStore({ databaseUrl: DATABASE_URL, dataDir: DATA_DIR, image, log });
const engine = createEngine({ ...store, log, beatMs: 200, deadMs: Number(DEAD_MS) });
engine.serve('story', async (durable) => {
  const undo: string[] = [];
  try {
    await durable.step('first', async () => note('first'));
    undo.push('first');
    await durable.step('second', async () => {
      note('second');
      while (!existsSync(GATE)) await new Promise((resolve) => setTimeout(resolve, 20));
      note('second done');
    });
    await durable.step('third', async () => note('third'));
    return WORKER;
  } catch (error) {
    if (durable.isStop(error)) throw error;
    for (const name of undo) note(`undo ${name}`);
    throw error;
  }
});

function note(what: string): void {
  appendFileSync(JOURNAL, `${what}:${WORKER}\n`);
}

await engine.launch();
if (process.argv.includes('start')) await engine.start('a', 'story', null);
process.on(
  'SIGTERM',
  () =>
    void engine
      .stop(2_000)
      .then(() => store.close())
      .then(() => process.exit(0)),
);
process.stdout.write('ready\n');
if (process.argv.includes('finish')) {
  process.stdout.write(`${JSON.stringify(await engine.result('a'))}\n`);
  await engine.stop(2_000);
  await store.close();
}
