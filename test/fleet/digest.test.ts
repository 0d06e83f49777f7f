import { describe, expect, it } from 'vitest';

import { Refusal, Transient } from '#errors.ts';
import { createDigest } from '#fleet/digest.ts';
import type { Cloud, Instance, InstanceHealth, Snapshot, Volume } from '#ports/cloud.ts';
import type { IncidentRecord, Run } from '#ports/history.ts';
import type { Message } from '#ports/text.ts';
import { aSnapshot, aVolume, anInstance } from '#test/support/builders.ts';
import { createFakeClock } from '#test/support/fake-clock.ts';
import { createFakeSettings } from '#test/support/fake-settings.ts';

const hour = 3_600_000;
const any = { values: undefined, pattern: undefined };
const settings = createFakeSettings({
  tags: { required: [{ name: 'billing', selector: 'env=prod', keys: { env: any, owner: any }, propagate: [] }] },
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
};

function digestOf(fleet: Fleet, change: Partial<Cloud> = {}) {
  const cloud = {
    instances: async () => fleet.instances ?? [],
    health: async () => fleet.health ?? [],
    volumes: async () => fleet.volumes ?? [],
    snapshots: async () => fleet.snapshots ?? [],
    place: async () => ({ account: '123456789012', region: 'eu-west-1' }),
    ...change,
  };
  const history = {
    runs: { recent: async () => fleet.runs ?? [] },
    incidents: { list: async () => fleet.incidents ?? [] },
  };
  const clouds = { places: () => [{ account: '', region: 'eu-west-1' }], at: () => cloud };
  return createDigest({ clouds, history, clock, settings } as unknown as Parameters<typeof createDigest>[0]).compose();
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
    expect(text(message)).toContain('Runs in the last day: none.');
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
      incidents: [{ report: { title: 'Site down · shop' }, startedAt: now - hour } as unknown as IncidentRecord],
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
    expect(said).toContain('Runs in the last day: 2 done, 1 undone.');
  });

  it('names disks in use without a completed snapshot of the last day, the longest without first', async () => {
    const volumes = [1, 2, 3, 4].map((n) => aVolume({ id: `vol-0000000${n}`, name: `v${n}` }));
    const loose = aVolume({ id: 'vol-00000009', state: 'available', attachments: [], sizeGiB: 500 });
    const message = await digestOf({
      volumes: [...volumes, loose],
      snapshots: [
        aSnapshot({ volumeId: 'vol-00000001', startedAt: now - hour }),
        aSnapshot({ volumeId: 'vol-00000002', startedAt: now - 30 * hour }),
        aSnapshot({ volumeId: 'vol-00000003', startedAt: now - 10 * 24 * hour }),
        aSnapshot({ volumeId: 'vol-00000004', startedAt: now - hour, state: 'error' }),
      ],
    });

    const said = text(message);
    expect(said).toContain('In use without a completed snapshot: 3 of the last 24 h, 2 of the last 7 d');
    const order = ['vol-00000004', 'vol-00000003', 'vol-00000002'].map((volume) => said.indexOf(volume));
    expect(order).toEqual(order.toSorted((a, b) => a - b));
    expect(said).not.toContain('vol-00000001');
    expect(said).toContain('Volumes that hang on no server (500 GiB)');
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
    expect(text(message)).not.toContain('without a completed snapshot');
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
    const history = { runs: { recent: async () => [] }, incidents: { list: async () => [] } };

    const message = await createDigest({ clouds, history, clock, settings } as unknown as Parameters<
      typeof createDigest
    >[0]).compose();

    expect(message.alert).toContain('3 servers (2 running, 1 stopped), 1 with a failing check, 3 places');
    expect(message.sections.find(({ kind }) => kind === 'table')).toMatchObject({
      rows: [
        ['production', 'eu-west-1', '1 server (1 running), no failing check'],
        ['staging', 'us-east-1', '2 servers (1 running, 1 stopped), 1 with a failing check'],
        ['lab', 'us-east-1', 'could not be read'],
      ],
    });
    expect(text(message)).toContain('web-2 (i-00000002): system impaired · staging (222222222222) · us-east-1');
    expect(text(message)).toContain('lab (333333333333) · us-east-1: AWS did not answer.');
  });
});
