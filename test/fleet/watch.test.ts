import { describe, expect, it } from 'vitest';

import { Refusal } from '#errors.ts';
import { createHealthWatch } from '#fleet/watch.ts';
import { sourceTag } from '#lib/tags.ts';
import type { Instance, InstanceHealth, Snapshot, Volume, VolumeHealth } from '#ports/cloud.ts';
import type { Settings } from '#ports/settings.ts';
import { createKeptLog } from '#test/config/support.ts';
import { aSnapshot, aVolume, anInstance } from '#test/support/builders.ts';
import { createFakeClock } from '#test/support/fake-clock.ts';
import { createFakeIncidents } from '#test/support/fake-incidents.ts';
import { createFakeSettings } from '#test/support/fake-settings.ts';
import { createFakeWatchStore } from '#test/support/fake-watch-store.ts';
import { createCalendar } from '#timers/calendar.ts';

const minute = 60_000;

function aWorld(change: Partial<Settings> = {}) {
  const clock = createFakeClock();
  const settings = createFakeSettings(change);
  const store = createFakeWatchStore();
  const told = createFakeIncidents();
  const { log, lines } = createKeptLog();
  const ec2 = {
    instances: [] as Instance[],
    health: new Map<string, Partial<InstanceHealth>>(),
    snapshots: [] as Snapshot[],
    volumes: [] as Volume[],
    impaired: [] as VolumeHealth[],
    volumeFailure: undefined as Error | undefined,
    failure: undefined as Error | undefined,
    snapshotFailure: undefined as Error | undefined,
    asked: [] as unknown[],
  };
  const held = new Set<string>();
  const cloud = {
    place: async () => ({ account: '123456789012', region: 'eu-west-1' }),
    instances: async (query: { tags?: Readonly<Record<string, string>>; ids?: readonly string[] }) => {
      ec2.asked.push(query);
      if (ec2.failure !== undefined) throw ec2.failure;
      const tags = Object.entries(query.tags ?? {});
      const missing = (query.ids ?? []).filter((id) => !ec2.instances.some((one) => one.id === id));
      if (missing.length > 0) throw new Refusal('not-found', 'no such server', { ids: missing });
      return ec2.instances.filter(
        (one) => (query.ids?.includes(one.id) ?? true) && tags.every(([key, value]) => one.tags[key] === value),
      );
    },
    health: async (): Promise<InstanceHealth[]> =>
      ec2.instances.map(({ id, state }) => ({
        instanceId: id,
        state,
        system: 'ok',
        instance: 'ok',
        ebs: 'ok',
        events: [],
        ...ec2.health.get(id),
      })),
    volumes: async ({ states, ids }: { states?: readonly string[]; ids?: readonly string[] }) => {
      if (ec2.volumeFailure !== undefined) throw ec2.volumeFailure;
      return ec2.volumes.filter((one) => (states?.includes(one.state) ?? true) && (ids?.includes(one.id) ?? true));
    },
    ailingVolumes: async () => ec2.impaired,
    snapshots: async ({ volumeIds }: { volumeIds?: readonly string[] }) => {
      if (ec2.snapshotFailure !== undefined) throw ec2.snapshotFailure;
      return ec2.snapshots.filter(({ volumeId }) => volumeIds?.includes(volumeId));
    },
  };
  const claims = {
    holders: async (resources: readonly string[]) =>
      resources.filter((id) => held.has(id)).map((resource) => ({ resource, run: 'r-1' })),
    take: async () => [],
    release: async () => {},
  };
  const aWatch = () =>
    createHealthWatch({
      cloud,
      history: { watch: store.watch, claims, runs: store.runs },
      incidents: told.incidents,
      clock,
      calendar: createCalendar(),
      settings,
      log,
    });
  let watch = aWatch();
  /** One slot a minute. */
  const looks = async (n: number) => {
    for (let at = 0; at < n; at++) {
      await clock.advance(minute);
      await watch.run(clock.now());
    }
  };
  return { clock, settings, store, told, lines, ec2, held, looks, restart: () => void (watch = aWatch()) };
}

const web = (change: Partial<Instance> = {}) =>
  anInstance({
    id: 'i-0000000000000001a',
    name: 'web-1',
    tags: { Name: 'web-1', env: 'prod', Owner: 'web team' },
    ...change,
  });
const id = web().id;

