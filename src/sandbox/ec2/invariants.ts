import { holdTag, runTag, volumeTag } from '#lib/tags.ts';

import type { Instance, RootTask, Volume } from './model.ts';
import { attachmentsOf, attachmentState, instanceState, snapshotState, volumeState } from './states.ts';
import { exists, type World } from './world.ts';

/** What must never be seen, in sentences: things that were left half-done. Empty = all is well. */
export function brokenInvariants(world: World): string[] {
  const volumes = world.tables.volume.all().filter((one) => volumeState(one, world.now()) !== undefined);
  return [
    ...world.broken,
    ...volumes.flatMap((volume) => orphan(world, volume) ?? []),
    ...volumes.flatMap((volume) => heldWrongly(world, volume)),
    ...world.tables.instance.all().flatMap((instance) => ofInstance(world, instance)),
    ...erroredSnapshots(world),
    ...world.tables.rootTask.all().flatMap((task) => forgottenRoot(world, task) ?? []),
  ];
}

/** A volume made for a run that is attached to nothing, is not kept for undo, and has been so for a while. */
function orphan(world: World, volume: Volume): string | undefined {
  const now = world.now();
  if (!volume.tags.has(volumeTag) || volume.tags.has(holdTag) || volumeState(volume, now) === 'deleting')
    return undefined;
  if (attachmentsOf(volume, now).length > 0) return undefined;
  const freeSince = Math.max(volume.readyAt, ...volume.attachments.map(({ leaving }) => leaving?.goneAt ?? 0));
  if (now - freeSince < world.pace.orphan) return undefined;
  return `${volume.id} was made for ${volume.tags.get(runTag) ?? 'a run'} and is attached to nothing.`;
}

function heldWrongly(world: World, volume: Volume): string[] {
  const now = world.now();
  const holders = attachmentsOf(volume, now).map(({ instanceId }) => instanceId);
  const several =
    holders.length > 1 && !volume.multiAttach ? [`${volume.id} is attached to ${holders.join(' and ')} at once.`] : [];
  const gone = holders
    .filter((id) => world.tables.instance.get(id) === undefined)
    .map((id) => `${volume.id} is attached to ${id}, which does not exist.`);
  return [...several, ...gone];
}

function ofInstance(world: World, instance: Instance): string[] {
  const now = world.now();
  const state = instanceState(instance, now);
  if (state === 'terminated' || state === 'shutting-down') return [];
  const name = instance.tags.get('Name') ?? instance.id;
  const held = world.attachedTo(instance).filter(({ attachment }) => {
    const attached = attachmentState(attachment, now);
    return attached !== 'detaching' && attached !== undefined;
  });
  const devices = held.map(({ attachment }) => attachment.device);
  const doubled = [...new Set(devices.filter((device, at) => devices.indexOf(device) !== at))];
  return [
    ...(devices.includes(instance.rootDevice) ? [] : [`${name} (${instance.id}) has no root volume.`]),
    ...doubled.map((device) => `${name} (${instance.id}) has two volumes at ${device}.`),
  ];
}

/** A root that a run replaced is the way back: it must not hang around without anybody knowing until when. */
function forgottenRoot(world: World, { tags, outcome, doneAt, oldVolumeId }: RootTask): string | undefined {
  const now = world.now();
  if (!tags.has(runTag) || outcome === 'failed' || now - doneAt < world.pace.orphan) return undefined;
  const old = world.tables.volume.get(oldVolumeId);
  if (old === undefined || volumeState(old, now) !== 'available' || old.tags.has(holdTag)) return undefined;
  return `${old.id} was the root before ${tags.get(runTag) ?? 'a run'} replaced it, and nothing says until when it is kept.`;
}

/** Failed snapshots of a run count against the volume's limit, so the run must not leave them. */
function erroredSnapshots(world: World): string[] {
  const now = world.now();
  return world.tables.snapshot
    .all()
    .filter(
      (one) =>
        one.tags.has(runTag) &&
        exists(world, 'snapshot', one) &&
        snapshotState(one, now) === 'error' &&
        now - one.doneAt >= world.pace.orphan,
    )
    .map((one) => `${one.id} of ${one.tags.get(runTag) ?? ''} failed and was not cleared away.`);
}
