import { describe, expect, it } from 'vitest';

import { readWords } from '#lib/words.ts';
import { parseRestore } from '#operations/restore/arguments.ts';
import type { Finding } from '#operations/restore/finding.ts';
import { allowedFailures, type Draft, drafted, mustBeFew, settleServers } from '#operations/restore/plan.ts';
import {
  differences,
  planPutBack,
  planServer,
  type ServerFacts,
  wantedMappings,
} from '#operations/restore/server-plan.ts';
import type { InstanceId } from '#ports/ids.ts';
import { anInstance, aSnapshot, aVolume } from '#test/support/builders.ts';

const facts = (change: Partial<ServerFacts> = {}): ServerFacts => ({
  instance: anInstance(),
  volumes: [aVolume({ id: 'vol-0000000a' }), aVolume()],
  only: [],
  disks: 'data',
  mixed: false,
  snapshots: [aSnapshot(), aSnapshot({ id: 'snap-00000002', startedAt: 2_000 })],
  from: { kind: 'latest' },
  now: 10_000,
  ...change,
});
const sourceOf = (plan: ReturnType<typeof planServer>) =>
  plan.swaps.map(({ put }) => (put.kind === 'create' ? put.snapshotId : put.volumeId));

describe('the plan of a restore', () => {
  it('swaps every data volume for its newest completed snapshot and keeps what the disk was', () => {
    const plan = planServer(facts());

    expect(plan).toMatchObject({ wasRunning: true, method: 'swap', instance: { id: 'i-00000001', env: 'prod' } });
    expect(plan.swaps).toEqual([
      {
        device: '/dev/sdf',
        deleteOnTermination: false,
        out: 'vol-0000000b',
        outName: 'db-1-data',
        put: {
          kind: 'create',
          snapshotId: 'snap-00000002',
          takenAt: 2_000,
          volume: {
            zone: 'us-east-1a',
            type: 'gp3',
            sizeGiB: 100,
            iops: 4_000,
            throughput: 250,
            encrypted: true,
            kmsKeyId: 'arn:aws:kms:us-east-1:1:key/k',
            tags: { Name: 'db-1-data', 'deckhand:source-volume': 'vol-0000000b' },
          },
        },
      },
    ]);
  });

  it('takes the newest before an instant, and the named one', () => {
    expect(sourceOf(planServer(facts({ from: { kind: 'before', at: 1_500 } })))).toEqual(['snap-00000001']);
    expect(sourceOf(planServer(facts({ from: { kind: 'ago', ms: 8_500 } })))).toEqual(['snap-00000001']);
    expect(sourceOf(planServer(facts({ from: { kind: 'snapshot', id: 'snap-00000001' } })))).toEqual(['snap-00000001']);
  });

  it('finds the snapshots of the volume that an earlier restore replaced', () => {
    const restored = aVolume({ tags: { 'deckhand:source-volume': 'vol-00000009' } });

    expect(
      sourceOf(planServer(facts({ volumes: [restored], snapshots: [aSnapshot({ volumeId: 'vol-00000009' })] }))),
    ).toEqual(['snap-00000001']);
  });

  it('takes no fresh copy of old data for the newest, but a copy where there is nothing else', () => {
    const copy = aSnapshot({
      id: 'snap-0000000c',
      volumeId: 'vol-ffffffff',
      startedAt: 9_000,
      tags: { 'deckhand:source-volume': 'vol-0000000b' },
    });
    const { snapshots } = facts();

    expect(sourceOf(planServer(facts({ snapshots: [...snapshots, copy] })))).toEqual(['snap-00000002']);
    expect(sourceOf(planServer(facts({ snapshots: [copy] })))).toEqual(['snap-0000000c']);
    expect(
      sourceOf(planServer(facts({ snapshots: [...snapshots, copy], from: { kind: 'snapshot', id: copy.id } }))),
    ).toEqual(['snap-0000000c']);
  });

  it('grows to the snapshot when that is larger, and copies no tag AWS reserves', () => {
    const plan = planServer(
      facts({
        volumes: [aVolume({ tags: { 'aws:x': '1', 'deckhand:job': 'r-1', a: 'b' } })],
        snapshots: [aSnapshot({ sizeGiB: 120 })],
      }),
    );

    expect(plan.swaps[0]?.put).toMatchObject({
      volume: { sizeGiB: 120, tags: { a: 'b', 'deckhand:source-volume': 'vol-0000000b' } },
    });
  });

  it.each<[string, Partial<ServerFacts>, RegExp]>([
    [
      'a server with only a root',
      {
        instance: anInstance({
          mappings: [{ device: '/dev/xvda', volumeId: 'vol-0000000a', deleteOnTermination: true, state: 'attached' }],
        }),
      },
      /no data volume/,
    ],
    ['a volume without snapshots', { snapshots: [] }, /no snapshot of it at all/],
    [
      'a volume whose snapshots are all pending',
      { snapshots: [aSnapshot({ state: 'pending' })] },
      /none of its snapshots is completed/,
    ],
    [
      'a pending snapshot',
      { from: { kind: 'snapshot', id: 'snap-00000001' }, snapshots: [aSnapshot({ state: 'pending', progress: 40 })] },
      /pending \(40 %\), and only a completed/,
    ],
    [
      'an archived snapshot',
      { from: { kind: 'snapshot', id: 'snap-00000001' }, snapshots: [aSnapshot({ tier: 'archive' })] },
      /archive tier/,
    ],
    [
      'a snapshot of another volume',
      { from: { kind: 'snapshot', id: 'snap-00000001' }, snapshots: [aSnapshot({ volumeId: 'vol-0000000c' })] },
      /snapshot of vol-0000000c, not of/,
    ],
  ])('is refused for %s', (_what, change, why) => {
    expect(() => planServer(facts(change))).toThrow(why);
  });

  it('is no longer true when the server, a disk or the snapshot moved', () => {
    const plan = planServer(facts());
    const usable = new Set(['snap-00000002']);

    expect(differences(plan, anInstance(), usable)).toEqual([]);
    expect(differences(plan, undefined, usable)).toEqual(['db-1 (i-00000001) no longer exists.']);
    expect(differences(plan, anInstance({ state: 'stopped' }), usable).join()).toMatch(
      /was running and is now stopped/,
    );
    expect(differences(plan, anInstance({ autoScalingGroup: 'g' }), usable).join()).toMatch(
      /joined an Auto Scaling group/,
    );
    expect(differences(plan, anInstance({ mappings: [] }), new Set()).join(' ')).toMatch(
      /now holds nothing.*snap-00000002 can no longer be used/,
    );
  });
});

