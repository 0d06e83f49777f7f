import type { Action, Call } from './call.ts';
import { flag, groups, required } from './form.ts';
import type { Form } from './form.ts';
import type { Instance } from './model.ts';
import { withAttachment } from './power.ts';
import { badCombination, invalid, missing, Problem } from './problems.ts';
import { attachmentState, instanceState } from './states.ts';
import { type Attached, findOne } from './world.ts';
import { iso, type XmlFields } from './xml.ts';

const attributes = ['BlockDeviceMapping', 'DisableApiStop', 'DisableApiTermination', 'InstanceType'] as const;
type Attribute = (typeof attributes)[number];

export const modifyInstanceAttribute: Action = {
  takes: ['InstanceId', 'DryRun', ...attributes],
  run: (call) => {
    const { world, form } = call;
    const instance = findOne(world, 'instance', required(form, 'InstanceId'));
    const given = attributes.filter((name) => [...form.keys()].some((key) => key.startsWith(`${name}.`)));
    const [attribute, another] = given;
    if (attribute === undefined) throw missing('Attribute');
    if (another !== undefined)
      throw badCombination(`Fields for multiple attribute types specified: ${given.join(', ')}`);
    change[attribute](call, instance);
    return { return: true };
  },
};

const change: Readonly<Record<Attribute, (call: Call, instance: Instance) => void>> = {
  BlockDeviceMapping: changeMappings,
  DisableApiStop: ({ world, form }, instance) =>
    world.tables.instance.put({ ...instance, disableApiStop: flag(form, 'DisableApiStop.Value') }),
  DisableApiTermination: ({ world, form }, instance) =>
    world.tables.instance.put({ ...instance, disableApiTermination: flag(form, 'DisableApiTermination.Value') }),
  InstanceType: ({ world, form }, instance) => {
    if (instanceState(instance, world.now()) !== 'stopped')
      throw new Problem('IncorrectInstanceState', `The instance '${instance.id}' is not in the 'stopped' state.`);
    world.tables.instance.put({ ...instance, type: required(form, 'InstanceType.Value') });
  },
};

/** All devices or none. */
function changeMappings({ world, form }: Call, instance: Instance): void {
  const attached = world.attachedTo(instance);
  const changes = groups(form, 'BlockDeviceMapping').map((mapping) => ({
    of: heldAt(attached, mapping),
    deleteOnTermination: flag(mapping, 'Ebs.DeleteOnTermination'),
  }));
  for (const { of, deleteOnTermination } of changes)
    world.tables.volume.put(withAttachment(of.volume, of.attachment, { ...of.attachment, deleteOnTermination }));
}

function heldAt(attached: readonly Attached[], mapping: Form): Attached {
  const device = required(mapping, 'DeviceName');
  const found = attached.find(({ attachment }) => attachment.device === device);
  if (found === undefined)
    throw new Problem('InvalidInstanceAttributeValue', `No device is currently mapped at ${device}`);
  const volumeId = mapping.get('Ebs.VolumeId');
  if (volumeId !== undefined && volumeId !== found.volume.id)
    throw new Problem('InvalidInstanceAttributeValue', `${device} is mapped to ${found.volume.id}, not to ${volumeId}`);
  return found;
}

/** Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstanceAttribute.html */
export const describeInstanceAttribute: Action = {
  takes: ['InstanceId', 'Attribute', 'DryRun'],
  run: ({ world, form }) => {
    const attribute = required(form, 'Attribute');
    const instance = findOne(world, 'instance', required(form, 'InstanceId'));
    const now = world.now();
    const known: Readonly<Record<string, () => XmlFields>> = {
      disableApiStop: () => ({ disableApiStop: { value: instance.disableApiStop } }),
      disableApiTermination: () => ({ disableApiTermination: { value: instance.disableApiTermination } }),
      instanceType: () => ({ instanceType: { value: instance.type } }),
      rootDeviceName: () => ({ rootDeviceName: { value: instance.rootDevice } }),
      blockDeviceMapping: () => ({
        blockDeviceMapping: world.attachedTo(instance).map(({ volume, attachment }) => ({
          deviceName: attachment.device,
          ebs: {
            volumeId: volume.id,
            status: attachmentState(attachment, now),
            attachTime: iso(attachment.since),
            deleteOnTermination: attachment.deleteOnTermination,
          },
        })),
      }),
    };
    if (!Object.hasOwn(known, attribute))
      throw invalid(`Value (${attribute}) for parameter attribute is invalid. Unknown attribute.`);
    return { instanceId: instance.id, ...known[attribute]?.() };
  },
};
