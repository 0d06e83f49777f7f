import { isRefusal, Refusal } from '#errors.ts';
import { existing } from '#lib/targets.ts';
import type { Cloud, Snapshot, Volume } from '#ports/cloud.ts';
import type { SnapshotId, VolumeId } from '#ports/ids.ts';

/** The snapshot of this id. Throws Refusal "not-found", which says when it lies in the Recycle Bin. */
export async function snapshotNamed(
  cloud: Pick<Cloud, 'snapshots' | 'recycleBin'>,
  id: SnapshotId,
): Promise<readonly Snapshot[]> {
  try {
    return await cloud.snapshots({ ids: [id] });
  } catch (error) {
    if (!isRefusal(error) || error.code !== 'not-found') throw error;
    const binned = (await orNone(cloud.recycleBin())).find((one) => one.id === id);
    if (binned === undefined) throw error;
    throw new Refusal('not-found', `${id} ${inBin(binned)}, then ask again.`, error.data, { cause: error });
  }
}

/** Those of the volumes that exist; `binned` says of the others how to get them out of the Recycle Bin. */
export async function volumesNamed(
  cloud: Pick<Cloud, 'volumes' | 'binnedVolumes'>,
  ids: readonly VolumeId[],
): Promise<{ volumes: readonly Volume[]; binned: ReadonlyMap<VolumeId, string> }> {
  const volumes = await existing((wanted) => cloud.volumes({ ids: wanted }), ids);
  const gone = new Set(ids.filter((id) => !volumes.some((volume) => volume.id === id)));
  const bin = gone.size === 0 ? [] : await orNone(cloud.binnedVolumes());
  return {
    volumes,
    binned: new Map(bin.filter(({ id }) => gone.has(id)).map((one) => [one.id, inBin(one)])),
  };
}

function inBin({ until }: { until?: number }): string {
  const when = until === undefined ? '' : ` until ${new Date(until).toISOString().slice(0, 10)}`;
  return `lies in the Recycle Bin${when}. Take it out in the AWS console (Recycle Bin > Resources)`;
}

/** What may not be read, or is not offered, holds nothing. */
async function orNone<T>(list: Promise<readonly T[]>): Promise<readonly T[]> {
  try {
    return await list;
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return [];
  }
}
