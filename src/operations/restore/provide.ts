import { isRefusal, Refusal } from '#errors.ts';
import { settle } from '#lib/settle.ts';
import { runTag, volumeTag } from '#lib/tags.ts';
import type { Story } from '#operations/story-contract.ts';
import type { Volume } from '#ports/cloud.ts';
import type { VolumeId } from '#ports/ids.ts';

import { tokenOf, visible } from './look.ts';
import type { Placed, ServerPart } from './server-part.ts';
import type { Swap } from './server-plan.ts';
import { removeMade } from './undo.ts';

/** New volumes from the snapshots (nothing on the server has changed yet), or the old ones for an undo. */
export async function provide(story: Story, { server, rate }: ServerPart): Promise<Placed[]> {
  const { swaps } = server;
  const made = new Map<VolumeId, VolumeId>();
  const refused = new Set<VolumeId>();
  for (const swap of swaps) {
    if (swap.put.kind === 'create') {
      story.undo(
        `remove the volume made for ${swap.device}`,
        (tools) => (refused.has(swap.out) ? Promise.resolve() : removeMade(story, swap, made.get(swap.out), tools)),
        `aws ec2 delete-volume --volume-id <the volume tagged ${volumeTag}=${tokenOf(story, swap)}>`,
      );
    }
  }
  const ids = await settle(swaps, async (swap) => {
    try {
      const id = await story.step(`create for ${swap.device}`, () => create(story, swap, rate));
      made.set(swap.out, id);
      return id;
    } catch (error) {
      if (isRefusal(error)) refused.add(swap.out);
      throw error;
    }
  });
  await story.poll('volumes available', {
    look: async () => allAvailable(await visible(story.cloud, ids)),
    withinMs: story.limits.wait.volumeMs,
    what: `The volume from ${swaps.map((swap) => (swap.put.kind === 'create' ? swap.put.snapshotId : swap.put.volumeId)).join(', ')} becoming available`,
  });
  return swaps.map((swap, at) => ({ ...swap, in: ids[at]! }));
}

async function create(story: Story, swap: Swap, rate: number | undefined): Promise<VolumeId> {
  if (swap.put.kind === 'existing') return swap.put.volumeId;
  const { volume, snapshotId } = swap.put;
  const tags = { ...volume.tags, [runTag]: story.order.id, [volumeTag]: tokenOf(story, swap) };
  const filling = rate === undefined ? {} : { initializationRate: rate };
  return (await story.cloud.createVolume({ ...volume, ...filling, snapshotId, tags, token: tokenOf(story, swap) })).id;
}

function allAvailable(volumes: readonly Volume[] | undefined): true | undefined {
  if (volumes === undefined) return undefined;
  const broken = volumes.find((volume) => volume.state === 'error');
  if (broken !== undefined)
    throw new Refusal(
      'unsuitable',
      `AWS could not make ${broken.id} (state error), most often because of its KMS key. Check the key, then ask again.`,
    );
  return volumes.every((volume) => volume.state === 'available') ? true : undefined;
}
