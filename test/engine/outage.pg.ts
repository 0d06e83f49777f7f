import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

import { afterEach, beforeEach, expect, it } from 'vitest';

import { createDatabase } from '#test/support/postgres.ts';
import { createWorkers, type Workers } from '#test/support/workers.ts';

type Wire = Awaited<ReturnType<typeof openWire>>;

let workers: Workers;
let databaseUrl: URL;
const wires: Wire[] = [];
beforeEach(async () => {
  workers = createWorkers();
  databaseUrl = new URL(await createDatabase());
});
afterEach(() => {
  workers.close();
  for (const wire of wires.splice(0)) wire.close();
});

/** The database of this test through a wire of its own. */
async function wired(): Promise<{ wire: Wire; store: Record<string, string> }> {
  const wire = await openWire(Number(databaseUrl.port));
  wires.push(wire);
  const url = new URL(databaseUrl);
  url.port = String(wire.port);
  return { wire, store: { DATABASE_URL: url.href, DEAD_MS: '2000' } };
}

async function pass(ms: number): Promise<void> {
  const from = Date.now();
  await expect.poll(() => Date.now() - from, { timeout: ms + 5_000 }).toBeGreaterThan(ms);
}

it('runs outlive a database that was away: nothing finished runs again, and no replica robs another that was cut off too', async () => {
  const [ownerSide, peerSide] = [await wired(), await wired()];
  workers.start('owner', ownerSide.store, 'start');
  await expect.poll(workers.journal, { timeout: 20_000 }).toEqual(['first:owner', 'second:owner']);
  const peer = workers.start('peer', peerSide.store, 'finish');
  await expect.poll(peer.output, { timeout: 20_000 }).toContain('ready');
  await pass(2_500); // the peer has watched long enough to believe a silent owner dead

  ownerSide.wire.cut();
  peerSide.wire.cut();
  await pass(3_000); // longer than the silence after which an owner counts as dead
  peerSide.wire.mend();
  await pass(600); // the peer is back first, and sees an old beat
  ownerSide.wire.mend();
  await pass(3_000);
  workers.openGate();

  expect(await peer.exited).toBe(0);
  expect(peer.output()).toContain('"owner"');
  expect(workers.journal()).toEqual(['first:owner', 'second:owner', 'second done:owner', 'third:owner']);
});

it('a step whose end cannot be recorded while the database is away is recorded when it is back', async () => {
  const { wire, store } = await wired();
  const owner = workers.start('owner', store, 'start', 'finish');
  await expect.poll(workers.journal, { timeout: 20_000 }).toEqual(['first:owner', 'second:owner']);

  wire.cut();
  workers.openGate();
  await expect.poll(workers.journal, { timeout: 5_000 }).toContain('second done:owner');
  await pass(1_500);
  wire.mend();

  expect(await owner.exited).toBe(0);
  expect(workers.journal()).toEqual(['first:owner', 'second:owner', 'second done:owner', 'third:owner']);
});

/** A wire to a port that can be cut: every connection breaks, new ones are refused by a reset. */
async function openWire(to: number): Promise<{ port: number; cut: () => void; mend: () => void; close: () => void }> {
  const sockets = new Set<Socket>();
  let isCut = false;
  const server = createServer((near) => {
    if (isCut) {
      near.destroy();
      return;
    }
    const far = connect(to, '127.0.0.1');
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        near.destroy();
        far.destroy();
      });
    }
    near.pipe(far).pipe(near);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  function cut(): void {
    isCut = true;
    for (const socket of sockets) socket.destroy();
  }
  return {
    port: address.port,
    cut,
    mend: () => {
      isCut = false;
    },
    close: () => {
      cut();
      server.close();
    },
  };
}
