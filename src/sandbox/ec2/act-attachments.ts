import type { Action } from './call.ts';
import { attachmentXml } from './describe-volumes.ts';
import { flag, required } from './form.ts';
import { mostVolumes } from './instance-types.ts';
import type { Attachment, Instance, Volume } from './model.ts';
import { withAttachment } from './power.ts';
import { badCombination, incorrectState, invalid, managed, Problem } from './problems.ts';
import { attachmentsOf, instanceState, isUp, volumeState } from './states.ts';
import { findOne, type World } from './world.ts';

/** Source: https://docs.aws.amazon.com/ebs/latest/userguide/ebs-volumes-multi.html */
const mostHolders = 16;

export const attachVolume: Action = {
  takes: ['VolumeId', 'InstanceId', 'Device', 'EbsCardIndex', 'DryRun'],
  run: ({ world, form }) => {
    const device = required(form, 'Device');
    const volume = findOne(world, 'volume', required(form, 'VolumeId'));
    const instance = findOne(world, 'instance', required(form, 'InstanceId'));
    checkVolume(world, volume, instance);
    checkInstance(world, instance, device);
    const now = world.now();
    const attachment: Attachment = {
      instanceId: instance.id,
      device,
      since: now,
      readyAt: now + world.pace.attach,
      // Whatever it was before. Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/preserving-volumes-on-termination.html
      deleteOnTermination: false,
      mounted: false,
    };
    world.tables.volume.put({ ...volume, attachments: [...attachmentsOf(volume, now), attachment] });
    return attachmentXml(volume.id, attachment, now);
  },
};

function checkVolume(world: World, volume: Volume, instance: Instance): void {
  const now = world.now();
  if (volume.operator !== undefined) throw managed(volume.id, volume.operator);
  const state = volumeState(volume, now);
  const holders = attachmentsOf(volume, now);
  if (state === 'in-use' && !volume.multiAttach)
    throw new Problem('VolumeInUse', `${volume.id} is already attached to an instance`);
  if (state !== 'available' && state !== 'in-use') throw incorrectState(`${volume.id} is not 'available'.`);
  if (holders.some(({ instanceId }) => instanceId === instance.id))
    throw new Problem('VolumeInUse', `${volume.id} is already attached to ${instance.id}`);
  if (holders.length >= mostHolders)
    throw new Problem('AttachmentLimitExceeded', `${volume.id} is attached to ${mostHolders} instances already.`);
  if (volume.zone !== instance.zone)
    throw new Problem(
      'InvalidVolume.ZoneMismatch',
      `The volume '${volume.id}' is not in the same availability zone as instance '${instance.id}'`,
    );
}

function checkInstance(world: World, instance: Instance, device: string): void {
  const state = instanceState(instance, world.now());
  if (state !== 'running' && state !== 'stopped')
    throw incorrectState(`Instance '${instance.id}' is not 'running' or 'stopped', but '${state}'.`);
  if (instance.marketplace && state !== 'stopped')
    throw new Problem(
      'OperationNotPermitted',
      `Volumes can be attached to '${instance.id}' with a Marketplace product code only while it is stopped.`,
    );
  if (!/^(?:\/dev\/)?(?:sd[a-z]{1,2}|xvd[a-z]{1,2}|sd[a-z]1|sda[1-9])$/.test(device))
    throw invalid(`Value (${device}) for parameter device is invalid. ${device} is not a valid EBS device name.`);
  const attached = world.attachedTo(instance);
  if (attached.some(({ attachment }) => attachment.device === device))
    throw invalid(`Invalid value '${device}' for unixDevice. Attachment point ${device} is already in use`);
  if (attached.length >= mostVolumes(instance.type))
    throw new Problem(
      'AttachmentLimitExceeded',
      `You have exceeded the maximum number of attachments for '${instance.id}'`,
    );
}

export const detachVolume: Action = {
  takes: ['VolumeId', 'InstanceId', 'Device', 'Force', 'DryRun'],
  run: ({ world, form }) => {
    const volume = findOne(world, 'volume', required(form, 'VolumeId'));
    const instanceId = form.get('InstanceId');
    if (instanceId !== undefined) findOne(world, 'instance', instanceId);
    if (volume.operator !== undefined) throw managed(volume.id, volume.operator);
    const old = held(world, volume, instanceId, form.get('Device'));
    const instance = findOne(world, 'instance', old.instanceId);
    const now = world.now();
    const up = isUp(instance, now);
    if (old.device === instance.rootDevice && up)
      throw new Problem(
        'OperationNotPermitted',
        `Unable to detach root volume '${volume.id}' from instance '${instance.id}'`,
      );
    if (old.device === instance.rootDevice)
      world.tables.instance.put({ ...instance, formerRoots: [...(instance.formerRoots ?? []), volume.id] });
    const leaving = { since: now, goneAt: goneAt(world, instance, old, flag(form, 'Force')) };
    const next = { ...old, leaving };
    world.tables.volume.put(withAttachment(volume, old, next));
    return attachmentXml(volume.id, next, now);
  },
};

/** The attachment that is meant. Throws when there is none, when it is on its way out, or when it is not clear which. */
function held(world: World, volume: Volume, instanceId: string | undefined, device: string | undefined): Attachment {
  const now = world.now();
  const live = attachmentsOf(volume, now);
  if (live.length === 0)
    throw incorrectState(`Volume '${volume.id}' is in the '${volumeState(volume, now) ?? 'deleted'}' state.`);
  const meant = live.filter(
    (one) => (instanceId ?? one.instanceId) === one.instanceId && (device ?? one.device) === one.device,
  );
  const [found, another] = meant;
  if (found === undefined)
    throw new Problem(
      'InvalidAttachment.NotFound',
      `The volume '${volume.id}' is not attached to instance '${instanceId ?? ''}'${device === undefined ? '' : ` as device '${device}'`}.`,
    );
  if (another !== undefined)
    throw badCombination(`The volume '${volume.id}' is attached to several instances. Name the instance.`);
  if (found.leaving !== undefined && found.leaving.goneAt !== null)
    throw incorrectState(`Volume '${volume.id}' is in the 'detaching' state.`);
  return found;
}

/** Mounted on a machine that is up: busy until it stops, unless it is torn off by force. */
function goneAt(world: World, instance: Instance, { mounted }: Attachment, force: boolean): number | null {
  const gone = world.now() + world.pace.detach;
  if (force || !mounted || !isUp(instance, world.now())) return gone;
  const { to, doneAt } = instance.power;
  return to === 'running' ? null : doneAt + world.pace.detach;
}
