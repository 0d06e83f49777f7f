import type { Containers } from './containers.ts';
import type { InstanceId } from './ids.ts';

// What Deckhand uses of AWS beside EC2, in our words. Everything returned is plain JSON (bytes of an object excepted).
//
// Every method: has a time-out; throws Refusal ("not-permitted", "not-found", "bad-input", "conflict", "over-limit",
// "unsuitable", "not-offered"; `data.action`, `data.awsCode` and, where AWS gave one, `data.requestId`), Transient (throttled,
// unavailable, not visible yet) or, where marked "not repeatable", Ambiguous when nobody knows whether it took effect.
// Lists are read page by page and are complete. Names and texts are untrusted.

/** `AWS-RunShellScript` is for Linux and macOS, `AWS-RunPowerShellScript` for Windows. */
export type ScriptDocument = 'AWS-RunShellScript' | 'AWS-RunPowerShellScript';

export type Script = {
  instanceId: InstanceId;
  document: ScriptDocument;
  lines: readonly string[];
  /** Seconds that it may run, 1–172,800. It is not begun at all when the server has not taken it within a minute. */
  timeoutSec: number;
  /** At most 100 characters. Put a token of the step in: `find` looks for the whole of it. */
  comment: string;
};

export type ScriptResult = {
  /** waiting: not begun yet. undelivered: never ran, because the server did not take it. */
  state: 'waiting' | 'running' | 'succeeded' | 'failed' | 'timed-out' | 'cancelled' | 'undelivered';
  /** AWS's own word, for example `DeliveryTimedOut`. */
  detail: string;
  exitCode?: number;
  /** What it printed, its last 4,096 bytes. Untrusted. */
  output: string;
  errors: string;
};

export type ManagedServer = {
  instanceId: InstanceId;
  /** False: known to Systems Manager, but its agent does not answer now. */
  online: boolean;
  /** Linux | Windows | MacOS. */
  system: string;
  /** When its agent was last heard; epoch ms. */
  heardAt?: number;
};

/** Scripts on servers, by SSM Run Command. */
export type Scripts = {
  /** Not repeatable: it runs again. One attempt. Returns the id of the command. Refusal "unsuitable" when SSM cannot reach it. */
  run: (script: Script) => Promise<string>;
  /** The command with this comment that was sent to the server since then (epoch ms), if any: to look before `run` again. */
  find: (of: { instanceId: InstanceId; comment: string; since: number }) => Promise<string | undefined>;
  /** Transient while AWS does not show a new command yet; AWS forgets after 30 days. */
  result: (commandId: string, instanceId: InstanceId) => Promise<ScriptResult>;
  /** Those of the servers that Systems Manager knows; the others have no agent, or no permission to reach it. */
  managed: (ids: readonly InstanceId[]) => Promise<readonly ManagedServer[]>;
};

export type GroupMember = {
  instanceId: InstanceId;
  group: string;
  /** InService | Standby | EnteringStandby | Pending | Terminating | …, or a word AWS adds later. */
  lifecycle: string;
  healthy: boolean;
  protectedFromScaleIn: boolean;
};
export type Group = {
  name: string;
  min: number;
  max: number;
  desired: number;
  /** Processes that are suspended: Launch, Terminate, HealthCheck, ReplaceUnhealthy, AZRebalance, … */
  suspended: readonly string[];
  /** EC2 | ELB | …: whose opinion of its members counts. */
  healthCheck: string;
  members: readonly GroupMember[];
};
/** Source: https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-suspend-resume-processes.html */
export type ScalingProcess =
  | 'Launch'
  | 'Terminate'
  | 'AddToLoadBalancer'
  | 'AlarmNotification'
  | 'AZRebalance'
  | 'HealthCheck'
  | 'InstanceRefresh'
  | 'ReplaceUnhealthy'
  | 'ScheduledActions';

/** EC2 Auto Scaling. */
export type Groups = {
  /** Those of the servers that are in a group. */
  members: (ids: readonly InstanceId[]) => Promise<readonly GroupMember[]>;
  /** Those of the groups that exist. */
  groups: (names: readonly string[]) => Promise<readonly Group[]>;
  /** Repeatable: in Standby, or on the way, counts as done. Lowers the desired size by one, so that no other server is
   *  launched. Refusal "conflict" when that went below the minimum. */
  enterStandby: (of: { group: string; instanceId: InstanceId }) => Promise<void>;
  /** Repeatable: in service, or on the way, counts as done. Raises the desired size by one. */
  exitStandby: (of: { group: string; instanceId: InstanceId }) => Promise<void>;
  /** Repeatable. The group terminates it and launches another, with empty disks. */
  setUnhealthy: (instanceId: InstanceId) => Promise<void>;
  /** Repeatable. */
  suspend: (group: string, processes: readonly ScalingProcess[]) => Promise<void>;
  /** Repeatable. */
  resume: (group: string, processes: readonly ScalingProcess[]) => Promise<void>;
};

