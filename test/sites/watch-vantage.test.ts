import { afterEach, describe, expect, it } from 'vitest';

import type { Settings } from '#ports/settings.ts';
import type { Look, Sighting, Vantage } from '#ports/vantage.ts';
import type { ProbeResult } from '#ports/web.ts';
import { createSiteWatch, type SiteWatch } from '#sites/watch.ts';
import { createKeptLog } from '#test/config/support.ts';
import { createFakeClock } from '#test/support/fake-clock.ts';
import { createFakeIncidents } from '#test/support/fake-incidents.ts';
import { createFakeSettings } from '#test/support/fake-settings.ts';
import { createFakeWatchStore } from '#test/support/fake-watch-store.ts';
import { createCalendar } from '#timers/calendar.ts';
import { createRandomText } from '#timers/random.ts';
import { createReplicas } from '#vantage/replicas.ts';

import { aFailure, aResult, aSite } from './support.ts';

const minute = 60_000;
const running: Pick<SiteWatch, 'stop'>[] = [];
afterEach(async () => {
  for (const watch of running.splice(0)) await watch.stop();
});

/** A watch called office, beside the places of `sees`; what is not said there does not answer. */
async function started(sees: Record<string, Look['saw'] | undefined>, of: { sites?: Settings['sites'] } = {}) {
  const clock = createFakeClock();
  const sites = of.sites ?? [aSite()];
  const settings = createFakeSettings({ sites });
  const store = createFakeWatchStore();
  const told = createFakeIncidents();
  const world = {
    isUp: true,
    sees,
    seenAt: Object.fromEntries(Object.keys(sees).map((name) => [name, true])),
    asked: 0,
  };
  const vantage: Vantage = {
    name: 'office',
    ask() {
      world.asked++;
      return {
        answers: async (withinMs) => {
          const answers = Object.entries(world.sees).map(([from, saw]): Sighting => {
            if (saw === 'up' || saw === 'down') return { from, saw };
            return { from, saw: 'nothing', why: 'late' };
          });
          if (answers.some(({ saw }) => saw === 'nothing')) await clock.sleep(withinMs);
          return answers;
        },
      };
    },
    points: () =>
      Object.entries(world.seenAt).map(([name, here]) => ({
        name,
        kind: 'agent',
        here,
        seenAt: here ? clock.now() : undefined,
      })),
  };
  const watch = createSiteWatch({
    web: { probe: async (): Promise<ProbeResult> => (world.isUp ? aResult(clock.now()) : aFailure(clock.now())) },
    vantage,
    history: store,
    incidents: told.incidents,
    cloud: { instances: async () => [] },
    clock,
    settings,
    log: createKeptLog().log,
    calendar: createCalendar(),
    canaries: async () => true,
  });
  running.push(watch);
  await watch.start();
  await clock.advance(minute);
  return { clock, told, world, watch, settings };
}

describe('a site that other places look at', () => {
  it('is told to nobody while it is down only here, and the lists say so', async () => {
    const { clock, told, world, watch } = await started({ frankfurt: 'up', tokyo: 'up' });
    world.isUp = false;
    await clock.advance(20 * minute);

    expect(told.all).toEqual([]);
    const [view] = await watch.views();
    expect(view).toMatchObject({
      state: 'suspect',
      remark: 'down only from office; up from frankfurt and tokyo, so nobody is told',
    });
    // Once an interval, not more often.
    expect(world.asked).toBeLessThanOrEqual(21);

    world.isUp = true;
    await clock.advance(minute);
    expect((await watch.views())[0]).toMatchObject({ state: 'up', remark: undefined });
    expect(told.all).toEqual([]);
  });

  it('is told once, with the places, as soon as two of three see it down', async () => {
    const { clock, told, world } = await started({ frankfurt: 'down', tokyo: 'up' });
    world.isUp = false;
    await clock.advance(2 * minute);

    expect(told.all).toHaveLength(1);
    expect(told.all[0]!.report.facts).toContainEqual(['Seen down', 'from 2 of 3: office and frankfurt; up from tokyo']);
  });

  it('is told as early as without other places', async () => {
    const toldAfter = async (sees: Record<string, 'up' | 'down'>) => {
      const { clock, told, world } = await started(sees);
      world.isUp = false;
      const at = clock.now();
      while (told.all.length === 0 && clock.now() < at + 5 * minute) await clock.advance(100);
      return clock.now() - at;
    };

    expect(await toldAfter({ frankfurt: 'down', tokyo: 'up' })).toBe(await toldAfter({}));
  });

  it('is told later when another place comes to see it', async () => {
    const { clock, told, world } = await started({ frankfurt: 'up', tokyo: 'up' });
    world.isUp = false;
    await clock.advance(5 * minute);
    const at = clock.now();
    world.sees['tokyo'] = 'down';
    await clock.advance(2 * minute);

    expect(told.open()).toHaveLength(1);
    expect(told.all[0]!.startedAt).toBeGreaterThan(at - minute - 1);
  });

  it('is told as down in time when nobody answers, and the card says so', async () => {
    const { clock, told, world } = await started({ frankfurt: undefined, tokyo: undefined });
    world.isUp = false;
    const at = clock.now();
    while (told.all.length === 0 && clock.now() < at + 5 * minute) await clock.advance(1_000);

    // An interval, the re-checks (40 s), the wait for the others (5 s), and the telling.
    expect(clock.now() - at).toBeLessThanOrEqual(minute + 40_000 + 5_000 + 2_000);
    expect(told.all[0]!.report.facts).toContainEqual([
      'Seen down',
      'from office alone; not confirmed: no answer from frankfurt (not in time) and tokyo (not in time)',
    ]);
  });

  it('is asked of others only when the next failed check decides', async () => {
    const { clock, world } = await started({ frankfurt: 'up' });
    await clock.advance(10 * minute);
    expect(world.asked).toBe(0);
  });
});

