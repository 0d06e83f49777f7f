import { diceOf } from './chance.ts';
import { type DiskPlan, hostileText, planFleet, seededId, type ServerPlan } from './fleet.ts';
import type { Attachment, Image, Instance, Snapshot, Volume } from './model.ts';
import { guardedSnapshots, launchTemplates } from './seed-holds.ts';
import { goldenImages, type SeedOf, snapshotsOfDisk, strangersSnapshots } from './seed-snapshots.ts';
import type { Beginning } from './world.ts';

const day = 86_400_000;

/**
 * The first fleet: `instances` servers with a root and one or two data volumes each, volumes that are attached to nothing,
 * snapshots of various ages, an image, and public snapshots of other people. The same for the same arguments.
 */
export function seedWorld(of: SeedOf & { instances: number }): Beginning {
  const instances: Instance[] = [];
  const volumes: Volume[] = [];
  const snapshots: Snapshot[] = [...strangersSnapshots(of)];
  const [images, golden] = goldenImages(of);
  snapshots.push(...golden);
  const plans = planFleet(of.instances);
  for (const [at, plan] of plans.entries()) {
    const instance = serverOf(plan, at, of, images[0] as Image);
    instances.push(instance);
    for (const disk of [rootDisk(plan), ...plan.disks]) {
      const volume = diskOf(disk, plan, instance, of);
      volumes.push(volume);
      snapshots.push(...snapshotsOfDisk(volume, { ...of, name: plan.name, many: at < 24, root: disk.what === 'root' }));
    }
  }
  for (const volume of looseVolumes(of)) {
    volumes.push(volume);
    snapshots.push(...snapshotsOfDisk(volume, { ...of, name: volume.tags.get('Name') ?? '', many: true, root: false }));
    if (volume.tags.get('Name') === 'legacy-export') snapshots.push(...guardedSnapshots(volume, of));
  }
  volumes.push(sharedVolume(of, plans, instances));
  return {
    records: {
      instance: instances,
      volume: volumes,
      snapshot: snapshots,
      image: images,
      template: launchTemplates(of, images, snapshots),
      rootTask: [],
    },
    made: 0,
    tokens: new Map(),
    broken: [],
  };
}

function serverOf(plan: ServerPlan, at: number, of: SeedOf, image: Image): Instance {
  const { seed, startedAt, zones } = of;
  const bornAt = startedAt - (420 + Math.floor(diceOf(`age ${plan.name}`) * 300)) * day;
  const launchedAt = startedAt - (2 + Math.floor(diceOf(`up ${plan.name}`) * 40)) * day;
  const id = seededId('i', seed, plan.name);
  const power = plan.stopped
    ? {
        to: 'stopped' as const,
        since: startedAt - day,
        doneAt: startedAt - day,
        reason: {
          code: 'Client.UserInitiatedShutdown',
          message: 'Client.UserInitiatedShutdown: User initiated shutdown',
        },
      }
    : { to: 'running' as const, since: launchedAt, doneAt: launchedAt };
  const address = `203.0.${113 + (at >> 8)}.${at & 255}`;
  return {
    id,
    bornAt,
    launchedAt,
    imageId: image.id,
    type: plan.type,
    zone: zones[plan.zone % zones.length] as string,
    tags: new Map(Object.entries({ Name: plan.name, env: plan.env, role: plan.role, owner: plan.owner, ...plan.tags })),
    // Workers were launched two by two.
    reservationId: seededId('r', seed, plan.role === 'worker' ? `workers ${at >> 3}` : plan.name),
    privateIp: `10.${(at >> 16) & 255}.${(at >> 8) & 255}.${at & 255}`,
    ...(plan.publicIp === undefined ? {} : { publicIp: { address, elastic: plan.publicIp === 'elastic' } }),
    rootDevice: image.rootDevice,
    power,
    initializedAt: launchedAt,
    impaired: {},
    events: eventsOf(plan, of),
    disableApiStop: false,
    disableApiTermination: plan.role === 'db',
    marketplace: plan.marketplace === true,
  };
}

