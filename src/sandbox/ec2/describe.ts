import { byIds, matching, page, tagValues } from './lists.ts';
import { account, type InstanceRow, region, type SnapshotRow, type VolumeRow } from './model.ts';
import type { State } from './state.ts';
import { Ec2Error, type Form, type Xml } from './wire.ts';

type Reply = { readonly [name: string]: Xml };

const codes: Readonly<Record<string, number>> = {
  pending: 0,
  running: 16,
  'shutting-down': 32,
  terminated: 48,
  stopping: 64,
  stopped: 80,
};

export function describeInstances({ world }: State, form: Form): Reply {
  const ids = form.list('InstanceId');
  const disks = disksByInstance(world.volumes);
  const rows = ids.length > 0 ? byIds(world.instances, ids, 'Instance') : [...world.instances.values()];
  const found = matching(form, rows, (row, filter) => instanceValues(row, disks.get(row.id) ?? [], filter));
  const { items, nextToken } = page(form, found, ids, 1_000);
  return {
    reservationSet: items.map((row) => ({
      reservationId: `r-${row.id.slice(2)}`,
      ownerId: account,
      groupSet: [],
      instancesSet: [instanceXml(row, disks.get(row.id) ?? [])],
    })),
    nextToken,
  };
}

function disksByInstance(volumes: ReadonlyMap<string, VolumeRow>): Map<string, VolumeRow[]> {
  const disks = new Map<string, VolumeRow[]>();
  for (const volume of volumes.values()) {
    const id = volume.attachment?.instanceId;
    if (id === undefined) continue;
    const list = disks.get(id);
    if (list === undefined) disks.set(id, [volume]);
    else list.push(volume);
  }
  return disks;
}

function instanceValues(row: InstanceRow, disks: readonly VolumeRow[], filter: string): readonly string[] | undefined {
  switch (filter) {
    case 'instance-id':
      return [row.id];
    case 'instance-state-name':
      return [row.state];
    case 'instance-type':
      return [row.type];
    case 'availability-zone':
      return [row.zone];
    case 'block-device-mapping.volume-id':
      return disks.map(({ id }) => id);
    default:
      return tagValues(row.tags, filter);
  }
}

function instanceXml(row: InstanceRow, disks: readonly VolumeRow[]): Xml {
  const up = row.publicIp !== '' && row.state === 'running';
  return {
    instanceId: row.id,
    imageId: 'ami-0a10000000000000a',
    instanceState: { code: codes[row.state] ?? 0, name: row.state },
    stateReason: row.stateReason === '' ? undefined : { code: row.stateReason, message: row.stateReason },
    instanceType: row.type,
    launchTime: iso(row.launchedAt),
    placement: { availabilityZone: row.zone, tenancy: 'default' },
    privateIpAddress: row.privateIp,
    ipAddress: up ? row.publicIp : undefined,
    networkInterfaceSet: [
      {
        networkInterfaceId: `eni-${row.id.slice(2)}`,
        privateIpAddress: row.privateIp,
        association: up ? { publicIp: row.publicIp, ipOwnerId: row.elasticIp ? account : 'amazon' } : undefined,
      },
    ],
    architecture: 'arm64',
    rootDeviceType: 'ebs',
    rootDeviceName: '/dev/xvda',
    blockDeviceMapping: disks
      .toSorted((a, b) => Number(b.attachment?.root ?? false) - Number(a.attachment?.root ?? false))
      .map(({ id, attachment }) => ({
        deviceName: attachment!.device,
        ebs: { volumeId: id, status: attachment!.state, deleteOnTermination: attachment!.deleteOnTermination },
      })),
    productCodes: row.marketplace ? [{ productCode: 'abc123', type: 'marketplace' }] : [],
    operator: { managed: row.managedBy !== '', principal: row.managedBy === '' ? undefined : row.managedBy },
    tagSet: tagXml(row.tags),
  };
}

export function describeInstanceStatus({ world, now }: State, form: Form): Reply {
  const ids = form.list('InstanceId');
  if (ids.length > 100)
    throw new Ec2Error('InvalidRequest', 'The request received was invalid: at most 100 instance ids');
  const rows = ids.length > 0 ? byIds(world.instances, ids, 'Instance') : [...world.instances.values()];
  const all = form.flag('IncludeAllInstances') === true;
  const found = matching(
    form,
    rows.filter(({ state }) => all || state === 'running'),
    (row, filter) => instanceValues(row, [], filter),
  );
  const { items, nextToken } = page(form, found, ids, 1_000);
  return { instanceStatusSet: items.map((row) => statusXml(row, now())), nextToken };
}

/** What the three checks of a server say. */
export function checksOf(row: InstanceRow, now: number): { system: string; instance: string; ebs: string } {
  if (row.state !== 'running') return { system: 'not-applicable', instance: 'not-applicable', ebs: 'not-applicable' };
  const of = (since: number | undefined) =>
    since !== undefined && since <= now ? 'impaired' : row.checksFrom > now ? 'initializing' : 'ok';
  return { system: of(row.impaired.system), instance: of(row.impaired.instance), ebs: of(row.impaired.ebs) };
}

function statusXml(row: InstanceRow, now: number): Xml {
  const checks = checksOf(row, now);
  const one = (state: string, since: number | undefined): Xml => ({
    status: state,
    details:
      state === 'not-applicable'
        ? []
        : [
            {
              name: 'reachability',
              status: state === 'ok' ? 'passed' : state === 'impaired' ? 'failed' : 'initializing',
              impairedSince: state === 'impaired' && since !== undefined ? iso(since) : undefined,
            },
          ],
  });
  return {
    instanceId: row.id,
    availabilityZone: row.zone,
    instanceState: { code: codes[row.state] ?? 0, name: row.state },
    systemStatus: one(checks.system, row.impaired.system),
    instanceStatus: one(checks.instance, row.impaired.instance),
    attachedEbsStatus: one(checks.ebs, row.impaired.ebs),
    eventsSet: row.events.map((event, at) => ({
      instanceEventId: `instance-event-${row.id.slice(2)}${at}`,
      code: event.code,
      description: event.description,
      notBefore: iso(event.notBefore),
      notBeforeDeadline: iso(event.notBefore + 86_400_000),
    })),
  };
}

