import { subscribe, unsubscribe } from 'node:diagnostics_channel';

import { expect, it } from 'vitest';

import { createEngine } from '#engine/engine.ts';
import { openTestStore, silentLog as log } from '#test/support/store.ts';

it('the engine on the embedded store opens no connection to anything', async () => {
  const sockets: unknown[] = [];
  const seen = (socket: unknown): void => void sockets.push(socket);
  subscribe('net.client.socket', seen);
  const store = await openTestStore();
  const engine = createEngine({ ...store, log });
  engine.serve('body', async (durable) => durable.step('only', async () => 'done'));

  await engine.launch();
  await engine.start('a', 'body', null);
  expect(await engine.result('a')).toBe('done');
  await engine.stop(0);
  await store.close();

  unsubscribe('net.client.socket', seen);
  expect(sockets).toEqual([]);
});
