import type { InstanceId, ResourceId, SnapshotId, VolumeId } from './ids.ts';

/** Where the servers are. `account` is the 12-digit id, or '' while it is unknown. */
export type Place = { account: string; region: string };

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
};

/** ok | impaired | insufficient-data | not-applicable | initializing, or a word AWS adds later. */
export type CheckState = string;
export type ScheduledEvent = {
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
  description: string;
};

/** Nothing set asks for all. Several fields are AND; inside a list OR. An empty list answers [] without a call. */
export type InstanceQuery = { ids?: readonly InstanceId[]; names?: readonly string[]; tags?: Tags };
export type VolumeQuery = { ids?: readonly VolumeId[]; instanceIds?: readonly InstanceId[]; tags?: Tags };
export type SnapshotQuery = { ids?: readonly SnapshotId[]; volumeIds?: readonly VolumeId[]; tags?: Tags };

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
export type NewSnapshot = { volumeId: VolumeId; tags: Tags; description: string };

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
] as const;
export type CloudAction = (typeof cloudActions)[number];
/** What a dry run is asked about; fields an action does not need are ignored. */
export type DryRunOf = {
  instanceId?: InstanceId;
  volumeId?: VolumeId;
  snapshotId?: SnapshotId;
  zone?: string;
  device?: string;
};

/**
 * EC2 and EBS in our words.
 *
 * Every method: has a time-out; throws Refusal ("not-permitted" with the encoded tail cut, "not-found", "bad-input",
 * "conflict", "over-limit", "unsuitable", "not-offered"), Transient (throttled, unavailable, not visible yet) or, for the
 * calls marked "not repeatable", Ambiguous when nobody knows whether it took effect. Every refusal carries
 * `data.awsCode` and, where AWS gave one, `data.requestId`. Lists are read page by page and are complete.
 */
export type Cloud = {
  /** Account and Region from STS and settings; `endpoint` when calls do not go to AWS itself. Repeatable. */
  place: () => Promise<Place & { endpoint?: string }>;
  /** Terminated instances are left out. `ids` that do not exist: Refusal "not-found" naming them in `data.ids`. */
  instances: (query: InstanceQuery) => Promise<readonly Instance[]>;
  /** Status checks and scheduled events, stopped instances included; all when `ids` is left out. */
  health: (ids?: readonly InstanceId[]) => Promise<readonly InstanceHealth[]>;
  volumes: (query: VolumeQuery) => Promise<readonly Volume[]>;
  /** Own snapshots only. */
  snapshots: (query: SnapshotQuery) => Promise<readonly Snapshot[]>;

  /** Not repeatable: EC2 takes no token. One attempt. Returns the set, still pending, one StartTime. */
  createSnapshots: (of: NewSnapshots) => Promise<readonly Snapshot[]>;
  /** Not repeatable: EC2 takes no token. One attempt. */
  createSnapshot: (of: NewSnapshot) => Promise<Snapshot>;
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
  /** Repeatable. */
  setDeleteOnTermination: (of: { instanceId: InstanceId; device: string; value: boolean }) => Promise<void>;

  /** Repeatable; one call, many ids. */
  startInstances: (ids: readonly InstanceId[]) => Promise<void>;
  /** Repeatable; graceful; one call, many ids. */
  stopInstances: (ids: readonly InstanceId[]) => Promise<void>;
  /** Not repeatable. One attempt. */
  rebootInstances: (ids: readonly InstanceId[]) => Promise<void>;

  /** Repeatable; overwrites. Batched (≤ 1,000 resources a call, we send ≤ 200). */
  createTags: (ids: readonly ResourceId[], tags: Tags) => Promise<void>;
  /** Repeatable; deletes the keys whatever their values. Batched. */
  deleteTags: (ids: readonly ResourceId[], keys: readonly string[]) => Promise<void>;

  /** Asks AWS by DryRun whether the credentials may do it; changes nothing. Proves permission, never feasibility. */
  permits: (action: CloudAction, of: DryRunOf) => Promise<{ permitted: true } | { permitted: false; message: string }>;
  /** Frees sockets. Safe to repeat. */
  close: () => void;
};
