import { runTag } from '#lib/tags.ts';

import type { Action, Call } from './call.ts';
import { diceOf } from './chance.ts';
import { snapshotInfoXml, snapshotXml } from './describe-snapshots.ts';
import { flag, list, required } from './form.ts';
import type { Form } from './form.ts';
import type { Snapshot, Tags, Volume } from './model.ts';
import { badCombination, incorrectState, invalid, managed, missing, Problem } from './problems.ts';
import { snapshotState, volumeState } from './states.ts';
import { checkCount, copied, tagsAtCreation } from './tag-rules.ts';
import { exists, findOne, type World } from './world.ts';

/** Source: https://docs.aws.amazon.com/ebs/latest/userguide/ebs-resource-quotas.html */
const mostAtOnce = (type: string): number => (type === 'st1' || type === 'sc1' ? 1 : 5);
/** Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_InstanceSpecification.html */
const mostExcluded = 40;
const longestDescription = 255;

export const createSnapshot: Action = {
  takes: ['VolumeId', 'Description', 'TagSpecification', 'DryRun'],
  run: (call) => {
    const { world, form } = call;
    const volume = findOne(world, 'volume', required(form, 'VolumeId'));
    const [snapshot] = take(call, [volume], () => tagsAtCreation(form, 'snapshot'));
    return snapshotXml(world, snapshot as Snapshot);
  },
};

/** One instant for all volumes of an instance; when one fails, all do. */
export const createSnapshots: Action = {
  takes: ['InstanceSpecification', 'Description', 'TagSpecification', 'CopyTagsFromSource', 'DryRun'],
  run: (call) => {
    const { world, form } = call;
    const asked = tagsAtCreation(form, 'snapshot');
    const copies = form.get('CopyTagsFromSource');
    if (copies !== undefined && copies !== 'volume')
      throw invalid(`Value (${copies}) for parameter CopyTagsFromSource is invalid.`);
    const snapshots = take(call, volumesOf(world, form), (volume) =>
      copies === undefined ? asked : checkCount(new Map([...copied(volume.tags), ...asked])),
    );
    return { snapshotSet: snapshots.map((snapshot) => snapshotInfoXml(world, snapshot)) };
  },
};

function volumesOf(world: World, form: Form): Volume[] {
  const specification = new Map(
    [...form]
      .filter(([name]) => name.startsWith('InstanceSpecification.'))
      .map(([name, value]) => [name.slice('InstanceSpecification.'.length), value]),
  );
  const id = specification.get('InstanceId');
  if (id === undefined) throw missing('InstanceSpecification.InstanceId');
  const instance = findOne(world, 'instance', id);
  const attached = world.attachedTo(instance);
  const isRoot = (device: string): boolean => device === instance.rootDevice;
  const excluded = new Set(list(specification, 'ExcludeDataVolumeId'));
  if (excluded.size > mostExcluded) throw invalid(`At most ${mostExcluded} volumes can be excluded.`);
  for (const volumeId of excluded) {
    const found = attached.find(({ volume }) => volume.id === volumeId);
    if (found === undefined) throw invalid(`The volume '${volumeId}' is not attached to instance '${id}'.`);
    if (isRoot(found.attachment.device))
      throw badCombination(`'${volumeId}' is the root volume of '${id}': exclude it with ExcludeBootVolume.`);
  }
  const withoutRoot = flag(specification, 'ExcludeBootVolume');
  const chosen = attached
    .filter(({ volume, attachment }) => !excluded.has(volume.id) && !(withoutRoot && isRoot(attachment.device)))
    .map(({ volume }) => volume);
  if (chosen.length === 0) throw invalid(`No volumes of instance '${id}' are left to snapshot.`);
  return chosen;
}

