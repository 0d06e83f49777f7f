import { account, type InstanceRow, type SnapshotRow, type VolumeRow, type World } from './model.ts';

const hourMs = 3_600_000;
/** Of ten servers: five web, two db, three workers. The first of each have fixed places whatever the number. */
const roles = ['web', 'db', 'web', 'web', 'db', 'worker', 'web', 'worker', 'web', 'worker'] as const;
const environments = ['prod', 'prod', 'prod', 'staging', 'staging', 'prod', 'dev', 'dev', 'prod', 'staging'] as const;
const types = { web: 'm7g.large', db: 'r7g.xlarge', worker: 'c7g.large' } as const;
const sizes = { web: 50, db: 200, worker: 80 } as const;

/** A believable fleet: the same for the same number of servers. */
export function seedWorld(servers: number, now: number): World {
  const world: World = {
    instances: new Map(),
    volumes: new Map(),
    snapshots: new Map(),
    tokens: new Map(),
    lastSnapshotAt: new Map(),
    failSnapshots: 0,
    denied: new Set(),
    injections: [],
    nextId: 1,
  };
  const counts = { web: 0, db: 0, worker: 0 };
  for (let at = 0; at < servers; at++) {
    const role = roles[at % roles.length]!;
    addServer(world, { at, role, number: ++counts[role], env: environments[at % environments.length]! }, now);
  }
  addSpecials(world, now);
  return world;
}

type Server = { at: number; role: keyof typeof types; number: number; env: string };

function addServer(world: World, { at, role, number, env }: Server, now: number): void {
  const name = `${role}-${number}`;
  const zone = `us-east-1${'abc'[at % 3]}`;
  const tags = { Name: name, env, role, owner: role === 'db' ? 'data platform' : 'shop team' };
  const instance: InstanceRow = {
    id: idOf('i', at),
    state: 'running',
    stateReason: '',
    type: types[role],
    zone,
    tags,
    launchedAt: now - (30 + (at % 60)) * 24 * hourMs,
    privateIp: `10.0.${Math.floor(at / 250)}.${(at % 250) + 4}`,
    publicIp: role === 'web' ? `203.0.113.${(at % 250) + 1}` : '',
    elasticIp: at % 4 === 0,
    managedBy: '',
    marketplace: false,
    checksFrom: 0,
    impaired: {},
    events: [],
  };
  world.instances.set(instance.id, instance);
  addDisk(world, instance, { at: at * 2, device: '/dev/xvda', root: true, sizeGiB: 20, name: `${name}-root` }, now);
  const data = addDisk(
    world,
    instance,
    { at: at * 2 + 1, device: '/dev/sdf', root: false, sizeGiB: sizes[role], name: `${name}-data` },
    now,
  );
  for (const [index, age] of (role === 'db' ? [3, 27, 51] : [20, 44]).entries())
    addSnapshot(world, data, at * 3 + index, now - (age + (at % 5)) * hourMs);
}

function addDisk(
  world: World,
  instance: InstanceRow,
  of: { at: number; device: string; root: boolean; sizeGiB: number; name: string },
  now: number,
): VolumeRow {
  const db = !of.root && instance.tags['role'] === 'db';
  const volume: VolumeRow = {
    id: idOf('vol', of.at),
    state: 'in-use',
    sizeGiB: of.sizeGiB,
    type: 'gp3',
    iops: db ? 6_000 : 3_000,
    throughput: db ? 250 : 125,
    encrypted: db,
    kmsKeyId: db ? `arn:aws:kms:us-east-1:${account}:key/3c1a0000-0000-4000-8000-000000000001` : '',
    zone: instance.zone,
    tags: { Name: of.name, env: instance.tags['env']! },
    multiAttach: false,
    snapshotId: '',
    createdAt: now - 40 * 24 * hourMs,
    managedBy: '',
    attachment: {
      instanceId: instance.id,
      device: of.device,
      state: 'attached',
      deleteOnTermination: of.root,
      root: of.root,
    },
  };
  world.volumes.set(volume.id, volume);
  return volume;
}

function addSnapshot(world: World, volume: VolumeRow, at: number, startedAt: number): void {
  const snapshot: SnapshotRow = {
    id: idOf('snap', at),
    volumeId: volume.id,
    state: 'completed',
    startedAt,
    completedAt: startedAt + 60_000,
    sizeGiB: volume.sizeGiB,
    tier: 'standard',
    tags: { Name: `${volume.tags['Name']} nightly` },
    message: '',
    encrypted: volume.encrypted,
    description: 'nightly',
    owner: account,
    imageId: '',
    set: '',
  };
  world.snapshots.set(snapshot.id, snapshot);
}

/** The cases that bite: an Auto Scaling group, a planned retirement, hostile tags, loose and shared disks, a foreign snapshot. */
function addSpecials(world: World, now: number): void {
  const named = (name: string) => [...world.instances.values()].find(({ tags }) => tags['Name'] === name);
  const member = named('worker-1');
  if (member !== undefined) member.tags['aws:autoscaling:groupName'] = 'workers';
  named('worker-2')?.events.push({
    code: 'instance-retirement',
    description: 'The instance is running on degraded hardware',
    notBefore: now + 5 * 24 * hourMs,
  });
  const hostile = named('web-3');
  if (hostile !== undefined) hostile.tags['note'] = '<!channel> & <https://evil.example|Approve> *_~`';
  const stopped = named('web-4');
  if (stopped !== undefined) Object.assign(stopped, { state: 'stopped', stateReason: 'Client.UserInitiatedShutdown' });
  const loose = (at: number, change: Partial<VolumeRow>) => {
    const volume: VolumeRow = {
      id: `vol-0fee0000000000${String(at).padStart(3, '0')}`,
      state: 'available',
      sizeGiB: 30,
      type: 'gp3',
      iops: 3_000,
      throughput: 125,
      encrypted: false,
      kmsKeyId: '',
      zone: 'us-east-1a',
      tags: { Name: `old-${at}`, env: 'dev' },
      multiAttach: false,
      snapshotId: '',
      createdAt: now - 90 * 24 * hourMs,
      managedBy: '',
      ...change,
    };
    world.volumes.set(volume.id, volume);
    return volume;
  };
  addSnapshot(world, loose(1, {}), 900_001, now - 70 * 24 * hourMs);
  loose(2, { type: 'io2', iops: 4_000, throughput: undefined, multiAttach: true, tags: { Name: 'shared-disk' } });
  loose(3, { managedBy: 'eks.amazonaws.com', tags: { Name: 'managed' } });
  const foreign = loose(4, {});
  world.volumes.delete(foreign.id);
  addSnapshot(world, foreign, 900_002, now - 400 * 24 * hourMs);
  world.snapshots.get(idOf('snap', 900_002))!.owner = '999999999999';
}

/** `i-0a11000000000000f`: looks like AWS's, says what it is by its place. */
function idOf(prefix: string, at: number): string {
  return `${prefix}-0a1${(at + 1).toString(16).padStart(14, '0')}`;
}
