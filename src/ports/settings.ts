import type { ChannelId, GroupId, UserId } from './ids.ts';
import type { ApprovalRule, Role } from './roles.ts';
import type {
  AutoRule,
  MaintenanceWindow,
  Monitoring,
  Site,
  StatusPageSettings,
  VantageSettings,
  Window,
} from './site-settings.ts';
import type { Digest, Drill, RetentionRule, SnapshotSchedule } from './timed-settings.ts';

/** The checked contents of deckhand.yml, defaults filled in. Durations are ms. Unset means deny. */
export type Settings = {
  /** Channel ids; `undefined` = nothing is sent there. */
  channels: {
    /** Health and downtime alerts. */
    alerts: ChannelId | undefined;
    /** Digests that name no channel; falls back to `alerts`. */
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
    /** Resources one clean-up may delete; each is named in its plan. Default 1,000. */
    deletions: number;
    /** Resources whose tags one request may change; each is named in its plan, and undone from it. Default 1,000. */
    tags: number;
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
    /** How long the replaced volume is promised to stay: default 7 days. What happens then: `holds`. */
    holdMs: number;
    /** Time from approval to the start of the work. Default 15 min. */
    executeWithinMs: number;
  };
  aws: {
    /** Of the home place; AWS_REGION goes before it. */
    region: string | undefined;
    /** Part (0–1) of AWS's API limits in use at most. */
    budgetShare: number;
    /** API limits that differ from AWS's defaults, by action (`CreateVolume`); in every account, unless it has its own. */
    buckets: Readonly<Partial<Record<string, ApiBucket>>>;
    /** Name of the account that is meant when none is named; undefined = the one of the base credentials. */
    home: string | undefined;
    /** Tell AWS the person whose work it is, as the source identity of the session. */
    sourceIdentity: boolean;
    accounts: readonly Account[];
    /** By volume type; what is not named is AWS's usual. */
    quotas: { storageGiB: Readonly<Record<string, number>> };
  };
  restore: {
    /** Servers of one restore that may fail before the rest is not begun: `10%` or a number. Default 10 %. */
    failures: string;
    /** Servers of one restore at work at once. Default 500. */
    atOnce: number;
    /** MiB/s at which AWS fills restored volumes in a Region, all together. AWS's default is 5,000. */
    fillingQuota: number;
    /** What one server takes, from the first call to its status checks; for estimates. Default 3 min. */
    serverMs: number;
  };
  /** State files that are read: `s3://bucket/key` or absolute paths. */
  terraform: { state: readonly string[] };
  /** Private hosts or CIDRs that site checks may reach; everything else private is refused, instance metadata always. */
  /** `ports`: beside 80 and 443, of sites that are added in the chat; both ends inside. */
  web: { allowPrivate: readonly string[]; ports: readonly (readonly [number, number])[] };
  health: {
    cron: string;
    timezone: string;
    /** Looks that must find it impaired before an alert, out of the last so many. Defaults 2 and one more than that. */
    confirm: number;
    outOf: number;
    /** Looks in a row that must find it fine before the alert ends. Default 2. */
    recover: number;
    /** Restricts the watch; empty = every instance. */
    tags: Readonly<Record<string, string>>;
    enabled: boolean;
  };
  digests: readonly Digest[];
  retention: {
    /** US dollars for a GiB and month, for estimates. Defaults: us-east-1. */
    prices: { snapshotGiBMonth: number; archiveGiBMonth: number; volumeGiBMonth: number };
    rules: readonly RetentionRule[];
  };
  tags: {
    required: readonly TagRule[];
    /** Tells when more is missing than before. `channel`: undefined = the alerts channel. */
    watch: { enabled: boolean; cron: string; timezone: string; channel: ChannelId | undefined };
  };
  /** What happens to replaced volumes whose time (limits.holdMs) is over: told with a button, or deleted after a notice. */
  holds: { delete: 'offer' | 'auto'; noticeMs: number };
  alerts: AlertRules;
  monitoring: Monitoring;
  /** How long the hours and the days of each site are kept. Defaults 35 days and 2 years. */
  history: { hoursMs: number; daysMs: number };
  /** The week of the sites, in each channel where their alerts go. */
  siteReport: { cron: string; timezone: string; enabled: boolean };
  vantage: VantageSettings;
  statusPage: StatusPageSettings;
  maintenance: readonly MaintenanceWindow[];
  /** While one of these lasts nothing is mended without a person. */
  freeze: readonly Window[];
  /** What may be done to servers without being asked; empty = nothing. */
  remediation: readonly ServerRule[];
  schedules: readonly SnapshotSchedule[];
  drills: readonly Drill[];
  sites: readonly Site[];
  /** As in deckhand.yml; for sites that are managed elsewhere, see `ports/managed-sites`. */
  sitesDefaults: object;
};

/** Tags that must be there. */
export type TagRule = {
  /** Unique; a-z, 0-9 and dashes. */
  name: string;
  /** As typed after `/tag`: servers, with their disks. */
  selector: string;
  keys: Readonly<Record<string, TagKeyRule>>;
  /** What may get the tags of its server. */
  propagate: readonly ('volumes' | 'snapshots')[];
};
/** Both undefined = any value. `pattern`: RE2, found anywhere in the value. */
export type TagKeyRule = { values: readonly string[] | undefined; pattern: string | undefined };

/** What happens to an incident after it was told. */
export type AlertRules = {
  /** Down again within this time of its end is the same incident. Default 15 min. */
  reopenMs: number;
  /** Reminders in the thread, counted from the start, until somebody acknowledges. Default 30 min, 2 h, 8 h. */
  remindMs: readonly number[];
  /** Unacknowledged for `afterMs`: told in `channel` (else in the thread), to `group`. Both unset = never. */
  escalate: { afterMs: number; channel: ChannelId | undefined; group: GroupId | undefined };
};

/** What Deckhand may do to a server by itself. */
export const serverCures = ['start', 'reboot', 'migrate', 'standby', 'replace', 'event', 'restore'] as const;
export type ServerCure = (typeof serverCures)[number];
/** `auto.perDay` counts the tries on all its servers together. */
export type ServerRule = {
  /** Unique; a-z, 0-9 and dashes. */
  name: string;
  /** As typed after `/fleet`. */
  selector: string;
  remedy: ServerCure;
  auto: AutoRule;
};

/** An AWS account to work in. */
export type Account = {
  /** Unique; what people type after `--account`. */
  name: string;
  /** 12 digits. */
  id: string;
  /** ARN of the role to assume there; undefined = the base credentials belong to this account. */
  role: string | undefined;
  externalId: string | undefined;
  /** The first is meant when none is named. */
  regions: readonly string[];
  /** API limits of this account, by action; they go before those of all. */
  buckets: Readonly<Partial<Record<string, ApiBucket>>>;
};

/** A token bucket: `capacity` calls at once, `perSecond` after that. */
export type ApiRate = { capacity: number; perSecond: number };
/** The limit of one EC2 action; `resources`: a second bucket, of one token an instance named in the call. */
export type ApiBucket = ApiRate & { resources?: ApiRate | undefined };

/** Settings that change without restart: `current()` is always a whole, checked version. */
export type SettingsSource = {
  current: () => Settings;
  /** Called after a changed file was applied. */
  onChange: (listener: (settings: Settings) => void) => void;
};
