import { z } from 'zod';

import type { Cloud, NewVolume, Volume } from '#ports/cloud.ts';
import type { VolumeId } from '#ports/ids.ts';

import type { Caller, Send } from './caller.ts';
import { VolumeReply } from './replies.ts';
import { clientToken, gone, tagged } from './shared.ts';

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

function newVolume(volume: NewVolume) {
  return {
    ClientToken: clientToken(volume.token),
    AvailabilityZone: volume.zone,
    VolumeType: volume.type as 'gp3',
    Size: volume.sizeGiB,
    SnapshotId: volume.snapshotId,
    ...(volume.iops === undefined ? {} : { Iops: volume.iops }),
    ...(volume.throughput === undefined ? {} : { Throughput: volume.throughput }),
    // `false` would ask for the plain copy of an encrypted snapshot, which EC2 refuses.
    ...(volume.encrypted ? { Encrypted: true } : {}),
    ...(volume.kmsKeyId === undefined ? {} : { KmsKeyId: volume.kmsKeyId }),
    ...(volume.initializationRate === undefined ? {} : { VolumeInitializationRate: volume.initializationRate }),
    ...tagged('volume', volume.tags),
  };
}
