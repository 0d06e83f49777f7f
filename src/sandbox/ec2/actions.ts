import { attachVolume, detachVolume } from './act-attachments.ts';
import { describeInstanceAttribute, modifyInstanceAttribute } from './act-attributes.ts';
import { runInstances } from './act-launch.ts';
import { rebootInstances, startInstances, stopInstances, terminateInstances } from './act-power.ts';
import { createSnapshot, createSnapshots, deleteSnapshot } from './act-snapshots.ts';
import { createTags, deleteTags } from './act-tags.ts';
import { createVolume, deleteVolume } from './act-volumes.ts';
import type { Action } from './call.ts';
import { describeInstances } from './describe-instances.ts';
import { describeAvailabilityZones, describeImages, describeRegions, describeTags } from './describe-places.ts';
import { describeSnapshots } from './describe-snapshots.ts';
import { describeInstanceStatus } from './describe-status.ts';
import { describeVolumes, describeVolumesModifications, describeVolumeStatus } from './describe-volumes.ts';

/** All that this EC2 offers. */
const actions: ReadonlyMap<string, Action> = new Map(
  Object.entries({
    AttachVolume: attachVolume,
    CreateSnapshot: createSnapshot,
    CreateSnapshots: createSnapshots,
    CreateTags: createTags,
    CreateVolume: createVolume,
    DeleteSnapshot: deleteSnapshot,
    DeleteTags: deleteTags,
    DeleteVolume: deleteVolume,
    DescribeAvailabilityZones: describeAvailabilityZones,
    DescribeImages: describeImages,
    DescribeInstanceAttribute: describeInstanceAttribute,
    DescribeInstanceStatus: describeInstanceStatus,
    DescribeInstances: describeInstances,
    DescribeRegions: describeRegions,
    DescribeSnapshots: describeSnapshots,
    DescribeTags: describeTags,
    DescribeVolumeStatus: describeVolumeStatus,
    DescribeVolumes: describeVolumes,
    DescribeVolumesModifications: describeVolumesModifications,
    DetachVolume: detachVolume,
    ModifyInstanceAttribute: modifyInstanceAttribute,
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
