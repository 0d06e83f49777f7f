import { diceOf } from './chance.ts';
import { seededId } from './fleet.ts';
import type { Image, Snapshot, Volume } from './model.ts';

export type SeedOf = {
  seed: number;
  /** All ages count from here; epoch ms. */
  startedAt: number;
  account: string;
  zones: readonly string[];
  kmsKeyId: string;
};

const hour = 3_600_000;
const day = 24 * hour;

type OfDisk = SeedOf & { name: string; many: boolean; root: boolean };

/** Nightly copies, newest first; a data volume of a well-known server has more of them, one of db-1 in the archive. */
export function snapshotsOfDisk(volume: Volume, of: OfDisk): Snapshot[] {
  const offset = diceOf(`night ${of.name}`) * 2 * hour;
  const ages = of.root ? [29] : of.many ? [5, 29, 7 * 24, 30 * 24] : [29, 7 * 24];
  const nightly = ages.map((hours) => snapshotOf(volume, of, hours * hour + offset, 'standard'));
  if (of.name !== 'db-1' || of.root) return nightly;
  return [...nightly, snapshotOf(volume, of, 400 * day, 'archive')];
}

export function snapshotOf(volume: Volume, of: SeedOf, age: number, tier: Snapshot['tier']): Snapshot {
  const at = Math.floor(of.startedAt - age);
  const name = volume.tags.get('Name') ?? volume.id;
  return {
    id: seededId('snap', of.seed, `${name} ${Math.round(age / hour)}`),
    bornAt: at,
    volumeId: volume.id,
    ownerId: of.account,
    sizeGiB: volume.sizeGiB,
    description: 'nightly backup',
    tags: new Map([...volume.tags, ['backup', tier === 'archive' ? 'yearly' : 'nightly']]),
    encrypted: volume.encrypted,
    ...(volume.kmsKeyId === undefined ? {} : { kmsKeyId: volume.kmsKeyId }),
    startedAt: at,
    doneAt: at + 60_000,
    outcome: 'completed',
    tier,
    ...(tier === 'archive' ? { archivedAt: at + day } : {}),
  };
}

/** The image the servers were launched from, a deprecated and a disabled older one, and the snapshots they stand on. */
export function goldenImages(of: SeedOf): [Image[], Snapshot[]] {
  const made = (
    [
      ['golden-base-2026-10', 'available', 40],
      ['golden-base-2025-12', 'disabled', 300],
      ['golden-base-2026-03', 'available', 250],
    ] as const
  ).map(([name, state, days]): [Image, Snapshot] => {
    const bornAt = of.startedAt - days * day;
    const snapshotId = seededId('snap', of.seed, name);
    const tags = new Map([
      ['Name', name],
      ['owner', 'platform'],
    ]);
    const disks = [{ device: '/dev/xvda', snapshotId, sizeGiB: 8 }];
    const id = seededId('ami', of.seed, name);
    return [
      {
        id,
        bornAt,
        name,
        state,
        ...(days === 250 ? { deprecatedAt: of.startedAt - 30 * day } : {}),
        rootDevice: '/dev/xvda',
        disks,
        tags,
      },
      {
        ...stranger(of, snapshotId, bornAt),
        ownerId: of.account,
        sizeGiB: 8,
        description: `Created by CreateImage for ${id}`,
        tags,
        ...(days === 40 ? { fastRestores: [{ zone: of.zones[0] as string, credits: 10, at: bornAt }] } : {}),
      },
    ];
  });
  return [made.map(([image]) => image), made.map(([, snapshot]) => snapshot)];
}

/** Whoever forgets the owner gets other people's public snapshots as well. */
export function strangersSnapshots(of: SeedOf): Snapshot[] {
  return Array.from({ length: 60 }, (_, at) => ({
    ...stranger(of, seededId('snap', of.seed, `stranger ${at}`), of.startedAt - (at + 1) * 9 * day),
    ownerId: String(100_000_000_000 + Math.floor(diceOf(`stranger ${at % 7}`) * 800_000_000_000)),
    ...(at % 3 === 0 ? { ownerAlias: 'amazon' } : {}),
    sharedWith: ['all'],
    sizeGiB: 8 + at,
    description: `public image ${at}`,
  }));
}

function stranger(of: SeedOf, id: string, at: number): Snapshot {
  return {
    id,
    bornAt: at,
    volumeId: 'vol-ffffffff',
    ownerId: of.account,
    sizeGiB: 8,
    description: '',
    tags: new Map(),
    encrypted: false,
    startedAt: at,
    doneAt: at + 60_000,
    outcome: 'completed',
    tier: 'standard',
  };
}
