import type { CloudAction } from '#ports/cloud.ts';

/** Everything Deckhand calls, as IAM and the throttling tables name it. */
export type Action =
  | CloudAction
  | 'DescribeInstances'
  | 'DescribeInstanceStatus'
  | 'DescribeVolumes'
  | 'DescribeSnapshots'
  | 'DescribeAvailabilityZones'
  | 'DescribeFastSnapshotRestores'
  | 'DescribeImages'
  | 'DescribeInstanceAttribute'
  | 'DescribeInstanceTypes'
  | 'DescribeLaunchTemplates'
  | 'DescribeLaunchTemplateVersions'
  | 'DescribeLockedSnapshots'
  | 'DescribeReplaceRootVolumeTasks'
  | 'DescribeSnapshotAttribute'
  | 'DescribeSnapshotTierStatus'
  | 'DescribeVolumeStatus'
  | 'GetConsoleOutput'
  | 'ListSnapshotsInRecycleBin'
  | 'ListVolumesInRecycleBin';

/** A token bucket: `capacity` tokens at most, `perSecond` come back. */
export type Rate = { capacity: number; perSecond: number };

/** `requests`: one token a call. `resources`: one token an instance named in the call. */
export type Limit = { requests: Rate; resources?: Rate };

const mutating: Rate = { capacity: 100, perSecond: 5 };
/** Actions that the page does not list. */
const otherMutating: Rate = { capacity: 50, perSecond: 5 };
const describing: Rate = { capacity: 100, perSecond: 20 };

/**
 * What AWS allows by default, per account, Region and action; shared with everything else that runs in the account.
 * Source: https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html
 */
export const awsLimits: Readonly<Record<Action, Limit>> = {
  DescribeInstances: { requests: describing },
  DescribeInstanceStatus: { requests: describing },
  DescribeVolumes: { requests: describing },
  DescribeSnapshots: { requests: describing },
  CreateSnapshot: { requests: mutating },
  CreateSnapshots: { requests: mutating },
  DeleteSnapshot: { requests: mutating },
  CreateVolume: { requests: mutating },
  DeleteVolume: { requests: mutating },
  CreateTags: { requests: { capacity: 100, perSecond: 10 } },
  DeleteTags: { requests: { capacity: 100, perSecond: 10 } },
  StartInstances: { requests: { capacity: 5, perSecond: 2 }, resources: { capacity: 1000, perSecond: 2 } },
  StopInstances: { requests: { capacity: 50, perSecond: 5 }, resources: { capacity: 1000, perSecond: 20 } },
  AttachVolume: { requests: otherMutating },
  DetachVolume: { requests: otherMutating },
  ModifyInstanceAttribute: { requests: otherMutating },
  RebootInstances: { requests: otherMutating },
  ModifySnapshotAttribute: { requests: mutating },
  DeregisterImage: { requests: mutating },
  CreateReplaceRootVolumeTask: { requests: otherMutating },
  CopySnapshot: { requests: otherMutating },
  EnableVolumeIO: { requests: otherMutating },
  ModifyInstanceEventStartTime: { requests: otherMutating },
  DescribeAvailabilityZones: { requests: describing },
  DescribeFastSnapshotRestores: { requests: describing },
  DescribeImages: { requests: describing },
  DescribeInstanceAttribute: { requests: describing },
  DescribeInstanceTypes: { requests: describing },
  DescribeLaunchTemplates: { requests: describing },
  DescribeLaunchTemplateVersions: { requests: describing },
  DescribeLockedSnapshots: { requests: describing },
  DescribeReplaceRootVolumeTasks: { requests: describing },
  DescribeSnapshotAttribute: { requests: describing },
  DescribeSnapshotTierStatus: { requests: describing },
  DescribeVolumeStatus: { requests: describing },
  GetConsoleOutput: { requests: describing },
  ListSnapshotsInRecycleBin: { requests: describing },
  ListVolumesInRecycleBin: { requests: describing },
};

/** Describe calls without page size and without filter have a smaller bucket of their own (same source). */
export const plainDescribeLimit: Limit = { requests: { capacity: 50, perSecond: 10 } };