/** Checks all volumes before anything is made. */
function take(call: Call, volumes: readonly Volume[], tagsOf: (volume: Volume) => Tags): Snapshot[] {
  const { world, form, faults } = call;
  const description = form.get('Description') ?? '';
  // oxlint-disable-next-line no-control-regex -- anything but printable ASCII
  if (/[^\x20-\x7e]/.test(description))
    throw invalid('Value for parameter description is invalid. Character sets beyond ASCII are not supported.');
  if (description.length > longestDescription)
    throw invalid(`Description exceeds the maximum length of ${longestDescription} characters`);
  const tags = volumes.map(tagsOf);
  for (const volume of volumes) checkVolume(world, volume);
  const fails = faults.nextSnapshotFails();
  const now = world.now();
  return volumes.map((volume, at) => {
    const id = world.newId('snapshot');
    const snapshot: Snapshot = {
      id,
      bornAt: now,
      volumeId: volume.id,
      ownerId: world.account,
      sizeGiB: volume.sizeGiB,
      description,
      tags: tags[at] ?? new Map(),
      encrypted: volume.encrypted,
      ...(volume.kmsKeyId === undefined ? {} : { kmsKeyId: volume.kmsKeyId }),
      startedAt: now,
      doneAt: now + durationOf(world, volume, id),
      outcome: fails ? 'error' : 'completed',
      ...(fails ? { message: at === 0 ? failure : alongFailure } : {}),
      tier: 'standard',
    };
    world.tables.snapshot.put(snapshot);
    world.tables.volume.put({ ...volume, lastSnapshotAt: now });
    return snapshot;
  });
}

const failure = 'Given key ID is not accessible. Check that the KMS key is enabled and its grants allow EBS.';
const alongFailure = 'Another snapshot of the same multi-volume set failed.';

function durationOf({ pace }: World, volume: Volume, id: string): number {
  const large = Math.min(1, volume.sizeGiB / 1_000);
  return pace.snapshotLeast + (pace.snapshotMost - pace.snapshotLeast) * (0.5 * large + 0.5 * diceOf(id));
}

function checkVolume(world: World, volume: Volume): void {
  const now = world.now();
  if (volume.operator !== undefined) throw managed(volume.id, volume.operator);
  const state = volumeState(volume, now);
  if (state !== 'available' && state !== 'in-use')
    throw incorrectState(`Volume '${volume.id}' is in the '${state ?? 'deleted'}' state.`);
  if (volume.lastSnapshotAt !== undefined && now - volume.lastSnapshotAt < world.pace.snapshotGap)
    throw new Problem(
      'SnapshotCreationPerVolumeRateExceeded',
      'The maximum per volume CreateSnapshot request rate has been exceeded. Use an increasing or variable sleep interval between requests.',
    );
  // Those in error count until they are deleted.
  const unfinished = world.tables.snapshot
    .all()
    .filter((one) => one.volumeId === volume.id && snapshotState(one, now) !== 'completed');
  if (unfinished.length >= mostAtOnce(volume.type))
    throw new Problem(
      'ConcurrentSnapshotLimitExceeded',
      `Maximum allowed in-progress snapshots for a single volume exceeded: ${volume.id}.`,
    );
}

export const deleteSnapshot: Action = {
  takes: ['SnapshotId', 'DryRun'],
  run: ({ world, form }) => {
    const snapshot = findOne(world, 'snapshot', required(form, 'SnapshotId'));
    if (snapshot.ownerId !== world.account)
      throw new Problem('UnauthorizedOperation', 'You are not authorized to perform this operation.');
    const image = world.tables.image.all().find(({ disks }) => disks.some((disk) => disk.snapshotId === snapshot.id));
    if (image !== undefined)
      throw new Problem('InvalidSnapshot.InUse', `The snapshot ${snapshot.id} is currently in use by ${image.id}`);
    noteIfLast(world, snapshot);
    world.tables.snapshot.remove(snapshot.id);
    return { return: true };
  },
};

/** The last way back of a volume that still exists is not for anybody here to delete, unless a run takes back its own. */
function noteIfLast(world: World, snapshot: Snapshot): void {
  const now = world.now();
  const volume = world.tables.volume.get(snapshot.volumeId);
  if (volume === undefined || !exists(world, 'volume', volume)) return;
  if (snapshot.tags.has(runTag) || snapshotState(snapshot, now) !== 'completed') return;
  const others = world.tables.snapshot
    .all()
    .some((one) => one !== snapshot && one.volumeId === volume.id && snapshotState(one, now) === 'completed');
  if (!others) world.broken.push(`${snapshot.id} was deleted, the last completed snapshot of ${volume.id}.`);
}
