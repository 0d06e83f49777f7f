import { describe, expect, it } from 'vitest';

import { createPictures } from '#chart/pictures.ts';
import { Refusal, Transient } from '#errors.ts';
import { createDigest } from '#fleet/digest.ts';
import { sourceTag } from '#lib/tags.ts';
import type { Cloud, Instance, InstanceHealth, Snapshot, Volume } from '#ports/cloud.ts';
import type { Clouds } from '#ports/clouds.ts';
import type { History, IncidentRecord, Run } from '#ports/history.ts';
import type { Pictures } from '#ports/pictures.ts';
import type { Settings } from '#ports/settings.ts';
import type { Message } from '#ports/text.ts';
import { type Digest, digestSections, type SnapshotSchedule } from '#ports/timed-settings.ts';
import { createKeptLog } from '#test/config/support.ts';
import { aSnapshot, aVolume, anInstance } from '#test/support/builders.ts';
import { createFakeClock } from '#test/support/fake-clock.ts';
import { createFakeSettings } from '#test/support/fake-settings.ts';

const hour = 3_600_000;
const any = { values: undefined, pattern: undefined };
const settings = createFakeSettings({
  tags: {
    ...createFakeSettings().current().tags,
    required: [{ name: 'billing', selector: 'env=prod', keys: { env: any, owner: any }, propagate: [] }],
  },
});
const clock = createFakeClock();
const now = clock.now();

type Fleet = {
  instances?: Instance[];
  health?: InstanceHealth[];
  volumes?: Volume[];
  snapshots?: Snapshot[];
  incidents?: IncidentRecord[];
  runs?: Run[];
  drills?: Run[];
  settings?: Partial<Settings>;
};
const allButChart = digestSections.filter((one) => one !== 'chart');

function digestOf(fleet: Fleet, change: Partial<Cloud> = {}, rule: Partial<Digest> = {}) {
  const cloud = {
    instances: async () => fleet.instances ?? [],
    health: async () => fleet.health ?? [],
    volumes: async () => fleet.volumes ?? [],
    snapshots: async () => fleet.snapshots ?? [],
    place: async () => ({ account: '123456789012', region: 'eu-west-1' }),
    ...change,
  };
  const places = [{ account: '', region: 'eu-west-1' }];
  return compose({ clouds: { places: () => places, at: () => cloud } as unknown as Clouds, fleet, rule });
}

const broken = async () => {
  throw new Error('gone');
};

/** `file`: what becomes of an upload. */
async function compose(of: {
  clouds: Clouds;
  fleet?: Fleet;
  rule?: Partial<Digest>;
  file?: () => Promise<{ id: string }>;
  draw?: Pictures['draw'];
}): Promise<Message> {
  const { fleet = {}, rule = {} } = of;
  const daily = { ...settings.current().digests[0]!, sections: allButChart, ...rule };
  const history = {
    runs: {
      recent: async ({ operation }: { operation?: string }) =>
        operation === 'drill' ? (fleet.drills ?? []) : (fleet.runs ?? []),
    },
    incidents: {
      list: async ({ state }: { state?: string }) =>
        (fleet.incidents ?? []).filter((one) => state === undefined || one.state === state),
    },
  };
  const digest = createDigest({
    clouds: of.clouds,
    history: history as unknown as Pick<History, 'runs' | 'incidents'>,
    clock,
    settings: createFakeSettings({ ...settings.current(), digests: [daily], ...fleet.settings }),
    chat: { file: of.file ?? (async () => ({ id: 'F1' })) },
    pictures: { draw: of.draw ?? createPictures().draw },
    log: createKeptLog().log,
  });
  const made = await digest.compose({ name: 'daily', since: now - 24 * hour });
  return made!.message;
}

