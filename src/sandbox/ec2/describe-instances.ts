import type { Action, Call } from './call.ts';
import { describe, listParameters } from './describe.ts';
import type { FilterFields } from './filters.ts';
import type { Instance } from './model.ts';
import { attachmentState, instanceState, runs, stateCodes } from './states.ts';
import type { Attached, World } from './world.ts';
import { iso, tagSet, type Xml, type XmlFields } from './xml.ts';

export const describeInstances: Action = {
  takes: [...listParameters, 'InstanceId', 'IncludeManagedResources'],
  run: (call) => {
    const page = describe(call, 'instance', {
      ids: 'InstanceId',
      rule: { least: 5, most: 1_000 },
      fields: instanceFields(call.world),
    });
    return { reservationSet: reservationsOf(page.items, call), nextToken: page.nextToken };
  },
};

/** Those of one launch come together. */
function reservationsOf(instances: readonly Instance[], { world }: Call): Xml {
  return [...Map.groupBy(instances, ({ reservationId }) => reservationId)].map(([reservationId, members]) =>
    reservationXml(world, reservationId, members),
  );
}

export function reservationXml(world: World, reservationId: string, members: readonly Instance[]): XmlFields {
  return {
    reservationId,
    ownerId: world.account,
    groupSet: [],
    instancesSet: members.map((instance) => instanceXml(world, instance)),
  };
}

export function stateXml(name: keyof typeof stateCodes): XmlFields {
  return { code: stateCodes[name], name };
}

function instanceXml(world: World, instance: Instance): XmlFields {
  const { account } = world;
  const state = instanceState(instance, world.now());
  const gone = state === 'terminated';
  const { power } = instance;
  const reason = state === 'running' || state === 'pending' ? undefined : power.reason;
  return {
    instanceId: instance.id,
    imageId: instance.imageId,
    instanceState: stateXml(state),
    reason: reason === undefined ? '' : `User initiated (${iso(power.since).slice(0, 19).replace('T', ' ')} GMT)`,
    stateReason: reason,
    privateDnsName: gone ? '' : `ip-${instance.privateIp.replaceAll('.', '-')}.ec2.internal`,
    dnsName: dnsName(world, instance),
    keyName: 'operators',
    amiLaunchIndex: 0,
    productCodes: instance.marketplace ? [{ productCode: 'b1x7c4n0vpnappliance00000', type: 'marketplace' }] : [],
    instanceType: instance.type,
    launchTime: iso(instance.launchedAt),
    placement: {
      availabilityZone: instance.zone,
      availabilityZoneId: zoneId(world, instance.zone),
      groupName: instance.placementGroup ?? '',
      tenancy: 'default',
    },
    monitoring: { state: 'disabled' },
    ...(gone ? {} : networkXml(world, instance)),
    architecture: 'x86_64',
    rootDeviceType: 'ebs',
    rootDeviceName: instance.rootDevice,
    blockDeviceMapping: gone ? [] : world.attachedTo(instance).map((one) => mappingXml(one, world)),
    tagSet: tagSet(instance.tags),
    iamInstanceProfile: { arn: `arn:aws:iam::${account}:instance-profile/server`, id: 'AIPAIPAIPAIPAIPAIPAIP' },
    ebsOptimized: true,
    enaSupport: true,
    metadataOptions: { state: 'applied', httpTokens: 'required', httpPutResponseHopLimit: 2, httpEndpoint: 'enabled' },
    platformDetails: 'Linux/UNIX',
    maintenanceOptions: { autoRecovery: 'default' },
    operator: { managed: false },
    sourceDestCheck: true,
  };
}

/** The public address goes with a stop unless it is an Elastic IP. */
export function publicIp(instance: Instance, now: number): string | undefined {
  if (instance.publicIp === undefined) return undefined;
  const up = runs(instance, now) || instanceState(instance, now) === 'pending';
  return up || instance.publicIp.elastic ? instance.publicIp.address : undefined;
}

function dnsName(world: World, instance: Instance): string {
  const address = publicIp(instance, world.now());
  return address === undefined ? '' : `ec2-${address.replaceAll('.', '-')}.compute-1.amazonaws.com`;
}

function networkXml(world: World, instance: Instance): XmlFields {
  const address = publicIp(instance, world.now());
  const subnetId = `subnet-0${instance.zone.slice(-1).repeat(16)}`;
  const vpcId = 'vpc-0123456789abcdef0';
  return {
    subnetId,
    vpcId,
    privateIpAddress: instance.privateIp,
    ipAddress: address,
    groupSet: [{ groupId: 'sg-0123456789abcdef0', groupName: 'servers' }],
    networkInterfaceSet: [
      {
        networkInterfaceId: `eni-${instance.id.slice(2)}`,
        subnetId,
        vpcId,
        status: 'in-use',
        privateIpAddress: instance.privateIp,
        ...(address === undefined
          ? {}
          : {
              association: {
                ipOwnerId: instance.publicIp?.elastic === true ? world.account : 'amazon',
                publicIp: address,
                publicDnsName: dnsName(world, instance),
              },
            }),
      },
    ],
  };
}

function mappingXml({ volume, attachment }: Attached, world: World): XmlFields {
  return {
    deviceName: attachment.device,
    ebs: {
      volumeId: volume.id,
      status: attachmentState(attachment, world.now()),
      attachTime: iso(attachment.since),
      deleteOnTermination: attachment.deleteOnTermination,
      volumeOwnerId: world.account,
      ebsCardIndex: 0,
    },
  };
}

export function zoneId(world: World, zone: string): string {
  return `use1-az${world.zones.indexOf(zone) + 1}`;
}

/** Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstances.html */
function instanceFields(world: World): FilterFields<Instance> {
  const now = world.now();
  const attached = (instance: Instance): readonly Attached[] => world.attachedTo(instance);
  return {
    'instance-id': ({ id }) => [id],
    'instance-state-name': (one) => [instanceState(one, now)],
    'instance-state-code': (one) => [String(stateCodes[instanceState(one, now)])],
    'instance-type': ({ type }) => [type],
    'availability-zone': ({ zone }) => [zone],
    'image-id': ({ imageId }) => [imageId],
    'private-ip-address': ({ privateIp }) => [privateIp],
    'ip-address': (one) => [publicIp(one, now)],
    'dns-name': (one) => [dnsName(world, one)],
    'launch-time': ({ launchedAt }) => [iso(launchedAt)],
    'root-device-name': ({ rootDevice }) => [rootDevice],
    'root-device-type': () => ['ebs'],
    'owner-id': () => [world.account],
    'reservation-id': ({ reservationId }) => [reservationId],
    'product-code.type': ({ marketplace }) => [marketplace ? 'marketplace' : undefined],
    'block-device-mapping.volume-id': (one) => attached(one).map(({ volume }) => volume.id),
    'block-device-mapping.device-name': (one) => attached(one).map(({ attachment }) => attachment.device),
    'block-device-mapping.delete-on-termination': (one) =>
      attached(one).map(({ attachment }) => String(attachment.deleteOnTermination)),
    'block-device-mapping.status': (one) => attached(one).map(({ attachment }) => attachmentState(attachment, now)),
    architecture: () => ['x86_64'],
    'vpc-id': () => ['vpc-0123456789abcdef0'],
    'subnet-id': ({ zone }) => [`subnet-0${zone.slice(-1).repeat(16)}`],
    'operator.managed': () => ['false'],
  };
}
