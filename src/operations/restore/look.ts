import { isRefusal, Refusal } from '#errors.ts';
import type { Story } from '#operations/contract.ts';
import type { Cloud, Instance, Volume } from '#ports/cloud.ts';
import type { InstanceId, VolumeId } from '#ports/ids.ts';

import type { Swap } from './plan.ts';

/** The client token of a made volume; also its tag. At most 64 characters. */
export function tokenOf(story: Story, swap: Swap): string {
  return `${story.order.id}.${swap.out}`;
}

/** Hangs on nothing and can be attached. */
export function isFree(volume: Volume): boolean {
  return volume.state === 'available';
}

/** The instance. Throws Refusal "not-found". */
export async function one(cloud: Cloud, id: InstanceId): Promise<Instance> {
  const [instance] = await cloud.instances({ ids: [id] });
  if (instance === undefined) throw new Refusal('not-found', `${id} no longer exists. Look for it in the AWS console.`);
  return instance;
}

/** The volume; undefined when it does not exist, or is not visible yet. */
export async function find(cloud: Cloud, id: VolumeId): Promise<Volume | undefined> {
  return (await visible(cloud, [id]))?.[0];
}

/** undefined: at least one does not exist, or is not visible yet. */
export async function visible(cloud: Cloud, ids: readonly VolumeId[]): Promise<readonly Volume[] | undefined> {
  try {
    return await cloud.volumes({ ids });
  } catch (error) {
    if (isRefusal(error) && error.code === 'not-found') return undefined;
    throw error;
  }
}
