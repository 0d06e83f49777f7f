/** What the make-believe EC2 keeps: plain JSON, so that it can be written to a file as it is. Instants are epoch ms. */
export type Tags = Record<string, string>;
/** The next state and when it comes; until then the present one is shown. */
export type Change = { at: number; to: string };

export type InstanceRow = {
  id: string;
  state: string;
  change?: Change | undefined;
  stateReason: string;
  type: string;
  zone: string;
  tags: Tags;
  launchedAt: number;
  privateIp: string;
  publicIp: string;
  elasticIp: boolean;
  managedBy: string;
  marketplace: boolean;
  /** Status checks say `initializing` until then. */
  checksFrom: number;
  /** Since when each check is impaired. */
  impaired: { system?: number | undefined; instance?: number | undefined; ebs?: number | undefined };
  events: { code: string; description: string; notBefore: number }[];
};
export type AttachmentRow = {
  instanceId: string;
  device: string;
  state: string;
  change?: Change | undefined;
  deleteOnTermination: boolean;
  root: boolean;
};
export type VolumeRow = {
  id: string;
  /** creating | available | in-use | deleting | error. */
  state: string;
  change?: Change | undefined;
  sizeGiB: number;
  type: string;
  iops?: number | undefined;
  throughput?: number | undefined;
  encrypted: boolean;
  kmsKeyId: string;
  zone: string;
  tags: Tags;
  multiAttach: boolean;
  snapshotId: string;
  createdAt: number;
  managedBy: string;
  attachment?: AttachmentRow | undefined;
};
export type SnapshotRow = {
  id: string;
  volumeId: string;
  state: string;
  change?: Change | undefined;
  startedAt: number;
  completedAt?: number | undefined;
  sizeGiB: number;
  tier: string;
  tags: Tags;
  message: string;
  encrypted: boolean;
  description: string;
  owner: string;
  /** An image made from it: it cannot be deleted. */
  imageId: string;
  /** Members of a set fail together. */
  set: string;
};

export type Injection = {
  action: string;
  code: string;
  status: number;
  message: string;
  times: number;
  afterWork: boolean;
  hangMs: number;
  dropSocket: boolean;
};
export type World = {
  instances: Map<string, InstanceRow>;
  volumes: Map<string, VolumeRow>;
  snapshots: Map<string, SnapshotRow>;
  /** ClientToken → what was made with which parameters. */
  tokens: Map<string, { id: string; parameters: string }>;
  /** Last snapshot of each volume, for the least gap between two. */
  lastSnapshotAt: Map<string, number>;
  failSnapshots: number;
  denied: Set<string>;
  injections: Injection[];
  nextId: number;
};

export const account = '123456789012';
export const region = 'us-east-1';

/** Delays of state machines, ms of real AWS; guesses but for snapshots, deletion and stops, which lean on recorded replies. */
export const delays = {
  stop: 25_000,
  start: 10_000,
  attach: 3_000,
  detach: 5_000,
  create: 10_000,
  remove: 5_000,
  snapshot: 45_000,
  snapshotPerGiB: 120,
  checks: 120_000,
} as const;
/** AWS wants 15 s between two snapshots of one volume. Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html */
export const snapshotGapMs = 15_000;
