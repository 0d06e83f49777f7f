import { volumeTag } from '#lib/tags.ts';
import type { Story, UndoTools } from '#operations/story-contract.ts';
import type { Cloud } from '#ports/cloud.ts';
import type { InstanceId, VolumeId } from '#ports/ids.ts';

import { find, one, tokenOf } from './look.ts';
import type { Swap } from './server-plan.ts';

// What undoes a restore. Each looks first and does nothing when there is nothing to do.

/** By its id where the answer arrived; else by its tag, which may take a while to show. */
export async function removeMade(
  story: Story,
  swap: Swap,
  id: VolumeId | undefined,
  { until, seek }: UndoTools,
): Promise<void> {
  const tagged = { [volumeTag]: tokenOf(story, swap) };
  const found =
    id === undefined
      ? await seek(async () => nothingAsUndefined(await story.cloud.volumes({ tags: tagged })))
      : [{ id }];
  for (const volume of found ?? []) {
    await until(
      async () => (await find(story.cloud, volume.id))?.state !== 'creating',
      story.limits.wait.volumeMs,
      `${volume.id} leaving the state creating`,
    );
    await story.cloud.deleteVolume(volume.id);
  }
}

function nothingAsUndefined<T>(list: readonly T[]): readonly T[] | undefined {
  return list.length === 0 ? undefined : list;
}

/** A server that was started again is stopped first: disks are not taken from a running one. */
export async function stopAgain(
  cloud: Cloud,
  id: InstanceId,
  withinMs: number,
  until: UndoTools['until'],
): Promise<void> {
  await cloud.stopInstances([id]);
  await until(async () => (await one(cloud, id)).state === 'stopped', withinMs, `${id} becoming stopped`);
}

/** The server runs as before. */
export async function startAgain(
  cloud: Cloud,
  id: InstanceId,
  wait: Story['limits']['wait'],
  until: UndoTools['until'],
): Promise<void> {
  await until(async () => (await one(cloud, id)).state !== 'stopping', wait.stopMs, `${id} leaving the state stopping`);
  await cloud.startInstances([id]);
  await until(async () => (await one(cloud, id)).state === 'running', wait.startMs, `${id} becoming running`);
}

/** The volume hangs on its device again, with its DeleteOnTermination. */
export async function attach(
  cloud: Cloud,
  swap: { in: VolumeId; instanceId: InstanceId; device: string; deleteOnTermination: boolean },
  withinMs: number,
  until: UndoTools['until'],
): Promise<void> {
  const { in: volumeId, instanceId, device } = swap;
  const volume = await find(cloud, volumeId);
  if (volume?.attachments.some((at) => at.state !== 'detaching' && at.instanceId === instanceId) !== true) {
    await until(
      async () => (await find(cloud, volumeId))?.state === 'available',
      withinMs,
      `${volumeId} becoming free`,
    );
    await cloud.attachVolume({ volumeId, instanceId, device });
  }
  await until(
    async () =>
      (await one(cloud, instanceId)).mappings.some(
        (mapping) => mapping.volumeId === volumeId && mapping.state === 'attached',
      ),
    withinMs,
    `${volumeId} being attached`,
  );
  await cloud.setDeleteOnTermination({ instanceId, device, value: swap.deleteOnTermination });
}

/** The volume hangs on nothing. */
export async function free(
  cloud: Cloud,
  volumeId: VolumeId,
  instanceId: InstanceId,
  withinMs: number,
  until: UndoTools['until'],
): Promise<void> {
  const volume = await find(cloud, volumeId);
  if (volume === undefined || volume.state === 'available') return;
  await cloud.detachVolume({ volumeId, instanceId });
  await until(async () => (await find(cloud, volumeId))?.state === 'available', withinMs, `${volumeId} becoming free`);
}
