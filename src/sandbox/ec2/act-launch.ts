import { onceByToken } from './act-volumes.ts';
import type { Action, Call } from './call.ts';
import { reservationXml } from './describe-instances.ts';
import { flag, groups, integer, required } from './form.ts';
import type { Form } from './form.ts';
import type { Image, Instance, Tags, Volume } from './model.ts';
import { invalid, missing, Problem } from './problems.ts';
import { tagsAtCreation } from './tag-rules.ts';
import { performanceOf } from './volume-types.ts';
import { findOne, type World } from './world.ts';

/** Instances in one call; more is a slip of the hand here. */
const mostAtOnce = 100;

/** The least that a launch needs: image, count, zone, type, disks and tags; they run and can be used like the others. */
export const runInstances: Action = {
  takes: [
    'ImageId',
    'MinCount',
    'MaxCount',
    'InstanceType',
    'Placement',
    'BlockDeviceMapping',
    'TagSpecification',
    'ClientToken',
    'DryRun',
  ],
  counts: (form) => integer(form, 'MaxCount') ?? 1,
  run: (call) => {
    const { world } = call;
    const ids = onceByToken(call, () => launch(call));
    const instances = ids.flatMap((id) => world.tables.instance.get(id) ?? []);
    const [first] = instances;
    if (first === undefined || instances.some(({ power }) => power.to === 'terminated'))
      throw new Problem('IdempotentInstanceTerminated', 'The client token belongs to an instance that is terminated.');
    return reservationXml(world, first.reservationId, instances);
  },
};

type Disk = Pick<Volume, 'sizeGiB' | 'type' | 'iops' | 'throughput' | 'snapshotId' | 'encrypted' | 'kmsKeyId'> & {
  device: string;
  deleteOnTermination: boolean;
};

function launch({ world, form }: Call): string[] {
  const image = findOne(world, 'image', required(form, 'ImageId'));
  if (image.state !== 'available')
    throw new Problem('InvalidAMIID.Unavailable', `The image ID '${image.id}' is not available`);
  const least = integer(form, 'MinCount');
  const most = integer(form, 'MaxCount');
  if (least === undefined || most === undefined) throw missing(least === undefined ? 'MinCount' : 'MaxCount');
  if (least < 1 || most < least || most > mostAtOnce)
    throw invalid(`MinCount ${least} and MaxCount ${most} are invalid: 1 to ${mostAtOnce}, the least first.`);
  const zone = form.get('Placement.AvailabilityZone') ?? world.zones[0] ?? '';
  if (!world.zones.includes(zone)) throw invalid(`Invalid availability zone: [${zone}]`);
  const disks = disksOf(world, form, image);
  const types = ['instance', 'volume'];
  const tags = { instance: tagsAtCreation(form, 'instance', types), volume: tagsAtCreation(form, 'volume', types) };
  const type = form.get('InstanceType') ?? 't3.micro';
  const reservationId = world.newId('reservation');
  return Array.from({ length: most }, () => launchOne(world, { image, zone, type, reservationId, disks, tags }));
}

type Launch = {
  image: Image;
  zone: string;
  type: string;
  reservationId: string;
  disks: readonly Disk[];
  tags: { instance: Tags; volume: Tags };
};

function launchOne(world: World, { image, zone, type, reservationId, disks, tags }: Launch): string {
  const now = world.now();
  const doneAt = now + world.pace.start;
  const id = world.newId('instance');
  const instance: Instance = {
    id,
    bornAt: now,
    launchedAt: now,
    imageId: image.id,
    type,
    zone,
    tags: tags.instance,
    reservationId,
    privateIp: `10.200.${Number.parseInt(id.slice(-4, -2), 16)}.${Number.parseInt(id.slice(-2), 16)}`,
    rootDevice: image.rootDevice,
    power: { to: 'running', since: now, doneAt },
    initializedAt: doneAt + world.pace.initialize,
    impaired: {},
    events: [],
    disableApiStop: false,
    disableApiTermination: false,
    marketplace: false,
  };
  world.tables.instance.put(instance);
  for (const { device, deleteOnTermination, ...looks } of disks)
    world.tables.volume.put({
      id: world.newId('volume'),
      bornAt: now,
      readyAt: now,
      failed: false,
      ...looks,
      zone,
      tags: tags.volume,
      multiAttach: false,
      attachments: [{ instanceId: id, device, since: now, readyAt: now, deleteOnTermination, mounted: true }],
    });
  return id;
}

/** The disks of the image, changed and added to by the request. */
function disksOf(world: World, form: Form, image: Image): Disk[] {
  const asked = groups(form, 'BlockDeviceMapping');
  const ofImage = image.disks.filter(({ device }) => !asked.some((one) => one.get('DeviceName') === device));
  const plain = ofImage.map(({ device, snapshotId, sizeGiB }) => ({
    ...diskFrom(world, device, new Map(), { snapshotId, sizeGiB }),
    deleteOnTermination: true,
  }));
  return [
    ...plain,
    ...asked.map((mapping) => {
      const device = required(mapping, 'DeviceName');
      return diskFrom(
        world,
        device,
        mapping,
        image.disks.find((disk) => disk.device === device),
      );
    }),
  ];
}

function diskFrom(
  world: World,
  device: string,
  mapping: Form,
  from: { snapshotId: string; sizeGiB: number } | undefined,
): Disk {
  const snapshotId = mapping.get('Ebs.SnapshotId') ?? from?.snapshotId ?? '';
  const snapshot = snapshotId === '' ? undefined : findOne(world, 'snapshot', snapshotId);
  const size = integer(mapping, 'Ebs.VolumeSize');
  if (size === undefined && snapshot === undefined) throw missing('BlockDeviceMapping.1.Ebs.VolumeSize');
  const sizeGiB = Math.max(size ?? 0, snapshot?.sizeGiB ?? 0);
  const type = mapping.get('Ebs.VolumeType') ?? 'gp3';
  const iops = integer(mapping, 'Ebs.Iops');
  const throughput = integer(mapping, 'Ebs.Throughput');
  const kmsKeyId = mapping.get('Ebs.KmsKeyId') ?? snapshot?.kmsKeyId;
  return {
    device,
    // True unless the request says otherwise. Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_EbsBlockDevice.html
    deleteOnTermination: !mapping.has('Ebs.DeleteOnTermination') || flag(mapping, 'Ebs.DeleteOnTermination'),
    sizeGiB,
    type,
    ...performanceOf({ type, sizeGiB, iops, throughput, multiAttach: false }),
    snapshotId,
    encrypted: flag(mapping, 'Ebs.Encrypted') || snapshot?.encrypted === true,
    ...(kmsKeyId === undefined ? {} : { kmsKeyId }),
  };
}
