import { isRefusal, Refusal } from '#errors.ts';
import { existing } from '#lib/targets.ts';
import type { Story } from '#operations/story-contract.ts';
import type { Cloud, Instance, Volume } from '#ports/cloud.ts';
import type { InstanceId, VolumeId } from '#ports/ids.ts';

import type { ServerPlan, Swap } from './server-plan.ts';

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

/** Which of the snapshots and volumes that the data comes from can be used now. */
export async function usableSources(cloud: Cloud, servers: readonly ServerPlan[]): Promise<ReadonlySet<string>> {
  const puts = servers.flatMap(({ swaps }) => swaps.map(({ put }) => put));
  const volumeIds = [...new Set(puts.flatMap((put) => (put.kind === 'existing' ? [put.volumeId] : [])))];
  const snapshotIds = [...new Set(puts.flatMap((put) => (put.kind === 'create' ? [put.snapshotId] : [])))];
  const [volumes, snapshots] = await Promise.all([
    existing((ids) => cloud.volumes({ ids }), volumeIds),
    existing((ids) => cloud.snapshots({ ids }), snapshotIds),
  ]);
  return new Set<string>([
    ...volumes.filter(isFree).map(({ id }) => id),
    ...snapshots.filter(({ state, tier }) => state === 'completed' && tier === 'standard').map(({ id }) => id),
  ]);
}

/** True when AWS has brought all blocks of these volumes; undefined while it has not. */
export async function filled(cloud: Cloud, ids: readonly VolumeId[]): Promise<true | undefined> {
  const health = await cloud.volumeHealth(ids);
  return health.every((volume) => (volume.initialization?.progress ?? 100) >= 100) ? true : undefined;
}
