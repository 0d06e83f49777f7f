import { describe, expect, it } from 'vitest';

import { Refusal, Transient } from '#errors.ts';
import { scheduledCleanups } from '#fleet/cleanups.ts';
import { createLeftoverWatch } from '#fleet/leftovers.ts';
import { holdTag, runTag, volumeTag } from '#lib/tags.ts';
import type { AutomaticRequest } from '#ports/automatic.ts';
import type { Cloud, Instance, Place, RootTask, Snapshot, Volume } from '#ports/cloud.ts';
import type { Clouds } from '#ports/clouds.ts';
import type { Run, RunState } from '#ports/history.ts';
import type { Settings } from '#ports/settings.ts';
import type { RetentionRule } from '#ports/timed-settings.ts';
import { anInstance, aSnapshot, aVolume } from '#test/support/builders.ts';
import { createFakeIncidents } from '#test/support/fake-incidents.ts';
import { createFakeSettings } from '#test/support/fake-settings.ts';
import { createFakeWatchStore } from '#test/support/fake-watch-store.ts';
import { silentLog } from '#test/support/store.ts';

const hour = 3_600_000;
const day = 24 * hour;
const start = Date.parse('2026-11-25T12:00:00Z');
const home: Place = { account: '123456789012', region: 'us-east-1' };
const other: Place = { account: '210987654321', region: 'eu-west-1', name: 'staging' };
const free = { attachments: [], state: 'available' };

function run(id: string, state: RunState, volume = ''): Run {
  return {
    order: { id, plan: { volume } },
    state,
    updatedAt: start - 2 * day,
    endedAt: start - 2 * day,
  } as unknown as Run;
}

/** Accounts with what is in them; everything that was told and started. */
function setting(of: { holds?: Partial<Settings['holds']>; runs?: readonly Run[]; places?: readonly Place[] } = {}) {
  const there = {
    volumes: [] as Volume[],
    snapshots: [] as Snapshot[],
    tasks: [] as RootTask[],
    servers: [] as Instance[],
  };
  const strange = { volumes: [] as Volume[] };
  const trouble: { error?: Error } = {};
  let now = start;
  const cloud = {
    volumes: async () => {
      if (trouble.error !== undefined) throw trouble.error;
      return there.volumes;
    },
    snapshots: async () => there.snapshots,
    rootTasks: async () => there.tasks,
    instances: async ({ ids = [] }: { ids?: readonly string[] }) => there.servers.filter(({ id }) => ids.includes(id)),
  } as unknown as Cloud;
  const strangeCloud = {
    volumes: async () => strange.volumes,
    snapshots: async () => [],
    rootTasks: async () => Promise.reject(new Refusal('not-offered', 'no such call')),
    instances: async () => [],
  } as unknown as Cloud;
  const clouds = {
    places: () => of.places ?? [home],
    at: (place: Place) => (place === other ? strangeCloud : cloud),
  } as unknown as Clouds;
  const known = new Map((of.runs ?? []).map((one) => [one.order.id, one]));
  const store = createFakeWatchStore();
  const told = createFakeIncidents();
  const started: AutomaticRequest[] = [];
  const watch = createLeftoverWatch({
    clouds,
    terraform: { states: async () => ({ managed: [], read: [], problems: [] }) },
    history: { runs: { get: async (id) => known.get(id) }, watch: store.watch },
    incidents: told.incidents,
    automatic: { start: async (request) => (started.push(request), 'r-0000000009') },
    clock: { now: () => now },
    settings: createFakeSettings({ holds: { delete: 'offer', noticeMs: day, ...of.holds } }),
    log: silentLog,
  });
  const look = async (at = now) => {
    now = at;
    await watch.look(at);
  };
  return { there, strange, trouble, look, told, started, store };
}

const orphan = (change: Partial<Volume> = {}) =>
  aVolume({ ...free, tags: { [runTag]: 'r-1', [volumeTag]: 'r-1.x' }, createdAt: start - 3 * day, ...change });
const heldUntil = (until: number) =>
  aVolume({ ...free, tags: { [runTag]: 'r-1', [holdTag]: new Date(until).toISOString() } });

