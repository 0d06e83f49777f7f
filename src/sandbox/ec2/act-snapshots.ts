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

export function checkDescription(description: string): void {
  // oxlint-disable-next-line no-control-regex -- anything but printable ASCII
  if (/[^\x20-\x7e]/.test(description))
    throw invalid('Value for parameter description is invalid. Character sets beyond ASCII are not supported.');
  if (description.length > longestDescription)
    throw invalid(`Description exceeds the maximum length of ${longestDescription} characters`);
}

/** Checks all volumes before anything is made. */
function take(call: Call, volumes: readonly Volume[], tagsOf: (volume: Volume) => Tags): Snapshot[] {
  const { world, form, faults } = call;
  const description = form.get('Description') ?? '';
  checkDescription(description);
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
      doneAt: now + snapshotDuration(world, volume, id),
      outcome: fails ? 'error' : 'completed',
      ...(fails ? { message: at === 0 ? snapshotFailure : alongFailure } : {}),
      tier: 'standard',
    };
    world.tables.snapshot.put(snapshot);
    world.tables.volume.put({ ...volume, lastSnapshotAt: now });
    return snapshot;
  });
}

export const snapshotFailure =
  'Given key ID is not accessible. Check that the KMS key is enabled and its grants allow EBS.';
const alongFailure = 'Another snapshot of the same multi-volume set failed.';

/** Ms, by size and chance. */
export function snapshotDuration({ pace }: World, { sizeGiB }: { sizeGiB: number }, id: string): number {
  const large = Math.min(1, sizeGiB / 1_000);
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
    .filter(
      (one) => one.volumeId === volume.id && snapshotState(one, now) !== 'completed' && exists(world, 'snapshot', one),
    );
  if (unfinished.length >= mostAtOnce(volume.type))
    throw new Problem(
      'ConcurrentSnapshotLimitExceeded',
      `Maximum allowed in-progress snapshots for a single volume exceeded: ${volume.id}.`,
    );
}
