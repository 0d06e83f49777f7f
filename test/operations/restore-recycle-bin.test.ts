import { describe, expect, it } from 'vitest';

import { Refusal } from '#errors.ts';
import { snapshotNamed, volumesNamed } from '#operations/restore/recycle-bin.ts';
import { aSnapshot, aVolume } from '#test/support/builders.ts';

const until = Date.parse('2026-12-01T10:00:00Z');
const gone = async () => {
  throw new Refusal('not-found', 'snap-00000009 does not exist.', { ids: ['snap-00000009'] });
};

describe('what was deleted', () => {
  it('is found in the Recycle Bin, and said how to get it out', async () => {
    const bin = { recycleBin: async () => [{ id: 'snap-00000009' as const, until }] };

    await expect(snapshotNamed({ snapshots: gone, ...bin }, 'snap-00000009')).rejects.toMatchObject({
      code: 'not-found',
      message: expect.stringMatching(
        /snap-00000009 lies in the Recycle Bin until 2026-12-01\. Take it out.*ask again\.$/,
      ),
    });
  });

  it.each([
    ['it is empty', async () => []],
    ['it may not be read', async () => Promise.reject(new Refusal('not-permitted', 'no'))],
  ])('is simply gone when %s', async (_what, recycleBin) => {
    await expect(snapshotNamed({ snapshots: gone, recycleBin }, 'snap-00000009')).rejects.toThrow(/does not exist/);
  });

  it('is not looked for when it is there', async () => {
    const never = async () => Promise.reject(new Error('asked'));

    expect(
      await snapshotNamed({ snapshots: async () => [aSnapshot()], recycleBin: never }, 'snap-00000001'),
    ).toHaveLength(1);
    expect(await volumesNamed({ volumes: async () => [aVolume()], binnedVolumes: never }, ['vol-0000000b'])).toEqual({
      volumes: [aVolume()],
      binned: new Map(),
    });
  });

  it('holds of several volumes only those that are asked for', async () => {
    const volumes = async ({ ids = [] }: { ids?: readonly string[] }) => {
      if (ids.includes('vol-0000000c')) throw new Refusal('not-found', 'gone', { ids: ['vol-0000000c'] });
      return [aVolume()];
    };
    const binnedVolumes = async () => [{ id: 'vol-0000000c' as const }, { id: 'vol-0000000d' as const }];

    const found = await volumesNamed({ volumes, binnedVolumes }, ['vol-0000000b', 'vol-0000000c']);

    expect([...found.binned.keys()]).toEqual(['vol-0000000c']);
    expect(found.volumes).toHaveLength(1);
  });
});
