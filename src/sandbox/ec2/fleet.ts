import { idOf } from './chance.ts';

/** What a server of the first fleet is like; the rest follows from the name. */
export type ServerPlan = {
  name: string;
  role: string;
  env: string;
  owner: string;
  /** Index of the zone. */
  zone: number;
  type: string;
  tags?: Readonly<Record<string, string>>;
  publicIp?: 'elastic' | 'changing';
  stopped?: true;
  retires?: true;
  rebooted?: true;
  marketplace?: true;
  disks: readonly DiskPlan[];
};
export type DiskPlan = {
  device: string;
  what: string;
  sizeGiB: number;
  type: string;
  iops?: number;
  throughput?: number;
  encrypted?: true;
  deleteOnTermination?: true;
  note?: string;
};

/** Text that harms whoever shows it raw: markup of Slack, HTML and code quotes. */
export const hostileText = '<!channel> & <https://evil.example|Approve> *_~`';

const data = (more: Partial<DiskPlan> = {}): DiskPlan => ({
  device: '/dev/sdf',
  what: 'data',
  sizeGiB: 40,
  type: 'gp3',
  iops: 3_000,
  throughput: 125,
  ...more,
});
const log: DiskPlan = data({ device: '/dev/sdg', what: 'log', sizeGiB: 20 });
const web = { role: 'web', type: 't3.large', owner: 'shop' };
const database = { role: 'db', type: 'r6i.xlarge', owner: 'data' };
const prod = { env: 'prod' };

/** The servers that are there whatever the size of the fleet; each shows something else. */
const wellKnown: readonly ServerPlan[] = [
  { name: 'web-1', ...web, ...prod, zone: 0, publicIp: 'changing', disks: [data()] },
  { name: 'web-2', ...web, ...prod, zone: 1, publicIp: 'changing', disks: [data()] },
  { name: 'web-3', ...web, ...prod, zone: 0, publicIp: 'elastic', disks: [data({ note: hostileText })] },
  {
    name: 'db-1',
    ...database,
    ...prod,
    zone: 0,
    disks: [data({ sizeGiB: 100, iops: 6_000, throughput: 250, encrypted: true, deleteOnTermination: true })],
  },
  {
    name: 'db-2',
    ...database,
    ...prod,
    zone: 1,
    disks: [data({ sizeGiB: 200, type: 'io2', iops: 8_000, encrypted: true })],
  },
  {
    name: 'batch-1',
    role: 'batch',
    env: 'staging',
    owner: 'data',
    type: 'c6i.2xlarge',
    zone: 0,
    stopped: true,
    rebooted: true,
    disks: [data(), log],
  },
  {
    name: 'api-1',
    role: 'api',
    ...prod,
    owner: 'platform',
    type: 'm6i.large',
    zone: 0,
    tags: { 'aws:autoscaling:groupName': 'api-prod' },
    disks: [data()],
  },
  {
    name: 'vpn-1',
    role: 'vpn',
    ...prod,
    owner: 'platform',
    type: 't3.small',
    zone: 0,
    publicIp: 'elastic',
    marketplace: true,
    retires: true,
    disks: [data()],
  },
];

/** Kinds of the servers beyond, again and again. */
const cycle: readonly (Pick<ServerPlan, 'role' | 'type' | 'owner' | 'disks'> & { publicIp?: 'changing' })[] = [
  { ...web, publicIp: 'changing', disks: [data()] },
  { role: 'worker', type: 'c6i.large', owner: 'platform', disks: [data({ sizeGiB: 60 })] },
  { ...web, disks: [data()] },
  { ...database, disks: [data({ sizeGiB: 120, encrypted: true }), log] },
  { role: 'cache', type: 'r6i.large', owner: 'platform', disks: [data({ sizeGiB: 10, type: 'gp2' })] },
  { role: 'worker', type: 'c6i.large', owner: 'platform', disks: [data({ sizeGiB: 500, type: 'st1' })] },
];
const envs = ['prod', 'prod', 'staging', 'dev'] as const;

/** The first `count` servers of the fleet; a larger one begins like a smaller one. */
export function planFleet(count: number): readonly ServerPlan[] {
  const plans = wellKnown.slice(0, count);
  const used = new Map<string, number>();
  for (const { role } of wellKnown) used.set(role, (used.get(role) ?? 0) + 1);
  for (let at = 0; plans.length < count; at++) {
    const kind = cycle[at % cycle.length] as (typeof cycle)[number];
    const number = (used.get(kind.role) ?? 0) + 1;
    used.set(kind.role, number);
    const env = envs[Math.floor(at / cycle.length) % envs.length] as string;
    plans.push({ ...kind, name: `${kind.role}-${number}`, env, zone: at % 3 });
  }
  return plans;
}

/** Ids depend on the name alone, so that web-1 is the same machine in every fleet. */
export function seededId(prefix: string, seed: number, name: string): string {
  return idOf(prefix, `${seed}:seed:${prefix}:${name}`);
}
