import { Refusal } from '#errors.ts';
import type { Story } from '#operations/story-contract.ts';
import type { SnapshotId } from '#ports/ids.ts';

import type { CopyPart } from './part.ts';
import type { CopyPlan } from './plan.ts';

export type CopyResult = {
  copies: { of: SnapshotId; id: SnapshotId }[];
  failed: { of: SnapshotId; name: string; why: string }[];
};
export const stages = ['Start the copies', 'Wait until AWS has completed them'] as const;

/** Copies in progress for one destination Region.
 *  Source: https://docs.aws.amazon.com/ebs/latest/userguide/ebs-resource-quotas.html */
const mostAtOnce = 20;

/** Each snapshot is a part of its own: copied, or nothing of it left. Fails only when none was copied. */
export async function copy(story: Story, plan: CopyPlan): Promise<CopyResult> {
  const { snapshots, ...common } = plan;
  const ended = await story.parts(
    snapshots.map((snapshot) => ({
      key: snapshot.id,
      label: snapshot.name,
      plan: { ...common, snapshot } satisfies CopyPart,
    })),
    { failures: snapshots.length, atOnce: mostAtOnce },
  );
  const result: CopyResult = { copies: [], failed: [] };
  for (const [at, { id: of, name }] of snapshots.entries()) {
    const end = ended[at]!;
    if (end.state === 'done') result.copies.push({ of, id: (end.result as { id: SnapshotId }).id });
    else result.failed.push({ of, name, why: end.reason ?? 'no reason given' });
  }
  const first = result.failed[0];
  if (result.copies.length === 0 && first !== undefined && !ended.some(({ state }) => state === 'stuck'))
    throw new Refusal('conflict', `Nothing was copied. ${first.name}: ${first.why}`);
  return result;
}
