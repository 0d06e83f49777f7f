import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { Refusal, Transient } from '#errors.ts';
import { judgeBackups } from '#fleet/backup-verdict.ts';
import { createBackupWatch } from '#fleet/backups.ts';
import { sourceTag } from '#lib/tags.ts';
import type { Cloud, Snapshot } from '#ports/cloud.ts';
import type { SnapshotSchedule } from '#ports/timed-settings.ts';
import { aSnapshot, aVolume, anInstance } from '#test/support/builders.ts';
import { createFakeIncidents } from '#test/support/fake-incidents.ts';
import { createFakeSettings } from '#test/support/fake-settings.ts';
import { createFakeWatchStore } from '#test/support/fake-watch-store.ts';
import { silentLog } from '#test/support/store.ts';

const hour = 3_600_000;
const now = 1_000 * hour;
const of = { now, rpoMs: 24 * hour, since: 0, pendingMs: 6 * hour };
const volume = aVolume({ id: 'vol-0000000b', createdAt: 0 });
const taken = (hoursAgo: number, change: Partial<Snapshot> = {}) =>
  aSnapshot({ startedAt: now - hoursAgo * hour, volumeId: volume.id, ...change });
const lateOf = (snapshots: readonly Snapshot[], change: Partial<typeof of> = {}, one = volume) =>
  judgeBackups({ volumes: [one], snapshots }, { ...of, ...change }).late.map(({ volume: { id } }) => id);

describe('a missed backup', () => {
  it.each<[string, readonly Snapshot[], boolean]>([
    ['nothing at all', [], true],
    ['a completed one in time', [taken(23)], false],
    ['a completed one that is too old', [taken(25)], true],
    ['only a failed one in time', [taken(30), taken(1, { state: 'error' })], true],
    ['one in time that is archived', [taken(1, { tier: 'archive' })], true],
    ['one on its way', [taken(30), taken(1, { state: 'pending' })], false],
    ['one that is on its way for ever', [taken(60), taken(50, { state: 'pending' })], true],
    ['a young one of another volume', [taken(1, { volumeId: 'vol-0000000c' })], true],
  ])('with %s', (_what, snapshots, late) => {
    expect(lateOf(snapshots)).toEqual(late ? [volume.id] : []);
  });

  it('cannot have happened before the volume, or the watch, was there', () => {
    expect(lateOf([], {}, { ...volume, createdAt: now - 23 * hour })).toEqual([]);
    expect(lateOf([], { since: now - 23 * hour })).toEqual([]);
    expect(lateOf([], { since: now - 25 * hour })).toEqual([volume.id]);
  });

  it('has not happened to a restored volume whose data is in a snapshot in time', () => {
    const restored = { ...volume, tags: { [sourceTag]: 'vol-0000000c' } };
    const of = { volumes: [restored], snapshots: [taken(1, { volumeId: 'vol-0000000c' })] };
    expect(judgeBackups(of, { now, rpoMs: 24 * hour, since: 0, pendingMs: 0 })).toMatchObject({
      late: [],
      oldestAt: now - hour,
    });
  });

  it('is none for what no snapshot takes', () => {
    expect(lateOf([], {}, { ...volume, managedBy: 'ecs' })).toEqual([]);
    expect(lateOf([], {}, { ...volume, state: 'deleting' })).toEqual([]);
  });

  it('is never told of a volume with a completed snapshot in time', () => {
    const snapshot = fc.record({
      hours: fc.integer({ min: 0, max: 100 }),
      state: fc.constantFrom('completed', 'pending', 'error'),
    });
    fc.assert(
      fc.property(fc.array(snapshot, { maxLength: 8 }), (all) => {
        const late = lateOf(all.map(({ hours, state }) => taken(hours, { state }))).length > 0;
        const inTime = all.some(({ hours, state }) => state === 'completed' && hours <= 24);
        expect(late && inTime).toBe(false);
        expect(late || all.some(({ state, hours }) => state !== 'error' && hours <= 24)).toBe(true);
      }),
    );
  });
});

const schedule: SnapshotSchedule = {
  name: 'nightly',
  cron: '0 2 * * *',
  timezone: 'UTC',
  selector: 'db-1',
  place: undefined,
  hooks: undefined,
  retention: undefined,
  copies: [],
  rpoMs: 24 * hour,
  catchUpMs: undefined,
  quiet: false,
  approval: { kind: 'none' },
  channel: undefined,
};

function setting() {
  const fake = createFakeIncidents();
  const open = () => fake.open().find(({ key }) => key === 'backups:nightly');
  const settings = createFakeSettings({ schedules: [schedule] });
  const world = { now, snapshots: [] as Snapshot[], away: undefined as Error | undefined };
  const answer = async <T>(value: T) => {
    if (world.away !== undefined) throw world.away;
    return value;
  };
  const cloud = {
    instances: ({ names }: { names?: readonly string[] }) => answer(names === undefined ? [] : [anInstance()]),
    volumes: ({ instanceIds }: { instanceIds?: readonly string[] }) =>
      answer(instanceIds === undefined ? [] : [volume]),
    snapshots: () => answer(world.snapshots),
  } as unknown as Cloud;
  const watch = createBackupWatch({
    clouds: { at: () => cloud, places: () => [{ account: '1', region: 'r' }] },
    history: createFakeWatchStore(),
    incidents: fake.incidents,
    clock: { now: () => world.now },
    settings,
    log: silentLog,
  });
  return { watch, open, settings, world };
}

describe('the watch over backups', () => {
  it('raises one incident a schedule with a button that snapshots what is late, and ends it by itself', async () => {
    const { watch, open, world } = setting();
    await watch.look();
    expect(open()).toBeUndefined(); // it has just begun to watch
    world.now += 25 * hour;
    await watch.look();
    world.now += hour;
    await watch.look();

    expect(open()?.notes).toHaveLength(1);
    expect(open()?.report).toMatchObject({
      title: 'Missed backup · schedule nightly',
      remedies: [{ operation: 'snapshot', line: volume.id }],
    });
    expect((await watch.views()).get('nightly')).toMatchObject({ volumes: 1, late: 1 });

    world.snapshots = [aSnapshot({ volumeId: volume.id, startedAt: world.now })];
    world.now += hour;
    await watch.look();
    expect(open()).toBeUndefined();
  });

  it('tells and ends nothing while AWS does not answer', async () => {
    const { watch, open, world } = setting();
    await watch.look();
    Object.assign(world, { now: now + 25 * hour, away: new Transient('throttled') });
    await watch.look();
    expect(open()).toBeUndefined();

    Object.assign(world, { now: now + 26 * hour, away: undefined });
    await watch.look();
    Object.assign(world, { now: now + 27 * hour, away: new Refusal('not-permitted', 'no') });
    await watch.look();

    expect(open()).toBeDefined();
  });

  it('looks about fifty times within an RPO, not at every minute', async () => {
    const { watch, open, world } = setting();
    await watch.look();
    world.now += 25 * hour;
    await watch.look();
    world.snapshots = [aSnapshot({ volumeId: volume.id, startedAt: world.now })];
    world.now += 29 * 60_000;
    await watch.look();
    expect(open()).toBeDefined();

    world.now += 60_000;
    await watch.look();

    expect(open()).toBeUndefined();
  });

  it('ends with the schedule', async () => {
    const { watch, open, settings, world } = setting();
    await watch.look();
    world.now += 25 * hour;
    await watch.look();

    settings.change({ schedules: [] });
    await watch.look();

    expect(open()).toBeUndefined();
    expect((await watch.views()).size).toBe(0);
  });
});
