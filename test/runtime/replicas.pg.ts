import { afterEach, describe, expect, it } from 'vitest';

import { createHealthWatches } from '#fleet/watches.ts';
import type { Post } from '#ports/chat.ts';
import type { Clouds } from '#ports/clouds.ts';
import type { ProbeResult } from '#ports/web.ts';
import { createIncidents } from '#runtime/incidents.ts';
import { createLease } from '#runtime/lease.ts';
import type { World } from '#runtime/world.ts';
import { createSiteWatch } from '#sites/watch.ts';
import { createHistory } from '#store/history.ts';
import { openStore } from '#store/open.ts';
import { aFailure, aSite } from '#test/sites/support.ts';
import { anInstance } from '#test/support/builders.ts';
import { createFakeSettings } from '#test/support/fake-settings.ts';
import { createDatabase } from '#test/support/postgres.ts';
import { silentLog } from '#test/support/store.ts';
import { createCalendar } from '#timers/calendar.ts';
import { createClock } from '#timers/clock.ts';
import { createRandomText } from '#timers/random.ts';

const endings: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0)) await end();
});

/** A replica with its own pool, on real Postgres and the real clock, with quick sites; `posts` is Slack's. */
async function aReplica(databaseUrl: string, posts: Post[], sites: number) {
  const probes = { count: 0 };
  const settings = createFakeSettings({
    sites: Array.from({ length: sites }, (_, nr) =>
      aSite({ name: `s${nr}`, url: `https://s${nr}.example.com/`, intervalMs: 400, recheckMs: [50, 50, 50] }),
    ),
  });
  const { world, history, clock, store, end } = await aSlackOf(databaseUrl, posts, settings);
  const incidents = createIncidents(world);
  const watch = createSiteWatch({
    ...world,
    incidents,
    calendar: createCalendar(),
    cloud: { instances: async () => [] },
    canaries: async () => true,
    web: {
      probe: async (): Promise<ProbeResult> => {
        probes.count++;
        return aFailure(clock.now());
      },
    },
  });
  const held = createLease({ ...world, holder: 'test' }, 'sites', {
    begin: (fence) => watch.start(fence),
    end: () => watch.stop(),
  });
  endings.push(async () => {
    await held.stop();
    await end();
  });
  return { held, incidents, probes, history, store, watch };
}

/** What every replica stands on. */
async function aSlackOf(databaseUrl: string, posts: Post[], settings = createFakeSettings({})) {
  const store = await openStore({ databaseUrl, log: silentLog });
  const history = createHistory(store);
  const clock = createClock();
  const world = {
    history,
    clock,
    settings,
    log: silentLog,
    randomText: createRandomText(),
    chat: {
      post: async (channel: string, post: Post, thread?: string) => {
        await clock.sleep(20);
        if (thread === undefined) posts.push(post);
        return { channel, ts: `${posts.length}.${Math.round(clock.monotonic())}` };
      },
      update: async () => {},
      permalink: async () => undefined,
    },
  } as unknown as World;
  return { world, history, clock, store, end: () => store.close() };
}

