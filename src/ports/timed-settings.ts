import type { Where } from './clouds.ts';
import type { ChannelId, InstanceId } from './ids.ts';
import type { ApprovalRule } from './roles.ts';

/** What a digest can tell. `chart`: pictures of the others. */
export const digestSections = ['health', 'backups', 'drills', 'tags', 'cost', 'events', 'chart'] as const;
export type DigestSection = (typeof digestSections)[number];

/** An overview of the fleet by the clock. */
export type Digest = {
  /** Unique; a-z, 0-9 and dashes. */
  name: string;
  cron: string;
  timezone: string;
  /** Undefined = `channels.digest`, else `channels.alerts`. */
  channel: ChannelId | undefined;
  /** As typed after `/fleet`: the servers and disks that it is about. */
  selector: string;
  /** Names under `aws.accounts`, and Regions, that it is about; empty = all. */
  accounts: readonly string[];
  regions: readonly string[];
  sections: readonly DigestSection[];
  /** Oldest missed slot that is made up for. */
  catchUpMs: number;
};

/**
 * Which snapshots to keep. Every rule only keeps: what no rule keeps is deleted. A rule that is left out keeps nothing;
 * whatever the rules, the newest completed snapshot of a volume stays.
 */
export type RetentionRules = {
  /** Keeps what is younger than this, in ms. */
  olderMs?: number;
  /** Keeps the newest so many of each volume. */
  keep?: number;
  /**
   * Keeps the last snapshot of each of the newest so many days (weeks, months, years) that have one. A day without a
   * snapshot counts for nothing, so a chain that has stopped growing is not eaten up by time alone.
   */
  gfs?: { days?: number; weeks?: number; months?: number; years?: number };
  /** IANA name: whose days and weeks. Weeks begin on Monday (ISO 8601). */
  timezone: string;
};

export type RetentionRule = {
  /** Unique; a-z, 0-9 and dashes. */
  name: string;
  /** As typed: `env=dev role=db`, `all`. */
  selector: string;
  rules: RetentionRules;
  /** Takes snapshots of Data Lifecycle Manager whose policy is gone for ours. */
  adopt: boolean;
  /** When it is asked by itself, in the time zone of the rules; undefined = only when somebody asks. */
  cron: string | undefined;
  /** Where its plan is shown; undefined = `channels.alerts`. */
  channel: ChannelId | undefined;
  /** `usual`: as for everybody. `none`: it runs without anybody being asked. */
  approval: 'usual' | 'none';
};

/** What all work by the clock has. */
export type Timed = {
  /** Unique; a-z, 0-9 and dashes. */
  name: string;
  cron: string;
  timezone: string;
  /** As typed after `/snapshot`; read anew at each run. */
  selector: string;
  /** The account and Region; undefined = home. */
  place: Where | undefined;
  /** Oldest missed slot that is made up for; undefined = the newest, whenever it was. */
  catchUpMs: number | undefined;
  quiet: boolean;
  approval: ApprovalRule;
  /** Undefined = the alerts channel. */
  channel: ChannelId | undefined;
};

/** Restore drills by the clock. */
export type Drill = Timed & {
  /** Volumes of each drill; those first that were drilled longest ago. */
  most: number;
  /** A throw-away server to look from; undefined = AWS's own word on the disk must do. */
  target: InstanceId | undefined;
  /** Shell lines on the target, with the data at $DRILL_MOUNT; empty = its files are listed. */
  check: readonly string[];
  /** MiB/s at which AWS brings every block, which is waited for; undefined = as blocks are read. */
  rate: number | undefined;
};

/** Scripts of Systems Manager on each running server, around the moment of its snapshots. */
export type SnapshotHooks = {
  /** Lines before (make the data consistent and stop writing) and after (go on); both may run more than once. */
  pre: readonly string[];
  post: readonly string[];
  /** Of each run, 10–120 s. */
  timeoutMs: number;
  /** Further tries of each, 0–3. */
  retries: number;
  /** When pre fails: take the snapshots anyway (as after a power cut), or not at all. */
  onFailure: 'crash-consistent' | 'fail';
};

/** Snapshots by the clock. */
export type SnapshotSchedule = Timed & {
  hooks: SnapshotHooks | undefined;
  /** What is kept of its snapshots after a run in which all went well; undefined = everything. */
  retention: RetentionRule['rules'] | undefined;
  /** Where its snapshots are copied, and how long the copies are kept. `kmsKey`: a key there; undefined = the default one. */
  copies: readonly { to: Where; retainMs: number; kmsKey: string | undefined }[];
  /** Oldest that the newest completed snapshot of a volume may be; undefined = nobody is told. */
  rpoMs: number | undefined;
};
