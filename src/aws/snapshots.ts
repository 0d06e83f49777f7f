import { z } from 'zod';

import { Refusal } from '#errors.ts';
import type { Cloud, NewCopy, NewSnapshot, NewSnapshots, Snapshot } from '#ports/cloud.ts';
import type { SnapshotId } from '#ports/ids.ts';

import type { Caller, Send } from './caller.ts';
import { snapshotId } from './reading.ts';
import { SnapshotReply, SnapshotSet } from './replies.ts';
import { gone, tagged } from './shared.ts';

type SnapshotCalls = Pick<
  Cloud,
  'createSnapshots' | 'createSnapshot' | 'copySnapshot' | 'shareSnapshot' | 'deleteSnapshot'
>;

/** Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_InstanceSpecification.html */
const mostExcluded = 40;
/** Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSnapshot.html */
const longestDescription = 255;

/** Calls that make and delete snapshots. EC2 takes no token for the making: one attempt each. */
export function createSnapshotCalls(send: Send, { recent }: Pick<Caller, 'recent'>): SnapshotCalls {
  async function createSnapshots(of: NewSnapshots): Promise<readonly Snapshot[]> {
    if (of.excludeVolumeIds.length > mostExcluded)
      throw new Refusal(
        'over-limit',
        `AWS leaves out at most ${mostExcluded} volumes of one instance, not ${of.excludeVolumeIds.length}. Snapshot the wanted volumes one by one, or all of the instance.`,
        { awsCode: 'InvalidParameterValue' },
      );
    const input = {
      InstanceSpecification: {
        InstanceId: of.instanceId,
        ExcludeBootVolume: of.excludeBoot,
        ...(of.excludeVolumeIds.length > 0 ? { ExcludeDataVolumeIds: [...of.excludeVolumeIds] } : {}),
      },
      CopyTagsFromSource: 'volume' as const,
      Description: plainText(of.description),
      ...tagged('snapshot', of.tags),
    };
    const { Snapshots } = await send(
      { action: 'CreateSnapshots', once: true, command: (sdk) => new sdk.CreateSnapshotsCommand(input) },
      SnapshotSet,
    );
    return Snapshots.map(noted);
  }

  async function createSnapshot(of: NewSnapshot): Promise<Snapshot> {
    const input = { VolumeId: of.volumeId, Description: plainText(of.description), ...tagged('snapshot', of.tags) };
    const made = await send(
      { action: 'CreateSnapshot', once: true, command: (sdk) => new sdk.CreateSnapshotCommand(input) },
      SnapshotReply,
    );
    return noted(made);
  }

  // The SDK puts a signed address into this request: neither it nor its parameters may be logged.
  async function copySnapshot(of: NewCopy): Promise<SnapshotId> {
    const input = {
      SourceRegion: of.sourceRegion,
      SourceSnapshotId: of.snapshotId,
      Description: plainText(of.description),
      // `false` would ask for the plain copy of an encrypted snapshot, which EC2 refuses.
      ...(of.encrypted === true || of.kmsKeyId !== undefined ? { Encrypted: true } : {}),
      ...(of.kmsKeyId === undefined ? {} : { KmsKeyId: of.kmsKeyId }),
      ...tagged('snapshot', of.tags),
    };
    const { SnapshotId } = await send(
      { action: 'CopySnapshot', once: true, command: (sdk) => new sdk.CopySnapshotCommand(input) },
      z.object({ SnapshotId: snapshotId }),
    );
    recent.note(SnapshotId);
    return SnapshotId;
  }

  const shareSnapshot: Cloud['shareSnapshot'] = async ({ snapshotId: id, account, shared }) => {
    const input = {
      SnapshotId: id,
      Attribute: 'createVolumePermission' as const,
      OperationType: shared ? ('add' as const) : ('remove' as const),
      UserIds: [account],
    };
    await send(
      { action: 'ModifySnapshotAttribute', command: (sdk) => new sdk.ModifySnapshotAttributeCommand(input) },
      z.unknown(),
    );
  };

  function noted(snapshot: Snapshot): Snapshot {
    recent.note(snapshot.id);
    return snapshot;
  }

  function deleteSnapshot(id: SnapshotId): Promise<void> {
    return gone(id, recent, () =>
      send(
        { action: 'DeleteSnapshot', command: (sdk) => new sdk.DeleteSnapshotCommand({ SnapshotId: id }) },
        z.unknown(),
      ),
    );
  }

  return { createSnapshots, createSnapshot, copySnapshot, shareSnapshot, deleteSnapshot };
}

/** EC2 refuses anything but printable ASCII in descriptions. */
function plainText(description: string): string {
  return description
    .replace(/[^\x20-\x7e]/g, '')
    .trim()
    .slice(0, longestDescription);
}
