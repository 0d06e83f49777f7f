import { isRefusal, Refusal } from '#errors.ts';
import { runTag, volumeTag } from '#lib/tags.ts';
import type { Story, UndoTools } from '#operations/story-contract.ts';
import type { Cloud } from '#ports/cloud.ts';
import type { InstanceId, VolumeId } from '#ports/ids.ts';

import { find, one, tokenOf } from './look.ts';
import type { Placed, ServerPart } from './server-part.ts';
import type { ServerPlan } from './server-plan.ts';
import { stageOf } from './stages.ts';
import { attach, free, startAgain, stopAgain } from './undo.ts';

/** States in which AWS still works on the task. */
const atWork = ['pending', 'in-progress', 'failing', 'failing-detached'];

/** AWS replaces the root volume of the running server and reboots it; the old root stays behind, detached. */
export async function replaceRoot(story: Story, { server, rate }: ServerPart): Promise<readonly Placed[]> {
  const swap = server.swaps[0]!;
  if (swap.put.kind !== 'create') throw new Error('a root volume that exists is swapped');
  const { volume, snapshotId } = swap.put;
  const instanceId = server.instance.id;
  const ours = { [runTag]: story.order.id, [volumeTag]: tokenOf(story, swap) };
  let refused = false;
  await story.mayGoOn();
  story.stage(stageOf('swap'));
  story.undo(
    'put the old root volume back',
    (tools) => (refused ? Promise.resolve() : rootBack(story, server, tools)),
    `aws ec2 stop-instances --instance-ids ${instanceId}; then detach its root volume, attach ${swap.out} at ${swap.device} and start it`,
  );
  const filling = rate === undefined ? {} : { initializationRate: rate };
  const ask = { instanceId, from: { snapshotId }, token: tokenOf(story, swap), tags: ours, ...filling };
  const task = await story
    .step('replace root', async () => (await story.cloud.replaceRoot(ask)).id)
    .catch((error: unknown) => {
      refused = isRefusal(error);
      throw error;
    });
  await story.poll('root replaced', {
    look: async () => ended((await story.cloud.rootTasks({ ids: [task] }))[0]?.state),
    withinMs: story.limits.wait.volumeMs + story.limits.wait.startMs,
    what: `Replacing the root volume of ${instanceId} (task ${task})`,
  });
  const made = await story.poll('new root', {
    look: () => newRoot(story, server),
    withinMs: story.limits.wait.volumeMs,
    what: `The new root volume of ${instanceId} becoming visible`,
  });
  await story.step('tag the new root', () => story.cloud.createTags([made], { ...volume.tags, ...ours }));
  return [{ ...swap, in: made }];
}

function ended(state: string | undefined): true | undefined {
  if (state === 'succeeded') return true;
  if (state !== 'failed' && state !== 'failed-detached') return undefined;
  throw new Refusal(
    'conflict',
    state === 'failed'
      ? 'AWS could not replace the root volume and left the old one in place. Look at the snapshot in the AWS console, then ask again.'
      : 'AWS could not replace the root volume and left the server without one; Deckhand puts the old one back.',
  );
}

async function newRoot(story: Story, server: ServerPlan): Promise<VolumeId | undefined> {
  const { mappings } = await one(story.cloud, server.instance.id);
  const root = mappings.find(({ device }) => device === server.rootDevice);
  return root === undefined || root.volumeId === server.swaps[0]!.out ? undefined : root.volumeId;
}

/** Whatever became of the task: the server has its old root again and runs, and the new one is gone. */
async function rootBack(story: Story, server: ServerPlan, { until, seek }: UndoTools): Promise<void> {
  const { cloud, limits } = story;
  const { out, device, deleteOnTermination } = server.swaps[0]!;
  const instanceId = server.instance.id;
  const ours = { [volumeTag]: tokenOf(story, server.swaps[0]!) };
  const tasks = async () => cloud.rootTasks({ instanceIds: [instanceId], tags: ours });
  await seek(async () => ((await tasks()).length > 0 ? true : undefined));
  await until(
    async () => !(await tasks()).some(({ state }) => atWork.includes(state)),
    limits.wait.volumeMs + limits.wait.startMs,
    `The replacement of the root volume of ${instanceId} coming to an end`,
  );
  const made = await newRoot(story, server);
  // Marked first, so that it is found again whatever comes between.
  if (made !== undefined) await cloud.createTags([made], ours);
  if (made !== undefined || !(await hangsOn(cloud, out, instanceId))) {
    await stopAgain(cloud, instanceId, limits.wait.stopMs, until);
    if (made !== undefined) await free(cloud, made, instanceId, limits.wait.volumeMs, until);
    await attach(cloud, { in: out, instanceId, device, deleteOnTermination }, limits.wait.volumeMs, until);
  }
  await startAgain(cloud, instanceId, limits.wait, until);
  for (const { id } of await cloud.volumes({ tags: ours })) await cloud.deleteVolume(id);
}

async function hangsOn(cloud: Cloud, volumeId: VolumeId, instanceId: InstanceId): Promise<boolean> {
  const volume = await find(cloud, volumeId);
  return volume?.attachments.some((at) => at.instanceId === instanceId && at.state === 'attached') === true;
}