export function describeVolumes({ world }: State, form: Form): Reply {
  const ids = form.list('VolumeId');
  const rows = ids.length > 0 ? byIds(world.volumes, ids, 'Volume') : [...world.volumes.values()];
  const found = matching(form, rows, volumeValues);
  const { items, nextToken } = page(form, found, ids, 500);
  return { volumeSet: items.map(volumeXml), nextToken };
}

function volumeValues(row: VolumeRow, filter: string): readonly string[] | undefined {
  switch (filter) {
    case 'volume-id':
      return [row.id];
    case 'status':
      return [row.state];
    case 'snapshot-id':
      return [row.snapshotId];
    case 'availability-zone':
      return [row.zone];
    case 'attachment.instance-id':
      return row.attachment === undefined ? [] : [row.attachment.instanceId];
    case 'attachment.device':
      return row.attachment === undefined ? [] : [row.attachment.device];
    default:
      return tagValues(row.tags, filter);
  }
}

export function volumeXml(row: VolumeRow): { readonly [name: string]: Xml } {
  return {
    volumeId: row.id,
    size: row.sizeGiB,
    snapshotId: row.snapshotId,
    availabilityZone: row.zone,
    status: row.state,
    createTime: iso(row.createdAt),
    volumeType: row.type,
    iops: row.iops,
    throughput: row.throughput,
    encrypted: row.encrypted,
    kmsKeyId: row.kmsKeyId === '' ? undefined : row.kmsKeyId,
    multiAttachEnabled: row.multiAttach,
    operator: { managed: row.managedBy !== '', principal: row.managedBy === '' ? undefined : row.managedBy },
    attachmentSet: row.attachment === undefined ? [] : [attachmentXml(row)],
    tagSet: tagXml(row.tags),
  };
}

export function attachmentXml(row: VolumeRow): { readonly [name: string]: Xml } {
  const at = row.attachment!;
  return {
    volumeId: row.id,
    instanceId: at.instanceId,
    device: at.device,
    status: at.state,
    attachTime: iso(row.createdAt),
    deleteOnTermination: at.deleteOnTermination,
  };
}

export function describeSnapshots({ world, now }: State, form: Form): Reply {
  const ids = form.list('SnapshotId');
  const owners = form.list('Owner');
  const rows = ids.length > 0 ? byIds(world.snapshots, ids, 'Snapshot') : [...world.snapshots.values()];
  const owned = rows.filter(
    ({ owner }) => owners.length === 0 || owners.includes(owner) || (owners.includes('self') && owner === account),
  );
  const { items, nextToken } = page(form, matching(form, owned, snapshotValues), ids, 1_000);
  return { snapshotSet: items.map((row) => snapshotXml(row, now())), nextToken };
}

function snapshotValues(row: SnapshotRow, filter: string): readonly string[] | undefined {
  switch (filter) {
    case 'snapshot-id':
      return [row.id];
    case 'volume-id':
      return [row.volumeId];
    case 'status':
      return [row.state];
    case 'owner-id':
      return [row.owner];
    case 'description':
      return [row.description];
    default:
      return tagValues(row.tags, filter);
  }
}

/** Progress stays at 99 % for most of the time, as recorded from AWS; it is no ETA. */
export function snapshotXml(row: SnapshotRow, now: number): { readonly [name: string]: Xml } {
  const progress =
    row.state === 'completed' ? '100%' : row.state === 'error' ? '0%' : now - row.startedAt < 20 ? '' : '99%';
  return {
    snapshotId: row.id,
    volumeId: row.volumeId,
    status: row.state,
    statusMessage: row.message === '' ? undefined : row.message,
    startTime: iso(row.startedAt),
    completionTime: row.completedAt === undefined ? undefined : iso(row.completedAt),
    progress,
    ownerId: row.owner,
    volumeSize: row.sizeGiB,
    description: row.description,
    encrypted: row.encrypted,
    storageTier: row.tier,
    tagSet: tagXml(row.tags),
  };
}

export function describeTags({ world }: State, form: Form): Reply {
  const rows = [...world.instances.values(), ...world.volumes.values(), ...world.snapshots.values()].flatMap((row) =>
    Object.entries(row.tags).map(([key, value]) => ({ id: row.id, key, value })),
  );
  const type = (id: string) => ({ i: 'instance', vol: 'volume', snap: 'snapshot' })[id.split('-')[0]!] ?? '';
  const found = matching(
    form,
    rows,
    (row, filter) =>
      ({ 'resource-id': [row.id], key: [row.key], value: [row.value], 'resource-type': [type(row.id)] })[filter],
  );
  const { items, nextToken } = page(form, found, [], 1_000);
  return {
    tagSet: items.map((row) => ({ resourceId: row.id, resourceType: type(row.id), key: row.key, value: row.value })),
    nextToken,
  };
}

export function describeZones(): Reply {
  return {
    availabilityZoneInfo: ['a', 'b', 'c'].map((letter) => ({
      zoneName: `${region}${letter}`,
      zoneState: 'available',
      regionName: region,
    })),
  };
}

export function tagXml(tags: Readonly<Record<string, string>>): Xml {
  return Object.entries(tags).map(([key, value]) => ({ key, value }));
}

export function iso(at: number): string {
  return new Date(at).toISOString();
}