const disk = (volume: string, device: string) => ({
  device,
  volumeId: volume as `vol-${string}`,
  deleteOnTermination: false,
  state: 'attached',
});
const twoDisks = {
  instance: anInstance({ mappings: [disk('vol-0000000b', '/dev/sdf'), disk('vol-0000000c', '/dev/sdg')] }),
  volumes: [aVolume(), aVolume({ id: 'vol-0000000c' })],
};

describe('several disks of one server', () => {
  it('go back to the newest instant at which all of them were taken', () => {
    const snapshots = [
      aSnapshot({ id: 'snap-000000b1', startedAt: 1_000 }),
      aSnapshot({ id: 'snap-000000c1', volumeId: 'vol-0000000c', startedAt: 1_000 }),
      aSnapshot({ id: 'snap-000000b2', startedAt: 3_000 }),
      aSnapshot({ id: 'snap-000000c3', volumeId: 'vol-0000000c', startedAt: 5_000 }),
    ];

    expect(sourceOf(planServer(facts({ ...twoDisks, snapshots })))).toEqual(['snap-000000b1', 'snap-000000c1']);
    expect(sourceOf(planServer(facts({ ...twoDisks, snapshots, mixed: true })))).toEqual([
      'snap-000000b2',
      'snap-000000c3',
    ]);
  });

  it('are refused when they were never taken together, and a set counts by its tag', () => {
    const set = { 'deckhand:set': 'r-0123456789.i-1.1' };
    const apart = [aSnapshot(), aSnapshot({ id: 'snap-000000c1', volumeId: 'vol-0000000c', startedAt: 1_001 })];

    expect(() => planServer(facts({ ...twoDisks, snapshots: apart }))).toThrow(/no instant.*`--mixed`/);
    const together = apart.map((snapshot) => ({ ...snapshot, tags: set }));
    expect(sourceOf(planServer(facts({ ...twoDisks, snapshots: together })))).toHaveLength(2);
    expect(
      sourceOf(planServer(facts({ ...twoDisks, snapshots: together, from: { kind: 'set', run: 'r-0123456789' } }))),
    ).toHaveLength(2);
    expect(() =>
      planServer(facts({ ...twoDisks, snapshots: together, from: { kind: 'set', run: 'r-9999999999' } })),
    ).toThrow(/made no completed snapshot/);
  });
});

