import type { Action } from './call.ts';
import { describe, listParameters } from './describe.ts';
import type { FilterFields } from './filters.ts';
import { list } from './form.ts';
import { fullBytes } from './initialization.ts';
import type { Snapshot } from './model.ts';
import { snapshotProgress, snapshotState } from './states.ts';
import type { World } from './world.ts';
import { iso, tagSet, type XmlFields } from './xml.ts';

export const describeSnapshots: Action = {
  takes: [...listParameters, 'SnapshotId', 'Owner', 'RestorableBy'],
  run: (call) => {
    const { world, form } = call;
    const owners = new Set(list(form, 'Owner').map((owner) => (owner === 'self' ? world.account : owner)));
    const page = describe(call, 'snapshot', {
      ids: 'SnapshotId',
      rule: { least: 5, most: 1_000 },
      fields: snapshotFields(world),
      // Without an owner everybody's public snapshots are in it.
      also: ({ ownerId, ownerAlias }) => owners.size === 0 || owners.has(ownerId) || owners.has(ownerAlias ?? ownerId),
    });
    return { snapshotSet: page.items.map((one) => snapshotXml(world, one)), nextToken: page.nextToken };
  },
};

/** As DescribeSnapshots and CreateSnapshot tell it. */
export function snapshotXml(world: World, snapshot: Snapshot): XmlFields {
  const now = world.now();
  const state = snapshotState(snapshot, now);
  const done = state === 'completed';
  return {
    ...commonXml(world, snapshot),
    status: state,
    statusMessage: state === 'error' ? snapshot.message : undefined,
    ownerAlias: snapshot.ownerAlias,
    storageTier: snapshot.tier,
    kmsKeyId: snapshot.kmsKeyId,
    completionTime: done ? iso(snapshot.doneAt) : undefined,
    fullSnapshotSizeInBytes: done ? fullBytes(snapshot) : undefined,
    transferType: 'standard',
  };
}

/** As CreateSnapshots tells it: fewer fields, and the state by another name. */
export function snapshotInfoXml(world: World, snapshot: Snapshot): XmlFields {
  return { ...commonXml(world, snapshot), state: snapshotState(snapshot, world.now()) };
}

function commonXml(world: World, snapshot: Snapshot): XmlFields {
  return {
    snapshotId: snapshot.id,
    volumeId: snapshot.volumeId,
    startTime: iso(snapshot.startedAt),
    progress: snapshotProgress(snapshot, world.now()),
    ownerId: snapshot.ownerId,
    volumeSize: snapshot.sizeGiB,
    description: snapshot.description,
    encrypted: snapshot.encrypted,
    tagSet: tagSet(snapshot.tags),
  };
}

/** Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSnapshots.html */
function snapshotFields(world: World): FilterFields<Snapshot> {
  const now = world.now();
  return {
    'snapshot-id': ({ id }) => [id],
    'volume-id': ({ volumeId }) => [volumeId],
    status: (one) => [snapshotState(one, now)],
    progress: (one) => [snapshotProgress(one, now)],
    'start-time': ({ startedAt }) => [iso(startedAt)],
    'volume-size': ({ sizeGiB }) => [String(sizeGiB)],
    description: ({ description }) => [description],
    encrypted: ({ encrypted }) => [String(encrypted)],
    'storage-tier': ({ tier }) => [tier],
    'owner-id': ({ ownerId }) => [ownerId],
    'owner-alias': ({ ownerAlias }) => [ownerAlias],
  };
}
