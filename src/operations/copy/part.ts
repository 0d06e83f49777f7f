import { isRefusal, Refusal } from '#errors.ts';
import { requesterTag, runTag, scheduleTag, setTag } from '#lib/tags.ts';
import type { Story } from '#operations/story-contract.ts';
import type { Cloud } from '#ports/cloud.ts';
import type { SnapshotId } from '#ports/ids.ts';
import type { Json } from '#ports/json.ts';

import type { Copied, CopyPlan } from './plan.ts';

/** What one part of the run is given. */
export type CopyPart = Omit<CopyPlan, 'snapshots'> & { snapshot: Copied };

/** Where others fill the destination's limit of copies, it is tried again after this time, and no oftener. */
const roomGapMs = 30_000;

/** One snapshot: share it where the other account must read it, copy it, wait, share it no longer. */
export async function copyOne(story: Story, plan: Json): Promise<Json> {
  const of = plan as unknown as CopyPart; // written by copy
  const there = story.at(of.to);
  const mark = `${story.order.id}.copy.${of.snapshot.id}`;
  const unshare = await share(story, of);
  story.undo(
    `delete the copy of ${of.snapshot.id}`,
    async ({ seek }) => {
      const made = await seek(() => find(there, mark));
      if (made !== undefined) await there.deleteSnapshot(made);
    },
    `aws ec2 describe-snapshots --region ${of.to.region} --owner-ids self --filters Name=tag:${setTag},Values=${mark}   # then delete-snapshot`,
  );
  story.stage(0);
  const id = await start(story, { of, there, mark });
  story.stage(1);
  const end = await story.poll(`completed ${id}`, {
    look: async () => {
      const [copy] = await there.snapshots({ tags: { [setTag]: mark } });
      return copy === undefined || copy.state === 'pending'
        ? undefined
        : { state: copy.state, why: copy.message ?? '' };
    },
    withinMs: story.limits.wait.snapshotMs,
    what: `Completing the copy ${id} in ${of.to.region}`,
  });
  if (end.state !== 'completed')
    throw new Refusal(
      'conflict',
      `AWS reports ${end.state} for the copy ${id}${end.why === '' ? '' : `: ${end.why}`}. Ask again when the cause is gone.`,
    );
  await unshare();
  return { id };
}

/** Shares it with the other account unless it is already; answers what takes that back. */
async function share(story: Story, { shareWith, snapshot }: CopyPart): Promise<() => Promise<void>> {
  if (shareWith === undefined) return async () => undefined;
  const { cloud } = story;
  const of = { snapshotId: snapshot.id, account: shareWith };
  const known = await story.step('who may read it', async () => [...(await cloud.sharedWith(snapshot.id))]);
  if (known.includes(shareWith)) return async () => undefined;
  const takeBack = () => cloud.shareSnapshot({ ...of, shared: false });
  story.undo(
    `stop sharing ${snapshot.id}`,
    takeBack,
    `aws ec2 modify-snapshot-attribute --snapshot-id ${snapshot.id} --attribute createVolumePermission --operation-type remove --user-ids ${shareWith}`,
  );
  await story.step('share it', () => cloud.shareSnapshot({ ...of, shared: true }));
  return () => story.step('stop sharing it', takeBack);
}

type Copying = { of: CopyPart; there: Cloud; mark: string };

/** AWS makes at most 20 copies at once for a destination, whoever asked for them; then this one waits for its turn. */
async function start(story: Story, { of, there, mark }: Copying): Promise<SnapshotId> {
  const deadline = (await story.now()) + story.limits.wait.snapshotMs;
  for (let attempt = 1; ; attempt++) {
    const answer = await story.effect(`copy ${attempt}`, {
      find: async () => {
        const id = await find(there, mark);
        return id === undefined ? undefined : { id };
      },
      act: () => ask(story, { of, there, mark }),
    });
    if ('id' in answer) return answer.id;
    if ((await story.now()) >= deadline) throw new Refusal('over-limit', answer.busy);
    await story.sleep(Math.min(roomGapMs, story.limits.poll.maxMs * 2));
  }
}

async function ask(story: Story, { of, there, mark }: Copying): Promise<{ id: SnapshotId } | { busy: string }> {
  const { order } = story;
  const { snapshot, schedule, from, kmsKey } = of;
  try {
    const id = await there.copySnapshot({
      sourceRegion: from.region,
      snapshotId: snapshot.id,
      tags: {
        ...snapshot.tags,
        [runTag]: order.id,
        [setTag]: mark,
        [requesterTag]: order.requester,
        ...(schedule === undefined ? {} : { [scheduleTag]: schedule.name }),
      },
      description: `Deckhand ${order.id}: copy of ${snapshot.id} from ${from.region}`,
      ...(kmsKey === undefined ? {} : { kmsKeyId: kmsKey, encrypted: true }),
    });
    return { id };
  } catch (error) {
    if (isRefusal(error) && error.code === 'over-limit') return { busy: error.message };
    throw error;
  }
}

async function find(there: Cloud, mark: string): Promise<SnapshotId | undefined> {
  return (await there.snapshots({ tags: { [setTag]: mark } }))[0]?.id;
}