describe('the watch over the health of servers', () => {
  it('tells an impaired check once, after two looks, with everything needed to act, and its end with the duration', async () => {
    const { ec2, looks, told, clock } = aWorld();
    ec2.instances = [web()];
    ec2.snapshots = [
      aSnapshot({ id: 'snap-0000000f', volumeId: 'vol-0000000b', startedAt: clock.now() - 3 * 60 * minute }),
    ];
    await looks(2);
    ec2.health.set(id, { instance: 'impaired', impairedSince: clock.now() });
    const since = clock.now();
    await looks(1);
    expect(told.all).toEqual([]);
    await looks(5);

    expect(told.all).toHaveLength(1);
    expect(told.all[0]).toMatchObject({
      key: `instance:${id}`,
      startedAt: since,
      report: {
        severity: 'critical',
        title: `EC2 status check failed · web-1 (${id})`,
        alert: `web-1 (${id}): instance status check impaired`,
        remedies: [
          { label: 'Reboot', operation: 'restart', line: id },
          { label: 'Restore…', operation: 'restore', line: `${id} --from latest` },
        ],
      },
    });
    expect(Object.fromEntries(told.all[0]?.report.facts ?? [])).toMatchObject({
      Failing: 'instance status check impaired',
      'Likely cause': expect.stringContaining('operating system does not answer'),
      Evidence: 'system ok, instance impaired, EBS ok',
      Do: 'Reboot it. If that does not help, restore its disks from the last good snapshot.',
      Also: ['Its console says more: ', { code: `/deck console ${id}` }],
      Careful: 'Do not wait for AWS: it never recovers a server from this.',
      Server: `web-1 (${id}) · m7g.large · us-east-1a`,
      'Account and Region': '123456789012 · eu-west-1',
      Owner: 'web team · environment prod',
      'Last good snapshot': ['3 h 4 min old, ', { code: 'snap-0000000f' }, '; 1 disk of 2 without any'],
      'A restore takes': expect.stringMatching(/^about 3 min, estimated, as no drill/),
    });
    ec2.health.delete(id);
    await looks(1);
    expect(told.open()).toHaveLength(1);
    await looks(2);

    expect(told.all).toMatchObject([
      { open: false, report: { remedies: [], alert: `web-1 (${id}) is fine again after 7 min` } },
    ]);
  });

  it('names the snapshots and the drills of the disks before a restore, and offers a restore from them', async () => {
    const { ec2, looks, told, clock, store } = aWorld();
    const now = clock.now();
    ec2.instances = [web()];
    ec2.volumes = [
      aVolume({ id: 'vol-0000000a', tags: { [sourceTag]: 'vol-000000aa' } }),
      aVolume({ tags: { [sourceTag]: 'vol-000000bb' } }),
    ];
    ec2.snapshots = [
      aSnapshot({ id: 'snap-0000000a', volumeId: 'vol-000000aa', startedAt: now - 180 * minute }),
      aSnapshot({ id: 'snap-0000000b', volumeId: 'vol-000000bb', startedAt: now - 180 * minute }),
      aSnapshot({ id: 'snap-0000000c', volumeId: 'vol-0000000b', startedAt: now - minute, tier: 'archive' }),
    ];
    store.ran({ operation: 'drill', endedAt: now, result: { outcomes: [{ volume: 'vol-000000bb', ms: 4 * minute }] } });
    ec2.health.set(id, { instance: 'impaired' });
    await looks(2);

    const facts = Object.fromEntries(told.all[0]?.report.facts ?? []);
    expect(facts['Last good snapshot']).toEqual(['3 h 2 min old, ', { code: 'snap-0000000a' }]);
    expect(facts['A restore takes']).toEqual([expect.stringMatching(/^about 7 min/), '; 1 of 2 disks never drilled']);
    expect(told.all[0]?.report.remedies.map(({ operation }) => operation)).toContain('restore');
  });

  it('proposes something else once what we did has not helped, and says what we did', async () => {
    const { ec2, looks, told, clock, store } = aWorld();
    ec2.instances = [web()];
    ec2.snapshots = [aSnapshot()];
    ec2.health.set(id, { ebs: 'impaired' });
    await looks(3);
    const shown = () => told.all[0]!.report.remedies.map(({ operation }) => operation);
    const evidence = () => Object.fromEntries(told.all[0]!.report.facts)['Evidence'];
    expect(shown()).toEqual(['migrate', 'restore']);

    store.ran({ operation: 'migrate', endedAt: clock.now() - minute, plan: { servers: [{ id }] } });
    await looks(1);
    expect(shown()).toEqual(['restore', 'migrate']);
    expect(evidence()).toMatch(/a move by us 2 min ago did not help/);

    const plan = { servers: [{ instance: { id } }], putsBack: false };
    store.ran({ operation: 'restore', endedAt: clock.now(), plan, state: 'undone' });
    await looks(1);
    expect(shown()).toEqual(['restore', 'migrate']);
    expect(evidence()).toMatch(/a restore by us 60 s ago failed; a move by us 3 min ago did not help/);

    store.ran({ operation: 'restore', endedAt: clock.now(), plan, result: { servers: [{ id }] } });
    await looks(1);
    expect(shown()).toEqual(['migrate', 'snapshot']);
    expect(told.all).toHaveLength(1);
  });

  it('leaves a broken host to AWS first, and offers to move the server once that has taken too long', async () => {
    const { ec2, looks, told } = aWorld();
    ec2.instances = [web()];
    await looks(1);
    ec2.health.set(id, { system: 'impaired' });
    await looks(3);
    const buttons = () => told.all[0]?.report.remedies.map(({ operation }) => operation);
    expect(buttons()).toEqual(['snapshot']);
    await looks(9);

    expect(buttons()).toEqual(['migrate', 'snapshot']);
    expect(told.all).toHaveLength(1);
  });

  it('offers no stop to a member of an Auto Scaling group', async () => {
    const { ec2, looks, told } = aWorld();
    ec2.instances = [web({ autoScalingGroup: 'web' })];
    await looks(1);
    ec2.health.set(id, { system: 'impaired' });
    await looks(20);

    expect(told.all[0]?.report.remedies.map(({ operation }) => operation)).toEqual(['replace', 'snapshot']);
    const facts = Object.fromEntries(told.all[0]?.report.facts ?? []);
    expect(facts['Careful']).toContain('Do not stop it: its group would replace it, with empty disks.');
    expect(facts['Do']).toBe('Let its group replace it.');
  });

  it('is not disturbed by one bad look, nor by looks that say nothing', async () => {
    const { ec2, looks, told } = aWorld();
    ec2.instances = [web()];
    for (const instance of ['impaired', 'ok', 'ok', 'impaired', 'insufficient-data', 'initializing', 'ok']) {
      ec2.health.set(id, { instance });
      await looks(1);
    }

    expect(told.all).toEqual([]);
  });

  it('tells once of a server that comes and goes, and of its end when it stays well', async () => {
    const { ec2, looks, told } = aWorld();
    ec2.instances = [web()];
    await looks(1);
    for (const instance of ['impaired', 'ok', 'impaired', 'ok', 'impaired', 'ok', 'impaired']) {
      ec2.health.set(id, { instance });
      await looks(1);
    }
    expect(told.all.map(({ open }) => open)).toEqual([true]);
    expect(Object.fromEntries(told.all[0]?.report.facts ?? [])['Evidence']).toContain('it comes and goes');

    ec2.health.set(id, { instance: 'ok' });
    await looks(2);
    expect(told.all.map(({ open }) => open)).toEqual([false]);
  });

  it('says nothing of servers and disks that people work on, and tells afterwards what is still wrong', async () => {
    const { ec2, looks, told, clock, settings } = aWorld();
    ec2.instances = [web()];
    ec2.volumes = [
      aVolume({
        state: 'error',
        attachments: [{ instanceId: id, device: '/dev/xvdf', state: 'attached', deleteOnTermination: true }],
      }),
    ];
    const until = clock.now() + 10 * minute;
    settings.change({
      maintenance: [{ kind: 'once', name: 'move', sites: [], select: 'env=prod', from: 0, to: until }],
    });
    await looks(1);
    ec2.health.set(id, { instance: 'impaired' });
    await looks(8);
    expect(told.all).toEqual([]);

    await looks(4);
    expect(told.all.map(({ key }) => key).toSorted()).toEqual([`instance:${id}`, 'volumes:error']);
  });

  it('says nothing of a server that somebody has put into maintenance by the button', async () => {
    const { ec2, looks, told, clock, store } = aWorld();
    ec2.instances = [web(), web({ id: 'i-0000000000000002b', name: 'web-2' })];
    const work = { since: clock.now(), until: clock.now() + 10 * minute, by: 'U1' };
    await store.watch.save(new Map([[`server-maintenance:${id}`, work]]));
    await looks(1);
    for (const one of ec2.instances) ec2.health.set(one.id, { instance: 'impaired' });
    await looks(4);

    expect(told.all.map(({ key }) => key)).toEqual(['instance:i-0000000000000002b']);
  });

  it('offers no reboot for a broken host, and no restore without a snapshot', async () => {
    const { ec2, looks, told } = aWorld();
    ec2.instances = [web(), web({ id: 'i-0000000000000002b', name: 'web-2' })];
    ec2.health.set(id, { system: 'impaired', instance: 'impaired' });
    ec2.health.set('i-0000000000000002b', { instance: 'impaired' });

    await looks(2);

    expect(told.open().map(({ report }) => report.remedies.map(({ label }) => label))).toEqual([
      ['Snapshot now'],
      ['Reboot'],
    ]);
  });

  it('leaves servers alone that a run works on, but not those whose disks are only being snapshotted', async () => {
    const { ec2, looks, told, held } = aWorld();
    ec2.instances = [
      web(),
      web({
        id: 'i-0000000000000002b',
        mappings: [{ device: '/dev/sdf', volumeId: 'vol-00000099', deleteOnTermination: false, state: 'attached' }],
      }),
    ];
    held.add(id).add('vol-00000099');
    ec2.health.set(id, { instance: 'impaired' });
    ec2.health.set('i-0000000000000002b', { ebs: 'impaired' });
    await looks(5);
    expect(told.open()).toHaveLength(1);

    held.clear();
    await looks(2);

    expect(told.open()).toHaveLength(2);
  });

  it('goes on after a restart where it was, also in another process', async () => {
    const { ec2, looks, told, restart } = aWorld();
    ec2.instances = [web()];
    ec2.health.set(id, { instance: 'impaired' });
    await looks(1);
    restart();
    await looks(1);
    expect(told.open()).toHaveLength(1);
    restart();
    await looks(3);
    expect(told.all[0]?.notes).toHaveLength(1);
    ec2.health.delete(id);
    restart();
    await looks(2);

    expect(told.all).toMatchObject([{ open: false }]);
  });

  it('loses no message while nothing can be told', async () => {
    const { ec2, looks, told } = aWorld();
    ec2.instances = [web()];
    ec2.health.set(id, { instance: 'impaired' });
    told.fail(new Error('away'));
    await looks(4);
    told.fail();
    await looks(1);
    expect(told.open()).toHaveLength(1);
    ec2.health.delete(id);
    told.fail(new Error('away'));
    await looks(5);
    told.fail();
    await looks(1);

    expect(told.all).toMatchObject([{ open: false, report: { alert: expect.stringContaining('fine again') } }]);
  });

  it('tells a stop that nobody wanted, of a server that ran before, and no other', async () => {
    const { ec2, looks, told } = aWorld();
    const stopped = (n: number, stateReason: string) =>
      web({ id: `i-000000000000000a${n}` as Instance['id'], name: `s${n}`, state: 'stopped', stateReason });
    ec2.instances = [stopped(1, 'Client.InstanceInitiatedShutdown')];
    await looks(3);
    expect(told.all).toEqual([]);
    ec2.instances = [1, 2, 3].map((n) => ({ ...stopped(n, ''), state: 'running' }));
    await looks(1);
    ec2.instances = [
      stopped(1, 'Client.InstanceInitiatedShutdown'),
      stopped(2, 'Client.UserInitiatedShutdown'),
      stopped(3, 'Server.ScheduledStop'),
    ];
    await looks(4);

    expect(told.open().map(({ report }) => report.title)).toEqual([
      'EC2 server stopped · s1 (i-000000000000000a1)',
      'EC2 server stopped · s3 (i-000000000000000a3)',
    ]);
    ec2.instances = [1, 2, 3].map((n) => ({ ...stopped(n, ''), state: 'running' }));
    await looks(2);
    expect(told.open()).toEqual([]);
  });

  it('tells events that AWS plans, each change once, and not those that are over', async () => {
    const { ec2, looks, told, clock } = aWorld();
    ec2.instances = [web()];
    const retire = {
      code: 'instance-retirement',
      description: 'The instance is running on degraded hardware',
      notBefore: clock.now() + 7 * 24 * 60 * minute,
      deadline: Date.parse('2030-01-02T03:04Z'),
      completed: false,
    };
    ec2.health.set(id, { events: [{ code: 'system-reboot', description: '[Completed] reboot', completed: true }] });
    await looks(2);
    expect(told.all).toEqual([]);
    ec2.health.set(id, { events: [retire] });
    await looks(3);

    expect(told.all).toMatchObject([
      {
        key: `event:${id}`,
        report: {
          severity: 'warning',
          alert: expect.stringMatching(
            /AWS plans instance-retirement, begins in 6 d 23 h; movable until 2030-01-02 03:04 UTC$/,
          ),
          remedies: [{ label: 'Do it now…' }, { label: 'Snapshot now' }],
        },
      },
    ]);
    expect(told.all[0]?.notes).toHaveLength(1);
    ec2.health.set(id, { events: [{ ...retire, notBefore: clock.now() + 25 * 60 * minute }] });
    await looks(2);
    expect(told.all[0]?.notes).toHaveLength(2);
    await looks(61);
    expect(told.all[0]?.notes[2]).toMatch(/begins in 24 h|begins in 23 h 59 min/);
    expect(told.all[0]).toMatchObject({ notes: { length: 3 }, report: { severity: 'critical' } });
    ec2.health.set(id, { events: [{ ...retire, completed: true }] });
    await looks(1);

    expect(told.all).toMatchObject([{ open: false }]);
  });

  it('ends what is open of a server that is gone, and keeps nothing of it', async () => {
    const { ec2, looks, told, store } = aWorld();
    ec2.instances = [web()];
    ec2.health.set(id, { instance: 'impaired' });
    await looks(2);
    ec2.instances = [];
    await looks(1);
    expect(told.open()).toHaveLength(1); // one look may have missed it
    await looks(1);

    expect(told.all).toMatchObject([{ open: false, report: { alert: expect.stringContaining('is gone') } }]);
    expect([...store.rows.keys()].filter((key) => key.startsWith('health:'))).toEqual([]);
  });

  it('watches only servers with the tags that are set', async () => {
    const { ec2, looks, told, settings } = aWorld();
    settings.change({ health: { ...settings.current().health, tags: { env: 'prod' } } });
    ec2.instances = [web(), web({ id: 'i-0000000000000002b', tags: { env: 'dev' } })];
    for (const one of ec2.instances) ec2.health.set(one.id, { instance: 'impaired' });

    await looks(2);

    expect(told.open().map(({ key }) => key)).toEqual([`instance:${id}`]);
    expect(ec2.asked).toContainEqual({ tags: { env: 'prod' } });
  });

  it('says of a server that new settings leave out that it is no longer watched, not that it is gone', async () => {
    const { ec2, looks, told, settings } = aWorld();
    const gone = web({ id: 'i-0000000000000002b', name: 'web-2' });
    ec2.instances = [web(), gone];
    for (const one of ec2.instances)
      ec2.health.set(one.id, {
        instance: 'impaired',
        events: [{ code: 'system-reboot', description: '', completed: false }],
      });
    ec2.volumes = [aVolume({ state: 'error' })];
    await looks(3);
    expect(told.open()).toHaveLength(5);

    ec2.instances = [web()];
    settings.change({ health: { ...settings.current().health, tags: { team: 'db' } } });
    await looks(3);

    expect(told.open()).toEqual([]);
    const ends = Object.fromEntries(told.all.map(({ key, notes }) => [key, notes.at(-1)]));
    expect(ends[`instance:${id}`]).toMatch(/^web-1 .*is no longer watched \(health\.tags leaves it out\)/);
    expect(ends[`event:${id}`]).toMatch(/is no longer watched \(health\.tags leaves it out\)/);
    expect(ends[`instance:${gone.id}`]).toMatch(/is gone/);
    expect(ends['volumes:error']).toMatch(/health\.tags leaves 1 of them out/);
  });

  it('keeps rows only of servers about which there is something to say', async () => {
    const { ec2, looks, store } = aWorld();
    ec2.instances = Array.from({ length: 500 }, (_, n) =>
      web({ id: `i-0000000000${String(n).padStart(7, '0')}`, name: `w${n}` }),
    );
    await looks(2);
    const before = store.writes();
    await looks(5);

    expect([...store.rows.keys()]).toEqual(['fleet:running']);
    expect(store.writes()).toBe(before);
  });

  it('alerts also when snapshots cannot be read, and says so', async () => {
    const { ec2, looks, told } = aWorld();
    ec2.instances = [web()];
    ec2.snapshotFailure = new Error('no');
    ec2.health.set(id, { instance: 'impaired' });

    await looks(2);

    expect(Object.fromEntries(told.open()[0]?.report.facts ?? [])['Last good snapshot']).toBe('could not be read');
  });

  it('says that nobody watches after five looks that failed, why, and when it watches again', async () => {
    const { ec2, looks, told } = aWorld();
    ec2.failure = new Refusal('not-permitted', 'AWS denied ec2:DescribeInstances. Ask an admin to allow it.');
    await looks(4);
    expect(told.all).toEqual([]);
    await looks(3);
    expect(told.all).toMatchObject([
      {
        key: 'watch:ec2',
        open: true,
        report: { detail: expect.arrayContaining([expect.stringContaining('ec2:DescribeInstances')]) },
      },
    ]);
    ec2.failure = undefined;
    await looks(1);

    expect(told.all).toMatchObject([{ open: false }]);
  });

  it('does nothing where nobody would hear of it', async () => {
    const { ec2, looks, told } = aWorld({ channels: { alerts: undefined, digest: undefined, commands: [] } });
    ec2.instances = [web()];
    ec2.health.set(id, { instance: 'impaired' });

    await looks(3);

    expect([told.all, ec2.asked]).toEqual([[], []]);
  });

  it('shows what AWS says as literal text only', async () => {
    const { ec2, looks, told } = aWorld();
    const evil = '<!channel> <https://evil.example|x>';
    ec2.instances = [web({ name: evil, tags: { Name: evil, env: evil, owner: evil }, autoScalingGroup: evil })];
    ec2.health.set(id, { instance: 'impaired', events: [{ code: evil, description: evil, completed: false }] });

    await looks(2);

    const lines = told.all.flatMap(({ report }) => [...report.facts.map(([, value]) => value), ...report.detail]);
    const live = lines.flat().filter((piece) => typeof piece !== 'string');
    expect(told.all).toHaveLength(2);
    expect(JSON.stringify(lines)).toContain('<!channel>');
    expect(JSON.stringify(live)).not.toContain('<!channel>');
  });
});

