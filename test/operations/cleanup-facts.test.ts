import { describe, expect, it } from 'vitest';

import { Refusal } from '#errors.ts';
import { readSelector } from '#lib/selector.ts';
import { sourceTag } from '#lib/tags.ts';
import { planCleanup } from '#operations/cleanup/facts.ts';
import type { Asking } from '#operations/contract.ts';
import type { Instance, Snapshot, Volume } from '#ports/cloud.ts';
import { anInstance, aSnapshot, aVolume } from '#test/support/builders.ts';
import { createFakeSettings } from '#test/support/fake-settings.ts';

const root = aVolume({ id: 'vol-0000000a', name: 'root' });
const data = aVolume({ id: 'vol-0000000b', name: 'data', tags: { [sourceTag]: 'vol-0000000d' } });
const loose = aVolume({ id: 'vol-0000000c', name: 'loose', attachments: [], state: 'available', tags: { env: 'dev' } });

/** Two snapshots of each disk, and two with a tag of a disk that is gone. */
const snapshots = (
  [
    ['a', root.id, {}],
    ['b', data.id, { [sourceTag]: 'vol-0000000d' }],
    ['c', loose.id, { env: 'dev' }],
    ['d', 'vol-0000000d', {}],
    ['e', 'vol-0000000e', { env: 'dev' }],
  ] as const
).flatMap(([letter, volumeId, tags], at) =>
  [1, 2].map((n) =>
    aSnapshot({
      id: `snap-000000${letter}${n}`,
      volumeId,
      tags,
      startedAt: n * 1_000 + at,
    }),
  ),
);

function asking(of: { instances?: readonly Instance[]; refuse?: boolean; asked?: string[] } = {}): Asking {
  const volumes: Volume[] = [root, data, loose];
  const matches = (tags: Volume['tags'], wanted: Volume['tags'] = {}) =>
    Object.entries(wanted).every(([key, value]) => tags[key] === value);
  const list = async () => [];
  return {
    now: 1_000_000,
    settings: createFakeSettings().current(),
    history: { claims: { holders: list } },
    platform: { lifecycles: { policies: async () => Promise.reject(new Refusal('not-permitted', 'dlm')) } },
    cloud: {
      snapshots: async () => snapshots as readonly Snapshot[],
      instances: async ({ ids, names, tags }: { ids?: string[]; names?: string[]; tags?: Volume['tags'] }) =>
        [anInstance()].filter(
          (one) => (ids?.includes(one.id) ?? true) && (names?.includes(one.name) ?? true) && matches(one.tags, tags),
        ),
      volumes: async ({ ids, instanceIds, tags }: { ids?: string[]; instanceIds?: string[]; tags?: Volume['tags'] }) =>
        volumes.filter(
          (one) =>
            (ids?.includes(one.id) ?? true) &&
            (instanceIds === undefined || one.attachments.some((at) => instanceIds.includes(at.instanceId))) &&
            matches(one.tags, tags),
        ),
      images: list,
      lockedSnapshots: list,
      fastRestores: list,
      launchTemplateSnapshots: async () => Promise.reject(new Refusal('not-offered', 'no such call')),
      archivedSnapshots: list,
      recycleBin: async () => Promise.reject(new Refusal('not-permitted', 'no')),
      sharedWith: async (id: string) => (of.asked?.push(id), []),
    },
  } as unknown as Asking;
}

const sources = async (line: string, facts = asking()) => {
  const selector = readSelector(line.split(' '), 'all');
  const plan = await planCleanup(facts, {
    kind: 'snapshots',
    selector,
    rules: { timezone: 'UTC', keep: 1 },
    adopt: false,
  });
  return [...new Set(plan.units.flatMap((unit) => unit.sources))].toSorted();
};

describe('whose snapshots a clean-up means', () => {
  it.each([
    [
      'a server: all of its disks, with the history of the disk one was restored from',
      'db-1',
      ['vol-0000000a', 'vol-0000000d'],
    ],
    ['a disk: it alone', 'vol-0000000a', ['vol-0000000a']],
    ['a loose disk', 'vol-0000000c', ['vol-0000000c']],
    ['a tag: disks that carry it, and snapshots of disks that are gone', 'env=dev', ['vol-0000000c', 'vol-0000000e']],
    ['all', 'all', ['vol-0000000a', 'vol-0000000c', 'vol-0000000d', 'vol-0000000e']],
  ])('%s', async (_what, line, expected) => {
    expect(await sources(line)).toEqual(expected);
  });

  it('nothing at all is refused, with what to do', async () => {
    await expect(sources('env=nowhere')).rejects.toMatchObject({ code: 'nothing' });
    await expect(sources('nobody')).rejects.toMatchObject({ code: 'not-found' });
  });

  it('asks who shares each one before the plan is shown, as long as they are few', async () => {
    const asked: string[] = [];
    await sources('vol-0000000a', asking({ asked }));
    expect(asked).toEqual([snapshots[0]!.id]);
  });
});
