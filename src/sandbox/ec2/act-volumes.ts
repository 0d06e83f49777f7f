import { createHash } from 'node:crypto';

import { holdTag } from '#lib/tags.ts';

import type { Action, Call } from './call.ts';
import { volumeXml } from './describe-volumes.ts';
import { flag, integer, required } from './form.ts';
import type { Form } from './form.ts';
import { initializationOf, usualRateQuota } from './initialization.ts';
import type { Snapshot, Volume } from './model.ts';
import { badCombination, incorrectState, invalid, managed, missing, Problem } from './problems.ts';
import { attachmentsOf, snapshotState, volumeState } from './states.ts';
import { tagsAtCreation } from './tag-rules.ts';
import { performanceOf } from './volume-types.ts';
import { exists, findOne, type World } from './world.ts';

export const createVolume: Action = {
  takes: [
    'AvailabilityZone',
    'Size',
    'SnapshotId',
    'VolumeType',
    'Iops',
    'Throughput',
    'Encrypted',
    'KmsKeyId',
    'MultiAttachEnabled',
    'TagSpecification',
    'ClientToken',
    'VolumeInitializationRate',
    'DryRun',
  ],
  run: (call) => {
    const { world } = call;
    const [id = ''] = onceByToken(call, () => {
      const volume = newVolume(call);
      world.tables.volume.put(volume);
      return [volume.id];
    });
    return volumeXml(world, volumeMade(world, id));
  },
};

/** The token of a volume that is gone is used up. */
function volumeMade(world: World, id: string): Volume {
  const volume = world.tables.volume.get(id);
  if (volume !== undefined && exists(world, 'volume', volume)) return volume;
  throw tokenMismatch();
}

function tokenMismatch(): Problem {
  return new Problem(
    'IdempotentParameterMismatch',
    'The client token has already been used for another request. Use another one.',
  );
}

/**
 * The same token with the same parameters answers what it made the first time; with others it is refused. Without a token
 * the work is done each time. Source: https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-idempotency.html
 */
export function onceByToken({ world, form, action }: Call, make: () => string[]): readonly string[] {
  const token = form.get('ClientToken');
  if (token === undefined) return make();
  if (!/^[\x21-\x7e]{1,64}$/.test(token)) throw invalid('The client token must have 1 to 64 ASCII characters.');
  const key = `${action} ${token}`;
  const asked = digestOf(form);
  const earlier = world.tokens.get(key);
  if (earlier !== undefined && earlier.asked !== asked) throw tokenMismatch();
  if (earlier !== undefined) return earlier.made;
  const made = make();
  world.tokens.set(key, { asked, made });
  return made;
}