export type Deployment = {
  id: string;
  /** PRIMARY (the newest) | ACTIVE (being replaced) | INACTIVE. */
  status: string;
  /** IN_PROGRESS | COMPLETED | FAILED; AWS leaves it out for some kinds of service. */
  rollout?: string;
  rolloutReason?: string;
  desired: number;
  running: number;
  pending: number;
  failedTasks: number;
  createdAt: number;
};
export type ContainerService = {
  cluster: string;
  name: string;
  /** ACTIVE | DRAINING | INACTIVE. */
  status: string;
  desired: number;
  running: number;
  pending: number;
  taskDefinition: string;
  deployments: readonly Deployment[];
  /** AWS's latest sentences about it, newest first, at most 10. */
  events: readonly { at: number; text: string }[];
};
/** A cluster and a service by name or ARN. */
export type ServiceName = { cluster: string; service: string };

/** ECS. */
export type Services = {
  /** Refusal "not-found" when there is none, also after it was deleted. */
  service: (of: ServiceName) => Promise<ContainerService>;
  /** Starts all tasks anew. Not repeatable: look for a deployment with a later `createdAt`. One attempt. Returns the
   *  deployment that began. */
  redeploy: (of: ServiceName) => Promise<Deployment>;
};

export type Balancer = {
  arn: string;
  name: string;
  hostname: string;
  /** application | network | gateway. */
  kind: string;
  internal: boolean;
  /** active | provisioning | active_impaired | failed. */
  state: string;
};
/** One way through a load balancer. The default rule has no hosts and no paths. */
export type Route = { hosts: readonly string[]; paths: readonly string[]; targetGroups: readonly string[] };
export type Listener = { arn: string; protocol: string; port: number; routes: readonly Route[] };
export type TargetGroup = {
  arn: string;
  name: string;
  protocol: string;
  port?: number;
  /** instance | ip | lambda | alb. */
  targets: string;
  healthCheck: { protocol: string; port: string; path?: string; codes?: string };
  balancers: readonly string[];
};
export type Target = {
  /** An instance id, an IP address or an ARN. */
  id: string;
  port?: number;
  /** healthy | unhealthy | initial | draining | unused | unavailable | unhealthy.draining. */
  state: string;
  /** AWS's code and words for what is not healthy. */
  reason?: string;
  description?: string;
};

/** Application, network and gateway load balancers. */
export type Balancers = {
  balancers: () => Promise<readonly Balancer[]>;
  /** The listeners of a load balancer with their rules. */
  listeners: (balancer: string) => Promise<readonly Listener[]>;
  targetGroups: () => Promise<readonly TargetGroup[]>;
  targets: (targetGroup: string) => Promise<readonly Target[]>;
};

export type Key = {
  arn: string;
  /** Enabled | Disabled | PendingDeletion | PendingImport | Unavailable | Creating | Updating | PendingReplicaDeletion. */
  state: string;
  enabled: boolean;
  /** AWS_KMS | EXTERNAL | AWS_CLOUDHSM | EXTERNAL_KEY_STORE. */
  origin: string;
  /** AWS | CUSTOMER. */
  manager: string;
  /** When it will be deleted, or its imported material expires; epoch ms. */
  deletedAt?: number;
  validTo?: number;
};

/** KMS. */
export type Keys = {
  /** By id, ARN or alias. */
  key: (name: string) => Promise<Key>;
};

export type StoredObject = { bytes: Uint8Array; modifiedAt: number; version?: string };

/** S3. */
export type Objects = {
  /** The whole object. Refusal "over-limit" above `mostBytes`, which is 32 MiB unless said. */
  read: (of: { bucket: string; key: string; mostBytes?: number }) => Promise<StoredObject>;
};

/** Snapshots by the clock of Data Lifecycle Manager (DLM). */
export type Lifecycles = {
  /** Ids of all policies, enabled or not. A policy that is not among them deletes nothing any more. Repeatable. */
  policies: () => Promise<readonly string[]>;
};

/** What runs on servers and around them: AWS's services beside EC2, of one account and Region, and Docker engines. */
export type Platform = {
  scripts: Scripts;
  groups: Groups;
  services: Services;
  balancers: Balancers;
  keys: Keys;
  lifecycles: Lifecycles;
  objects: Objects;
  containers: Containers;
  /** Frees sockets. Safe to repeat. */
  close: () => void;
};
