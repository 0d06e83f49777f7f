import type { Instance, RootTask } from './model.ts';
import { reboot, withAttachment } from './power.ts';
import { attachmentsOf, isUp } from './states.ts';
import { type Attached, exists, type World } from './world.ts';

/** Does to the instances what root replacements that have come to their end do: all at the instant they ended. */
export function settleRootTasks(world: World): void {
  const due = world.tables.rootTask.all().filter(({ settled, doneAt }) => !settled && world.now() >= doneAt);
  for (const task of due) settle(world, task);
}

function settle(world: World, task: RootTask): void {
  const instance = world.tables.instance.get(task.instanceId);
  const next = world.tables.volume.get(task.newVolumeId);
  const root = instance && rootOf(world, instance);
  const alive = instance !== undefined && instance.power.to !== 'terminated' && root?.volume.id === task.oldVolumeId;
  // Somebody ended the instance, or took a volume away, while it went on.
  const free = next !== undefined && exists(world, 'volume', next) && attachmentsOf(next, world.now()).length === 0;
  const outcome = task.outcome === 'succeeded' && !(alive && free) ? 'failed' : task.outcome;
  world.tables.rootTask.put({ ...task, outcome, settled: true });
  if (outcome !== 'succeeded' && !task.handedIn) dropNew(world, task);
  if (!alive) return;
  if (outcome === 'succeeded') swap(world, task, instance, root);
  if (outcome === 'failed') reboot(world, instance, task.doneAt);
  if (outcome === 'failed-detached') loseRoot(world, task, instance, root);
}

export function rootOf(world: World, instance: Instance): Attached | undefined {
  return world.attachedTo(instance).find(({ attachment }) => attachment.device === instance.rootDevice);
}

/** The instance reboots with the new root; the old one keeps its data, attached to nothing. */
function swap(world: World, task: RootTask, instance: Instance, old: Attached): void {
  const { doneAt } = task;
  const next = world.tables.volume.get(task.newVolumeId);
  if (next === undefined) return;
  release(world, task, old);
  world.tables.volume.put({
    ...next,
    attachments: [
      {
        instanceId: instance.id,
        device: instance.rootDevice,
        since: doneAt,
        readyAt: doneAt,
        deleteOnTermination: old.attachment.deleteOnTermination,
        mounted: isUp(instance, world.now()),
      },
    ],
  });
  const formerRoots = [...(instance.formerRoots ?? []), old.volume.id];
  reboot(world, { ...instance, formerRoots }, doneAt);
}

/** What must never happen, and does: no root at all. */
function loseRoot(world: World, task: RootTask, instance: Instance, old: Attached): void {
  release(world, task, old);
  world.tables.instance.put({ ...instance, impaired: { ...instance.impaired, instance: task.doneAt } });
}

function release(world: World, { doneAt, deletesOld, outcome }: RootTask, { volume, attachment }: Attached): void {
  world.tables.volume.put({
    ...withAttachment(volume, attachment, { ...attachment, leaving: { since: doneAt, goneAt: doneAt } }),
    ...(deletesOld && outcome === 'succeeded'
      ? { leaving: { since: doneAt, goneAt: doneAt + world.pace.deleteVolume } }
      : {}),
  });
}

function dropNew(world: World, { newVolumeId, doneAt }: RootTask): void {
  const volume = world.tables.volume.get(newVolumeId);
  if (volume !== undefined)
    world.tables.volume.put({ ...volume, leaving: { since: doneAt, goneAt: doneAt + world.pace.deleteVolume } });
}
