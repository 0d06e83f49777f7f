/** Case-sensitive; a Map, because a tag may be called `__proto__`. */
export type Tags = ReadonlyMap<string, string>;

export const checks = ['system', 'instance', 'ebs'] as const;
export type Check = (typeof checks)[number];

/** Something that began at `since` and is over at `goneAt`; null = not before something else happens. Epoch ms. */
export type Leaving = { since: number; goneAt: number | null };

/** The last change of power: what it leads to, when it was asked for, and when it is done. */
export type Power = {
  to: 'running' | 'stopped' | 'terminated';
  since: number;
  doneAt: number;
  reason?: { code: string; message: string };
};

export type ScheduledEvent = {
  id: string;
  code: string;
  description: string;
  notBefore: number;
  notAfter: number;
  deadline: number;
};

/**
 * What is kept holds instants only; states are derived from them (states.ts), so nothing waits for a timer and a restart
 * goes on where it was. `bornAt` is when the thing came into being, for reads that do not show it yet.
 */
export type Instance = {
  id: string;
  bornAt: number;
  launchedAt: number;
  imageId: string;
  type: string;
  zone: string;
  tags: Tags;
  reservationId: string;
  privateIp: string;
  publicIp?: { address: string; elastic: boolean };
  rootDevice: string;
  power: Power;
  /** The status checks say `initializing` until then. */
  initializedAt: number;
  impaired: Readonly<Partial<Record<Check, number>>>;
  events: readonly ScheduledEvent[];
  disableApiStop: boolean;
  disableApiTermination: boolean;
  marketplace: boolean;
};

export type Attachment = {
  instanceId: string;
  device: string;
  since: number;
  readyAt: number;
  deleteOnTermination: boolean;
  /** The machine has booted with it: it can only be taken away after a stop. */
  mounted: boolean;
  /** `goneAt: null`: busy, because it is mounted on a machine that runs. */
  leaving?: Leaving;
};

export type Volume = {
  id: string;
  bornAt: number;
  readyAt: number;
  /** Ends in the state `error` instead of `available`. */
  failed: boolean;
  sizeGiB: number;
  type: string;
  iops?: number;
  throughput?: number;
  zone: string;
  encrypted: boolean;
  kmsKeyId?: string;
  snapshotId: string;
  tags: Tags;
  multiAttach: boolean;
  attachments: readonly Attachment[];
  leaving?: { since: number; goneAt: number };
  /** The AWS service that manages it. */
  operator?: string;
  lastSnapshotAt?: number;
};

export type Snapshot = {
  id: string;
  bornAt: number;
  volumeId: string;
  ownerId: string;
  ownerAlias?: string;
  sizeGiB: number;
  description: string;
  tags: Tags;
  encrypted: boolean;
  kmsKeyId?: string;
  startedAt: number;
  doneAt: number;
  outcome: 'completed' | 'error';
  message?: string;
  tier: 'standard' | 'archive';
};

export type Image = {
  id: string;
  bornAt: number;
  name: string;
  state: 'available' | 'disabled';
  rootDevice: string;
  disks: readonly { device: string; snapshotId: string; sizeGiB: number }[];
  tags: Tags;
};

export type Kept = { instance: Instance; volume: Volume; snapshot: Snapshot; image: Image };
export type Kind = keyof Kept;
export const kinds = ['instance', 'volume', 'snapshot', 'image'] as const satisfies readonly Kind[];

export const prefixes: Readonly<Record<Kind, string>> = {
  instance: 'i',
  volume: 'vol',
  snapshot: 'snap',
  image: 'ami',
};
