import { defaultKeyId } from '#sandbox/aws/model.ts';

import { checkDescription, snapshotDuration, snapshotFailure } from './act-snapshots.ts';
import { restorable } from './act-volumes.ts';
import type { Action, Call } from './call.ts';
import { flag, groups, list, required } from './form.ts';
import type { Snapshot } from './model.ts';
import { invalid, notFound, Problem } from './problems.ts';
import { snapshotState } from './states.ts';
import { tagsAtCreation } from './tag-rules.ts';
import { findOne, type World } from './world.ts';
import { tagSet } from './xml.ts';

/** In progress for one destination. Source: https://docs.aws.amazon.com/ebs/latest/userguide/ebs-resource-quotas.html */
const mostCopies = 20;
/** What AWS puts where the volume of a copy would be named. */
const noVolume = 'vol-ffffffff';

/** Asked of the Region the copy goes to. EC2 takes no token here: asked twice, copied twice. */
export const copySnapshot: Action = {
  takes: [
    'SourceRegion',
    'SourceSnapshotId',
    'DestinationRegion',
    'PresignedUrl',
    'Description',
    'Encrypted',
    'KmsKeyId',
    'TagSpecification',
    'DryRun',
  ],
  run: (call) => {
    const { world, form } = call;
    const source = sourceOf(call);
    const tags = tagsAtCreation(form, 'snapshot');
    const description =
      form.get('Description') ?? `[Copied ${source.id} from ${required(form, 'SourceRegion')}] ${source.description}`;
    checkDescription(description);
    const encrypted = source.encrypted || flag(form, 'Encrypted');
    if (form.has('KmsKeyId') && !encrypted)
      throw new Problem('InvalidParameterDependency', 'The parameter KmsKeyId requires Encrypted to be set.');
    if (source.encrypted && form.has('Encrypted') && !flag(form, 'Encrypted'))
      throw invalid('A copy of an encrypted snapshot cannot be unencrypted.');
    // Without a key of one's own it is the default key of the destination, whatever encrypts the source.
    const kmsKeyId = form.get('KmsKeyId') ?? defaultKeyOf(world);
    checkRoom(world);
    const now = world.now();
    const broken = keyProblem(world, source, encrypted ? kmsKeyId : undefined);
    const fails = call.faults.nextSnapshotFails() || broken;
    const id = world.newId('snapshot');
    world.tables.snapshot.put({
      id,
      bornAt: now,
      volumeId: noVolume,
      copyOf: source.id,
      ownerId: world.account,
      sizeGiB: source.sizeGiB,
      description,
      tags,
      encrypted,
      ...(encrypted ? { kmsKeyId } : {}),
      startedAt: now,
      doneAt: now + snapshotDuration(world, source, id),
      outcome: fails ? 'error' : 'completed',
      ...(fails ? { message: broken ? 'Given key ID is not accessible' : snapshotFailure } : {}),
      tier: 'standard',
    });
    return { snapshotId: id, tagSet: tagSet(tags) };
  },
};

function defaultKeyOf({ account, region }: World): string {
  return `arn:aws:kms:${region}:${account}:key/${defaultKeyId}`;
}

/** Keys are looked at after the call was answered: then the copy fails. */
function keyProblem(world: World, source: Snapshot, kmsKeyId: string | undefined): boolean {
  const keys = [source.kmsKeyId, kmsKeyId].filter((key) => key !== undefined);
  return keys.some((key) => world.keyUse(key, world) === 'unusable');
}

/** Own ones, and those that others share with this account. */
function sourceOf({ world, form }: Call): Snapshot {
  const region = required(form, 'SourceRegion');
  const id = required(form, 'SourceSnapshotId');
  const here = region === world.region ? world : undefined;
  const source = here?.tables.snapshot.get(id) === undefined ? (world.neighbour(region, id) ?? here) : here;
  if (source === undefined) throw invalid(`Invalid source region: ${region}`);
  const snapshot = restorable(source, id);
  if (snapshot.ownerId !== world.account && !isSharedWith(snapshot, world.account)) throw notFound('snapshot', [id]);
  return snapshot;
}

function isSharedWith({ sharedWith = [] }: Snapshot, account: string): boolean {
  return sharedWith.includes('all') || sharedWith.includes(account);
}

function checkRoom(world: World): void {
  const now = world.now();
  const copies = world.tables.snapshot
    .all()
    .filter((one) => one.copyOf !== undefined && snapshotState(one, now) === 'pending');
  if (copies.length >= mostCopies)
    throw new Problem(
      'ResourceLimitExceeded',
      'Too many snapshot copies in progress. The limit is 20 for this region.',
    );
}

const attribute = 'createVolumePermission';

export const describeSnapshotAttribute: Action = {
  takes: ['SnapshotId', 'Attribute', 'DryRun'],
  run: (call) => {
    const { id, sharedWith = [] } = shared(call);
    return {
      snapshotId: id,
      createVolumePermission: sharedWith.map((who) => (who === 'all' ? { group: who } : { userId: who })),
    };
  },
};

/** Source: https://docs.aws.amazon.com/ebs/latest/userguide/ebs-modifying-snapshot-permissions.html */
export const modifySnapshotAttribute: Action = {
  takes: ['SnapshotId', 'Attribute', 'OperationType', 'UserId', 'UserGroup', 'CreateVolumePermission', 'DryRun'],
  run: (call) => {
    const { world, form } = call;
    const snapshot = shared(call);
    const operation = form.get('OperationType');
    if (form.has('UserId.1') && operation !== 'add' && operation !== 'remove')
      throw invalid(`Value (${operation ?? ''}) for parameter OperationType is invalid.`);
    const named = [...list(form, 'UserId'), ...list(form, 'UserGroup')];
    const add = [...(operation === 'add' ? named : []), ...listed(call, 'Add')];
    const remove = new Set([...(operation === 'remove' ? named : []), ...listed(call, 'Remove')]);
    const bad = add.find((who) => who !== 'all' && !/^\d{12}$/.test(who));
    if (bad !== undefined) throw invalid(`Invalid user id: ${bad}`);
    if (add.includes('all') && snapshot.encrypted)
      throw new Problem('OperationNotPermitted', 'Encrypted snapshots cannot be shared publicly');
    if (add.length > 0 && snapshot.kmsKeyId !== undefined && world.keyUse(snapshot.kmsKeyId, world) === 'managed')
      throw new Problem('OperationNotPermitted', 'Encrypted snapshots with EBS default key cannot be shared');
    const sharedWith = [...new Set([...(snapshot.sharedWith ?? []), ...add])].filter((who) => !remove.has(who));
    world.tables.snapshot.put({ ...snapshot, sharedWith });
    return { return: true };
  },
};

function shared({ world, form }: Call): Snapshot {
  const asked = form.get('Attribute') ?? attribute;
  if (asked !== attribute) throw invalid(`Value (${asked}) for parameter attribute is invalid.`);
  const snapshot = findOne(world, 'snapshot', required(form, 'SnapshotId'));
  if (snapshot.ownerId !== world.account)
    throw new Problem('UnauthorizedOperation', 'You are not authorized to perform this operation.');
  return snapshot;
}

function listed({ form }: Call, what: 'Add' | 'Remove'): string[] {
  return groups(form, `CreateVolumePermission.${what}`).map((one) => one.get('UserId') ?? one.get('Group') ?? '');
}