function digestOf(form: Form): string {
  const asked = [...form].toSorted(([one], [other]) => (one < other ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(asked)).digest('hex');
}

function newVolume(call: Call): Volume {
  const { world, form, faults } = call;
  const zone = required(form, 'AvailabilityZone');
  if (!world.zones.includes(zone)) throw new Problem('InvalidZone.NotFound', `The zone '${zone}' does not exist.`);
  const snapshot = sourceOf(world, form);
  const size = integer(form, 'Size');
  if (snapshot === undefined && size === undefined) throw missing('size/snapshot');
  // One that is smaller than its snapshot is raised to its size.
  const sizeGiB = Math.max(size ?? 0, snapshot?.sizeGiB ?? 0);
  const type = form.get('VolumeType') ?? 'gp2';
  const multiAttach = flag(form, 'MultiAttachEnabled');
  const performance = performanceOf({
    type,
    sizeGiB,
    iops: integer(form, 'Iops'),
    throughput: integer(form, 'Throughput'),
    multiAttach,
  });
  const encryption = encryptionOf(form, snapshot);
  const tags = tagsAtCreation(form, 'volume');
  checkQuota(call, type, sizeGiB);
  const now = world.now();
  const takes = snapshot === undefined ? world.pace.createEmpty : world.pace.createFromSnapshot;
  return {
    id: world.newId('volume'),
    bornAt: now,
    readyAt: now + takes,
    ...initializationOf(world, {
      snapshot,
      zone,
      rate: integer(form, 'VolumeInitializationRate'),
      readyAt: now + takes,
      quota: faults.rateQuota() ?? usualRateQuota,
    }),
    failed: faults.nextVolumeFails(),
    sizeGiB,
    type,
    ...performance,
    zone,
    ...encryption,
    snapshotId: snapshot?.id ?? '',
    tags,
    multiAttach,
    attachments: [],
  };
}

function sourceOf(world: World, form: Form): Snapshot | undefined {
  const id = form.get('SnapshotId');
  return id === undefined || id === '' ? undefined : restorable(world, id);
}

/** A snapshot that a volume can be made from now. */
export function restorable(world: World, id: string): Snapshot {
  const snapshot = findOne(world, 'snapshot', id);
  const state = snapshotState(snapshot, world.now());
  if (state !== 'completed') throw incorrectState(`Snapshot is in invalid state - ${state}`);
  if (snapshot.tier !== 'standard') throw incorrectState(`Snapshot is in invalid state - archived`);
  return snapshot;
}

/** Source: https://docs.aws.amazon.com/ebs/latest/userguide/how-ebs-encryption-works.html */
function encryptionOf(form: Form, snapshot: Snapshot | undefined): Pick<Volume, 'encrypted' | 'kmsKeyId'> {
  const key = form.get('KmsKeyId');
  const asked = flag(form, 'Encrypted');
  if (key !== undefined && !asked)
    throw new Problem(
      'InvalidParameterDependency',
      'The parameter KmsKeyId requires the parameter Encrypted to be set.',
    );
  if (snapshot?.encrypted === true && form.has('Encrypted') && !asked)
    throw badCombination('A volume from an encrypted snapshot cannot be unencrypted.');
  const kmsKeyId = key ?? snapshot?.kmsKeyId;
  const encrypted = asked || snapshot?.encrypted === true;
  return { encrypted, ...(encrypted && kmsKeyId !== undefined ? { kmsKeyId } : {}) };
}

/** What is kept for undo counts as well: a restore of everything needs room for everything twice. */
export function checkQuota({ world, faults }: Call, type: string, sizeGiB: number): void {
  const quota = faults.storageQuota(type) ?? world.quotaGiB(type);
  const used = world.tables.volume
    .all()
    .filter((volume) => volume.type === type && exists(world, 'volume', volume))
    .reduce((sum, volume) => sum + volume.sizeGiB, 0);
  if (used + sizeGiB > quota)
    throw new Problem(
      'VolumeLimitExceeded',
      `You have exceeded your maximum ${type} storage limit of ${quota} GiB in this region.`,
    );
}

export const deleteVolume: Action = {
  takes: ['VolumeId', 'DryRun'],
  run: ({ world, form, faults }) => {
    const volume = findOne(world, 'volume', required(form, 'VolumeId'));
    const now = world.now();
    if (volume.operator !== undefined) throw managed(volume.id, volume.operator);
    const [attachment] = attachmentsOf(volume, now);
    if (attachment !== undefined)
      throw new Problem('VolumeInUse', `Volume ${volume.id} is currently attached to ${attachment.instanceId}`);
    if (volumeState(volume, now) === 'deleting') return { return: true };
    const heldUntil = volume.tags.get(holdTag);
    if (heldUntil !== undefined && Date.parse(heldUntil) > now)
      world.broken.push(`${volume.id} was deleted although it was to be kept for undo until ${heldUntil}.`);
    const goneAt = now + world.pace.deleteVolume;
    // What never came to be does not go into the bin.
    const kept = volume.failed ? undefined : faults.binFor('volumes', volume.tags);
    world.tables.volume.put({
      ...volume,
      leaving: { since: now, goneAt },
      ...(kept === undefined ? {} : { binnedUntil: goneAt + kept }),
    });
    return { return: true };
  },
};
