import { EventEmitter } from 'node:events';

import { webApi } from '@slack/bolt';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { createConnection } from '#slack/connection.ts';
import { silentLog } from '#test/support/store.ts';
import { createClock } from '#timers/clock.ts';

type Client = Parameters<typeof createConnection>[0]['client'];

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** The SDK's socket client as far as it is used: connects, is refused, or cannot reach Slack. */
function startConnection() {
  const events = new EventEmitter();
  const world = { reachable: true, refusal: '', takesMs: 0, open: 0, attempts: [] as number[], lost: 0 };
  const startedAt = Date.now();
  const client = Object.assign(events, {
    start: async () => {
      world.attempts.push(Date.now() - startedAt);
      if (world.takesMs > 0) await new Promise((resolve) => setTimeout(resolve, world.takesMs));
      if (world.refusal !== '') throw new webApi.WebAPIPlatformError({ ok: false, error: world.refusal });
      if (!world.reachable) throw new webApi.WebAPIRequestError(new TypeError('fetch failed'));
      world.open = 1;
      events.emit('connected');
    },
    disconnect: async () => {
      world.open = 0;
      events.emit('disconnected');
    },
  });
  const connection = createConnection({
    client: client as unknown as Client,
    clock: createClock(),
    log: silentLog,
    onLost: () => void world.lost++,
  });
  return { connection, world, drop: () => events.emit('disconnected') };
}

describe('the connection to Slack', () => {
  it('is made anew at once when Slack refreshes one that was good', async () => {
    const { connection, world, drop } = startConnection();
    await connection.start();
    await vi.advanceTimersByTimeAsync(3_600_000);

    drop();
    expect(connection.isUp()).toBe(false);
    await vi.advanceTimersByTimeAsync(0);

    expect(connection.isUp()).toBe(true);
    expect(world.attempts).toEqual([0, 3_600_000]);
  });

  it('is tried again and again with growing pauses, and is back when Slack is', async () => {
    const { connection, world } = startConnection();
    world.reachable = false;
    const started = connection.start();

    await vi.advanceTimersByTimeAsync(80_000);
    world.reachable = true;
    await vi.advanceTimersByTimeAsync(30_000);
    await started;

    expect(world.attempts.slice(0, 5)).toEqual([0, 500, 1_500, 3_500, 7_500]);
    expect(Math.max(...world.attempts.map((at, index) => at - (world.attempts[index - 1] ?? 0)))).toBe(30_000);
    expect([connection.isUp(), world.lost]).toEqual([true, 0]);
  });

  it('is lost after 2 minutes without Slack at the start; later it goes on trying, since all else goes on', async () => {
    const atStart = startConnection();
    atStart.world.reachable = false;
    const refused = atStart.connection.start().catch((error: unknown) => error);
    const later = startConnection();
    await later.connection.start();

    later.world.reachable = false;
    later.drop();
    await vi.advanceTimersByTimeAsync(119_000);
    expect([atStart.world.lost, later.world.lost]).toEqual([0, 0]);
    await vi.advanceTimersByTimeAsync(2_000);

    expect(await refused).toMatchObject({ name: 'Refusal', code: 'not-here' });
    expect([atStart.world.lost, later.world.lost]).toEqual([1, 0]);

    later.world.reachable = true;
    await vi.advanceTimersByTimeAsync(40_000);
    expect(later.connection.isUp()).toBe(true);
  });

  it('is given up at once when Slack no longer takes the token', async () => {
    const { connection, world, drop } = startConnection();
    await connection.start();

    world.refusal = 'token_revoked';
    drop();
    await vi.advanceTimersByTimeAsync(600_000);

    expect(world.attempts).toHaveLength(2);
    expect(world.lost).toBe(1);
  });

  it('names the variable when the first attempt is refused', async () => {
    const { connection, world } = startConnection();
    world.refusal = 'invalid_auth';

    await expect(connection.start()).rejects.toMatchObject({ message: expect.stringContaining('SLACK_APP_TOKEN') });
  });

  it('that comes about after stop is closed again', async () => {
    const { connection, world } = startConnection();
    world.takesMs = 1_000;
    const begun = connection.start();

    await connection.stop();
    await begun;
    await vi.advanceTimersByTimeAsync(60_000);

    expect(world).toMatchObject({ open: 0, attempts: [0], lost: 0 });
    expect(connection.isUp()).toBe(false);
  });

  it('stays closed after stop, and nobody calls it lost', async () => {
    const { connection, world } = startConnection();
    await connection.start();

    await connection.stop();
    await connection.stop();
    await vi.advanceTimersByTimeAsync(600_000);

    expect(world).toMatchObject({ attempts: [0], lost: 0 });
    expect(connection.isUp()).toBe(false);
  });
});
