import { attachVolume, detachVolume } from './act-attachments.ts';
import { describeInstanceAttribute, modifyInstanceAttribute } from './act-attributes.ts';
import { copySnapshot, describeSnapshotAttribute, modifySnapshotAttribute } from './act-copies.ts';
import { deleteSnapshot } from './act-delete-snapshot.ts';
import { getConsoleOutput, modifyInstanceEventStartTime } from './act-events.ts';
import { deregisterImage } from './act-images.ts';
import { runInstances } from './act-launch.ts';
import { rebootInstances, startInstances, stopInstances, terminateInstances } from './act-power.ts';
import { createReplaceRootVolumeTask, describeReplaceRootVolumeTasks } from './act-roots.ts';
import { createSnapshot, createSnapshots } from './act-snapshots.ts';
import { createTags, deleteTags } from './act-tags.ts';
import { createVolume, deleteVolume } from './act-volumes.ts';
import type { Action } from './call.ts';
import {
  describeFastSnapshotRestores,
  describeLaunchTemplates,
  describeLaunchTemplateVersions,
  describeLockedSnapshots,
  describeSnapshotTierStatus,
  listSnapshotsInRecycleBin,
  listVolumesInRecycleBin,
} from './describe-holds.ts';
import { describeInstances } from './describe-instances.ts';
import { describeAvailabilityZones, describeImages, describeRegions, describeTags } from './describe-places.ts';
import { describeSnapshots } from './describe-snapshots.ts';
import { describeInstanceStatus } from './describe-status.ts';
import { describeVolumeStatus, enableVolumeIo } from './describe-volume-status.ts';
import { describeVolumes, describeVolumesModifications } from './describe-volumes.ts';
import { describeInstanceTypes } from './instance-types.ts';

/** All that this EC2 offers. */
const actions: ReadonlyMap<string, Action> = new Map(
  Object.entries({
    AttachVolume: attachVolume,
    CopySnapshot: copySnapshot,
    CreateReplaceRootVolumeTask: createReplaceRootVolumeTask,
    CreateSnapshot: createSnapshot,
    CreateSnapshots: createSnapshots,
    CreateTags: createTags,
    CreateVolume: createVolume,
    DeleteSnapshot: deleteSnapshot,
    DeleteTags: deleteTags,
    DeleteVolume: deleteVolume,
    DeregisterImage: deregisterImage,
    DescribeAvailabilityZones: describeAvailabilityZones,
    DescribeFastSnapshotRestores: describeFastSnapshotRestores,
    DescribeImages: describeImages,
    DescribeInstanceAttribute: describeInstanceAttribute,
    DescribeInstanceTypes: describeInstanceTypes,
    DescribeInstanceStatus: describeInstanceStatus,
    DescribeInstances: describeInstances,
    DescribeLaunchTemplateVersions: describeLaunchTemplateVersions,
    DescribeLaunchTemplates: describeLaunchTemplates,
    DescribeLockedSnapshots: describeLockedSnapshots,
    DescribeRegions: describeRegions,
    DescribeReplaceRootVolumeTasks: describeReplaceRootVolumeTasks,
    DescribeSnapshotAttribute: describeSnapshotAttribute,
    DescribeSnapshotTierStatus: describeSnapshotTierStatus,
    DescribeSnapshots: describeSnapshots,
    DescribeTags: describeTags,
    DescribeVolumeStatus: describeVolumeStatus,
    DescribeVolumes: describeVolumes,
    DescribeVolumesModifications: describeVolumesModifications,
    DetachVolume: detachVolume,
    EnableVolumeIO: enableVolumeIo,
    GetConsoleOutput: getConsoleOutput,
    ListSnapshotsInRecycleBin: listSnapshotsInRecycleBin,
    ListVolumesInRecycleBin: listVolumesInRecycleBin,
    ModifyInstanceAttribute: modifyInstanceAttribute,
    ModifyInstanceEventStartTime: modifyInstanceEventStartTime,
    ModifySnapshotAttribute: modifySnapshotAttribute,
    RebootInstances: rebootInstances,
    RunInstances: runInstances,
    StartInstances: startInstances,
    StopInstances: stopInstances,
    TerminateInstances: terminateInstances,
  }),
);

export function actionNamed(name: string): Action | undefined {
  return actions.get(name);
}
