import type { DockerEngine } from './containers.ts';
import type { ChannelId } from './ids.ts';
import type { ApprovalRule } from './roles.ts';
import type { Asks, Probe } from './web.ts';

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
/** `select`: the servers, with their disks, as typed after `/fleet`; undefined = none. */
export type MaintenanceWindow = Window & { sites: 'all' | readonly string[]; select: string | undefined };

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
  /** Of a site that was added in the chat: see Probe. */
  ports?: Probe['ports'];
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
  /** It was added in the chat, where it is changed too; else it stands in deckhand.yml. */
  inChat?: boolean;
};

/** What a site promises. */
export type Slo = {
  /** Percent of the judged time in `windowMs` that it is up: 99.9. */
  target: number;
  windowMs: number;
  /** `share` percent of the good answers take at most `underMs`. */
  latency: { underMs: number; share: number } | undefined;
};
