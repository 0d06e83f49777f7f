import { describe, expect, it } from 'vitest';

import { createHealthWatches } from '#fleet/watches.ts';
import type { Instance, Place } from '#ports/cloud.ts';
import type { Clouds } from '#ports/clouds.ts';
import { createKeptLog } from '#test/config/support.ts';
import { anInstance } from '#test/support/builders.ts';
import { createFakeClock } from '#test/support/fake-clock.ts';
import { createFakeIncidents } from '#test/support/fake-incidents.ts';
import { createFakeSettings } from '#test/support/fake-settings.ts';
import { createFakeWatchStore } from '#test/support/fake-watch-store.ts';
import { createCalendar } from '#timers/calendar.ts';

const home: Place = { account: '111111111111', region: 'us-east-1' };
const west: Place = { account: '111111111111', region: 'us-west-2' };
const fence = { lease: 'health', token: 1 };

/** Every server of every place fails its system check. */
function aWorld(servers: Readonly<Record<string, readonly Instance[]>>) {
  const clock = createFakeClock();
  const settings = createFakeSettings({});
  const store = createFakeWatchStore();
  const told = createFakeIncidents();
  let places: readonly Place[] = [home, west];
  const looks: string[] = [];
  let failure: Error | undefined;
  const clouds = {
    places: () => places,
    at: (place: Place) => ({
      place: async () => place,
      instances: async () => {
        looks.push(place.region);
        if (failure !== undefined) throw failure;
        return servers[place.region] ?? [];
      },
      health: async () =>
        (servers[place.region] ?? []).map(({ id, state }) => ({
          instanceId: id,
          state,
          system: 'impaired',
          instance: 'ok',
          ebs: 'ok',
          events: [],
        })),
      snapshots: async () => [],
      volumes: async () => [],
      ailingVolumes: async () => [],
    }),
  } as unknown as Clouds;
  const aReplica = () =>
    createHealthWatches({
      clouds,
      calendar: createCalendar(),
      history: {
        watch: store.watch,
        claims: { ...store.claims, take: async () => [], release: async () => {} },
        runs: store.runs,
      },
      incidents: told.incidents,
      clock,
      settings,
      log: createKeptLog().log,
    });
  const run = async (watches: ReturnType<typeof aReplica>, slots: number) => {
    for (let nr = 0; nr < slots; nr++) {
      await clock.advance(60_000);
      await watches.run(clock.now());
    }
  };
  return {
    aReplica,
    run,
    told,
    store,
    settings,
    looks,
    fail: (error?: Error) => void (failure = error),
    move: (next: readonly Place[]) => {
      places = next;
      settings.change({});
    },
  };
}
const one = (n: number) => anInstance({ id: `i-0000000000000000${n}`, name: `s${n}`, zone: `z${n}` });
const crowd = (n: number) => Array.from({ length: 4 }, (_, nr) => anInstance({ id: `i-000000000000000${n}${nr}` }));

describe('the watch of all places', () => {
  it('looks only in the replica that holds it, and goes on in the next one where the first was', async () => {
    const { aReplica, run, looks, told } = aWorld({ 'us-east-1': [one(1)] });
    const [a, b] = [aReplica(), aReplica()];
    await run(a, 1);
    expect(looks).toEqual([]);
    a.begin(fence);
    await Promise.all([run(a, 1), b.run(0)]);
    expect(looks).toEqual(['us-east-1', 'us-west-2']);
    a.end();
    b.begin({ ...fence, token: 2 });
    await Promise.all([run(b, 1), a.run(0)]);

    expect(looks).toHaveLength(4);
    expect(told.open().map(({ key }) => key)).toEqual([`instance:${one(1).id}`]);
  });

  it('closes what is open of a place that is no longer in the settings, says why, and forgets it', async () => {
    const { aReplica, run, told, store, move } = aWorld({ 'us-east-1': [one(1)], 'us-west-2': [one(2), ...crowd(3)] });
    const watches = aReplica();
    watches.begin(fence);
    await run(watches, 3);
    expect(told.open()).toHaveLength(3);
    move([home]);
    await run(watches, 1);

    expect(told.open().map(({ key }) => key)).toEqual([`instance:${one(1).id}`]);
    const closed = told.all.filter(({ open }) => !open);
    expect(closed.map(({ notes }) => notes.at(-1))).toEqual([
      'No longer watched: us-west-2 of account 111111111111 is no longer in deckhand.yml.',
      'No longer watched: us-west-2 of account 111111111111 is no longer in deckhand.yml.',
    ]);
    expect([...store.rows.keys()].filter((key) => key.includes('us-west-2'))).toEqual([]);
  });

  it('names a rule on the alert that was open before it was written, which is no news', async () => {
    const { aReplica, run, told, settings } = aWorld({ 'us-east-1': [{ ...one(1), tags: { role: 'web' } }, one(2)] });
    const watches = aReplica();
    watches.begin(fence);
    await run(watches, 15);
    const notes = told.all.map((incident) => incident.notes.length);
    const rulesOf = () => told.open().map(({ report }) => report.remedies.flatMap(({ rule }) => rule ?? []));
    expect(rulesOf()).toEqual([[], []]);

    const auto = { afterMs: 0, perIncident: 1, perDay: 3, coolDownMs: 0, approval: { kind: 'none' } } as const;
    settings.change({ remediation: [{ name: 'move-web', selector: 'role=web', remedy: 'migrate', auto }] });
    await run(watches, 2);

    expect(rulesOf()).toEqual([['server:move-web'], []]);
    expect(told.all.map((incident) => incident.notes.length)).toEqual(notes);
  });

  it('closes all when the watch is switched off, also what could never be read, and starts anew when it is on again', async () => {
    const { aReplica, run, told, settings, looks, fail } = aWorld({ 'us-east-1': [one(1)] });
    const watches = aReplica();
    watches.begin(fence);
    fail(new Error('no'));
    await run(watches, 6);
    expect(told.open().map(({ key }) => key)).toEqual(['watch:ec2', 'watch:ec2@111111111111/us-west-2']);
    settings.change({ health: { ...settings.current().health, enabled: false } });
    const before = looks.length;
    await run(watches, 2);
    expect(told.open()).toEqual([]);
    expect(told.all[0]?.notes.at(-1)).toBe('No longer watched: health.enabled is off in deckhand.yml.');
    expect(looks).toHaveLength(before);
    fail();
    settings.change({ health: { ...settings.current().health, enabled: true } });
    await run(watches, 2);

    expect(told.open().map(({ key }) => key)).toEqual([`instance:${one(1).id}`]);
  });

  it('tries again while something could not be closed', async () => {
    const { aReplica, run, told, move } = aWorld({ 'us-west-2': [one(2)] });
    const watches = aReplica();
    watches.begin(fence);
    await run(watches, 2);
    move([home]);
    told.fail(new Error('away'));
    await run(watches, 2);
    told.fail();
    await run(watches, 1);

    expect(told.open()).toEqual([]);
  });
});
