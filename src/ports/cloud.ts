import type { Holds } from './holds.ts';
import type { ImageId, InstanceId, ResourceId, RootTaskId, SnapshotId, VolumeId } from './ids.ts';

/** Where the servers are. `account` is the 12-digit id, or '' while it is unknown; `name` is what deckhand.yml calls it. */
export type Place = { account: string; region: string; name?: string };

/** Case-sensitive keys (at most 128 characters) and values (at most 256).
 *  Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html */
export type Tags = Readonly<Record<string, string>>;

export type Mapping = {
  device: string;
  volumeId: VolumeId;
  deleteOnTermination: boolean;
  /** attaching | attached | detaching | detached | busy, or a word AWS adds later. */
  state: string;
};

export type Instance = {
  id: InstanceId;
  /** The Name tag, or ''. Untrusted text. */
  name: string;
  /** pending | running | shutting-down | terminated | stopping | stopped, or a word AWS adds later ("unknown, do not act"). */
  state: string;
  /** `Client.UserInitiatedShutdown`, `Server.ScheduledStop`, … when AWS says why the state changed. */
  stateReason?: string;
  type: string;
  zone: string;
  tags: Tags;
  launchedAt: number;
  rootDevice: string;
  mappings: readonly Mapping[];
  /** Network interfaces; left out when AWS tells of none. */
  interfaces?: number;
  /** True when one of them is an Elastic Fabric Adapter: AWS recovers no such server by itself. Left out for all others. */
  fabric?: boolean;
  privateIp?: string;
  publicIp?: string;
  /** True when a public IPv4 address without Elastic IP would change on stop and start. */
  publicIpChangesOnStop: boolean;
  /** From the tag `aws:autoscaling:groupName`: stopping a member makes the group replace it. */
  autoScalingGroup?: string;
  /** The AWS service that manages it (`Operator`), if any. */
  managedBy?: string;
  /** Has a Marketplace product code. */
  marketplace: boolean;
  /** Its root is an instance store: it cannot be stopped, and nothing of the root can be snapshotted or replaced. */
  instanceStore: boolean;
  /** `windows`; left out for everything else. */
  platform?: string;
  /** i386 | x86_64 | arm64 | x86_64_mac | arm64_mac. */
  architecture?: string;
  /** After a stop it may find no capacity in there. */
  placementGroup?: string;
  /** The part of a partition placement group, from 1: parts share no rack. */
  partition?: number;
  /** The dedicated host it runs on. */
  hostId?: string;
  /** default | dedicated | host: AWS recovers nothing on a host of one's own. */
  tenancy?: string;
  /** `default` or `disabled`: whether AWS moves it to another host by itself when the system check fails. */
  autoRecovery?: string;
};

/** ok | impaired | insufficient-data | not-applicable | initializing, or a word AWS adds later. */
export type CheckState = string;
export type ScheduledEvent = {
  /** Names it for `moveEvent`. */
  id?: string;
  /** instance-reboot | system-reboot | system-maintenance | instance-retirement | instance-stop. */
  code: string;
  description: string;
  notBefore?: number;
  deadline?: number;
  /** AWS starts the description of finished events with "[Completed]". */
  completed: boolean;
};
export type InstanceHealth = {
  instanceId: InstanceId;
  state: string;
  system: CheckState;
  instance: CheckState;
  /** Attached EBS status; `not-applicable` where the instance type reports none. */
  ebs: CheckState;
  /** Earliest `ImpairedSince` among the three. */
  impairedSince?: number;
  events: readonly ScheduledEvent[];
};

export type Attachment = { instanceId: InstanceId; device: string; state: string; deleteOnTermination: boolean };
export type Volume = {
  id: VolumeId;
  name: string;
  /** creating | available | in-use | deleting | deleted | error, or a word AWS adds later. */
  state: string;
  sizeGiB: number;
  type: string;
  iops?: number;
  /** MiB/s; gp3 only. */
  throughput?: number;
  encrypted: boolean;
  kmsKeyId?: string;
  zone: string;
  tags: Tags;
  multiAttach: boolean;
  attachments: readonly Attachment[];
  snapshotId?: SnapshotId;
  createdAt: number;
  managedBy?: string;
  /** MiB/s at which AWS was asked to bring its blocks from the snapshot. */
  initializationRate?: number;
  /** Made from a snapshot with fast restore: full speed from the start. */
  fastRestored?: boolean;
};

