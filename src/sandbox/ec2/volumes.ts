import { attachmentXml, volumeXml } from './describe.ts';
import { byIds } from './lists.ts';
import { delays, type VolumeRow } from './model.ts';
import type { State } from './state.ts';
import { readTags } from './tags.ts';
import { Ec2Error, type Form, type Xml } from './wire.ts';

type Reply = { readonly [name: string]: Xml };

/** Same token and parameters: the same volume, however often. */
export function createVolume(state: State, form: Form): Reply {
  const { world } = state;
  const token = form.get('ClientToken');
  const known = token === undefined ? undefined : world.tokens.get(token);
  if (known !== undefined) {
    const row = world.volumes.get(known.id);
    if (known.parameters !== form.parameters() || row === undefined)
      throw new Ec2Error(
        'IdempotentParameterMismatch',
        'The client token you have provided is associated with a resource that is already deleted, or with other parameters.',
      );
    return volumeXml(row);
  }
  const row = newVolume(state, form);
  world.volumes.set(row.id, row);
  if (token !== undefined) world.tokens.set(token, { id: row.id, parameters: form.parameters() });
  return volumeXml(row);
}

function newVolume(state: State, form: Form): VolumeRow {
  const zone = form.get('AvailabilityZone') ?? '';
  if (!/^us-east-1[abc]$/.test(zone)) throw new Ec2Error('InvalidZone.NotFound', `The zone '${zone}' does not exist.`);
  const snapshotId = form.get('SnapshotId') ?? '';
  const snapshot = snapshotId === '' ? undefined : byIds(state.world.snapshots, [snapshotId], 'Snapshot')[0];
  if (snapshot !== undefined && snapshot.state !== 'completed')
    throw new Ec2Error('IncorrectState', `Snapshot is in invalid state - ${snapshot.state}`);
  if (snapshot !== undefined && snapshot.tier !== 'standard')
    throw new Ec2Error('IncorrectState', 'Snapshot is in the archive tier');
  const size = form.number('Size');
  if (size === undefined && snapshot === undefined)
    throw new Ec2Error('MissingParameter', 'The request must contain the parameter size or snapshotId');
  return {
    id: state.id('vol'),
    state: 'creating',
    change: { at: state.after(snapshot === undefined ? 2_000 : delays.create), to: 'available' },
    sizeGiB: Math.max(size ?? 0, snapshot?.sizeGiB ?? 0),
    type: form.get('VolumeType') ?? 'gp2',
    iops: form.number('Iops'),
    throughput: form.number('Throughput'),
    encrypted: form.flag('Encrypted') === true || snapshot?.encrypted === true,
    kmsKeyId: form.get('KmsKeyId') ?? '',
    zone,
    tags: readTags(form, 'volume'),
    multiAttach: form.flag('MultiAttachEnabled') === true,
    snapshotId,
    createdAt: state.now(),
    managedBy: '',
  };
}

export function deleteVolume(state: State, form: Form): Reply {
  const row = one(state, form);
  if (row.attachment !== undefined)
    throw new Ec2Error('VolumeInUse', `Volume ${row.id} is currently attached to ${row.attachment.instanceId}`);
  row.state = 'deleting';
  row.change = { at: state.after(delays.remove), to: 'gone' };
  return { return: true };
}

export function attachVolume(state: State, form: Form): Reply {
  const row = one(state, form);
  const instanceId = form.get('InstanceId') ?? '';
  const device = form.get('Device') ?? '';
  const [instance] = byIds(state.world.instances, [instanceId], 'Instance');
  if (row.attachment !== undefined) throw new Ec2Error('VolumeInUse', `${row.id} is already attached to an instance`);
  if (row.state !== 'available')
    throw new Ec2Error('IncorrectState', `Volume '${row.id}' is not 'available'. It is '${row.state}'.`);
  if (instance!.zone !== row.zone)
    throw new Ec2Error(
      'InvalidVolume.ZoneMismatch',
      `The volume '${row.id}' is not in the same availability zone as instance '${instanceId}'`,
    );
  if (!['running', 'stopped'].includes(instance!.state))
    throw new Ec2Error('IncorrectState', `Instance '${instanceId}' is not 'running' or 'stopped'.`);
  const taken = [...state.world.volumes.values()].some(
    ({ attachment }) => attachment?.instanceId === instanceId && attachment.device === device,
  );
  if (taken)
    throw new Ec2Error(
      'InvalidParameterValue',
      `Invalid value '${device}' for unixDevice. Attachment point ${device} is already in use`,
    );
  row.state = 'in-use';
  // AttachVolume leaves DeleteOnTermination false, whatever it was before.
  row.attachment = {
    instanceId,
    device,
    state: 'attaching',
    change: { at: state.after(delays.attach), to: 'attached' },
    deleteOnTermination: false,
    root: device === '/dev/xvda',
  };
  return attachmentXml(row);
}

export function detachVolume(state: State, form: Form): Reply {
  const row = one(state, form);
  const at = row.attachment;
  const instanceId = form.get('InstanceId');
  if (at === undefined) throw new Ec2Error('IncorrectState', `Volume '${row.id}' is in the 'available' state.`);
  if (instanceId !== undefined && instanceId !== at.instanceId)
    throw new Ec2Error(
      'InvalidAttachment.NotFound',
      `The volume '${row.id}' is not attached to instance '${instanceId}'.`,
    );
  const instance = state.world.instances.get(at.instanceId);
  if (at.root && instance?.state !== 'stopped')
    throw new Ec2Error(
      'OperationNotPermitted',
      `Unable to detach root volume '${row.id}' from instance '${at.instanceId}'`,
    );
  if (at.state !== 'detaching' && at.state !== 'busy') {
    const mounted = instance?.state === 'running';
    at.state = mounted ? 'busy' : 'detaching';
    // A file system that is still mounted keeps the volume busy until the server stops.
    at.change = mounted ? undefined : { at: state.after(delays.detach), to: 'gone' };
  }
  return attachmentXml(row);
}

export function modifyInstanceAttribute(state: State, form: Form): Reply {
  const [instance] = byIds(state.world.instances, [form.get('InstanceId') ?? ''], 'Instance');
  for (const mapping of form.records('BlockDeviceMapping')) {
    const row = [...state.world.volumes.values()].find(
      ({ attachment }) => attachment?.instanceId === instance!.id && attachment.device === mapping['DeviceName'],
    );
    if (row?.attachment === undefined)
      throw new Ec2Error('InvalidInstanceAttributeValue', `No device is currently mapped at ${mapping['DeviceName']}`);
    row.attachment.deleteOnTermination = mapping['Ebs.DeleteOnTermination'] === 'true';
  }
  return { return: true };
}

function one(state: State, form: Form): VolumeRow {
  return byIds(state.world.volumes, [form.get('VolumeId') ?? ''], 'Volume')[0]!;
}
