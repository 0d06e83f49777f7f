import { runTag } from '#lib/tags.ts';

import type { Action } from './call.ts';
import { required } from './form.ts';
import type { Snapshot } from './model.ts';
import { invalid, Problem } from './problems.ts';
import { snapshotState } from './states.ts';
import { exists, findOne, type World } from './world.ts';

export const deleteSnapshot: Action = {
  takes: ['SnapshotId', 'DryRun'],
  run: ({ world, form, faults }) => {
    const snapshot = findOne(world, 'snapshot', required(form, 'SnapshotId'));
    checkFree(world, snapshot);
    noteIfLast(world, snapshot);
    noteIfNeeded(world, snapshot);
    const kept = faults.binFor('snapshots', snapshot.tags);
    const since = world.now();
    if (kept === undefined) world.tables.snapshot.remove(snapshot.id);
    else world.tables.snapshot.put({ ...snapshot, binned: { since, until: since + kept } });
    return { return: true };
  },
};

function checkFree(world: World, { id, ownerId, lock, tags }: Snapshot): void {
  if (ownerId !== world.account)
    throw new Problem('UnauthorizedOperation', 'You are not authorized to perform this operation.');
  // Disabled and deprecated ones too.
  const image = world.tables.image.all().find(({ disks }) => disks.some(({ snapshotId }) => snapshotId === id));
  if (image !== undefined)
    throw new Problem('InvalidSnapshot.InUse', `The snapshot ${id} is currently in use by ${image.id}`);
  if (lock !== undefined && world.now() < lock.until)
    throw new Problem('OperationNotPermitted', `The snapshot ${id} is locked and cannot be deleted.`);
  if (tags.has('aws:backup:source-resource'))
    throw invalid('This snapshot is managed by the AWS Backup service and cannot be deleted via EC2 APIs.');
}

/** A run that is undone takes back what it has just made. Ms. */
const justMade = 10 * 60_000;

/** The last way back of a volume that still exists is not for anybody here to delete, unless a run takes back its own. */
function noteIfLast(world: World, snapshot: Snapshot): void {
  const now = world.now();
  const volume = world.tables.volume.get(snapshot.volumeId);
  if (volume === undefined || !exists(world, 'volume', volume)) return;
  if (snapshotState(snapshot, now) !== 'completed') return;
  if (snapshot.tags.has(runTag) && now - snapshot.startedAt < justMade) return;
  const others = world.tables.snapshot
    .all()
    .some(
      (one) =>
        one !== snapshot &&
        one.volumeId === volume.id &&
        exists(world, 'snapshot', one) &&
        snapshotState(one, now) === 'completed',
    );
  if (!others) world.broken.push(`${snapshot.id} was deleted, the last completed snapshot of ${volume.id}.`);
}

/** EC2 lets these go without a word; who cleans up has to look first. */
function noteIfNeeded(world: World, { id, sharedWith = [], tags }: Snapshot): void {
  const template = world.tables.template
    .all()
    .find(({ versions }) => versions.some(({ snapshotIds }) => snapshotIds.includes(id)));
  if (template !== undefined)
    world.broken.push(`${id} was deleted although launch template ${template.name} names it.`);
  if (sharedWith.length > 0)
    world.broken.push(`${id} was deleted although it is shared with ${sharedWith.join(', ')}.`);
  if ([...tags.keys()].some((key) => key.startsWith('aws:dlm:')))
    world.broken.push(`${id} was deleted although it belongs to Data Lifecycle Manager.`);
}
