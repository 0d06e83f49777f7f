import type { Where } from './clouds.ts';
import type { DockerEngine } from './containers.ts';
import type { ChannelId, GroupId, InstanceId, UserId } from './ids.ts';
import type { Asks } from './web.ts';

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

/** Other places that look before a site is told as down. */
export type VantageSettings = {
  /** Places, this one included, that must see it down; most of those that answered in any case. Default 2. */
  confirm: number;
  /** How long after our own last check the others are waited for. Default 5 s. */
  waitMs: number;
  /** Replicas on the same Postgres look as well. */
  replicas: boolean;
  /** Where agents are listened for, while there are any. 0 = any free port. */
  host: string;
  port: number;
  /** `variable`: of the environment, with the token. */
  agents: readonly { name: string; variable: string }[];
};

/** The public page, and the only sites that are on it. */
export type StatusPageSettings = {
  enabled: boolean;
  title: string;
  host: string;
  /** 0 = any free port. */
  port: number;
  timezone: string;
  support: string | undefined;
  /** It is made anew at most so often. Default 30 s. */
  everyMs: number;
  /** How long past incidents are shown. Default 14 days. */
  incidentsMs: number;
  /** The names of maintenance windows are shown. */
  maintenanceNames: boolean;
  /** `site`: the name in `sites`; all else is shown. */
  sites: readonly {
    site: string;
    name: string;
    group: string | undefined;
    description: string | undefined;
    link: string | undefined;
  }[];
};

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
  sections: readonly DigestSection[];
  /** Oldest missed slot that is made up for. */
  catchUpMs: number;
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

/** How all site checks together behave. Source of the defaults: measurements and a simulation, see docs/sites.md. */
export type Monitoring = {
  /** Checks at once, in all and per host. Defaults 300 and 2. */
  concurrency: { total: number; perHost: number };
  /**
   * Blind: more than `sites` sites, and more than `share` of those checked, fail within `withinMs`, or nothing at all is
   * reached, and none of the `canaries` (http or https addresses) nor the EC2 API answers. Defaults 5, 0.2, 30 s.
   */
  blind: { sites: number; share: number; withinMs: number; canaries: readonly string[] };
  /** What fails together: how long the first site waits for the others, and how many sites or servers make one message.
   *  Defaults 10 s, 3. */
  group: { waitMs: number; members: number };
  /** Tag of a server with the address of its site. Default `deckhand:url`. */
  discoverTag: string;
  /** Asked (GET) every `everyMs` while checks run as they should; undefined = never. */
  heartbeat: { url: string; everyMs: number } | undefined;
};

/** Planned work: checks go on, nothing is told. `sites` empty = all of them. */
export type MaintenanceWindow = Window & { sites: readonly string[] };

/** A time that comes once, or again and again. */
export type Window = { name: string } & (
  | { kind: 'once'; from: number; to: number }
  | { kind: 'cron'; cron: string; timezone: string; durationMs: number }
);

/** What Deckhand may do without being asked, and how often. */
export type AutoRule = {
  /** Since the incident began. Default 2 min. */
  afterMs: number;
  /** Of this remedy: tries per incident and per 24 h. Defaults 1 and 3. */
  perIncident: number;
  perDay: number;
  /** From any try on the same thing to the next. Default 30 min. */
  coolDownMs: number;
  approval: ApprovalRule;
  /** Only begun while it lasts; undefined = at any time. */
  window?: Window;
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

/** A way to mend a site. `key`: as typed after `/deck fix SITE`, unique in the site. */
export type SiteRemedy = {
  key: string;
  /** How long the site may take to be up again before the remedy counts as no help. Default 3 min. */
  withinMs: number;
  /** Undefined = only when a person asks. */
  auto: AutoRule | undefined;
} & Mending;
export type Mending =
  | { kind: 'container'; host: string; engine: DockerEngine; container: string }
  | { kind: 'ecs'; cluster: string; service: string; flags: string }
  /** On the server of the site. The lines come from deckhand.yml alone. */
  | { kind: 'script'; windows: boolean; lines: readonly string[]; timeoutMs: number }
  /** The operation of that name, on the server of the site. */
  | { kind: 'server'; operation: 'restart' | 'migrate' | 'restore' };

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

/** A token bucket: `capacity` calls at once, `perSecond` after that. */
export type ApiRate = { capacity: number; perSecond: number };
/** The limit of one EC2 action; `resources`: a second bucket, of one token an instance named in the call. */
export type ApiBucket = ApiRate & { resources?: ApiRate | undefined };

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

export type Site = {
  /** Unique; a-z, 0-9 and dashes; the incident key and the name in messages. */
  name: string;
  url: string;
  intervalMs: number;
  deadlineMs: number;
  statuses: readonly number[];
  contains: string | undefined;
  /** What else is asked and expected. */
  asks: Asks;
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
  /** Degraded: the median of the newest `checks` answers is over `slowMs`, until it is below `clear` of it. Defaults 5, 0.8. */
  degraded: { checks: number; clear: number };
  /**
   * Intermittent: as many `changes` from good to failed among the newest `checks`, until `checks` pass without one. While
   * it lasts an outage is told only after `tellDownMs`. Defaults 4, 30, 5 min.
   */
  intermittent: { changes: number; checks: number; tellDownMs: number };
  /** Not checked at all. */
  paused: boolean;
  /** Another site it cannot work without: while that one is down, this one is part of its message. */
  parent: string | undefined;
  /** Name of the load balancer in front; sites that share it fail together. */
  loadBalancer: string | undefined;
  /** What may mend it, the gentlest first; undefined = reboot and restore of its server. */
  remedies: readonly SiteRemedy[] | undefined;
  /** The server behind it: id or Name; feeds the Restart and Restore buttons. */
  instance: string | undefined;
  channel: ChannelId | undefined;
  owner: string | undefined;
  runbook: string | undefined;
  slo: Slo | undefined;
};

/** What a site promises. */
export type Slo = {
  /** Percent of the judged time in `windowMs` that it is up: 99.9. */
  target: number;
  windowMs: number;
  /** `share` percent of the good answers take at most `underMs`. */
  latency: { underMs: number; share: number } | undefined;
};

/** Settings that change without restart: `current()` is always a whole, checked version. */
export type SettingsSource = {
  current: () => Settings;
  /** Called after a changed file was applied. */
  onChange: (listener: (settings: Settings) => void) => void;
};