export type Snapshot = {
  id: SnapshotId;
  /** For a copy AWS gives an arbitrary id here: never group copies by it. */
  volumeId: VolumeId;
  /** pending | completed | error | recoverable | recovering, or a word AWS adds later. */
  state: string;
  /** 0–100; stays at 99 for long, so it is no ETA. */
  progress: number;
  startedAt: number;
  completedAt?: number;
  /** Size of the volume it was taken from. */
  sizeGiB: number;
  /** standard | archive. */
  tier: string;
  tags: Tags;
  /** AWS's reason for `error`. */
  message?: string;
  encrypted: boolean;
  kmsKeyId?: string;
  description: string;
  /** 12 digits. */
  ownerId?: string;
  /** Bytes of all its blocks, whatever other snapshots share with it: what a restore has to bring. Once completed only. */
  fullSizeBytes?: number;
};

/** Nothing set asks for all. Several fields are AND; inside a list OR. An empty list answers [] without a call. */
export type InstanceQuery = { ids?: readonly InstanceId[]; names?: readonly string[]; tags?: Tags };
export type VolumeQuery = {
  ids?: readonly VolumeId[];
  instanceIds?: readonly InstanceId[];
  tags?: Tags;
  /** States, in AWS's words. */
  states?: readonly string[];
};
/** `tagged`: the tag has one of these values. */
export type SnapshotQuery = {
  tagged?: { key: string; values: readonly string[] };
  ids?: readonly SnapshotId[];
  volumeIds?: readonly VolumeId[];
  /** pending | completed | error | … */
  states?: readonly string[];
  tags?: Tags;
};

export type NewVolume = {
  zone: string;
  type: string;
  sizeGiB: number;
  iops?: number;
  throughput?: number;
  encrypted: boolean;
  kmsKeyId?: string;
  snapshotId: SnapshotId;
  tags: Tags;
  /** EC2 ClientToken, at most 64 ASCII characters: same token and arguments = same volume. */
  token: string;
  /** MiB/s, 100–300; together at most 5,000 in a Region, beyond which EC2 refuses ("over-limit"). Billed by GiB.
   *  Source: https://docs.aws.amazon.com/ebs/latest/userguide/initalize-volume.html */
  initializationRate?: number;
};
export type NewSnapshots = {
  instanceId: InstanceId;
  /** Takes a subset of the attached volumes; the root is left out through ExcludeBootVolume. */
  excludeVolumeIds: readonly VolumeId[];
  excludeBoot: boolean;
  /** Applied to every snapshot at creation, beside the volume's own tags (which AWS copies, `aws:*` excepted). */
  tags: Tags;
  /** Anything beyond printable ASCII is dropped by the adapter. */
  description: string;
};
/** The old root volume is always kept: it is the way back. */
export type NewRoot = {
  instanceId: InstanceId;
  /** A snapshot taken directly from a root volume that this instance has or had (no copy), or an available volume of its zone. */
  from: { snapshotId: SnapshotId } | { volumeId: VolumeId };
  /** EC2 ClientToken, at most 64 ASCII characters. */
  token: string;
  /** They go on the task, never on the new volume. */
  tags: Tags;
  /** As in NewVolume; only with a snapshot. */
  initializationRate?: number;
};
export type RootTask = {
  id: RootTaskId;
  instanceId: InstanceId;
  /** pending | in-progress | failing | succeeded | failed | failed-detached | failing-detached, or a word AWS adds later
   *  ("still going on"). `failed`: the old root is still there. `failed-detached`: the instance has no root at all.
   *  Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/replace-root.html */
  state: string;
  startedAt?: number;
  completedAt?: number;
  snapshotId?: SnapshotId;
  tags: Tags;
};
/** Several fields are AND; nothing set asks for all that EC2 still lists. An empty list answers [] without a call. */
export type RootTaskQuery = { ids?: readonly RootTaskId[]; instanceIds?: readonly InstanceId[]; tags?: Tags };

export type NewCopy = {
  sourceRegion: string;
  snapshotId: SnapshotId;
  tags: Tags;
  /** Anything beyond printable ASCII is dropped by the adapter. */
  description: string;
  /** True encrypts a plain snapshot; copies of encrypted ones are encrypted anyway. */
  encrypted?: boolean;
  /** A key of the destination Region; the account's default key when left out. */
  kmsKeyId?: string;
};

export type NewSnapshot = { volumeId: VolumeId; tags: Tags; description: string };