describe('two replicas on one Postgres', () => {
  it('check a site once and tell it once, and both show what is known of it', async () => {
    const databaseUrl = await createDatabase();
    const posts: Post[] = [];
    const [a, b] = [await aReplica(databaseUrl, posts, 5), await aReplica(databaseUrl, posts, 5)];
    await Promise.all([a.held.start(), b.held.start()]);

    await expect.poll(() => posts.length, { timeout: 20_000 }).toBe(5);
    await Promise.all(Array.from({ length: 10 }, () => Promise.all([a.incidents.flush(), b.incidents.flush()])));

    expect(posts).toHaveLength(5);
    expect([a, b].filter(({ probes }) => probes.count === 0)).toHaveLength(1);
    await expect
      .poll(async () => (await Promise.all([a.watch.views(), b.watch.views()])).flat().map(({ state }) => state))
      .toEqual(Array.from({ length: 10 }, () => 'down'));
  });

  it('post an incident once, also when both look for it at the same moment', async () => {
    const databaseUrl = await createDatabase();
    const posts: Post[] = [];
    const [a, b] = [await aReplica(databaseUrl, posts, 0), await aReplica(databaseUrl, posts, 0)];
    const report = { severity: 'critical', title: 't', alert: 'a', facts: [], detail: [], remedies: [] } as const;

    for (let nr = 0; nr < 10; nr++)
      await Promise.all(
        [a, b].map(({ incidents }) =>
          incidents.raise(`key:${nr}`, { channel: 'C1', startedAt: 1, report: { ...report, title: `t${nr}` } }),
        ),
      );
    await Promise.all([a.incidents.flush(), b.incidents.flush()]);

    expect(posts).toHaveLength(10);
  });

  it('hand over within 15 s when one is gone, and what the old one still writes is refused', async () => {
    const databaseUrl = await createDatabase();
    const posts: Post[] = [];
    const b = await aReplica(databaseUrl, posts, 2);
    // A holder that dies without a word: it took the lease and never renews it.
    const dead = await b.history.leases.take('sites', 'dead', 10_000);
    const startedAt = performance.now();
    await b.held.start();

    await expect.poll(() => b.probes.count, { timeout: 20_000 }).toBeGreaterThan(0);

    expect(performance.now() - startedAt).toBeLessThan(15_000);
    await expect(b.history.watch.save(new Map([['site:s0', null]]), dead)).rejects.toThrow('Another Deckhand');
  });

  it('watch the servers in one of them, and in the other within 15 s when the first dies', async () => {
    const databaseUrl = await createDatabase();
    const posts: Post[] = [];
    const [a, b] = [await aWatcher(databaseUrl, posts), await aWatcher(databaseUrl, posts)];
    await a.held.start();
    await b.held.start();
    await a.slot();
    await b.slot();
    await a.slot();
    await b.slot();
    await expect.poll(() => posts.length, { timeout: 20_000 }).toBe(1);
    expect([a.looks.count, b.looks.count]).toEqual([2, 0]);

    // It dies without a word: it renews no more, and knows nothing of it.
    a.die();
    const startedAt = performance.now();
    await expect.poll(async () => b.slot().then(() => b.looks.count), { timeout: 20_000 }).toBeGreaterThan(0);
    expect(performance.now() - startedAt).toBeLessThan(15_000);
    await a.slot();
    await b.slot();
    expect(posts).toHaveLength(1);
  });
});

/** A replica that watches three impaired servers of one zone, a look whenever a slot comes. */
async function aWatcher(databaseUrl: string, posts: Post[]) {
  const { world, history, end } = await aSlackOf(databaseUrl, posts);
  const looks = { count: 0 };
  let isDead = false;
  const servers = [1, 2, 3].map((nr) => anInstance({ id: `i-0000000000000000${nr}` }));
  const clouds = {
    places: () => [{ account: '1', region: 'us-east-1' }],
    at: () => ({
      place: async () => ({ account: '1', region: 'us-east-1' }),
      instances: async () => {
        looks.count++;
        return servers;
      },
      health: async () =>
        servers.map(({ id, state }) => ({
          instanceId: id,
          state,
          system: 'impaired',
          instance: 'ok',
          ebs: 'ok',
          events: [],
        })),
    }),
  } as unknown as Clouds;
  const watches = createHealthWatches({
    ...world,
    calendar: createCalendar(),
    clouds,
    incidents: createIncidents(world),
  });
  /** Of a dead process nothing arrives. */
  const alive = <T>(answer: () => Promise<T>) => (isDead ? new Promise<T>(() => {}) : answer());
  const leases: typeof history.leases = {
    take: (...of) => alive(() => history.leases.take(...of)),
    renew: (...of) => alive(() => history.leases.renew(...of)),
    release: (of) => history.leases.release(of),
  };
  const held = createLease({ ...world, history: { leases }, holder: 'test' }, 'health', {
    begin: async (fence) => watches.begin(fence),
    end: async () => watches.end(),
  });
  endings.push(async () => {
    if (!isDead) await held.stop();
    await end();
  });
  return { held, looks, slot: () => watches.run(0), die: () => void (isDead = true) };
}