describe('our own network', () => {
  it('is told, once, when several sites fail only here', async () => {
    const sites = ['a', 'b', 'c'].map((name) => aSite({ name, url: `https://${name}.example.com/` }));
    const { clock, told, world } = await started({ frankfurt: 'up', tokyo: 'up' }, { sites });
    world.isUp = false;
    await clock.advance(10 * minute);

    expect(told.all.map(({ key }) => key)).toEqual(['watch:alone']);
    expect(told.all[0]!.report).toMatchObject({ severity: 'warning', alert: '3 sites fail only from office' });

    world.isUp = true;
    await clock.advance(2 * minute);
    expect(told.open()).toEqual([]);
  });
});

describe('a place that goes missing', () => {
  it('is one quiet message, which ends when all are there again', async () => {
    const { clock, told, world } = await started({ frankfurt: 'up', tokyo: 'up' });
    world.seenAt['tokyo'] = false;
    await clock.advance(minute);
    expect(told.all).toEqual([]);
    await clock.advance(3 * minute);
    world.seenAt['frankfurt'] = false;
    await clock.advance(10 * minute);

    expect(told.all).toHaveLength(1);
    expect(told.all[0]).toMatchObject({ key: 'watch:vantage', open: true });
    expect(told.all[0]!.report).toMatchObject({
      severity: 'info',
      alert: 'Vantage points frankfurt and tokyo are missing',
    });

    world.seenAt = { frankfurt: true, tokyo: true };
    await clock.advance(minute);
    expect(told.open()).toEqual([]);
    expect(told.all).toHaveLength(1);
  });
});

describe('replicas on one store', () => {
  function aReplica(
    name: string,
    of: { clock: ReturnType<typeof createFakeClock>; store: ReturnType<typeof createFakeWatchStore>; look: Look },
  ) {
    const { vantage } = createFakeSettings().current();
    const settings = createFakeSettings({ vantage: { ...vantage, replicas: true } });
    const replica = createReplicas({
      name,
      history: of.store,
      settings,
      look: async () => of.look,
      clock: of.clock,
      randomText: createRandomText(),
      log: createKeptLog().log,
    });
    replica.start();
    return { ...replica, settings };
  }
  const probe = {
    url: 'https://shop.example.com/',
    deadlineMs: 1_000,
    statuses: [],
    verifyTls: true,
    maxRedirects: 5,
    freshDns: true,
  };

  it('look when one asks, and leave nothing behind', async () => {
    const [clock, store] = [createFakeClock(), createFakeWatchStore()];
    const asker = aReplica('a', { clock, store, look: { saw: 'up' } });
    const helper = aReplica('b', { clock, store, look: { saw: 'down' } });
    running.push(asker, helper);
    await clock.advance(25_000);
    expect(asker.points()).toMatchObject([{ name: 'b', kind: 'replica', here: true }]);

    const question = asker.ask({ probe, canaries: [] }, 15_000);
    const answers = question.answers(5_000);
    await clock.advance(3_000);
    expect(await Promise.race([answers, Promise.resolve('none yet')])).toEqual([{ from: 'b', saw: 'down' }]);

    await clock.advance(20_000);
    expect([...store.rows.keys()].toSorted()).toEqual(['vantage:here:a', 'vantage:here:b']);
    await helper.stop();
    await clock.advance(2_000);
    expect(asker.points()).toEqual([]);
  });

  it('that were killed are missing, and their answer is not waited for', async () => {
    const [clock, store] = [createFakeClock(), createFakeWatchStore()];
    const asker = aReplica('a', { clock, store, look: { saw: 'up' } });
    running.push(asker);
    let beat = 0;
    const beats = async (seconds: number) => {
      for (let at = 0; at < seconds; at += 5) {
        await store.watch.save(new Map([['vantage:here:b', { beat: String(beat++) }]]));
        await clock.advance(5_000);
      }
    };
    await beats(30);
    await clock.advance(60_000);

    expect(asker.points()).toMatchObject([{ name: 'b', here: false }]);
    expect(await asker.ask({ probe, canaries: [] }, 15_000).answers(5_000)).toEqual([
      { from: 'b', saw: 'nothing', why: 'missing' },
    ]);

    await clock.advance(11 * minute);
    expect(asker.points()).toEqual([]);
  });

  it('say nothing while the store is away, and go on when it is back', async () => {
    const [clock, store] = [createFakeClock(), createFakeWatchStore()];
    const asker = aReplica('a', { clock, store, look: { saw: 'up' } });
    const helper = aReplica('b', { clock, store, look: { saw: 'up' } });
    running.push(asker, helper);
    await clock.advance(25_000);
    store.fail(new Error('away'));
    const answers = asker.ask({ probe, canaries: [] }, 15_000).answers(5_000);
    await clock.advance(5_000);
    expect(await answers).toEqual([{ from: 'b', saw: 'nothing', why: 'late' }]);

    store.fail(undefined);
    await clock.advance(20_000);
    const again = asker.ask({ probe, canaries: [] }, 15_000).answers(5_000);
    await clock.advance(3_000);
    expect(await Promise.race([again, Promise.resolve('none yet')])).toEqual([{ from: 'b', saw: 'up' }]);
  });
});