export type VolumeEvent = { id: string; type: string; description: string; notBefore?: number };
/** What AWS offers to do about an event: `enable-volume-io`. */
export type VolumeAction = { code: string; description: string; eventId: string };
export type VolumeHealth = {
  volumeId: VolumeId;
  /** ok | impaired | warning | insufficient-data, or a word AWS adds later. Volumes in state `error` do not show here.
   *  `warning` is usual while a volume is being initialised. */
  status: string;
  /** False: AWS has stopped its I/O, since the data may be inconsistent. True where AWS does not say. */
  ioEnabled: boolean;
  /** normal | degraded | severely-degraded | stalled | insufficient-data | not-applicable, where AWS tells it. */
  ioPerformance?: string;
  events: readonly VolumeEvent[];
  actions: readonly VolumeAction[];
  /** How far its blocks have come from the snapshot, 0–100; up to 5 minutes old. `secondsLeft` only with a rate of its own. */
  initialization?: { type: string; progress: number; secondsLeft?: number };
};

/** Volumes an instance type takes. `shared`: network interfaces and instance stores count as well.
 *  Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/volume_limits.html */
export type AttachmentLimit = { most: number; shared: boolean };
/** `state`: available | information | impaired | unavailable | constrained. */
export type Zone = { name: string; id?: string; state: string };

/** The mutating EC2 actions Deckhand may be granted, as IAM names them without `ec2:`. */
export const cloudActions = [
  'CreateSnapshot',
  'CreateSnapshots',
  'DeleteSnapshot',
  'CreateVolume',
  'DeleteVolume',
  'AttachVolume',
  'DetachVolume',
  'ModifyInstanceAttribute',
  'StartInstances',
  'StopInstances',
  'RebootInstances',
  'CreateTags',
  'DeleteTags',
  'CreateReplaceRootVolumeTask',
  'CopySnapshot',
  'ModifySnapshotAttribute',
  'DeregisterImage',
  'EnableVolumeIO',
  'ModifyInstanceEventStartTime',
] as const;
export type CloudAction = (typeof cloudActions)[number];
/** What a dry run is asked about; fields an action does not need are ignored. */
export type DryRunOf = {
  instanceId?: InstanceId;
  volumeId?: VolumeId;
  snapshotId?: SnapshotId;
  zone?: string;
  device?: string;
  imageId?: ImageId;
  /** Where a copy comes from. */
  sourceRegion?: string;
};

/** An action whose API budget is short. */
export type Shortage = {
  action: string;
  /** Calls of everybody that wait for a token. */
  waiting: number;
  /** How often AWS throttled it since the start, and how long ago it last did, in ms. */
  throttled: number;
  throttledAgoMs?: number;
  /** Part (0–1) of AWS's limit in use now: less than the settings say after AWS has throttled. */
  share: number;
};

/**
 * EC2 and EBS in our words.
 *
 * Every method: has a time-out; throws Refusal ("not-permitted" with the encoded tail cut, "not-found", "bad-input",
 * "conflict", "over-limit", "unsuitable", "not-offered"), Transient (throttled, unavailable, not visible yet) or, for the
 * calls marked "not repeatable", Ambiguous when nobody knows whether it took effect. Every refusal carries
 * `data.awsCode` and, where AWS gave one, `data.requestId`. Lists are read page by page and are complete.
 */