describe('a root volume', () => {
  const root = aVolume({ id: 'vol-0000000a' });
  const own = [aSnapshot({ id: 'snap-0000000a', volumeId: 'vol-0000000a' })];
  const method = (change: Partial<ServerFacts>) =>
    planServer(facts({ disks: 'root', volumes: [root, aVolume()], snapshots: own, ...change })).method;

  it('is replaced in place on a running server, and swapped where AWS does not take that', () => {
    expect(method({})).toBe('root-task');
    expect(method({ only: ['vol-0000000a'], disks: 'data' })).toBe('root-task');
    expect(method({ instance: anInstance({ state: 'stopped' }) })).toBe('swap');
    expect(method({ instance: anInstance({ type: 'm7i.metal-24xl' }) })).toBe('swap');
    expect(
      method({ snapshots: [aSnapshot({ volumeId: 'vol-ffffffff', tags: { 'deckhand:source-volume': root.id } })] }),
    ).toBe('swap');
    expect(
      planServer(
        facts({ disks: 'all', volumes: [root, aVolume()], snapshots: [...own, aSnapshot({ startedAt: 1_000 })] }),
      ),
    ).toMatchObject({ method: 'swap', swaps: [{ device: '/dev/xvda' }, { device: '/dev/sdf' }] });
  });
});

describe('a selection of many servers', () => {
  const draft = (change: Partial<ServerFacts> = {}): Draft => {
    const of = facts(change);
    const wanted = wantedMappings(of).map(({ volumeId }) => volumeId);
    return { ...of, wanted, back: [], ...drafted(() => planServer(of)) };
  };
  const other = anInstance({ id: 'i-00000002', name: 'api-1' });
  const blocker = (text: string, server?: InstanceId): Finding => ({
    level: 'blocker',
    kind: 'test',
    title: 'Test',
    about: 'api-1 (i-00000002)',
    text,
    next: 'Do something.',
    ...(server === undefined ? {} : { server }),
  });

  it('leaves out, with every reason, what cannot be restored', () => {
    const bad = draft({ instance: other, snapshots: [] });

    const found = settleServers(
      [draft(), bad],
      [blocker('One.', other.id), blocker('Two.', other.id), { ...blocker('Known.'), level: 'warning' }],
    );

    expect(found.servers.map(({ instance }) => instance.name)).toEqual(['db-1']);
    expect(found.left).toEqual([
      {
        label: 'api-1 (i-00000002)',
        why: expect.stringMatching(/no snapshot of it.* One\. Do something\. Two\. Do something\.$/),
      },
    ]);
    // A warning about a server that is left out helps nobody.
    expect(found.findings).toEqual([]);
  });

  it('refuses with all reasons when nothing is left, or when something concerns all', () => {
    expect(() =>
      settleServers([draft({ instance: other })], [blocker('One.', other.id), blocker('Two.', other.id)]),
    ).toThrow(/api-1 \(i-00000002\): One\. Do something\. Two\./);
    expect(() => settleServers([draft(), draft({ instance: other, snapshots: [] })], [blocker('Quota.')])).toThrow(
      /^Quota\. Do something\.\napi-1 \(i-00000002\): .*no snapshot of it/,
    );
    expect(() => mustBeFew(501)).toThrow(/at most 500/);
  });

  it('counts the failures it may have as a number or a share', () => {
    expect([allowedFailures('3', 300), allowedFailures('10%', 300), allowedFailures('10%', 3)]).toEqual([3, 30, 0]);
  });
});

