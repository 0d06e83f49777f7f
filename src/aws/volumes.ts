import { z } from 'zod';

import { Refusal } from '#errors.ts';
import type { Cloud, NewVolume, Volume } from '#ports/cloud.ts';
import type { VolumeId } from '#ports/ids.ts';

import type { Caller, Send } from './caller.ts';
import { VolumeReply } from './replies.ts';
import { gone, tagged } from './shared.ts';

type VolumeCalls = Pick<Cloud, 'createVolume' | 'deleteVolume' | 'setDeleteOnTermination'>;

/** Calls that make, delete and mark volumes. All are repeatable: the making by its token. */
export function createVolumeCalls(send: Send, { recent }: Pick<Caller, 'recent'>): VolumeCalls {
  async function createVolume(volume: NewVolume): Promise<Volume> {
    const input = newVolume(volume);
    const made = await send(
      { action: 'CreateVolume', command: (sdk) => new sdk.CreateVolumeCommand(input) },
      VolumeReply,
    );
    recent.note(made.id);
    return made;
  }

  function deleteVolume(id: VolumeId): Promise<void> {
    return gone(id, recent, () =>
      send({ action: 'DeleteVolume', command: (sdk) => new sdk.DeleteVolumeCommand({ VolumeId: id }) }, z.unknown()),
    );
  }

  const setDeleteOnTermination: Cloud['setDeleteOnTermination'] = async ({ instanceId, device, value }) => {
    const input = {
      InstanceId: instanceId,
      BlockDeviceMappings: [{ DeviceName: device, Ebs: { DeleteOnTermination: value } }],
    };
    await send(
      { action: 'ModifyInstanceAttribute', command: (sdk) => new sdk.ModifyInstanceAttributeCommand(input) },
      z.unknown(),
    );
  };

  return { createVolume, deleteVolume, setDeleteOnTermination };
}

/** The request for a new volume. Throws Refusal "bad-input" on a token EC2 would not take: without one it makes up its own. */
function newVolume(volume: NewVolume) {
  if (!/^[\x21-\x7e]{1,64}$/.test(volume.token))
    throw new Refusal(
      'bad-input',
      'The client token of a new volume must be 1 to 64 ASCII characters. Report this as a fault in Deckhand.',
      {
        awsCode: 'InvalidClientToken',
      },
    );
  return {
    ClientToken: volume.token,
    AvailabilityZone: volume.zone,
    VolumeType: volume.type as 'gp3',
    Size: volume.sizeGiB,
    SnapshotId: volume.snapshotId,
    ...(volume.iops === undefined ? {} : { Iops: volume.iops }),
    ...(volume.throughput === undefined ? {} : { Throughput: volume.throughput }),
    // `false` would ask for the plain copy of an encrypted snapshot, which EC2 refuses.
    ...(volume.encrypted ? { Encrypted: true } : {}),
    ...(volume.kmsKeyId === undefined ? {} : { KmsKeyId: volume.kmsKeyId }),
    ...tagged('volume', volume.tags),
  };
}
