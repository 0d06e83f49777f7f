import { z } from 'zod';

import type { Attachment, Instance, InstanceHealth, Mapping, ScheduledEvent, Snapshot, Volume } from '#ports/cloud.ts';
import { InstanceId } from '#ports/ids.ts';

import { given, instant, many, snapshotId, Tagged, text, volumeId } from './reading.ts';

// What is read from AWS's replies: only the fields in use, turned into our words at once. Lists that AWS leaves out when
// they are empty become empty lists. Ids that only point elsewhere are taken as they are: AWS puts made-up ones there.

const operator = z.object({ Managed: z.boolean().optional(), Principal: text }).optional();

const MappingReply = z
  .object({
    DeviceName: z.string(),
    Ebs: z.object({ VolumeId: volumeId, DeleteOnTermination: z.boolean().optional(), Status: text }).optional(),
  })
  .transform(({ DeviceName, Ebs }): Mapping[] =>
    Ebs === undefined
      ? []
      : [
          {
            device: DeviceName,
            volumeId: Ebs.VolumeId,
            deleteOnTermination: Ebs.DeleteOnTermination ?? false,
            state: Ebs.Status ?? 'attached',
          },
        ],
  );

const InterfaceReply = z.object({
  InterfaceType: text,
  Association: z.object({ IpOwnerId: text, PublicIp: text }).optional(),
});

const InstanceReply = z
  .object({
    InstanceId,
    State: z.object({ Name: z.string() }),
    StateReason: z.object({ Code: text }).optional(),
    InstanceType: z.string(),
    Placement: z.object({
      AvailabilityZone: z.string(),
      GroupName: text,
      Tenancy: text,
      PartitionNumber: z.number().optional(),
      HostId: text,
    }),
    Tags: Tagged,
    LaunchTime: instant,
    RootDeviceName: text,
    BlockDeviceMappings: many(MappingReply),
    PrivateIpAddress: text,
    PublicIpAddress: text,
    NetworkInterfaces: many(InterfaceReply),
    Operator: operator,
    ProductCodes: many(z.object({ ProductCodeType: text })),
    RootDeviceType: text,
    Platform: text,
    Architecture: text,
    MaintenanceOptions: z.object({ AutoRecovery: text }).optional(),
  })
  .transform((reply): Instance => ({
    id: reply.InstanceId,
    name: reply.Tags['Name'] ?? '',
    state: reply.State.Name,
    ...given('stateReason', reply.StateReason?.Code),
    type: reply.InstanceType,
    zone: reply.Placement.AvailabilityZone,
    tags: reply.Tags,
    launchedAt: reply.LaunchTime,
    rootDevice: reply.RootDeviceName ?? '',
    mappings: reply.BlockDeviceMappings.flat(),
    ...given('interfaces', reply.NetworkInterfaces.length || undefined),
    ...given('fabric', reply.NetworkInterfaces.some(isFabric) || undefined),
    ...given('privateIp', reply.PrivateIpAddress),
    ...given('publicIp', reply.PublicIpAddress),
    publicIpChangesOnStop: changesOnStop(reply.PublicIpAddress, reply.NetworkInterfaces),
    ...given('autoScalingGroup', reply.Tags['aws:autoscaling:groupName']),
    ...given('managedBy', managerOf(reply.Operator)),
    marketplace: reply.ProductCodes.some((code) => code.ProductCodeType === 'marketplace'),
    instanceStore: reply.RootDeviceType === 'instance-store',
    ...given('platform', reply.Platform?.toLowerCase()),
    ...given('architecture', reply.Architecture),
    ...given('placementGroup', reply.Placement.GroupName),
    ...given('partition', reply.Placement.PartitionNumber),
    ...given('hostId', reply.Placement.HostId),
    ...given('tenancy', reply.Placement.Tenancy),
    ...given('autoRecovery', reply.MaintenanceOptions?.AutoRecovery),
  }));

/** Source of the types: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_InstanceNetworkInterface.html */
function isFabric({ InterfaceType }: z.infer<typeof InterfaceReply>): boolean {
  return InterfaceType === 'efa' || InterfaceType === 'efa-only';
}

/** AWS owns the address unless an Elastic IP (or an own range) stands behind it; without a word on it, expect a change.
 *  Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_InstanceNetworkInterfaceAssociation.html */
function changesOnStop(publicIp: string | undefined, interfaces: readonly z.infer<typeof InterfaceReply>[]): boolean {
  if (publicIp === undefined || publicIp === '') return false;
  const owner = interfaces.find((one) => one.Association?.PublicIp === publicIp)?.Association?.IpOwnerId;
  return owner === undefined || owner === 'amazon';
}

const StatusReply = z
  .object({ Status: text, Details: many(z.object({ ImpairedSince: instant.optional() })) })
  .optional()
  .transform((reply) => ({
    state: reply?.Status ?? 'not-applicable',
    impairedSince: (reply?.Details ?? []).flatMap(({ ImpairedSince }) => ImpairedSince ?? []),
  }));

