import type { Json } from '#ports/json.ts';

import type { CallLog } from './calls.ts';
import type { FaultBoard } from './faults.ts';
import { brokenInvariants } from './invariants.ts';
import type { Instance, Snapshot, Tags, Volume } from './model.ts';
import { recoverInstances } from './power.ts';
import { settleRootTasks } from './root-tasks.ts';
import {
  attachmentsOf,
  attachmentState,
  checkState,
  instanceState,
  rootTaskState,
  snapshotState,
  volumeState,
} from './states.ts';
import { exists, type World } from './world.ts';

/** web-2 before web-10. */
const byNumber = new Intl.Collator('en', { numeric: true });

/** Everything worth seeing, as plain JSON. Other people's snapshots are left out. */
export function dumpWorld(of: { world: World; calls: CallLog; faults: FaultBoard }): Json {
  const { world, calls, faults } = of;
  const { tables } = world;
  settleRootTasks(world);
  recoverInstances(world);
  return {
    account: world.account,
    region: world.region,
    instances: tables.instance
      .all()
      .filter((one) => exists(world, 'instance', one))
      .map((one) => instanceJson(world, one))
      .toSorted((one, other) => byNumber.compare(one.name, other.name)),
    volumes: tables.volume
      .all()
      .filter((one) => exists(world, 'volume', one))
      .map((one) => volumeJson(world, one)),
    snapshots: tables.snapshot
      .all()
      .filter((one) => one.ownerId === world.account && exists(world, 'snapshot', one))
      .map((one) => snapshotJson(world, one)),
    rootTasks: tables.rootTask.all().map((task) => ({
      id: task.id,
      instanceId: task.instanceId,
      state: rootTaskState(task, world.now(), world.pace),
      oldVolumeId: task.oldVolumeId,
      newVolumeId: task.newVolumeId,
      tags: tagsJson(task.tags),
    })),
    calls: calls.counts(),
    recentCalls: calls.recent(),
    faults: faults.list(),
    invariants: brokenInvariants(world),
  };
}

function instanceJson(world: World, instance: Instance) {
  const now = world.now();
  return {
    id: instance.id,
    name: instance.tags.get('Name') ?? '',
    state: instanceState(instance, now),
    status: {
      system: checkState(instance, 'system', now),
      instance: checkState(instance, 'instance', now),
      ebs: checkState(instance, 'ebs', now),
    },
    type: instance.type,
    zone: instance.zone,
    rootDevice: instance.rootDevice,
    mappings: world.attachedTo(instance).map(({ volume, attachment }) => ({
      device: attachment.device,
      volumeId: volume.id,
      deleteOnTermination: attachment.deleteOnTermination,
      state: attachmentState(attachment, now) ?? 'detached',
    })),
    events: instance.events.map(({ id, code, description, notBefore }) => ({ id, code, description, notBefore })),
    tags: tagsJson(instance.tags),
  };
}

function volumeJson(world: World, volume: Volume) {
  const now = world.now();
  return {
    id: volume.id,
    name: volume.tags.get('Name') ?? '',
    state: volumeState(volume, now) ?? 'deleted',
    sizeGiB: volume.sizeGiB,
    type: volume.type,
    zone: volume.zone,
    ...(volume.trouble === undefined || volume.trouble.ioEnabledAt !== undefined
      ? {}
      : { trouble: volume.trouble.kind }),
    encrypted: volume.encrypted,
    snapshotId: volume.snapshotId,
    attachments: attachmentsOf(volume, now).map((one) => ({
      instanceId: one.instanceId,
      device: one.device,
      deleteOnTermination: one.deleteOnTermination,
      state: attachmentState(one, now) ?? 'detached',
    })),
    tags: tagsJson(volume.tags),
  };
}

function snapshotJson(world: World, snapshot: Snapshot) {
  const now = world.now();
  const state = snapshotState(snapshot, now);
  const part = Math.min(1, Math.max(0, now - snapshot.startedAt) / Math.max(1, snapshot.doneAt - snapshot.startedAt));
  return {
    id: snapshot.id,
    volumeId: snapshot.volumeId,
    state,
    progress: state === 'completed' ? 100 : Math.min(99, Math.floor(part * 100)),
    startedAt: snapshot.startedAt,
    doneAt: snapshot.doneAt,
    sizeGiB: snapshot.sizeGiB,
    tier: snapshot.tier,
    ...(snapshot.kmsKeyId === undefined ? {} : { kmsKeyId: snapshot.kmsKeyId }),
    ...(snapshot.sharedWith === undefined ? {} : { sharedWith: [...snapshot.sharedWith] }),
    ...(state === 'error' ? { message: snapshot.message ?? '' } : {}),
    tags: tagsJson(snapshot.tags),
  };
}

function tagsJson(tags: Tags): Record<string, string> {
  return Object.fromEntries(tags);
}
