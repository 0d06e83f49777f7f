import type { Action } from './call.ts';
import { zoneId } from './describe-instances.ts';
import { describe, listParameters } from './describe.ts';
import type { FilterFields } from './filters.ts';
import { checkIds, list } from './form.ts';
import type { Attachment, Volume } from './model.ts';
import { pageOf } from './pages.ts';
import { attachmentsOf, attachmentState, volumeState } from './states.ts';
import { find, type World } from './world.ts';
import { iso, tagSet, type XmlFields } from './xml.ts';

export const describeVolumes: Action = {
  takes: [...listParameters, 'VolumeId', 'IncludeManagedResources'],
  run: (call) => {
    const page = describe(call, 'volume', {
      ids: 'VolumeId',
      rule: { least: 5, most: 500 },
      fields: volumeFields(call.world),
    });
    return { volumeSet: page.items.map((volume) => volumeXml(call.world, volume)), nextToken: page.nextToken };
  },
};

/** Nobody modifies volumes here, so the list is empty; unknown ids are refused all the same. */
export const describeVolumesModifications: Action = {
  takes: [...listParameters, 'VolumeId', 'IncludeManagedResources'],
  run: (call) => {
    const ids = list(call.form, 'VolumeId');
    checkIds('volume', ids);
    find(call.world, 'volume', ids);
    pageOf<never>([], String, call, { least: 1, most: 500, ids: 'VolumeId' });
    return { volumeModificationSet: [] };
  },
};

export function volumeXml(world: World, volume: Volume): XmlFields {
  const now = world.now();
  return {
    volumeId: volume.id,
    size: volume.sizeGiB,
    snapshotId: volume.snapshotId,
    availabilityZone: volume.zone,
    availabilityZoneId: zoneId(world, volume.zone),
    status: volumeState(volume, now) ?? 'deleting',
    createTime: iso(volume.bornAt),
    attachmentSet: attachmentsOf(volume, now).map((one) => attachmentXml(volume.id, one, now)),
    tagSet: tagSet(volume.tags),
    volumeType: volume.type,
    iops: volume.iops,
    throughput: volume.throughput,
    encrypted: volume.encrypted,
    kmsKeyId: volume.kmsKeyId,
    volumeInitializationRate: volume.initialization?.rate,
    fastRestored: volume.snapshotId === '' ? undefined : volume.fastRestored === true,
    multiAttachEnabled: volume.multiAttach,
    operator: volume.operator === undefined ? { managed: false } : { managed: true, principal: volume.operator },
    ownerId: world.account,
    volumeArn: `arn:aws:ec2:${world.region}:${world.account}:volume/${volume.id}`,
  };
}

export function attachmentXml(volumeId: string, attachment: Attachment, now: number): XmlFields {
  return {
    volumeId,
    instanceId: attachment.instanceId,
    device: attachment.device,
    status: attachmentState(attachment, now) ?? 'detached',
    attachTime: iso(attachment.since),
    deleteOnTermination: attachment.deleteOnTermination,
    ebsCardIndex: 0,
  };
}

/** Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVolumes.html */
function volumeFields(world: World): FilterFields<Volume> {
  const now = world.now();
  const attachments = (volume: Volume): readonly Attachment[] => attachmentsOf(volume, now);
  return {
    'volume-id': ({ id }) => [id],
    status: (volume) => [volumeState(volume, now)],
    size: ({ sizeGiB }) => [String(sizeGiB)],
    'volume-type': ({ type }) => [type],
    'availability-zone': ({ zone }) => [zone],
    'snapshot-id': ({ snapshotId }) => [snapshotId],
    'create-time': ({ bornAt }) => [iso(bornAt)],
    encrypted: ({ encrypted }) => [String(encrypted)],
    'multi-attach-enabled': ({ multiAttach }) => [String(multiAttach)],
    'operator.managed': ({ operator }) => [String(operator !== undefined)],
    'operator.principal': ({ operator }) => [operator],
    'attachment.instance-id': (volume) => attachments(volume).map(({ instanceId }) => instanceId),
    'attachment.device': (volume) => attachments(volume).map(({ device }) => device),
    'attachment.status': (volume) => attachments(volume).map((one) => attachmentState(one, now)),
    'attachment.delete-on-termination': (volume) =>
      attachments(volume).map(({ deleteOnTermination }) => String(deleteOnTermination)),
    'attachment.attach-time': (volume) => attachments(volume).map(({ since }) => iso(since)),
  };
}
