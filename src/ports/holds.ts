import type { ImageId, SnapshotId, VolumeId } from './ids.ts';

/** An own AMI, disabled and deprecated ones too: all of them keep their snapshots from being deleted. */
export type Image = {
  id: ImageId;
  /** Untrusted text. */
  name: string;
  /** available | pending | disabled | invalid | transient | failed | error | deregistered, or a word AWS adds later. */
  state: string;
  createdAt?: number;
  /** Epoch ms; in the past = deprecated. */
  deprecatedAt?: number;
  snapshotIds: readonly SnapshotId[];
};

/** What one version of a launch template would start from. `imageId` may be a Systems Manager parameter (`resolve:ssm:…`). */
export type TemplateUse = {
  templateId: string;
  /** Untrusted text. */
  templateName: string;
  version: number;
  imageId?: string;
  snapshotIds: readonly SnapshotId[];
};

/** `state`: governance | compliance-cooloff | compliance | expired, or a word AWS adds later; only `expired` can be deleted. */
export type LockedSnapshot = { id: SnapshotId; state: string; until?: number };

/** `state`: enabling | optimizing | enabled | disabling | disabled. */
export type FastRestore = { snapshotId: SnapshotId; zone: string; state: string };

/** Gone for good at `until`; before that it can be taken out of the Recycle Bin, by people. */
export type BinnedSnapshot = { id: SnapshotId; enteredAt?: number; until?: number; volumeId?: VolumeId };
export type BinnedVolume = { id: VolumeId; enteredAt?: number; until?: number; snapshotId?: SnapshotId };

/** `archivedAt` counts for the 90 days that are billed at least. `restoredUntil`: standard again, until then only.
 *  Source: https://docs.aws.amazon.com/ebs/latest/userguide/snapshot-archive.html */
export type ArchivedSnapshot = {
  id: SnapshotId;
  /** archival-in-progress, archival-completed, temporary-restore-completed, …; '' when AWS does not tell it. */
  status: string;
  archivedAt?: number;
  restoredUntil?: number;
};

/**
 * What else uses or guards snapshots: all that has to be looked at before one is deleted. Every read is complete and
 * repeatable, and throws Refusal "not-offered" where an endpoint lacks it.
 */
export type Holds = {
  images: () => Promise<readonly Image[]>;
  /** Leaves the image's snapshots alone. Repeatable: gone already counts as done. */
  deregisterImage: (id: ImageId) => Promise<void>;
  /** Every version, of every template, that names a snapshot or an image. One call a template, so ask seldom. */
  launchTemplateSnapshots: () => Promise<readonly TemplateUse[]>;
  lockedSnapshots: () => Promise<readonly LockedSnapshot[]>;
  fastRestores: () => Promise<readonly FastRestore[]>;
  /** Own snapshots that are, were or become archived. */
  archivedSnapshots: () => Promise<readonly ArchivedSnapshot[]>;
  /** Account ids, and `all` when it is public; [] = nobody. */
  sharedWith: (id: SnapshotId) => Promise<readonly string[]>;
  recycleBin: () => Promise<readonly BinnedSnapshot[]>;
  binnedVolumes: () => Promise<readonly BinnedVolume[]>;
};
