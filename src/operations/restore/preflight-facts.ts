import type { AttachmentLimit, Instance, InstanceHealth, Snapshot, Volume, Zone } from '#ports/cloud.ts';
import type { ArchivedSnapshot } from '#ports/holds.ts';
import type { InstanceId, SnapshotId, VolumeId } from '#ports/ids.ts';
import type { GroupMember, Key } from '#ports/platform.ts';

/** One exchange that is planned: what leaves the device, what comes. */
export type CheckedSwap = {
  device: string;
  out: VolumeId;
  put:
    | {
        kind: 'create';
        snapshot: Snapshot;
        sizeGiB: number;
        type: string;
        encrypted: boolean;
        kmsKeyId?: string;
        tags: number;
      }
    | { kind: 'existing'; volume: Volume };
};
export type CheckedServer = {
  instance: Instance;
  /** Every volume attached to it. */
  volumes: readonly Volume[];
  /** The volumes that are to be replaced, also where no exchange could be planned. */
  wanted: readonly VolumeId[];
  swaps: readonly CheckedSwap[];
  /** swap: it is stopped for the work. root-task: AWS replaces the root of the running server, which reboots. */
  method: 'swap' | 'root-task';
};

/** What was read for all servers together. What could not be read is named in `unread`, with the reason. */
export type PreflightFacts = {
  servers: readonly CheckedServer[];
  now: number;
  /** Members of Auto Scaling groups among the servers; undefined = could not be read. */
  members: readonly GroupMember[] | undefined;
  health: readonly InstanceHealth[];
  limits: Readonly<Record<string, AttachmentLimit>>;
  zones: readonly Zone[];
  /** By the name under which a volume or snapshot refers to it. */
  keys: Readonly<Record<string, Key>>;
  /** Servers whose stopping through the API is refused. */
  stopProtected: readonly InstanceId[];
  /** GiB of all volumes of the Region by type. */
  usedGiB: Readonly<Record<string, number>>;
  /** GiB by type that the account may have; what is not named is AWS's usual. */
  quotaGiB: Readonly<Record<string, number>>;
  /** MiB/s for each new volume and for all of the Region; undefined = AWS fills lazily. */
  filling: { rate: number; quota: number } | undefined;
  /** Of all snapshots that were read: those that the retention rules delete soon. */
  dueForDeletion: ReadonlySet<SnapshotId>;
  archived: readonly ArchivedSnapshot[];
  /** All snapshots that were read, for the other members of a set. */
  snapshots: readonly Snapshot[];
  /** IAM actions that are missing. */
  missing: readonly string[];
  unread: readonly { what: string; why: string }[];
};
