import { z } from 'zod';

import { isRefusal, Refusal, Transient } from '#errors.ts';
import type { Attachment, Cloud } from '#ports/cloud.ts';
import type { InstanceId, VolumeId } from '#ports/ids.ts';

import type { Send } from './caller.ts';

type AttachmentCalls = Pick<Cloud, 'attachVolume' | 'detachVolume'>;

/**
 * EC2 takes no token here. So we look first, which keeps a volume of another instance where it is on any endpoint, and
 * look again when EC2 refuses: "as wanted already" is done.
 */
export function createAttachmentCalls(send: Send, read: Pick<Cloud, 'volumes'>): AttachmentCalls {
  /** Where it is attached, as EC2 tells it now. */
  async function attachmentsOf(id: VolumeId): Promise<readonly Attachment[]> {
    return (await read.volumes({ ids: [id] })).flatMap((volume) => volume.attachments);
  }

  const attachVolume: Cloud['attachVolume'] = async (wanted) => {
    if (isAttached(await attachmentsOf(wanted.volumeId), wanted)) return;
    const input = { VolumeId: wanted.volumeId, InstanceId: wanted.instanceId, Device: wanted.device };
    try {
      await send({ action: 'AttachVolume', command: (sdk) => new sdk.AttachVolumeCommand(input) }, z.unknown());
    } catch (error) {
      if (!wasRefused(error, ['VolumeInUse', 'IncorrectState', 'InvalidParameterValue'])) throw error;
      if (isAttached(await attachmentsOf(wanted.volumeId), wanted, error)) return;
      throw wasRefused(error, ['VolumeInUse']) ? notShownYet(wanted.volumeId, error) : error;
    }
  };

  const detachVolume: Cloud['detachVolume'] = async (wanted) => {
    isDetaching(await attachmentsOf(wanted.volumeId), wanted);
    // Sent even when it looks free: what we saw may be older than the last attach. With the instance in the request EC2
    // refuses to detach it from any other.
    const input = { VolumeId: wanted.volumeId, InstanceId: wanted.instanceId };
    try {
      await send({ action: 'DetachVolume', command: (sdk) => new sdk.DetachVolumeCommand(input) }, z.unknown());
    } catch (error) {
      if (!wasRefused(error, ['IncorrectState', 'InvalidAttachment.NotFound'])) throw error;
      if (!isDetaching(await attachmentsOf(wanted.volumeId), wanted, error)) throw error;
    }
  };

  return { attachVolume, detachVolume };
}

type Wanted = { volumeId: VolumeId; instanceId: InstanceId };

/** True: as wanted. False: attached nowhere. Throws Refusal "conflict" when it is somewhere else, or on its way out. */
function isAttached(attachments: readonly Attachment[], wanted: Wanted & { device: string }, cause?: unknown): boolean {
  const { volumeId, instanceId, device } = wanted;
  if (attachments.some((at) => at.instanceId === instanceId && at.device === device && at.state.startsWith('attach')))
    return true;
  const elsewhere = attachments[0];
  if (elsewhere === undefined) return false;
  throw conflict(
    `${volumeId} is ${elsewhere.state} at ${elsewhere.device} of ${elsewhere.instanceId}, so it cannot be attached at ${device} of ${instanceId}. Detach it there first, then ask again.`,
    'VolumeInUse',
    cause,
  );
}

/** True: free, or on its way out of this instance. Throws Refusal "conflict" when only other instances have it. */
function isDetaching(attachments: readonly Attachment[], { volumeId, instanceId }: Wanted, cause?: unknown): boolean {
  const here = attachments.find((at) => at.instanceId === instanceId);
  if (here !== undefined) return here.state === 'detaching';
  const elsewhere = attachments[0];
  if (elsewhere === undefined) return true;
  throw conflict(
    `${volumeId} is ${elsewhere.state} at ${elsewhere.device} of ${elsewhere.instanceId}, not of ${instanceId}; it was left there. Look at it with the status command, then ask again.`,
    'InvalidAttachment.NotFound',
    cause,
  );
}

function conflict(message: string, awsCode: string, cause: unknown): Refusal {
  return new Refusal('conflict', message, { awsCode, ...(isRefusal(cause) ? cause.data : {}) }, { cause });
}

function wasRefused(error: unknown, codes: readonly string[]): boolean {
  return isRefusal(error) && codes.includes(String(error.data['awsCode']));
}

function notShownYet(id: VolumeId, cause: unknown): Transient {
  return new Transient(`EC2 calls ${id} in use but does not show yet where. Try again.`, { cause });
}