const EventReply = z
  .object({
    InstanceEventId: text,
    Code: z.string(),
    Description: text,
    NotBefore: instant.optional(),
    NotBeforeDeadline: instant.optional(),
  })
  .transform((reply): ScheduledEvent => ({
    ...given('id', reply.InstanceEventId),
    code: reply.Code,
    description: reply.Description ?? '',
    ...given('notBefore', reply.NotBefore),
    ...given('deadline', reply.NotBeforeDeadline),
    completed: (reply.Description ?? '').startsWith('[Completed]'),
  }));

const HealthReply = z
  .object({
    InstanceId,
    InstanceState: z.object({ Name: z.string() }),
    SystemStatus: StatusReply,
    InstanceStatus: StatusReply,
    AttachedEbsStatus: StatusReply,
    Events: many(EventReply),
  })
  .transform((reply): InstanceHealth => {
    const checks = [reply.SystemStatus, reply.InstanceStatus, reply.AttachedEbsStatus] as const;
    const since = checks.flatMap((check) => check.impairedSince);
    return {
      instanceId: reply.InstanceId,
      state: reply.InstanceState.Name,
      system: checks[0].state,
      instance: checks[1].state,
      ebs: checks[2].state,
      ...(since.length > 0 ? { impairedSince: Math.min(...since) } : {}),
      events: reply.Events,
    };
  });

const AttachmentReply = z
  .object({ InstanceId: InstanceId.optional(), Device: text, State: text, DeleteOnTermination: z.boolean().optional() })
  .transform((reply): Attachment[] =>
    reply.InstanceId === undefined || reply.State === 'detached'
      ? []
      : [
          {
            instanceId: reply.InstanceId,
            device: reply.Device ?? '',
            state: reply.State ?? 'attached',
            deleteOnTermination: reply.DeleteOnTermination ?? false,
          },
        ],
  );

export const VolumeReply = z
  .object({
    VolumeId: volumeId,
    State: z.string(),
    Size: z.number(),
    VolumeType: z.string(),
    Iops: z.number().optional(),
    Throughput: z.number().optional(),
    Encrypted: z.boolean().optional(),
    KmsKeyId: text,
    AvailabilityZone: z.string(),
    Tags: Tagged,
    MultiAttachEnabled: z.boolean().optional(),
    Attachments: many(AttachmentReply),
    SnapshotId: text,
    CreateTime: instant,
    Operator: operator,
    VolumeInitializationRate: z.number().optional(),
    FastRestored: z.boolean().optional(),
  })
  .transform((reply): Volume => ({
    id: reply.VolumeId,
    name: reply.Tags['Name'] ?? '',
    state: reply.State,
    sizeGiB: reply.Size,
    type: reply.VolumeType,
    ...given('iops', reply.Iops),
    ...given('throughput', reply.Throughput),
    encrypted: reply.Encrypted ?? false,
    ...given('kmsKeyId', reply.KmsKeyId),
    zone: reply.AvailabilityZone,
    tags: reply.Tags,
    multiAttach: reply.MultiAttachEnabled ?? false,
    attachments: reply.Attachments.flat(),
    ...given('snapshotId', snapshotId.safeParse(reply.SnapshotId).data),
    createdAt: reply.CreateTime,
    ...given('managedBy', managerOf(reply.Operator)),
    ...given('initializationRate', reply.VolumeInitializationRate),
    ...given('fastRestored', reply.FastRestored),
  }));

export const SnapshotReply = z
  .object({
    SnapshotId: snapshotId,
    VolumeId: volumeId,
    State: text,
    Progress: text,
    StartTime: instant,
    CompletionTime: instant.optional(),
    VolumeSize: z.number(),
    StorageTier: text,
    Tags: Tagged,
    StateMessage: text,
    Encrypted: z.boolean().optional(),
    KmsKeyId: text,
    Description: text,
    OwnerId: text,
    FullSnapshotSizeInBytes: z.number().optional(),
  })
  .transform((reply): Snapshot => ({
    id: reply.SnapshotId,
    volumeId: reply.VolumeId,
    state: reply.State ?? 'pending',
    progress: Number.parseInt(reply.Progress ?? '', 10) || 0,
    startedAt: reply.StartTime,
    ...given('completedAt', reply.CompletionTime),
    sizeGiB: reply.VolumeSize,
    tier: reply.StorageTier ?? 'standard',
    tags: reply.Tags,
    ...given('message', reply.StateMessage),
    encrypted: reply.Encrypted ?? false,
    ...given('kmsKeyId', reply.KmsKeyId),
    description: reply.Description ?? '',
    ...given('ownerId', reply.OwnerId),
    ...given('fullSizeBytes', reply.FullSnapshotSizeInBytes),
  }));

export const InstancesPage = z.object({
  NextToken: text,
  Reservations: many(z.object({ OwnerId: text, Instances: many(InstanceReply) })),
});
export const HealthPage = z.object({ NextToken: text, InstanceStatuses: many(HealthReply) });
export const VolumesPage = z.object({ NextToken: text, Volumes: many(VolumeReply) });
export const SnapshotsPage = z.object({ NextToken: text, Snapshots: many(SnapshotReply) });
/** At least one: a set without members is no set. */
export const SnapshotSet = z.object({ Snapshots: z.array(SnapshotReply).min(1) });

function managerOf(reply: z.infer<typeof operator>): string | undefined {
  return reply?.Managed === true ? reply.Principal || 'an AWS service' : undefined;
}
