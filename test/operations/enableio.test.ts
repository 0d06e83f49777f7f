import { describe, expect, it } from 'vitest';

import { readWords } from '#lib/words.ts';
import type { Asking } from '#operations/contract.ts';
import { enableioOperation } from '#operations/enableio/operation.ts';
import type { InstanceQuery, VolumeQuery } from '#ports/cloud.ts';
import { anInstance, aVolume } from '#test/support/builders.ts';

const disks = [aVolume({ id: 'vol-0000000a', name: 'db-1-root' }), aVolume({ id: 'vol-0000000b', name: 'db-1-data' })];

/** `stopped`: the disks whose I/O AWS has stopped. */
async function planOf(typed: string, stopped: readonly string[]) {
  const cloud = {
    instances: async ({ names }: InstanceQuery) =>
      names === undefined || names.includes('db-1') ? [anInstance()] : [],
    volumes: async ({ ids, tags, instanceIds }: VolumeQuery) =>
      disks.filter(
        ({ id, name }) => ids?.includes(id) === true || tags?.['Name'] === name || (instanceIds?.length ?? 0) > 0,
      ),
    volumeHealth: async (ids: readonly string[]) =>
      ids.map((volumeId) => ({ volumeId, status: 'ok', ioEnabled: !stopped.includes(volumeId) })),
    permits: async () => ({ permitted: true }),
  };
  const args = enableioOperation.args.parse(enableioOperation.parse(readWords(typed)));
  return enableioOperation.plan({ cloud } as unknown as Asking, args);
}

describe('I/O that AWS has stopped', () => {
  it.each(['vol-0000000b', 'db-1-data', 'db-1'])('is enabled of the disk that %s names', async (typed) => {
    expect(await planOf(typed, ['vol-0000000b'])).toMatchObject({ volume: 'vol-0000000b', server: 'i-00000001' });
  });

  it.each([
    ['db-1-data', [], /not stopped the I\/O of any disk of `db-1-data`.*`\/fleet all`/],
    ['db-1', ['vol-0000000a', 'vol-0000000b'], /of 2 disks of `db-1` \(vol-0000000a, vol-0000000b\)/],
    ['db-9', [], /No server is named `db-9`/],
    ['vol-0000000b db-1', [], /Name one volume/],
    ['env=prod', [], /Name one volume/],
  ])('is not guessed for %s while it is stopped of %j', async (typed, stopped, why) => {
    await expect(planOf(typed, stopped)).rejects.toThrow(why);
  });
});