describe('servers that fail together', () => {
  const fleet = (n: number, change: Partial<Instance> = {}) =>
    Array.from({ length: n }, (_, nr) =>
      web({ id: `i-0000000000${String(nr).padStart(7, '0')}`, name: `w${nr}`, ...change }),
    );
  const impairAll = (ec2: ReturnType<typeof aWorld>['ec2'], of: readonly Instance[]) => {
    for (const one of of) ec2.health.set(one.id, { system: 'impaired' });
  };

  it('are one message for five hundred of one zone, and one alone keeps its own', async () => {
    const { ec2, looks, told, store } = aWorld();
    ec2.instances = [...fleet(500), web({ id: 'i-0000000000000002b', name: 'other', zone: 'us-east-1b' })];
    await looks(1);
    impairAll(ec2, ec2.instances);
    await looks(4);

    expect(told.all.map(({ report }) => report.alert)).toEqual([
      expect.stringContaining('500 servers impaired together (zone us-east-1a)'),
      'other (i-0000000000000002b): system status check impaired',
    ]);
    const [group] = told.all;
    const facts = Object.fromEntries(group?.report.facts ?? []);
    expect(facts).toMatchObject({
      Failing: '500 × system status check impaired',
      'In common': 'zone us-east-1a',
      Servers: expect.stringMatching(/ and 480 more$/),
      'Account and Region': '123456789012 · eu-west-1',
    });
    expect(group?.report.remedies).toEqual([]);
    expect(group?.notes).toHaveLength(1);
    ec2.health.clear();
    await looks(3);

    expect(told.all.map(({ open }) => open)).toEqual([false, false]);
    expect(told.all[0]?.report.alert).toMatch(/^500 servers .*all are fine again/);
    expect([...store.rows.keys()]).toEqual(['fleet:running']);
  });

  it('are one message over all zones of a Region, which says how they are spread', async () => {
    const { ec2, looks, told } = aWorld();
    const zones = ['us-east-1a', 'us-east-1b', 'us-east-1c'];
    ec2.instances = fleet(30).map((one, nr) => ({ ...one, zone: zones[nr % 3]! }));
    await looks(2);
    impairAll(ec2, ec2.instances);
    await looks(3);

    expect(told.all.map(({ report }) => report.alert)).toEqual([
      expect.stringContaining('30 servers impaired together (Region us-east-1)'),
    ]);
    const facts = Object.fromEntries(told.all[0]!.report.facts);
    expect(facts['Zones']).toBe('10 × us-east-1a, 10 × us-east-1b, 10 × us-east-1c');
    expect(facts['Likely cause']).toMatch(/several Availability Zones of one Region/);
    expect(facts['Do']).toMatch(/another Region/);
  });

  it('that new settings leave out leave the message as no longer watched', async () => {
    const { ec2, looks, told, settings } = aWorld();
    ec2.instances = fleet(8).map((one, nr) => ({ ...one, tags: { team: nr < 5 ? 'db' : 'web' } }));
    await looks(1);
    impairAll(ec2, ec2.instances);
    await looks(3);
    const only = (team: string) => settings.change({ health: { ...settings.current().health, tags: { team } } });
    only('db');
    await looks(2);
    expect(told.all[0]?.notes.at(-1)).toMatch(/3 no longer watched \(health\.tags leaves them out\): w5 /);
    only('none');
    await looks(2);

    expect(told.all).toMatchObject([{ open: false }]);
    expect(told.all[0]?.report.alert).toMatch(/or no longer watched \(health\.tags leaves 5 of them out\)/);
  });

  it('that join later and get well earlier change the same message, which ends with the last', async () => {
    const { ec2, looks, told } = aWorld();
    ec2.instances = fleet(6);
    await looks(1);
    impairAll(ec2, ec2.instances.slice(0, 4));
    await looks(3);
    impairAll(ec2, ec2.instances.slice(4));
    await looks(3);
    ec2.health.delete(ec2.instances[0]!.id);
    await looks(3);

    expect(told.all).toHaveLength(1);
    expect(told.all[0]?.notes).toEqual([
      '4 servers: 4 × system status check impaired.',
      expect.stringMatching(/^6 servers: .* 2 more: w4 .*, w5 /),
      expect.stringMatching(/^5 servers: .* 1 well again: w0 /),
    ]);
    expect(Object.fromEntries(told.all[0]?.report.facts ?? [])['Well again']).toBe('1 of 6');
    ec2.instances = ec2.instances.slice(0, 1);
    await looks(2);

    expect(told.all).toMatchObject([{ open: false }]);
  });

  it('are written down once while nothing changes', async () => {
    const { ec2, looks, told, store } = aWorld();
    ec2.instances = fleet(500);
    await looks(1);
    impairAll(ec2, ec2.instances);
    await looks(4);
    const before = store.writes();
    await looks(5);

    expect(told.open()).toHaveLength(1);
    expect(store.writes()).toBe(before);
  });

  it('that come and go count once, and a server that is gone for good leaves like one that is well', async () => {
    const { ec2, looks, told } = aWorld();
    ec2.instances = fleet(4);
    await looks(1);
    impairAll(ec2, ec2.instances);
    await looks(2);
    ec2.health.delete(ec2.instances[0]!.id);
    await looks(2);
    impairAll(ec2, ec2.instances);
    await looks(2);
    expect(Object.fromEntries(told.all[0]?.report.facts ?? [])).not.toHaveProperty('Well again');
    ec2.instances = ec2.instances.slice(1);
    await looks(2);

    expect(Object.fromEntries(told.all[0]?.report.facts ?? [])['Well again']).toBe('1 of 4');
    expect(told.all).toHaveLength(1);
  });

  it('join the message of others when they had one of their own', async () => {
    const { ec2, looks, told } = aWorld();
    ec2.instances = fleet(4);
    await looks(1);
    impairAll(ec2, ec2.instances.slice(0, 1));
    await looks(3);
    expect(told.open()).toMatchObject([{ key: `instance:${ec2.instances[0]!.id}` }]);
    impairAll(ec2, ec2.instances);
    await looks(3);

    expect(told.open()).toMatchObject([{ key: 'servers:zone us-east-1a' }]);
    expect(told.all[0]?.report.detail[0]).toMatch(/told together with others from here \(zone us-east-1a\)/);
  });

  it('are taken by whoever had taken the own message of one, also when it is told after a crash', async () => {
    const { ec2, looks, told, restart } = aWorld();
    ec2.instances = fleet(4);
    await looks(1);
    impairAll(ec2, ec2.instances.slice(0, 1));
    await looks(3);
    told.open()[0]!.care = { takenBy: 'U0ANA', assignedBy: 'U0BOB', silencedUntil: Number.MAX_SAFE_INTEGER };
    impairAll(ec2, ec2.instances);
    await looks(1);
    // The own message ends, and then nothing can be told.
    told.fail(new Error('away'), 'servers:');
    await looks(1);
    expect(told.open()).toEqual([]);
    told.fail();
    restart();
    await looks(1);

    const group = { key: 'servers:zone us-east-1a', care: { takenBy: 'U0ANA', assignedBy: 'U0BOB' } };
    expect(told.open()).toMatchObject([group]);
    // Nobody asked to hear nothing of the other three.
    expect(told.open()[0]?.care).not.toHaveProperty('silencedUntil');
  });

  it('are told once when the first of them are confirmed a look before the others', async () => {
    const { ec2, looks, told } = aWorld();
    ec2.instances = fleet(50);
    await looks(1);
    impairAll(ec2, ec2.instances.slice(0, 2));
    await looks(1);
    impairAll(ec2, ec2.instances);
    await looks(3);

    expect(told.all).toMatchObject([{ key: 'servers:zone us-east-1a', open: true }]);
  });

  it('offer what fits all of them, as far as one request may reach', async () => {
    const { ec2, looks, told } = aWorld();
    ec2.instances = fleet(3);
    await looks(1);
    for (const one of ec2.instances) ec2.health.set(one.id, { instance: 'impaired' });
    await looks(2);

    expect(told.all[0]?.report.remedies).toEqual([
      {
        label: 'Reboot all…',
        operation: 'restart',
        style: 'danger',
        line: ec2.instances.map((one) => one.id).join(' '),
      },
    ]);
  });

  it('have a message of literal text and bounded length, whatever their names are', async () => {
    const { ec2, looks, told } = aWorld();
    const evil = '<!channel> '.repeat(23);
    ec2.instances = fleet(600, { name: evil, tags: { Name: evil, env: evil }, zone: evil, autoScalingGroup: evil });
    await looks(1);
    impairAll(ec2, ec2.instances);
    await looks(2);

    const lines = told.all.flatMap(({ report }) => [...report.facts.map(([, value]) => value), ...report.detail]);
    expect(JSON.stringify(lines.flat().filter((piece) => typeof piece !== 'string'))).not.toContain('<!channel>');
    expect(JSON.stringify({ ...told.all[0]?.report, servers: [] }).length).toBeLessThan(12_000);
  });

  it('are told again by whoever goes on after a crash, and end there', async () => {
    const { ec2, looks, told, restart } = aWorld();
    ec2.instances = fleet(5);
    await looks(1);
    impairAll(ec2, ec2.instances);
    told.fail(new Error('away'));
    await looks(3);
    told.fail();
    restart();
    await looks(1);
    expect(told.all).toMatchObject([{ key: 'servers:zone us-east-1a', open: true }]);
    ec2.health.clear();
    told.fail(new Error('away'));
    await looks(3);
    told.fail();
    restart();
    await looks(1);

    expect(told.all).toMatchObject([{ open: false }]);
  });

  it('are one message for one event that AWS plans on one day, without those of another day', async () => {
    const { ec2, looks, told } = aWorld();
    ec2.instances = fleet(20);
    const event = (day: string) => ({
      events: [
        { code: 'system-reboot', description: 'x', notBefore: Date.parse(`${day}T03:00:00Z`), completed: false },
      ],
    });
    for (const [nr, one] of ec2.instances.entries())
      ec2.health.set(one.id, event(nr < 19 ? '2030-01-02' : '2030-01-09'));
    await looks(3);

    expect(told.open().map(({ report }) => report.title)).toEqual([
      'AWS plans system-reboot on 2030-01-02 · 19 servers',
      expect.stringMatching(/^AWS plans system-reboot · w19/),
    ]);
    ec2.health.clear();
    await looks(1);
    expect(told.open()).toEqual([]);
  });
});