/** The message as a person reads it, roughly. */
function text(message: Message): string {
  const piece = (one: unknown): string => {
    if (typeof one === 'string') return one;
    if (Array.isArray(one)) return one.map(piece).join('');
    return Object.values(one as object)
      .map((value) => (typeof value === 'string' ? value : ''))
      .join('');
  };
  return message.sections
    .map((section) => {
      if (section.kind === 'text') return section.lines.map(piece).join('\n');
      if (section.kind === 'list') return section.items.map((item) => `- ${piece(item)}`).join('\n');
      return section.kind === 'note' ? piece(section.line) : '';
    })
    .join('\n');
}
const checked = (instanceId: Instance['id'], change: Partial<InstanceHealth> = {}): InstanceHealth => ({
  instanceId,
  state: 'running',
  system: 'ok',
  instance: 'ok',
  ebs: 'ok',
  events: [],
  ...change,
});
const anIncident = (change: Partial<IncidentRecord>): IncidentRecord =>
  ({
    id: `inc-${change.key ?? ''}`,
    key: 'site:shop',
    state: 'open',
    startedAt: now - hour,
    report: { title: 'Site down · shop', severity: 'critical' },
    ...change,
  }) as unknown as IncidentRecord;
const aRun = (state: Run['state'], agoMs: number): Run => ({
  order: {
    id: 'r-1',
    operation: 'snapshot',
    args: null,
    plan: null,
    planHash: '',
    requester: 'U1',
    channel: 'C1',
    requestedAt: now - agoMs,
    approval: null,
  },
  state,
  summary: '',
  result: undefined,
  reason: undefined,
  updatedAt: now - agoMs,
  endedAt: undefined,
  undoneBy: undefined,
});

