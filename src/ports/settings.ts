import type { ChannelId, GroupId, UserId } from './ids.ts';

/** The checked contents of deckhand.yml, defaults filled in. Durations are ms. Unset means deny. */
export type Settings = {
  /** Channel ids; `undefined` = nothing is sent there. */
  channels: {
    /** Health and downtime alerts. */
    alerts: ChannelId | undefined;
    /** The daily digest; falls back to `alerts`. */
    digest: ChannelId | undefined;
    /** Where commands may be typed; empty = in every channel of the own workspace. */
    commands: readonly ChannelId[];
  };
  roles: Readonly<Record<Role, { users: readonly UserId[]; groups: readonly GroupId[] }>>;
  /** By operation name; what is not named takes the operation's own default. */
  approvals: Readonly<Record<string, ApprovalRule>>;
  limits: {
    /** Resources one changing request may touch. Default 50. */
    resources: number;
    /** Snapshot attempts per set before giving up. Default 3. */
    snapshotAttempts: number;
    /** Bounds on waiting for AWS. Defaults: snapshot 6 h, volume 10 min, stop 10 min, start 10 min, checks 15 min. */
    wait: { snapshotMs: number; volumeMs: number; stopMs: number; startMs: number; checksMs: number };
    /** First gap of our pollers; doubles up to `maxMs`. Defaults 2 s and 15 s. */
    poll: { minMs: number; maxMs: number };
    /** How long a snapshot made a moment ago may stay invisible before it counts as never made. Default 45 s. */
    visibilityGraceMs: number;
    /** Gap between two snapshots of one volume (AWS: ≥ 15 s). */
    snapshotGapMs: number;
    /** How long the replaced volume is promised to stay: default 7 days. Deckhand itself never deletes it. */
    holdMs: number;
    /** Time from approval to the start of the work. Default 15 min. */
    executeWithinMs: number;
  };
  aws: { region: string | undefined; budgetShare: number };
  /** Private hosts or CIDRs that site checks may reach; everything else private is refused, instance metadata always. */
  web: { allowPrivate: readonly string[] };
  health: {
    cron: string;
    timezone: string;
    /** Samples in a row that must be impaired before an alert, and fine before the end. Defaults 2 and 2. */
    confirm: number;
    recover: number;
    /** Restricts the watch; empty = every instance. */
    tags: Readonly<Record<string, string>>;
    enabled: boolean;
  };
  digest: { cron: string; timezone: string; enabled: boolean };
  sites: readonly Site[];
};

export const roles = ['viewer', 'operator', 'approver'] as const;
export type Role = (typeof roles)[number];

/**
 * none: runs at once, plan shown on the card. confirm: the requester (or another operator) confirms. approve: `count`
 * distinct other people with `role` approve.
 */
export type ApprovalRule =
  | { kind: 'none' }
  | { kind: 'confirm'; expiresMs: number }
  | { kind: 'approve'; count: number; role: Role; expiresMs: number };

export type Site = {
  /** Unique; a-z, 0-9 and dashes; the incident key and the name in messages. */
  name: string;
  url: string;
  intervalMs: number;
  deadlineMs: number;
  statuses: readonly number[];
  contains: string | undefined;
  verifyTls: boolean;
  maxRedirects: number;
  /** Slower than this (median of 5) is degraded; undefined = never. */
  slowMs: number | undefined;
  /** Days before expiry at which a certificate is told. Default 21, 7, 1. */
  certificateDays: readonly number[];
  /** Gaps of the re-checks that confirm an outage. Default 5 s, 15 s, 20 s. */
  recheckMs: readonly number[];
  /** Gap and number of good checks that confirm a recovery. Defaults 20 s and 3. */
  recoverMs: number;
  recoverChecks: number;
  /** The server behind it: id or Name; feeds the Restart and Restore buttons. */
  instance: string | undefined;
  channel: ChannelId | undefined;
  owner: string | undefined;
  runbook: string | undefined;
};

/** Settings that change without restart: `current()` is always a whole, checked version. */
export type SettingsSource = {
  current: () => Settings;
  /** Called after a changed file was applied. */
  onChange: (listener: (settings: Settings) => void) => void;
};
