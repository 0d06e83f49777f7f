import { checkQuota, onceByToken, restorable } from './act-volumes.ts';
import type { Action, Call } from './call.ts';
import { describe, listParameters } from './describe.ts';
import { flag, integer, required } from './form.ts';
import { initializationOf, usualRateQuota } from './initialization.ts';
import type { Instance, RootTask, Snapshot, Volume } from './model.ts';
import { badCombination, incorrectState, invalid, managed, Problem } from './problems.ts';
import { rootOf } from './root-tasks.ts';
import { instanceState, rootTaskState, volumeState } from './states.ts';
import { tagsAtCreation } from './tag-rules.ts';
import { type Attached, findOne, type World } from './world.ts';
import { iso, tagSet, type XmlFields } from './xml.ts';

/** Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/replace-root.html */
export const createReplaceRootVolumeTask: Action = {
  takes: [
    'InstanceId',
    'SnapshotId',
    'VolumeId',
    'ImageId',
    'ClientToken',
    'DeleteReplacedRootVolume',
    'VolumeInitializationRate',
    'TagSpecification',
    'DryRun',
  ],
  run: (call) => {
    const [id = ''] = onceByToken(call, () => [begin(call).id]);
    return { replaceRootVolumeTask: taskXml(call.world, findOne(call.world, 'rootTask', id)) };
  },
};

function begin(call: Call): RootTask {
  const { world, form, faults } = call;
  const instance = findOne(world, 'instance', required(form, 'InstanceId'));
  const tags = tagsAtCreation(form, 'replace-root-volume-task');
  const old = replaceable(world, instance);
  const given = ['SnapshotId', 'VolumeId', 'ImageId'].filter((name) => form.has(name));
  if (given.length > 1) throw badCombination(`Only one of ${given.join(', ')} can be specified.`);
  const next = form.has('VolumeId') ? handedIn(call, instance, old) : made(call, instance, old);
  const now = world.now();
  const task: RootTask = {
    id: world.newId('rootTask'),
    bornAt: now,
    doneAt: now + world.pace.rootReplace,
    instanceId: instance.id,
    ...(form.has('SnapshotId') ? { snapshotId: required(form, 'SnapshotId') } : {}),
    ...(form.has('ImageId') ? { imageId: required(form, 'ImageId') } : {}),
    oldVolumeId: old.volume.id,
    newVolumeId: next.id,
    handedIn: form.has('VolumeId'),
    deletesOld: flag(form, 'DeleteReplacedRootVolume'),
    outcome: faults.nextRootOutcome(),
    settled: false,
    tags,
  };
  world.tables.volume.put(next);
  world.tables.rootTask.put(task);
  return task;
}

/** The root as it is now. Throws where EC2 replaces none. */
function replaceable(world: World, instance: Instance): Attached {
  const state = instanceState(instance, world.now());
  if (state !== 'running')
    throw new Problem('IncorrectInstanceState', `The instance '${instance.id}' is not in the 'running' state.`);
  if (/\bmetal/.test(instance.type) && !instance.type.startsWith('mac'))
    throw new Problem('UnsupportedOperation', `Root volume replacement is not supported for ${instance.type}.`);
  if (world.tables.rootTask.all().some(({ instanceId, settled }) => instanceId === instance.id && !settled))
    throw incorrectState(`A root volume replacement is already in progress for '${instance.id}'.`);
  const root = rootOf(world, instance);
  if (root === undefined) throw incorrectState(`The instance '${instance.id}' has no root volume.`);
  if (root.volume.operator !== undefined) throw managed(root.volume.id, root.volume.operator);
  return root;
}