describe('disks in trouble', () => {
  const stopped = (volumeId: Volume['id']): VolumeHealth => ({
    volumeId,
    status: 'impaired',
    ioEnabled: false,
    events: [],
    actions: [],
  });

  it('in the state "error" are one message, after two looks, which ends when none is left', async () => {
    const { ec2, looks, told, store } = aWorld();
    ec2.volumes = [aVolume({ state: 'error' }), aVolume({ id: 'vol-0000000c', name: '', state: 'in-use' })];
    await looks(1);
    expect(told.all).toEqual([]);
    await looks(2);
    expect(told.all).toMatchObject([
      {
        key: 'volumes:error',
        report: { severity: 'critical', alert: 'db-1-data (vol-0000000b) is in the state "error"' },
      },
    ]);
    ec2.volumes = ec2.volumes.map((one) => ({ ...one, state: 'error' }));
    await looks(2);
    expect(told.all).toHaveLength(1);
    expect(told.all[0]?.report.title).toBe('2 disks in the state "error"');
    ec2.volumes = [];
    await looks(2);

    expect(told.all).toMatchObject([{ open: false }]);
    expect(JSON.parse(store.rows.get('fleet:volumes') ?? '')).toEqual({});
  });

  it('whose I/O AWS has stopped have a button each that enables it', async () => {
    const { ec2, looks, told } = aWorld();
    ec2.volumes = [aVolume()];
    ec2.impaired = [stopped('vol-0000000b')];
    await looks(2);

    expect(told.all).toMatchObject([
      {
        key: 'volumes:io',
        report: {
          remedies: [
            { label: 'Snapshot now', operation: 'snapshot', line: 'vol-0000000b' },
            { label: 'Enable I/O…', operation: 'enableio', line: 'vol-0000000b' },
          ],
        },
      },
    ]);
  });

  it('say what a restore would bring back, how long it takes, on which server and whose', async () => {
    const { ec2, looks, told, clock } = aWorld();
    const origin = 'vol-00000009';
    const now = clock.now();
    ec2.instances = [anInstance({ tags: { Owner: 'db team', env: 'prod' } })];
    ec2.volumes = [aVolume({ state: 'error', tags: { Name: 'db-1-data', [sourceTag]: origin } })];
    ec2.snapshots = [aSnapshot({ volumeId: origin, startedAt: now - 178 * minute, sizeGiB: 60 })];
    await looks(2);
    const { facts, remedies } = structuredClone(told.all[0]!.report);
    await looks(90);

    expect(Object.fromEntries(facts)).toMatchObject({
      Do: 'Restore the last good snapshot in its place.',
      'Last good snapshot': ['3 h old, ', { code: 'snap-00000001' }],
      'A restore takes': expect.stringMatching(/^about .* estimated/),
      Disk: 'db-1-data (vol-0000000b) · 100 GiB gp3 · us-east-1a',
      Server: 'db-1 (i-00000001)',
      Owner: 'db team · environment prod',
    });
    expect(remedies).toMatchObject([{ label: 'Restore…', operation: 'restore', line: 'vol-0000000b --from latest' }]);
    expect(told.all.map(({ report }) => report.facts)).toEqual([facts]); // the hours that pass are no news
  });

  it('of a member of a group never say to stop it, and several are named with what each needs', async () => {
    const { ec2, looks, told } = aWorld();
    ec2.instances = [
      anInstance({ name: 'web-1', autoScalingGroup: 'web' }),
      anInstance({ id: 'i-00000002', name: 'db-2', mappings: [] }),
    ];
    ec2.volumes = [
      aVolume(),
      aVolume({
        id: 'vol-0000000c',
        name: 'db-2-data',
        attachments: [{ instanceId: 'i-00000002', device: '/dev/sdf', state: 'attached', deleteOnTermination: false }],
      }),
    ];
    const stalled = (volumeId: Volume['id']) => ({ ...stopped(volumeId), ioEnabled: true });
    ec2.impaired = [stalled('vol-0000000b')];
    await looks(2);
    const { remedies, facts } = told.all[0]!.report;
    expect(remedies.map(({ operation, line }) => `${operation} ${line}`)).toEqual([
      'snapshot vol-0000000b',
      'replace i-00000001',
    ]);
    expect(Object.fromEntries(facts)).toMatchObject({
      Server: 'web-1 (i-00000001) of the Auto Scaling group web',
      Careful: expect.stringContaining('Do not stop its server'),
      Do: expect.stringContaining('let the group web replace its server'),
    });
    ec2.impaired = [stalled('vol-0000000b'), stalled('vol-0000000c')];
    await looks(2);

    const both = told.all[0]!.report;
    expect(both.remedies.map(({ label }) => label)).toEqual([
      'Let the group replace it · web-1…',
      'Move to another host · db-2…',
    ]);
    expect(both.facts.filter(([name]) => name === 'Do' || name === 'Also').map(([, line]) => line)).toEqual([
      expect.stringMatching(/^db-1-data .*let the group web replace/),
      expect.stringMatching(/^db-2-data .*move its server to another host/),
    ]);
    expect(Object.fromEntries(both.facts)).toMatchObject({ 'Last good snapshots': 'NONE: no disk of these 2 has one' });
  });

  it('that are slow are a warning, but not while their blocks come from a snapshot', async () => {
    const { ec2, looks, told } = aWorld();
    ec2.volumes = [aVolume()];
    const slow = { ...stopped('vol-0000000b'), status: 'warning', ioEnabled: true };
    ec2.impaired = [{ ...slow, initialization: { type: 'default', progress: 40 } }];
    await looks(4);
    expect(told.all).toEqual([]);
    ec2.impaired = [slow];
    await looks(2);

    expect(told.open()).toMatchObject([{ key: 'volumes:warning', report: { severity: 'warning' } }]);
  });

  it('that a run works on, and those of servers that are not watched, are nobody’s alarm', async () => {
    const { ec2, looks, told, held, settings } = aWorld();
    ec2.volumes = [aVolume({ state: 'error' })];
    held.add('vol-0000000b');
    await looks(3);
    held.clear();
    settings.change({ health: { ...settings.current().health, tags: { env: 'dev' } } });
    await looks(3);
    expect(told.all).toEqual([]);
    settings.change({ health: { ...settings.current().health, tags: { env: 'prod' } } });
    ec2.instances = [web({ id: 'i-00000001' })];
    await looks(2);

    expect(told.open()).toHaveLength(1);
  });

  it('lose no message while nothing can be told, and their end neither', async () => {
    const { ec2, looks, told, restart } = aWorld();
    ec2.volumes = [aVolume({ state: 'error' })];
    told.fail(new Error('away'));
    await looks(3);
    told.fail();
    restart();
    await looks(2);
    expect(told.open()).toHaveLength(1);
    told.fail(new Error('away'));
    ec2.volumes = [];
    await looks(4);
    told.fail();
    restart();
    await looks(2);

    expect(told.all).toMatchObject([{ open: false }]);
  });

  it('that cannot be read hide no server, and it is said that nobody watches them', async () => {
    const { ec2, looks, told } = aWorld();
    ec2.volumeFailure = new Refusal('not-permitted', 'AWS denied ec2:DescribeVolumes.');
    ec2.instances = [web()];
    ec2.health.set(id, { instance: 'impaired' });
    await looks(5);

    expect(told.open().map(({ key }) => key)).toEqual([`instance:${id}`, 'watch:volumes']);
  });
});