describe('the plan of its undo', () => {
  const args = {
    instance: 'i-00000001' as const,
    swaps: [
      { device: '/dev/sdf', deleteOnTermination: false, now: 'vol-0000000b' as const, back: 'vol-0000000c' as const },
    ],
  };

  const none = { back: [], binned: new Map() };

  it('puts the old volume back to its device', () => {
    expect(
      planPutBack(args, anInstance(), {
        back: [aVolume({ id: 'vol-0000000c', state: 'available', attachments: [] })],
        binned: new Map(),
      }),
    ).toMatchObject({
      swaps: [{ device: '/dev/sdf', out: 'vol-0000000b', put: { kind: 'existing', volumeId: 'vol-0000000c' } }],
    });
  });

  it('is refused when the old volume is gone or used, or the device holds something else', () => {
    expect(() => planPutBack(args, anInstance(), none)).toThrow(/is gone/);
    expect(() => planPutBack(args, anInstance(), { ...none, back: [aVolume({ id: 'vol-0000000c' })] })).toThrow(
      /not free/,
    );
    expect(() => planPutBack(args, anInstance({ mappings: [] }), none)).toThrow(/no longer holds/);
    const binned = new Map([['vol-0000000c' as const, 'lies in the Recycle Bin. Take it out']]);
    expect(() => planPutBack(args, anInstance(), { ...none, binned })).toThrow(
      /vol-0000000c lies in the Recycle Bin.*ask again/,
    );
  });
});

describe('the line of a restore', () => {
  const parse = (line: string) => parseRestore(readWords(line, ['from']));

  it.each([
    ['db-1', { kind: 'latest' }],
    ['db-1 --from latest', { kind: 'latest' }],
    ['db-1 from latest', { kind: 'latest' }],
    ['db-1 --from snap-0123456789abcdef0', { kind: 'snapshot', id: 'snap-0123456789abcdef0' }],
    ['db-1 --from before 2026-11-24 10:00', { kind: 'before', at: Date.UTC(2026, 10, 24, 10) }],
    ['db-1 --from before 2026-11-24', { kind: 'before', at: Date.UTC(2026, 10, 24) }],
    ['db-1 --from before 2026-11-24T10:00:30Z', { kind: 'before', at: Date.UTC(2026, 10, 24, 10, 0, 30) }],
    ['db-1 --from before 6h', { kind: 'ago', ms: 6 * 3_600_000 }],
    ['db-1 before 2d ago', { kind: 'ago', ms: 2 * 86_400_000 }],
    ['db-1 --from set r-0123456789', { kind: 'set', run: 'r-0123456789' }],
  ])('%j is understood', (line, from) => {
    expect(parse(line)).toMatchObject({
      kind: 'restore',
      selector: { names: ['db-1'] },
      from,
      disks: 'data',
      mixed: false,
    });
  });

  it.each([
    ['', /Name what you mean/],
    ['db-1 --root --all-disks', /either `--root`/],
    ['db-1 --rate 20', /whole number from 100 to 300/],
    ['db-1 --at-once none', /whole number from 1 to 500/],
    ['db-1 --max-failures some', /--max-failures 5%/],
    ['db-1 --from set r-1', /no run id/],
    ['snap-0123456789abcdef0', /after `--from`/],
    ['db-1 --from yesterday', /not understood/],
    ['db-1 --from snap-12', /not a valid snapshot id/],
    ['db-1 --from before noon', /no time/],
    ['db-1 --form latest', /no option of restore/],
  ])('%j is refused with an example', (line, why) => {
    expect(() => parse(line)).toThrow(why);
  });
});
