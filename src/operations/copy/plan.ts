import { Refusal } from '#errors.ts';
import { sourceVolume } from '#lib/retention.ts';
import { copiedTags, sourceTag } from '#lib/tags.ts';
import type { Place, Snapshot, Tags } from '#ports/cloud.ts';
import type { Where } from '#ports/clouds.ts';
import type { SnapshotId } from '#ports/ids.ts';

export type Copied = { id: SnapshotId; name: string; sizeGiB: number; tags: Tags };
export type CopyPlan = {
  from: Where;
  to: Where & { name?: string };
  /** The other account, which must be able to read the snapshots while they are copied. */
  shareWith?: string;
  kmsKey?: string;
  schedule?: { name: string; retainMs: number };
  snapshots: readonly Copied[];
};
type Of = {
  from: Place;
  to: CopyPlan['to'];
  /** The account that `to` is, in digits. */
  owner: string;
  kmsKey: string | undefined;
  schedule: CopyPlan['schedule'] | undefined;
};

/** Refuses what AWS cannot copy. Pure. */
export function planCopy(found: readonly Snapshot[], { from, to, owner, kmsKey, schedule }: Of): CopyPlan {
  if (from.region === to.region && from.account === owner && kmsKey === undefined)
    throw new Refusal(
      'bad-input',
      `The snapshots are in ${to.region} already. Name another Region with \`--to\`, another account with \`--to-account\`, or another key with \`--key\`.`,
    );
  const bad = found.find(({ state, tier }) => state !== 'completed' || tier !== 'standard');
  if (bad !== undefined)
    throw new Refusal(
      'unsuitable',
      bad.state === 'completed'
        ? `${bad.id} is in the ${bad.tier} tier. Bring it back from there in the AWS console, then ask again.`
        : `${bad.id} is ${bad.state}, and only completed snapshots can be copied. Ask again when it is completed.`,
    );
  return {
    from: { account: from.account, region: from.region },
    to,
    ...(from.account === owner ? {} : { shareWith: owner }),
    ...(kmsKey === undefined ? {} : { kmsKey }),
    ...(schedule === undefined ? {} : { schedule }),
    snapshots: found.map((one) => ({ id: one.id, name: nameOf(one), sizeGiB: one.sizeGiB, tags: tagsOf(one) })),
  };
}

/** What is no longer as planned; empty = still true. Pure. */
export function differences(plan: CopyPlan, now: readonly Snapshot[]): string[] {
  return plan.snapshots.flatMap(({ id }) =>
    now.some((one) => one.id === id && one.state === 'completed') ? [] : [`${id} is no longer there.`],
  );
}

function nameOf({ id, tags }: Snapshot): string {
  const name = tags['Name'] ?? '';
  return name === '' ? id : `${name} (${id})`;
}

/** AWS names no volume on a copy, so its history goes on by our tag. */
function tagsOf(one: Snapshot): Tags {
  const source = sourceVolume(one);
  return { ...copiedTags(one.tags), ...(source === undefined ? {} : { [sourceTag]: source }) };
}
