import { isRefusal } from '#errors.ts';
import { settle } from '#lib/settle.ts';
import type { Asking } from '#operations/contract.ts';
import type { Snapshot } from '#ports/cloud.ts';
import type { Where } from '#ports/clouds.ts';
import type { SnapshotId } from '#ports/ids.ts';
import type { Key, Keys } from '#ports/platform.ts';

import type { CopyPlan } from './plan.ts';

/** A key as it was seen: undefined where it could not be looked at. `refused`: whoever must read with it may not use it. */
export type KeySight = { name: string; key: Key | undefined; refused: boolean };

/** What would make a copy fail only after AWS has taken it, or keeps AWS from sharing the snapshot. */
export type KeyTrouble =
  | { kind: 'aws-managed'; snapshot: SnapshotId }
  | { kind: 'not-allowed'; snapshot: SnapshotId; key: string }
  | { kind: 'not-enabled'; key: string; state: string };

/** The first trouble with the keys, if any is known. Pure. */
export function keyTrouble(
  { shareWith, kmsKey }: Pick<CopyPlan, 'shareWith' | 'kmsKey'>,
  found: readonly Snapshot[],
  sights: readonly KeySight[],
): KeyTrouble | undefined {
  const sightOf = (name: string | undefined) => sights.find((one) => one.name === name);
  for (const { id, kmsKeyId } of found) {
    const sight = sightOf(kmsKeyId);
    if (sight === undefined) continue;
    if (shareWith !== undefined && sight.key?.manager === 'AWS') return { kind: 'aws-managed', snapshot: id };
    if (shareWith !== undefined && sight.refused) return { kind: 'not-allowed', snapshot: id, key: sight.name };
  }
  const off = [...found.map(({ kmsKeyId }) => kmsKeyId), kmsKey]
    .map(sightOf)
    .find((one) => one?.key?.enabled === false);
  return off?.key && { kind: 'not-enabled', key: off.key.arn, state: off.key.state };
}

/** Looks at the keys of the snapshots, from where they are and as the other account, and at the one they are copied under. */
export async function readKeys(
  asking: Pick<Asking, 'platform' | 'platformAt'>,
  plan: Pick<CopyPlan, 'from' | 'to' | 'shareWith' | 'kmsKey'>,
  found: readonly Snapshot[],
): Promise<readonly KeySight[]> {
  const { from, to, shareWith, kmsKey } = plan;
  const names = [...new Set(found.flatMap(({ kmsKeyId }) => kmsKeyId ?? []))];
  // A key is used where it is, by whoever reads with it.
  const reader: Where = { account: to.account, region: from.region };
  const sources = await settle(names, async (name) => {
    const [own, theirs] = await settle(
      [asking.platform, ...(shareWith === undefined ? [] : [asking.platformAt(reader)])],
      ({ keys }) => lookAt(keys, name),
    );
    return { name, key: own?.key, refused: theirs?.refused === true };
  });
  if (kmsKey === undefined) return sources;
  return [...sources, { name: kmsKey, refused: false, key: await asking.platformAt(to).keys.key(kmsKey) }];
}

/** Who may not look says nothing about a key of its own account; AWS tells it then. */
async function lookAt(keys: Keys, name: string): Promise<{ key: Key | undefined; refused: boolean }> {
  try {
    return { key: await keys.key(name), refused: false };
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return { key: undefined, refused: error.code === 'not-permitted' || error.code === 'not-found' };
  }
}