export type Cloud = Holds & {
  /** Account and Region from STS and settings; `endpoint` when calls do not go to AWS itself. Repeatable. */
  place: () => Promise<Place & { endpoint?: string }>;
  /** Terminated instances are left out. `ids` that do not exist: Refusal "not-found" naming them in `data.ids`. */
  instances: (query: InstanceQuery) => Promise<readonly Instance[]>;
  /** Status checks and scheduled events, stopped instances included; all when `ids` is left out. */
  health: (ids?: readonly InstanceId[]) => Promise<readonly InstanceHealth[]>;
  volumes: (query: VolumeQuery) => Promise<readonly Volume[]>;
  /** Status of volumes, every five minutes on AWS's side; all when `ids` is left out. Refusal "not-found" names unknown ones. */
  volumeHealth: (ids?: readonly VolumeId[]) => Promise<readonly VolumeHealth[]>;
  /** All volumes whose status is `impaired` or `warning`, and no others: AWS picks them out. */
  ailingVolumes: () => Promise<readonly VolumeHealth[]>;
  /** Own snapshots only. */
  snapshots: (query: SnapshotQuery) => Promise<readonly Snapshot[]>;

  /** Not repeatable: EC2 takes no token. One attempt. Returns the set, still pending, one StartTime. */
  createSnapshots: (of: NewSnapshots) => Promise<readonly Snapshot[]>;
  /** Not repeatable: EC2 takes no token. One attempt. */
  createSnapshot: (of: NewSnapshot) => Promise<Snapshot>;
  /**
   * Asked of the cloud of the destination Region; a snapshot of another account must be shared with this one. Not
   * repeatable: EC2 takes no token. One attempt. Answers the new snapshot, still pending; its `volumeId` will mean nothing.
   * Refusal "over-limit" while 20 copies to that Region are in progress: nothing was done, ask again later.
   */
  copySnapshot: (of: NewCopy) => Promise<SnapshotId>;
  /** Lets another account copy and use a snapshot, or takes that back. Repeatable. */
  shareSnapshot: (of: { snapshotId: SnapshotId; account: string; shared: boolean }) => Promise<void>;
  /** Repeatable: gone already counts as done. Refusal "conflict" when an image uses it (`data.inUseBy`). */
  deleteSnapshot: (id: SnapshotId) => Promise<void>;

  /** Repeatable with the same token. The volume may still be `creating`. */
  createVolume: (volume: NewVolume) => Promise<Volume>;
  /** Repeatable: gone already counts as done. */
  deleteVolume: (id: VolumeId) => Promise<void>;
  /** Repeatable: attached to this instance at this device already counts as done. */
  attachVolume: (at: { volumeId: VolumeId; instanceId: InstanceId; device: string }) => Promise<void>;
  /** Repeatable: available already counts as done. Never detaches from another instance. Never forces. */
  detachVolume: (from: { volumeId: VolumeId; instanceId: InstanceId }) => Promise<void>;
  /** Lets I/O of an impaired volume go on, whatever the state of its data. For people to decide, never by itself. Repeatable. */
  enableVolumeIO: (id: VolumeId) => Promise<void>;
  /**
   * Replaces the root volume of a running instance, which reboots by itself; the old root stays behind, detached. Repeatable
   * with the same token. Look on with `rootTasks`; the task names neither volume. Refusal "unsuitable" or "bad-input" for a
   * snapshot of another lineage and for copies; "over-limit" beyond the quota of initialisation.
   */
  replaceRoot: (of: NewRoot) => Promise<RootTask>;
  /**
   * Repeatable. `ids` that do not exist: Refusal "not-found". By ids is cheapest: fifty a call. Tags are compared here, since
   * EC2 has no filter for them, so without instances every task that EC2 still lists is read.
   */
  rootTasks: (query: RootTaskQuery) => Promise<readonly RootTask[]>;
  /** Repeatable. */
  setDeleteOnTermination: (of: { instanceId: InstanceId; device: string; value: boolean }) => Promise<void>;

  /** Repeatable; one call, many ids. */
  startInstances: (ids: readonly InstanceId[]) => Promise<void>;
  /** Repeatable; graceful; one call, many ids. */
  stopInstances: (ids: readonly InstanceId[]) => Promise<void>;
  /** Not repeatable. One attempt. */
  rebootInstances: (ids: readonly InstanceId[]) => Promise<void>;

  /** Whether stopping it through the API is refused (DisableApiStop). Repeatable. */
  stopProtection: (id: InstanceId) => Promise<boolean>;
  /** Whether terminating it through the API is refused (DisableApiTermination). Repeatable. */
  terminationProtection: (id: InstanceId) => Promise<boolean>;
  /** By instance type; a type that AWS tells nothing about is left out. Repeatable. */
  attachmentLimits: (types: readonly string[]) => Promise<Readonly<Record<string, AttachmentLimit>>>;
  /** The Availability Zones of the Region that this account can use. Repeatable. */
  zones: () => Promise<readonly Zone[]>;
  /** The last 64 KiB of what it wrote to its console; '' while there is nothing. Untrusted text that may hold secrets. Repeatable. */
  consoleOutput: (id: InstanceId) => Promise<{ text: string; at?: number }>;
  /** Moves a scheduled event to another instant, not beyond its deadline (Refusal "bad-input"). Repeatable. */
  moveEvent: (of: { instanceId: InstanceId; eventId: string; notBefore: number }) => Promise<void>;

  /** Repeatable; overwrites. Batched (≤ 1,000 resources a call, we send ≤ 200). */
  createTags: (ids: readonly ResourceId[], tags: Tags) => Promise<void>;
  /** Repeatable; deletes the keys whatever their values. Batched. */
  deleteTags: (ids: readonly ResourceId[], keys: readonly string[]) => Promise<void>;

  /** Asks AWS by DryRun whether the credentials may do it; changes nothing. Proves permission, never feasibility. */
  permits: (action: CloudAction, of: DryRunOf) => Promise<{ permitted: true } | { permitted: false; message: string }>;
  /** How fast this action may be called here, after Deckhand's share of AWS's limit: so many at once, then per second. */
  pace: (action: string) => { burst: number; perSecond: number };
  /** The EC2 actions of this place whose API budget is short, or was throttled within the last 10 minutes. Asks nobody. */
  shortOf: () => readonly Shortage[];
  /** Frees sockets. Safe to repeat. */
  close: () => void;
};
