import { describe, expect, it } from 'vitest';

import { backupsOf, newestGood } from '#lib/backups.ts';
import { sourceTag } from '#lib/tags.ts';
import type { Snapshot, SnapshotQuery } from '#ports/cloud.ts';
import { aSnapshot, aVolume } from '#test/support/builders.ts';

const first = aVolume({ id: 'vol-0000000a' });
/** It took the place of `first`, and of one in between. */
const restored = aVolume({ id: 'vol-0000000c', tags: { [sourceTag]: first.id } });
const before = aSnapshot({ id: 'snap-0000000a', volumeId: first.id, startedAt: 10 });
const between = aSnapshot({
  id: 'snap-0000000b',
  volumeId: 'vol-0000000b',
  startedAt: 20,
  tags: { [sourceTag]: first.id },
});
const own = aSnapshot({ id: 'snap-0000000c', volumeId: restored.id, startedAt: 30, tags: restored.tags });

describe('the newest good snapshot of a disk', () => {
  it.each<[string, readonly Snapshot[], Snapshot | undefined]>([
    ['is its own', [own, between, before], own],
    ['is, after a restore, that of the disk before it', [before], before],
    ['is that of a disk in between, which is gone', [before, between], between],
    ['is none that is still made', [before, { ...own, state: 'pending' }], before],
    ['is none in the archive, which takes days to come back', [before, { ...own, tier: 'archive' }], before],
    ['is no copy, whose time is that of the copying', [before, { ...own, volumeId: 'vol-ffffffff' }], before],
    ['is not that of another disk', [aSnapshot({ volumeId: 'vol-0000000f' })], undefined],
  ])('%s', (_, snapshots, wanted) => {
    expect(newestGood([restored], snapshots).get(restored.id)).toEqual(wanted);
    expect(newestGood([restored], snapshots.toReversed()).get(restored.id)).toEqual(wanted);
  });

  it('of a disk that was never restored is no later one of a disk that took its place', () => {
    expect(newestGood([first], [before, between, own]).get(first.id)).toEqual(before);
  });

  it('is read with those of the disks before it, each once', async () => {
    const asked: SnapshotQuery[] = [];
    const cloud = {
      snapshots: async (query: SnapshotQuery) => {
        asked.push(query);
        return query.tagged === undefined ? [before, own] : [between, own];
      },
    };
    expect(await backupsOf(cloud, [restored])).toEqual([before, own, between]);
    expect(asked).toEqual([{ volumeIds: [restored.id, first.id] }, { tagged: { key: sourceTag, values: [first.id] } }]);
    asked.length = 0;
    await backupsOf(cloud, [first]);
    expect(asked).toEqual([{ volumeIds: [first.id] }]);
  });
});