describe('what no run owns', () => {
  it('is one message with a button that asks for the clean-up, until it is gone', async () => {
    const it = setting({ runs: [run('r-1', 'undone')] });
    it.there.volumes = [orphan(), orphan({ id: 'vol-0000000c' })];
    it.there.snapshots = [aSnapshot({ state: 'error', tags: { [runTag]: 'r-1' }, startedAt: start - 3 * day })];

    await it.look();
    await it.look();

    const [incident, ...more] = it.told.open();
    expect(more).toEqual([]);
    expect(incident).toMatchObject({
      key: 'orphans',
      report: {
        title: 'Left behind by runs: 2 disks, 1 snapshot',
        remedies: [{ operation: 'cleanup', line: 'orphans' }],
      },
    });
    expect(JSON.stringify(incident!.report.detail)).toContain('run r-1 is undone');

    Object.assign(it.there, { volumes: [], snapshots: [] });
    await it.look(start + hour);
    expect(it.told.open()).toEqual([]);
  });

  it('is never what an open run has made, nor what a done one has', async () => {
    for (const state of ['running', 'waiting', 'done'] as const) {
      const it = setting({ runs: [run('r-1', state)] });
      it.there.volumes = [orphan()];
      await it.look();
      expect(it.told.all).toEqual([]);
    }
  });

  it('names a server that a replacement left without a root disk', async () => {
    const it = setting({ runs: [run('r-1', 'stuck')] });
    it.there.tasks = [
      { id: 'replacevol-1', instanceId: 'i-00000001', state: 'failed-detached', tags: { [runTag]: 'r-1' } },
    ];
    it.there.servers = [anInstance({ mappings: [] })];
    await it.look();
    expect(it.told.open()[0]!.report).toMatchObject({ severity: 'critical', remedies: [] });
    expect(JSON.stringify(it.told.open()[0]!.report.detail)).toContain('i-00000001');

    it.there.servers = [anInstance()];
    await it.look(start + hour);
    expect(it.told.open()).toEqual([]);
  });

  it('is told for each account and Region of its own, and one that cannot be read hides no other', async () => {
    const it = setting({ places: [home, other] });
    it.trouble.error = new Transient('AWS is away');
    it.strange.volumes = [orphan({ createdAt: start - 2 * day })];
    await it.look();
    expect(it.told.open().map(({ key, report }) => [key, report.remedies[0]!.line])).toEqual([
      ['orphans@210987654321/eu-west-1', 'orphans --account staging --region eu-west-1'],
    ]);
  });
});

describe('disks kept for undo', () => {
  const runs = [run('r-1', 'done', aVolume().id)];

  it('are told a day before their end, offered after it, and never deleted unasked', async () => {
    const it = setting({ runs });
    it.there.volumes = [heldUntil(start + 2 * day)];
    await it.look();
    expect(it.told.all).toEqual([]);

    await it.look(start + day + hour);
    expect(it.told.open()[0]).toMatchObject({ key: 'holds', report: { title: '1 replaced disk soon', remedies: [] } });

    await it.look(start + 2 * day + hour);
    expect(it.told.open()[0]!.report).toMatchObject({
      title: '1 replaced disk past the time kept for undo',
      remedies: [{ operation: 'cleanup', line: 'held' }],
    });
    await it.look(start + 30 * day);
    expect(it.started).toEqual([]);
  });

  it('are deleted by themselves where that is set, only those whose notice is old enough', async () => {
    const it = setting({ runs, holds: { delete: 'auto' } });
    it.there.volumes = [heldUntil(start - day)];
    await it.look();
    expect(it.told.open()[0]!.report.alert).toMatch(/Deckhand deletes them/);
    expect(it.started).toEqual([]);

    await it.look(start + 23 * hour);
    expect(it.started).toEqual([]);
    await it.look(start + day);
    expect(it.started).toMatchObject([
      {
        id: `holds:${start + day}`,
        operation: 'cleanup',
        args: { kind: 'held', only: [aVolume().id] },
        approval: { kind: 'none' },
        place: { account: home.account, region: home.region },
      },
    ]);

    it.there.volumes = [];
    await it.look(start + 2 * day);
    expect(it.told.open()).toEqual([]);
    expect([...it.store.rows.keys()]).toEqual([]);
  });
});

describe('a rule of retention with a time', () => {
  const rule: RetentionRule = {
    name: 'nightly',
    selector: 'all',
    rules: { timezone: 'Europe/Berlin', keep: 7 },
    adopt: false,
    cron: '30 4 * * *',
    channel: undefined,
    approval: 'usual',
  };
  const works = (change: Partial<RetentionRule>, places: readonly Place[] = [home]) =>
    scheduledCleanups(
      {
        retention: { ...createFakeSettings().current().retention, rules: [{ ...rule, ...change }] },
        channels: { alerts: 'C0ALERTS', digest: undefined, commands: [] },
      },
      places,
    );

  it('is asked by the clock under the usual approval, unless it says that nobody is asked', () => {
    expect(works({})).toMatchObject([
      {
        key: 'retention:nightly',
        line: { cron: '30 4 * * *', timezone: 'Europe/Berlin' },
        request: { operation: 'cleanup', args: { kind: 'rule', name: 'nightly' }, channel: 'C0ALERTS' },
      },
    ]);
    expect(works({})[0]!.request.approval).toBeUndefined();
    expect(works({ approval: 'none' })[0]!.request.approval).toEqual({ kind: 'none' });
    expect(works({ cron: undefined })).toEqual([]);
  });

  it('is asked in every place, each under a name of its own', () => {
    const staging = { account: '222222222222', region: 'us-west-2', name: 'staging' };
    expect(works({}, [home, staging]).map(({ key, request }) => [key, request.place, request.because])).toEqual([
      ['retention:nightly', undefined, 'retention nightly'],
      [
        'retention:nightly@222222222222/us-west-2',
        { account: '222222222222', region: 'us-west-2' },
        'retention nightly · staging us-west-2',
      ],
    ]);
  });
});