describe('the daily digest', () => {
  it('of a fleet where all is well is two lines', async () => {
    const message = await digestOf({ instances: [anInstance()], health: [checked('i-00000001')] });

    expect(message.alert).toBe('Fleet digest: 1 server (1 running), no failing check');
    expect(message.sections).toHaveLength(2);
    expect(text(message)).toContain('no incident. Runs: none.');
  });

  it('estimates what snapshots and loose disks cost, and says how far tag rules are kept', async () => {
    const gib = 2 ** 30;
    const message = await digestOf({
      instances: [anInstance({ tags: { env: 'prod', owner: 'shop' } }), anInstance({ id: 'i-00000002' })],
      volumes: [
        aVolume({ sizeGiB: 1_000, attachments: [], state: 'available', tags: {} }),
        aVolume({ id: 'vol-0000000c', sizeGiB: 9_000, tags: { env: 'prod', owner: 'shop' } }),
      ],
      snapshots: [
        aSnapshot({ fullSizeBytes: 2_000 * gib, sizeGiB: 9_000 }),
        aSnapshot({ id: 'snap-00000002', sizeGiB: 1_000 }),
        aSnapshot({ id: 'snap-00000003', sizeGiB: 8_000, tier: 'archive' }),
      ],
    });

    // 2,000 and 1,000 GiB at 0.05, 8,000 at 0.0125; 1,000 at 0.08.
    expect(text(message)).toContain('A month, estimated: snapshots at most $250, volumes that hang on no server $80.');
    expect(text(message)).toContain('Required tags in order: billing 66 %.');
  });

  it('says nothing of costs and tags that it could not read', async () => {
    const refuse = async () => {
      throw new Refusal('not-permitted', 'AWS says no.');
    };
    const message = await digestOf({}, { volumes: refuse, snapshots: refuse });
    expect(text(message)).not.toMatch(/A month|Required tags/);
  });

  it('counts states, names what fails, what AWS plans, what is open and what was run', async () => {
    const message = await digestOf({
      instances: [
        anInstance(),
        anInstance({ id: 'i-00000002', name: 'web-2', state: 'stopped' }),
        anInstance({ id: 'i-00000003' }),
      ],
      health: [
        checked('i-00000001', { instance: 'impaired', impairedSince: now - 2 * hour }),
        checked('i-00000003', {
          events: [
            { code: 'system-reboot', description: '', notBefore: now + 48 * hour, completed: false },
            { code: 'instance-stop', description: '[Completed]', completed: true },
          ],
        }),
      ],
      incidents: [anIncident({})],
      runs: [aRun('done', hour), aRun('done', 2 * hour), aRun('undone', 3 * hour), aRun('stuck', 25 * hour)],
    });

    const said = text(message);
    expect(message.alert).toBe(
      'Fleet digest: 3 servers (2 running, 1 stopped), 1 with a failing check, 1 event planned by AWS, 1 open incident',
    );
    expect(said).toContain('- db-1 (i-00000001): instance impaired for 2 h');
    expect(said).toContain('system-reboot');
    expect(said).not.toContain('instance-stop');
    expect(said).toContain('Site down · shop');
    expect(said).toContain('1 incident, 0 of them over, the longest 60 min: Site down · shop. Runs: 2 done, 1 undone.');
  });

  it('names what AWS plans by when it begins, and marks what begins within a day', async () => {
    const event = (code: string, hours: number, more = {}) => ({
      code,
      description: '',
      notBefore: now + hours * hour,
      completed: false,
      ...more,
    });
    const message = await digestOf({
      instances: [
        anInstance(),
        anInstance({ id: 'i-00000002', name: 'b' }),
        anInstance({ id: 'i-00000003', name: 'c' }),
      ],
      health: [
        checked('i-00000001', { events: [event('system-maintenance', 90)] }),
        checked('i-00000002', { events: [event('instance-stop', 30, { deadline: now + 200 * hour })] }),
        checked('i-00000003', { events: [event('system-reboot', 20)] }),
      ],
    });
    expect(/system-reboot[^]*instance-stop[^]*system-maintenance/.test(text(message))).toBe(true);
    expect(text(message).match(/warning/g)).toHaveLength(1);
  });

  it('names disks in use without a good snapshot of the last day, the longest without first', async () => {
    const volumes = [1, 2, 3, 4].map((n) => aVolume({ id: `vol-0000000${n}`, name: `v${n}` }));
    const restored = aVolume({ id: 'vol-00000005', tags: { [sourceTag]: 'vol-000000e5' } });
    const loose = aVolume({ id: 'vol-00000009', state: 'available', attachments: [], sizeGiB: 500 });
    const message = await digestOf({
      volumes: [...volumes, restored, loose],
      snapshots: [
        aSnapshot({ volumeId: 'vol-00000001', startedAt: now - hour }),
        aSnapshot({ volumeId: 'vol-00000002', startedAt: now - 30 * hour }),
        aSnapshot({ volumeId: 'vol-00000003', startedAt: now - 10 * 24 * hour }),
        aSnapshot({ volumeId: 'vol-00000004', startedAt: now - hour, state: 'error' }),
        aSnapshot({ volumeId: 'vol-00000003', startedAt: now - hour, tier: 'archive' }),
        aSnapshot({ volumeId: 'vol-000000e5', startedAt: now - hour }),
      ],
    });

    const said = text(message);
    expect(said).toContain('In use without a good snapshot: 3 of the last 24 h, 2 of the last 7 d');
    const order = ['vol-00000004', 'vol-00000003', 'vol-00000002'].map((volume) => said.indexOf(volume));
    expect(order).toEqual(order.toSorted((a, b) => a - b));
    expect(said).not.toMatch(/vol-0000000[15]/);
    expect(said).toContain('Volumes that hang on no server (500 GiB)');
  });

  it('tells of the accounts and Regions that it names, and of their incidents and runs', async () => {
    const places = [
      { account: '111111111111', region: 'us-east-1' },
      { account: '222222222222', name: 'lab', region: 'us-east-1' },
      { account: '222222222222', name: 'lab', region: 'eu-west-1' },
    ];
    const read: string[] = [];
    const at = (place: (typeof places)[number]) => {
      const nr = places.indexOf(place);
      read.push(`${place.account} ${place.region}`);
      return {
        instances: async () => [anInstance({ id: `i-0000000${nr}` })],
        health: async () => [checked(`i-0000000${nr}`)],
        volumes: async () => [aVolume({ id: `vol-0000000${nr}` })],
        snapshots: async () => [],
        place: async () => place,
      };
    };
    const clouds = { places: () => places, at } as unknown as Clouds;
    const inPlace = (nr: number) => {
      const run = aRun('done', hour);
      const { account, region } = places[nr]!;
      return { ...run, order: { ...run.order, ...(nr === 0 ? {} : { place: { account, region } }) } };
    };
    const fleet = {
      incidents: [
        anIncident({ key: 'instance:i-00000000' }),
        anIncident({ key: 'instance:i-00000001' }),
        anIncident({}),
      ],
      runs: [inPlace(0), inPlace(1), inPlace(1), inPlace(2)],
      // Of home, which is not read, and of the lab.
      settings: {
        schedules: ['home', 'lab'].map((name) => ({
          name,
          selector: 'all',
          rpoMs: 48 * hour,
          ...(name === 'home' ? {} : { place: places[1] }),
        })) as unknown as SnapshotSchedule[],
      },
    };

    const one = await compose({ clouds, fleet, rule: { accounts: ['lab'], regions: ['us-east-1'] } });
    expect(read).toEqual(['222222222222 us-east-1']);
    expect(one.title).toBe('Fleet digest · lab · us-east-1');
    expect(one.alert).toContain('1 server (1 running), no failing check, 1 open incident');
    expect(text(one)).toContain('Runs: 2 done.');
    expect(text(one)).toContain('/fleet all --account lab --region us-east-1');
    expect(text(one).match(/Backups of \w+/g)).toEqual(['Backups of lab']);

    read.length = 0;
    await compose({ clouds, fleet, rule: { regions: ['us-east-1'] } });
    expect(read).toEqual(['111111111111 us-east-1', '222222222222 us-east-1']);
    const none = await compose({ clouds, fleet, rule: { regions: ['ap-south-1'] } });
    expect(none.alert).toContain('works in none of its accounts and Regions');
  });

  it('tells what a selector names, of every kind, and nothing else', async () => {
    const shop = { env: 'prod', app: 'shop' };
    const message = await digestOf(
      {
        instances: [anInstance({ tags: shop }), anInstance({ id: 'i-00000002', name: 'lab-1', tags: {} })],
        health: [checked('i-00000001'), checked('i-00000002', { system: 'impaired' })],
        volumes: [aVolume(), aVolume({ id: 'vol-0000000d', attachments: [], state: 'available', sizeGiB: 900 })],
        snapshots: [
          aSnapshot({ fullSizeBytes: 200 * 2 ** 30, startedAt: now - hour }),
          aSnapshot({ id: 'snap-00000002', volumeId: 'vol-0000000d', sizeGiB: 9_000 }),
          aSnapshot({ id: 'snap-00000003', volumeId: 'vol-000000ff', sizeGiB: 200, tags: shop }), // of a disk that is gone
        ],
        incidents: [
          anIncident({ key: 'instance:i-00000001', state: 'resolved', endedAt: now - hour / 2 }),
          anIncident({ key: 'instance:i-00000002' }),
          anIncident({ key: 'site:shop' }),
        ],
      },
      {},
      { selector: 'app=shop' },
    );

    expect(message.title).toBe('Fleet digest · app=shop');
    expect(message.alert).toBe('Fleet digest · app=shop: 1 server (1 running), no failing check');
    expect(text(message)).toContain('1 incident, 1 of them over, the longest 30 min');
    expect(text(message)).toContain('snapshots at most $20');
    expect(text(message)).not.toMatch(/lab-1|900 GiB|volumes that hang/);
    expect(text(message)).toContain('more with /fleet app=shop');
  });

  it('says which promises of backups are broken, and what the last drills showed', async () => {
    const nightly = { name: 'nightly', selector: 'env=prod', rpoMs: 26 * hour } as SnapshotSchedule;
    const elsewhere = { ...nightly, name: 'far', place: { account: '', region: 'us-west-2' } };
    const drilled = (outcomes: object[]) => ({ ...aRun('done', 48 * hour), result: { outcomes } }) as unknown as Run;
    const of = {
      instances: [anInstance()],
      volumes: [aVolume({ id: 'vol-0000000a', name: 'root' }), aVolume()],
      snapshots: [
        aSnapshot({ volumeId: 'vol-0000000a', startedAt: now - 30 * hour }),
        aSnapshot({ startedAt: now - 3 * hour }),
      ],
      settings: { schedules: [nightly, elsewhere] },
    };

    const bad = await digestOf({
      ...of,
      drills: [
        drilled([
          { volume: 'vol-0000000a', name: 'root', why: 'no file system was found' },
          { volume: 'vol-0000000b', name: 'db-1-data', ms: 240_000 },
        ]),
      ],
    });
    expect(text(bad)).toContain('Backups of nightly (RPO 26 h): 1 of 2 disks LATE, the oldest 30 h old.');
    expect(text(bad)).not.toContain('Backups of far');
    expect(text(bad)).toContain('Last restore drill 2 d ago: of 2 disks that were drilled 1 could be restored');
    expect(text(bad)).toContain('root 2 d ago: COULD NOT BE RESTORED: no file system was found');
    expect(JSON.stringify(bad.sections[0])).toContain('red_circle');

    const good = await digestOf({
      ...of,
      snapshots: [...of.snapshots, aSnapshot({ volumeId: 'vol-0000000a', startedAt: now - hour })],
    });
    expect(text(good)).toContain('Backups of nightly (RPO 26 h): all 2 disks in time, the oldest 3 h old.');
    expect(text(good)).toContain('Restore drills: none yet');
    expect(JSON.stringify(good.sections[0])).toContain('large_green_circle');
  });

  it('leaves out the sections that nobody wants', async () => {
    const fleet = {
      instances: [anInstance()],
      health: [checked('i-00000001', { events: [{ code: 'system-reboot', description: '', completed: false }] })],
      volumes: [aVolume(), aVolume({ id: 'vol-0000000d', attachments: [], state: 'available', sizeGiB: 900 })],
    };
    const message = await digestOf(fleet, {}, { sections: ['events'] });

    expect(text(message)).toContain('system-reboot');
    expect(text(message)).not.toMatch(/Since|Required tags|A month|drill|hang on no server|without a completed/);
  });

  it('has pictures of incidents and of backups, said in words as well', async () => {
    const fleet = {
      instances: [anInstance()],
      volumes: [aVolume(), aVolume({ id: 'vol-0000000d' })],
      snapshots: [aSnapshot({ startedAt: now - 30 * hour })],
      incidents: [anIncident({}), anIncident({ key: 'site:blog', startedAt: now - 40 * hour, state: 'resolved' })],
    };
    const pictures = (message: Message) => message.sections.filter(({ kind }) => kind === 'image');
    const sent = await digestOf(fleet, {}, { sections: [...digestSections] });

    expect(pictures(sent)).toMatchObject([
      { file: 'F1', alt: expect.stringMatching(/^Incidents a day, the last 14 days\..*1 critical/) },
      { file: 'F1', alt: expect.stringMatching(/^Age of the newest good snapshot.*1 to 2 d: 1 disks.*none: 1 disks/) },
    ]);
  });

  it.each([
    ['Slack refuses', { file: () => Promise.reject(new Refusal('not-permitted', 'no scope')) }, 'Incidents a day'],
    ['nobody can draw', { draw: broken }, 'the chart could not be drawn'],
  ])('comes without a picture that %s', async (_, change, said) => {
    const cloud = {
      instances: async () => [anInstance()],
      health: async () => [],
      volumes: async () => [],
      snapshots: async () => [],
      place: async () => ({ account: '1', region: 'eu-west-1' }),
    };
    const clouds = { places: () => [{ account: '', region: 'eu-west-1' }], at: () => cloud } as unknown as Clouds;
    const message = await compose({ clouds, rule: { sections: [...digestSections] }, ...change });

    expect(message.alert).toContain('1 server (1 running)');
    expect(text(message)).toContain(said);
    expect(message.sections.some(({ kind }) => kind === 'image')).toBe(false);
  });

  it('stays short for ten thousand servers', async () => {
    const many = Array.from({ length: 10_000 }, (_, n): Instance['id'] => `i-${String(n).padStart(8, '0')}`);
    const message = await digestOf({
      instances: many.map((id) => anInstance({ id })),
      health: many.map((id) => checked(id, { system: 'impaired' })),
      volumes: many.map((_, n) => aVolume({ id: `vol-${String(n).padStart(8, '0')}` })),
    });

    expect(text(message).split('\n').length).toBeLessThan(25);
    expect(text(message)).toContain('and 9995 more');
  });

  it('says what AWS refuses to show instead of taking it for nothing', async () => {
    const refused = () => Promise.reject(new Refusal('not-permitted', 'AWS denied ec2:DescribeSnapshots.'));
    const message = await digestOf({ instances: [anInstance()], volumes: [aVolume()] }, { snapshots: refused });

    expect(text(message)).toContain('AWS denied ec2:DescribeSnapshots.');
    expect(text(message)).not.toContain('without a good snapshot');
  });

  it('is tried again later when AWS does not answer', async () => {
    const away = () => Promise.reject(new Transient('throttled'));

    await expect(digestOf({}, { health: away })).rejects.toMatchObject({ code: 'transient' });
  });

  it('shows several places side by side, and one that does not answer hides no other', async () => {
    const home = { account: '111111111111', region: 'eu-west-1', name: 'production' };
    const staging = { account: '222222222222', region: 'us-east-1', name: 'staging' };
    const gone = { account: '333333333333', region: 'us-east-1', name: 'lab' };
    const fleets = new Map([
      [home, [anInstance({ id: 'i-00000001', name: 'web-1' })]],
      [staging, [anInstance({ id: 'i-00000002', name: 'web-2' }), anInstance({ id: 'i-00000003', state: 'stopped' })]],
    ]);
    const clouds = {
      places: () => [home, staging, gone],
      at: (place: typeof home) => {
        const instances = fleets.get(place);
        const or = <T>(value: T) =>
          instances === undefined ? Promise.reject(new Transient('away')) : Promise.resolve(value);
        return {
          instances: () => or(instances),
          health: () => or(instances?.map(({ id }) => checked(id, id === 'i-00000002' ? { system: 'impaired' } : {}))),
          volumes: () => or([]),
          snapshots: () => or([]),
          place: async () => place,
        };
      },
    };

    const message = await compose({ clouds: clouds as unknown as Clouds });

    expect(message.alert).toContain('3 servers (2 running, 1 stopped), 1 with a failing check, 3 places');
    expect(message.sections.find(({ kind }) => kind === 'table')).toMatchObject({
      rows: [
        ['production', 'eu-west-1', '1', '1 running', '0', '0'],
        ['staging', 'us-east-1', '2', '1 running, 1 stopped', '1', '0'],
        ['lab', 'us-east-1', 'could not be read', '', '', ''],
      ],
    });
    expect(text(message)).toContain('web-2 (i-00000002): system impaired · staging (222222222222) · us-east-1');
    expect(text(message)).toContain('lab (333333333333) · us-east-1: AWS did not answer.');
  });
});