/** Type, size and speed stay as they are. Tags of the request are for the task, so the new root has none. */
function made(call: Call, instance: Instance, { volume: old }: Attached): Volume {
  const { world, form, faults } = call;
  const snapshot = sourceOf(world, form.get('SnapshotId'), form.get('ImageId'), instance);
  const sizeGiB = Math.max(old.sizeGiB, snapshot.sizeGiB);
  checkQuota(call, old.type, sizeGiB);
  const now = world.now();
  const readyAt = now + world.pace.createFromSnapshot;
  const kmsKeyId = snapshot.kmsKeyId ?? old.kmsKeyId;
  const initialization = initializationOf(world, {
    snapshot,
    zone: instance.zone,
    rate: integer(form, 'VolumeInitializationRate'),
    readyAt,
    quota: faults.rateQuota() ?? usualRateQuota,
  });
  return {
    id: world.newId('volume'),
    bornAt: now,
    readyAt,
    ...initialization,
    failed: false,
    sizeGiB,
    type: old.type,
    ...(old.iops === undefined ? {} : { iops: old.iops }),
    ...(old.throughput === undefined ? {} : { throughput: old.throughput }),
    zone: instance.zone,
    encrypted: snapshot.encrypted || old.encrypted,
    ...((snapshot.encrypted || old.encrypted) && kmsKeyId !== undefined ? { kmsKeyId } : {}),
    snapshotId: snapshot.id,
    tags: new Map(),
    multiAttach: false,
    attachments: [],
  };
}

/** Without a snapshot or an image: as it was launched. */
function sourceOf(
  world: World,
  snapshotId: string | undefined,
  imageId: string | undefined,
  instance: Instance,
): Snapshot {
  if (snapshotId !== undefined) {
    const snapshot = restorable(world, snapshotId);
    checkLineage(world, instance, snapshot);
    return snapshot;
  }
  const image = findOne(world, 'image', imageId ?? instance.imageId);
  if (image.state !== 'available')
    throw new Problem('InvalidAMIID.Unavailable', `The image '${image.id}' is disabled.`);
  const disk = image.disks.find(({ device }) => device === image.rootDevice);
  return restorable(world, disk?.snapshotId ?? '');
}

/** Copies are of no lineage at all. */
function checkLineage(world: World, instance: Instance, { id, copyOf, volumeId }: Snapshot): void {
  const roots = new Set([...(instance.formerRoots ?? []), rootOf(world, instance)?.volume.id]);
  if (copyOf !== undefined || !roots.has(volumeId))
    throw invalid(
      `The snapshot '${id}' was not created from the current or a previous root volume of '${instance.id}'.`,
    );
}

function handedIn({ world, form }: Call, instance: Instance, { volume: old }: Attached): Volume {
  if (form.has('VolumeInitializationRate'))
    throw badCombination('VolumeInitializationRate cannot be used with VolumeId.');
  const volume = findOne(world, 'volume', required(form, 'VolumeId'));
  if (volume.zone !== instance.zone)
    throw new Problem(
      'InvalidVolume.ZoneMismatch',
      `The volume '${volume.id}' is not in the same availability zone as instance '${instance.id}'`,
    );
  if (volumeState(volume, world.now()) !== 'available') throw incorrectState(`${volume.id} is not 'available'.`);
  if (old.encrypted && !volume.encrypted)
    throw invalid(`The volume '${volume.id}' must be encrypted, as the original root volume is.`);
  return volume;
}

/** Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeReplaceRootVolumeTasks.html */
export const describeReplaceRootVolumeTasks: Action = {
  takes: [...listParameters, 'ReplaceRootVolumeTaskId'],
  run: (call) => {
    const page = describe(call, 'rootTask', {
      ids: 'ReplaceRootVolumeTaskId',
      rule: { least: 1, most: 50 },
      noTagFilters: true,
      fields: { 'instance-id': ({ instanceId }) => [instanceId] },
    });
    return {
      replaceRootVolumeTaskSet: page.items.map((one) => taskXml(call.world, one)),
      nextToken: page.nextToken,
    };
  },
};

/** It names neither the old nor the new volume. */
function taskXml(world: World, task: RootTask): XmlFields {
  const now = world.now();
  const seconds = (at: number): string => iso(at).replace(/\.\d+Z$/, 'Z');
  return {
    replaceRootVolumeTaskId: task.id,
    instanceId: task.instanceId,
    taskState: rootTaskState(task, now, world.pace),
    startTime: seconds(task.bornAt),
    completeTime: now >= task.doneAt ? seconds(task.doneAt) : undefined,
    snapshotId: task.snapshotId,
    imageId: task.imageId,
    deleteReplacedRootVolume: task.deletesOld,
    tagSet: tagSet(task.tags),
  };
}
