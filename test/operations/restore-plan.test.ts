import { describe, expect, it } from 'vitest';

import { readWords } from '#lib/words.ts';
import { parseRestore } from '#operations/restore/arguments.ts';
import { differences, type Facts, planPutBack, planRestore } from '#operations/restore/plan.ts';
import { anInstance, aSnapshot, aVolume } from '#test/support/builders.ts';

const facts = (change: Partial<Facts> = {}): Facts => ({
  instance: anInstance(),
  volumes: [aVolume({ id: 'vol-0000000a' }), aVolume()],
  only: undefined,
  snapshots: [aSnapshot(), aSnapshot({ id: 'snap-00000002', startedAt: 2_000 })],
  from: { kind: 'latest' },
  now: 10_000,
  ...change,
});
const sourceOf = (plan: ReturnType<typeof planRestore>) =>
  plan.swaps.map(({ put }) => (put.kind === 'create' ? put.snapshotId : put.volumeId));

describe('the plan of a restore', () => {
  it('swaps every data volume for its newest completed snapshot and keeps what the disk was', () => {
    const plan = planRestore(facts());

    expect(plan).toMatchObject({ wasRunning: true, putsBack: false, instance: { id: 'i-00000001', env: 'prod' } });
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
    expect(sourceOf(planRestore(facts({ from: { kind: 'before', at: 1_500 } })))).toEqual(['snap-00000001']);
    expect(sourceOf(planRestore(facts({ from: { kind: 'ago', ms: 8_500 } })))).toEqual(['snap-00000001']);
    expect(sourceOf(planRestore(facts({ from: { kind: 'snapshot', id: 'snap-00000001' } })))).toEqual([
      'snap-00000001',
    ]);
  });

  it('finds the snapshots of the volume that an earlier restore replaced', () => {
    const restored = aVolume({ tags: { 'deckhand:source-volume': 'vol-00000009' } });

    expect(
      sourceOf(planRestore(facts({ volumes: [restored], snapshots: [aSnapshot({ volumeId: 'vol-00000009' })] }))),
    ).toEqual(['snap-00000001']);
  });

  it('grows to the snapshot when that is larger, and copies no tag AWS reserves', () => {
    const plan = planRestore(
      facts({
        volumes: [aVolume({ tags: { 'aws:x': '1', 'deckhand:job': 'r-1', a: 'b' } })],
        snapshots: [aSnapshot({ sizeGiB: 120 })],
      }),
    );

    expect(plan.swaps[0]?.put).toMatchObject({
      volume: { sizeGiB: 120, tags: { a: 'b', 'deckhand:source-volume': 'vol-0000000b' } },
    });
  });

  it.each<[string, Partial<Facts>, RegExp]>([
    [
      'a member of an Auto Scaling group',
      { instance: anInstance({ autoScalingGroup: 'web' }) },
      /Auto Scaling group web.*Standby/,
    ],
    ['a managed server', { instance: anInstance({ managedBy: 'eks' }) }, /managed by eks/],
    ['a Marketplace server', { instance: anInstance({ marketplace: true }) }, /Marketplace/],
    ['a server in between', { instance: anInstance({ state: 'stopping' }) }, /is stopping/],
    ['the root volume', { only: 'vol-0000000a' }, /root volume/],
    [
      'a server with only a root',
      {
        instance: anInstance({
          mappings: [{ device: '/dev/xvda', volumeId: 'vol-0000000a', deleteOnTermination: true, state: 'attached' }],
        }),
      },
      /no data volume/,
    ],
    ['a shared volume', { volumes: [aVolume({ multiAttach: true })] }, /multi-attach/],
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
    [
      'a volume full of tags',
      { volumes: [aVolume({ tags: Object.fromEntries(Array.from({ length: 48 }, (_, n) => [`k${n}`, 'v'])) })] },
      /exceed AWS's 50/,
    ],
  ])('is refused for %s', (_what, change, why) => {
    expect(() => planRestore(facts(change))).toThrow(why);
  });

  it('warns of a public address that will change', () => {
    expect(
      planRestore(
        facts({ instance: anInstance({ publicIpChangesOnStop: true, publicIp: '203.0.113.7' }) }),
      ).warnings.join(' '),
    ).toMatch(/203\.0\.113\.7 will change/);
  });

  it('is no longer true when the server, a disk or the snapshot moved', () => {
    const plan = planRestore(facts());
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

describe('the plan of its undo', () => {
  const args = {
    kind: 'put-back' as const,
    instance: 'i-00000001' as const,
    swaps: [
      { device: '/dev/sdf', deleteOnTermination: false, now: 'vol-0000000b' as const, back: 'vol-0000000c' as const },
    ],
  };

  it('puts the old volume back to its device', () => {
    expect(
      planPutBack(args, anInstance(), [aVolume({ id: 'vol-0000000c', state: 'available', attachments: [] })]),
    ).toMatchObject({
      putsBack: true,
      swaps: [{ device: '/dev/sdf', out: 'vol-0000000b', put: { kind: 'existing', volumeId: 'vol-0000000c' } }],
    });
  });

  it('is refused when the old volume is gone or used, or the device holds something else', () => {
    expect(() => planPutBack(args, anInstance(), [])).toThrow(/is gone/);
    expect(() => planPutBack(args, anInstance(), [aVolume({ id: 'vol-0000000c' })])).toThrow(/not free/);
    expect(() => planPutBack(args, anInstance({ mappings: [] }), [])).toThrow(/no longer holds/);
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
  ])('%j is understood', (line, from) => {
    expect(parse(line)).toEqual({ kind: 'restore', target: { name: 'db-1' }, from });
  });

  it.each([
    ['', /Name what you mean/],
    ['all', /not `all`/],
    ['db-1 db-2', /one at a time|one volume or one server/],
    ['snap-0123456789abcdef0', /after `--from`/],
    ['db-1 --from yesterday', /not understood/],
    ['db-1 --from snap-12', /not a valid snapshot id/],
    ['db-1 --from before noon', /no time/],
    ['db-1 --form latest', /no option of restore/],
  ])('%j is refused with an example', (line, why) => {
    expect(() => parse(line)).toThrow(why);
  });
});
