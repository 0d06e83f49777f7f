import { describe, expect, it } from 'vitest';

import { planned } from '#operations/snapshot/messages.ts';
import { planSnapshot, withFull } from '#operations/snapshot/plan.ts';
import type { Snapshot } from '#ports/cloud.ts';
import { anInstance, aSnapshot, aVolume } from '#test/support/builders.ts';

const root = aVolume({
  id: 'vol-0000000a',
  name: 'root',
  attachments: [{ ...aVolume().attachments[0]!, device: '/dev/xvda' }],
});
const other = anInstance({
  id: 'i-00000002',
  name: 'db-2',
  mappings: [{ device: '/dev/sdf', volumeId: 'vol-0000000c', deleteOnTermination: false, state: 'attached' }],
});
const slow = aVolume({
  id: 'vol-0000000c',
  name: 'archive',
  type: 'sc1',
  attachments: [{ ...aVolume().attachments[0]!, instanceId: 'i-00000002' }],
});
const volumes = [root, aVolume(), slow];
const plan = planSnapshot({ instances: [anInstance(), other], volumes, named: new Set() });
const unfinished = (volumeId: Snapshot['volumeId'], states: readonly string[]) =>
  states.map((state, nr) => aSnapshot({ id: `snap-000000${volumeId.slice(-1)}${nr}`, volumeId, state }));
const five = ['pending', 'pending', 'pending', 'error', 'error'];

describe('a snapshot of a disk with unfinished ones', () => {
  it.each([
    ['none', []],
    ['four of a disk that takes five', unfinished('vol-0000000b', five.slice(1))],
    ['five of a disk that is not meant', unfinished('vol-000000ff', five)],
  ])('is planned as ever with %s', (_, list) => {
    expect(withFull(plan, { volumes, unfinished: list })).toBe(plan);
  });

  it('warns of the disks that AWS would refuse, with what to do, and takes the others', () => {
    const full = withFull(plan, { volumes, unfinished: unfinished('vol-0000000b', five) });

    expect(full.full).toEqual([
      {
        id: 'vol-0000000b',
        name: 'db-1-data (vol-0000000b)',
        pending: 3,
        failed: ['snap-000000b3', 'snap-000000b4'],
        most: 5,
      },
    ]);
    expect(JSON.stringify(planned(full))).toContain(
      'db-1-data (vol-0000000b) has 3 on the way and 2 that failed, and AWS allows 5 unfinished at a time. Delete what failed: snap-000000b3, snap-000000b4.',
    );
    expect(JSON.stringify(planned(plan))).not.toContain('unfinished');
  });

  it('is refused when nothing could be taken; one on the way is enough for a cold disk', () => {
    const all = [...unfinished('vol-0000000b', five), ...unfinished('vol-0000000c', ['pending'])];

    expect(() => withFull(plan, { volumes, unfinished: all })).toThrow(
      /archive \(vol-0000000c\) has 1 on the way, and AWS allows 1 unfinished at a time\. Wait until one is completed/,
    );
  });
});