function eventsOf(plan: ServerPlan, { seed, startedAt }: SeedOf): Instance['events'] {
  const event = (code: string, description: string, notBefore: number) => ({
    id: seededId('instance-event', seed, `${code} ${plan.name}`),
    code,
    description,
    notBefore,
    notAfter: notBefore + day,
    deadline: notBefore + 7 * day,
  });
  if (plan.retires === true)
    return [event('instance-retirement', 'The instance is running on degraded hardware', startedAt + 6 * day)];
  if (plan.rebooted === true)
    return [event('system-reboot', '[Completed] The instance needs to be rebooted', startedAt - 2 * day)];
  return [];
}

function rootDisk(plan: ServerPlan): DiskPlan {
  return {
    device: '/dev/xvda',
    what: 'root',
    sizeGiB: plan.role === 'db' ? 30 : 16,
    type: 'gp3',
    iops: 3_000,
    throughput: 125,
    deleteOnTermination: true,
  };
}

function diskOf(disk: DiskPlan, plan: ServerPlan, instance: Instance, of: SeedOf): Volume {
  const name = `${plan.name}-${disk.what}`;
  const tags = { Name: name, env: plan.env, role: plan.role, owner: plan.owner };
  return {
    ...volumeOf(name, of, { ...disk, zone: instance.zone, bornAt: instance.bornAt }),
    tags: new Map(Object.entries(disk.note === undefined ? tags : { ...tags, note: disk.note })),
    attachments: [attachmentOf(instance, disk.device, disk.deleteOnTermination === true)],
  };
}

function attachmentOf(instance: Instance, device: string, deleteOnTermination: boolean): Attachment {
  const since = instance.bornAt;
  return { instanceId: instance.id, device, since, readyAt: since, deleteOnTermination, mounted: true };
}

type Looks = Pick<DiskPlan, 'sizeGiB' | 'type' | 'iops' | 'throughput' | 'encrypted'> & {
  zone: string;
  bornAt: number;
};

function volumeOf(name: string, of: SeedOf, looks: Looks): Volume {
  const { sizeGiB, type, iops, throughput, zone, bornAt } = looks;
  return {
    id: seededId('vol', of.seed, name),
    bornAt,
    readyAt: bornAt,
    failed: false,
    sizeGiB,
    type,
    ...(iops === undefined ? {} : { iops }),
    ...(throughput === undefined ? {} : { throughput }),
    zone,
    encrypted: looks.encrypted === true,
    ...(looks.encrypted === true ? { kmsKeyId: of.kmsKeyId } : {}),
    snapshotId: '',
    tags: new Map([['Name', name]]),
    multiAttach: false,
    attachments: [],
  };
}

function looseVolumes(of: SeedOf): Volume[] {
  const { startedAt, zones } = of;
  const loose = (name: string, looks: Partial<Looks>, tags: Record<string, string> = {}): Volume => ({
    ...volumeOf(name, of, {
      sizeGiB: 50,
      type: 'gp2',
      zone: zones[0] as string,
      bornAt: startedAt - 90 * day,
      ...looks,
    }),
    tags: new Map(Object.entries({ Name: name, ...tags })),
  });
  return [
    loose('legacy-export', {}, { env: 'prod', owner: 'data' }),
    loose('old-ci-cache', { type: 'st1', sizeGiB: 500, zone: zones[1] as string }, { env: 'dev', owner: 'platform' }),
    loose('forensics-copy', { encrypted: true, sizeGiB: 100 }, { env: 'prod', owner: 'security' }),
    loose('old-notes', { sizeGiB: 8 }, { env: 'dev', owner: hostileText }),
    { ...loose('cluster-storage', { sizeGiB: 20 }, { env: 'staging' }), operator: 'eks.amazonaws.com' },
  ];
}

/** An io2 volume that two machines share. */
function sharedVolume(of: SeedOf, plans: readonly ServerPlan[], instances: readonly Instance[]): Volume {
  const zone = of.zones[0] as string;
  const holders = instances.filter((_, at) => plans[at]?.name === 'api-1' || plans[at]?.name === 'vpn-1');
  return {
    ...volumeOf('team-share', of, { sizeGiB: 64, type: 'io2', iops: 3_000, zone, bornAt: of.startedAt - 60 * day }),
    tags: new Map(Object.entries({ Name: 'team-share', env: 'prod', owner: 'platform' })),
    multiAttach: true,
    attachments: holders.map((instance) => ({ ...attachmentOf(instance, '/dev/sdp', false) })),
  };
}
