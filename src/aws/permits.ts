import { z } from 'zod';

import { isRefusal, Refusal } from '#errors.ts';
import type { Cloud, CloudAction, DryRunOf } from '#ports/cloud.ts';

import type { Call, Send } from './caller.ts';
import { tagged } from './shared.ts';

type DryRun = Call['command'];

/**
 * The call of each action with DryRun set. EC2 judges the permission first and then stops: its answer is always an error,
 * `DryRunOperation` for yes. Calls that tag what they make ask for that permission too.
 */
const dryRuns: Readonly<Record<CloudAction, (of: DryRunOf) => DryRun>> = {
  CreateSnapshot: (of) => (sdk) =>
    new sdk.CreateSnapshotCommand({ DryRun: true, VolumeId: of.volumeId, ...tagged('snapshot', probe) }),
  CreateSnapshots: (of) => (sdk) =>
    new sdk.CreateSnapshotsCommand({
      DryRun: true,
      InstanceSpecification: { InstanceId: of.instanceId },
      ...tagged('snapshot', probe),
    }),
  DeleteSnapshot: (of) => (sdk) => new sdk.DeleteSnapshotCommand({ DryRun: true, SnapshotId: of.snapshotId }),
  CreateVolume: (of) => (sdk) =>
    new sdk.CreateVolumeCommand({
      DryRun: true,
      AvailabilityZone: of.zone,
      ...(of.snapshotId === undefined ? { Size: 1 } : { SnapshotId: of.snapshotId }),
      ...tagged('volume', probe),
    }),
  DeleteVolume: (of) => (sdk) => new sdk.DeleteVolumeCommand({ DryRun: true, VolumeId: of.volumeId }),
  AttachVolume: (of) => (sdk) =>
    new sdk.AttachVolumeCommand({
      DryRun: true,
      VolumeId: of.volumeId,
      InstanceId: of.instanceId,
      Device: of.device ?? '/dev/sdf',
    }),
  DetachVolume: (of) => (sdk) =>
    new sdk.DetachVolumeCommand({ DryRun: true, VolumeId: of.volumeId, InstanceId: of.instanceId }),
  ModifyInstanceAttribute: (of) => (sdk) =>
    new sdk.ModifyInstanceAttributeCommand({
      DryRun: true,
      InstanceId: of.instanceId,
      BlockDeviceMappings: [{ DeviceName: of.device ?? '/dev/sdf', Ebs: { DeleteOnTermination: false } }],
    }),
  StartInstances: (of) => (sdk) => new sdk.StartInstancesCommand({ DryRun: true, InstanceIds: listOf(of.instanceId) }),
  StopInstances: (of) => (sdk) => new sdk.StopInstancesCommand({ DryRun: true, InstanceIds: listOf(of.instanceId) }),
  RebootInstances: (of) => (sdk) =>
    new sdk.RebootInstancesCommand({ DryRun: true, InstanceIds: listOf(of.instanceId) }),
  CreateTags: (of) => (sdk) =>
    new sdk.CreateTagsCommand({ DryRun: true, Resources: resourcesOf(of), Tags: [{ Key: probeKey, Value: '' }] }),
  DeleteTags: (of) => (sdk) =>
    new sdk.DeleteTagsCommand({ DryRun: true, Resources: resourcesOf(of), Tags: [{ Key: probeKey }] }),
  CreateReplaceRootVolumeTask: (of) => (sdk) =>
    new sdk.CreateReplaceRootVolumeTaskCommand({
      DryRun: true,
      InstanceId: of.instanceId,
      ...(of.snapshotId === undefined ? {} : { SnapshotId: of.snapshotId }),
      ...tagged('replace-root-volume-task', probe),
    }),
  CopySnapshot: (of) => (sdk) =>
    new sdk.CopySnapshotCommand({
      DryRun: true,
      SourceSnapshotId: of.snapshotId,
      SourceRegion: of.sourceRegion ?? anyRegion,
      ...tagged('snapshot', probe),
    }),
  ModifySnapshotAttribute: (of) => (sdk) =>
    new sdk.ModifySnapshotAttributeCommand({
      DryRun: true,
      SnapshotId: of.snapshotId,
      Attribute: 'createVolumePermission',
      OperationType: 'remove',
      UserIds: [],
    }),
  DeregisterImage: (of) => (sdk) => new sdk.DeregisterImageCommand({ DryRun: true, ImageId: of.imageId }),
  EnableVolumeIO: (of) => (sdk) => new sdk.EnableVolumeIOCommand({ DryRun: true, VolumeId: of.volumeId }),
  ModifyInstanceEventStartTime: (of) => (sdk) =>
    new sdk.ModifyInstanceEventStartTimeCommand({
      DryRun: true,
      InstanceId: of.instanceId,
      InstanceEventId: undefined,
      NotBefore: undefined,
    }),
};

/** The SDK signs an address of the source for CopySnapshot; a dry run never gets as far as to use it. */
const anyRegion = 'us-east-1';
const probeKey = 'deckhand:op';
const probe = { [probeKey]: 'dry-run' };

export function createPermits(send: Send): Cloud['permits'] {
  return async (action, of) => {
    try {
      await send({ action, command: dryRuns[action](of) }, z.unknown());
    } catch (error) {
      if (!isRefusal(error)) throw error;
      if (error.data['awsCode'] === 'DryRunOperation') return { permitted: true };
      if (denials.has(String(error.data['awsCode']))) return { permitted: false, message: error.message };
      throw error;
    }
    throw new Refusal(
      'not-offered',
      `The EC2 endpoint took a dry run of ${action} for the real thing. Use an endpoint that knows DryRun, or AWS itself.`,
      { action: `ec2:${action}`, awsCode: 'DryRunIgnored' },
    );
  };
}

/** A "no" to this action. Bad or missing keys are another matter and thrown. */
const denials: ReadonlySet<string> = new Set(['UnauthorizedOperation', 'AccessDenied', 'AccessDeniedException']);

function listOf<T>(one: T | undefined): T[] {
  return one === undefined ? [] : [one];
}

function resourcesOf(of: DryRunOf): string[] {
  return [of.instanceId, of.volumeId, of.snapshotId].flatMap(listOf);
}
