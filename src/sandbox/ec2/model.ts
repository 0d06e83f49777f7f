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
  /** AWS moves it to another host then, by itself. */
  recoversAt?: number;
  events: readonly ScheduledEvent[];
  disableApiStop: boolean;
  disableApiTermination: boolean;
  marketplace: boolean;
  placementGroup?: string;
  /** Volumes that were its root before the one it has now. */
  formerRoots?: readonly string[];
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

/** Its blocks come from the snapshot, at `rate` MiB/s if one was asked for. */
export type Initialization = { since: number; doneAt: number; rate?: number };
/** What volume status tells: `inconsistent` stops its I/O until somebody enables it. */
export const volumeTroubles = ['inconsistent', 'degraded', 'stalled'] as const;
export type VolumeTrouble = {
  kind: (typeof volumeTroubles)[number];
  eventId: string;
  since: number;
  ioEnabledAt?: number;
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
  initialization?: Initialization;
  /** Came from a snapshot with fast restore. */
  fastRestored?: true;
  trouble?: VolumeTrouble;
  /** In the Recycle Bin from the end of its deletion until then. */
  binnedUntil?: number;
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
  archivedAt?: number;
  /** The snapshot it was copied from; its volumeId means nothing then. */
  copyOf?: string;
  lock?: { mode: 'governance' | 'compliance'; since: number; until: number };
  /** Account ids, or `all`. */
  sharedWith?: readonly string[];
  /** Zones in which it has fast restore, with the volumes it was good for at an instant. */
  fastRestores?: readonly { zone: string; credits: number; at: number }[];
  /** In the Recycle Bin. */
  binned?: { since: number; until: number };
};

export type Image = {
  id: string;
  bornAt: number;
  name: string;
  state: 'available' | 'disabled';
  deprecatedAt?: number;
  rootDevice: string;
  disks: readonly { device: string; snapshotId: string; sizeGiB: number }[];
  tags: Tags;
};

export type Template = {
  id: string;
  bornAt: number;
  name: string;
  tags: Tags;
  versions: readonly { number: number; imageId?: string; snapshotIds: readonly string[] }[];
};

/** How it ends is decided at the start; `settled` once that has been done to the instance. */
export type RootTask = {
  id: string;
  bornAt: number;
  doneAt: number;
  instanceId: string;
  snapshotId?: string;
  imageId?: string;
  oldVolumeId: string;
  newVolumeId: string;
  /** The new volume was handed in, so a failure leaves it alone. */
  handedIn: boolean;
  deletesOld: boolean;
  outcome: RootOutcome;
  settled: boolean;
  tags: Tags;
};
export const rootOutcomes = ['succeeded', 'failed', 'failed-detached'] as const;
export type RootOutcome = (typeof rootOutcomes)[number];

export type Kept = {
  instance: Instance;
  volume: Volume;
  snapshot: Snapshot;
  image: Image;
  template: Template;
  rootTask: RootTask;
};
export type Kind = keyof Kept;
export const kinds = [
  'instance',
  'volume',
  'snapshot',
  'image',
  'template',
  'rootTask',
] as const satisfies readonly Kind[];

/** A value for each kind. */
export function perKind<T>(of: (kind: Kind) => T): Record<Kind, T> {
  return Object.fromEntries(kinds.map((kind) => [kind, of(kind)])) as Record<Kind, T>;
}

export const prefixes: Readonly<Record<Kind, string>> = {
  instance: 'i',
  volume: 'vol',
  snapshot: 'snap',
  image: 'ami',
  template: 'lt',
  rootTask: 'replacevol',
};
