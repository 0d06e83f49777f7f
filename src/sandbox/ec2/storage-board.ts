import type { Json } from '#ports/json.ts';

import type { RootOutcome, Tags } from './model.ts';

/** A rule of the Recycle Bin for each kind: days; nothing with the tag key `exclude` goes there. */
export type Bin = { snapshots?: number | undefined; volumes?: number | undefined; exclude?: string | undefined };

/** What shall go wrong with volumes, roots and quotas, and what the Recycle Bin keeps. */
export type StorageBoard = {
  failSnapshots: (times: number) => void;
  failVolumes: (times: number) => void;
  failRootTasks: (times: number, outcome: RootOutcome) => void;
  setBin: (bin: Bin) => void;
  /** GiB of one volume type that may exist; undefined as usual. */
  setStorageQuota: (type: string, gib: number | undefined) => void;
  /** MiB/s of initialisation that may be asked for together; undefined as usual. */
  setRateQuota: (mebibytes: number | undefined) => void;
  nextSnapshotFails: () => boolean;
  nextVolumeFails: () => boolean;
  nextRootOutcome: () => RootOutcome;
  /** Ms that a deleted thing stays in the Recycle Bin; undefined = it does not go there. */
  binFor: (kind: 'snapshots' | 'volumes', tags: Tags) => number | undefined;
  storageQuota: (type: string) => number | undefined;
  rateQuota: () => number | undefined;
  clear: () => void;
  list: () => readonly Json[];
};

const dayMs = 86_400_000;

export function createStorageBoard(): StorageBoard {
  const noRoots = { times: 0, outcome: 'failed' as RootOutcome };
  const quotas = new Map<string, number>();
  let [snapshots, volumes] = [0, 0];
  let roots = { ...noRoots };
  let bin: Bin = {};
  let rateQuota: number | undefined;

  return {
    failSnapshots: (times) => (snapshots = times),
    failVolumes: (times) => (volumes = times),
    failRootTasks: (times, outcome) => (roots = { times, outcome }),
    setBin: (next) => (bin = next),
    setStorageQuota: (type, gib) => void (gib === undefined ? quotas.delete(type) : quotas.set(type, gib)),
    setRateQuota: (mebibytes) => (rateQuota = mebibytes),
    nextSnapshotFails: () => snapshots > 0 && snapshots-- > 0,
    nextVolumeFails: () => volumes > 0 && volumes-- > 0,
    nextRootOutcome: () => (roots.times > 0 && roots.times-- > 0 ? roots.outcome : 'succeeded'),
    binFor: (kind, tags) => {
      const days = bin[kind];
      if (days === undefined || (bin.exclude !== undefined && tags.has(bin.exclude))) return undefined;
      return days * dayMs;
    },
    storageQuota: (type) => quotas.get(type),
    rateQuota: () => rateQuota,
    clear: () => {
      [snapshots, volumes] = [0, 0];
      [roots, bin, rateQuota] = [{ ...noRoots }, {}, undefined];
      quotas.clear();
    },
    list: () => [
      ...(snapshots > 0 ? [{ failNextSnapshot: snapshots }] : []),
      ...(volumes > 0 ? [{ failNextVolume: volumes }] : []),
      ...(roots.times > 0 ? [{ failNextRootTask: { ...roots } }] : []),
      ...(Object.keys(bin).length > 0 ? [{ recycleBin: { ...bin } }] : []),
      ...[...quotas].map(([type, gib]) => ({ storageQuota: { type, gib } })),
      ...(rateQuota === undefined ? [] : [{ rateQuota }]),
    ],
  };
}
