import type { Fence } from './history.ts';
import type { ChannelId, FileId, UserId } from './ids.ts';
import type { Role } from './roles.ts';
import type { Line } from './text.ts';

/** A fix offered on an incident's card. Pressing it is the same as typing `line` to `operation`: same plan, same approval. */
export type Remedy = {
  label: string;
  operation: string;
  /** Arguments as typed, for example `i-0abc… --from latest`. Ids only, never names. */
  line: string;
  style?: 'primary' | 'danger';
  /** A form asks the person who presses it for the rest: never without a person. */
  asks?: boolean;
  /** Of deckhand.yml, what may allow it without a person: `SITE/KEY` of a remedy of a site, `server:NAME` of `remediation`. */
  rule?: string;
};

/** What a watcher found, as words and data; plain JSON. The runtime adds since, acknowledged, silenced and the buttons. */
export type Report = {
  severity: 'critical' | 'warning' | 'info';
  /** `Site down · shop`, `EC2 status check failed · web-1 (i-0abc…)`. Literal text. */
  title: string;
  /** Push line: name, state, cause. Literal text. */
  alert: string;
  facts: readonly (readonly [label: string, value: Line])[];
  /** Likely cause and the next move. */
  detail: readonly Line[];
  /** At most three, the best first, only those that fit the diagnosis. */
  remedies: readonly Remedy[];
  /** No watcher will see the end of it: an operator may close it by a button. */
  closable?: boolean;
  /** The sites it is about: an operator may put them into maintenance by a button. */
  sites?: readonly string[];
  /** The servers it is about, by their ids: likewise. */
  servers?: readonly string[];
  /** What was tried and how it went; kept by the incident book over the reports of the watcher. */
  tried?: readonly Tried[];
  /** Kept likewise. */
  picture?: IncidentPicture;
  /** It was over, and began anew in its old message: since when, and who had taken it before. Kept likewise. */
  again?: { at: number; takenBy?: UserId };
  /** The newest lines of its thread, so that a crash loses none; kept likewise. */
  lines?: readonly ThreadLine[];
  /** Who has given it to the one who has taken it; kept likewise. */
  assignedBy?: UserId;
};

/**
 * `version`: the change of the incident that it tells. `byPerson`: what people do stands in the timeline also while it is
 * silenced. `whole`: it says all of the state, so that a newer one makes it needless.
 */
export type ThreadLine = { version: number; line: Line; byPerson: boolean; whole: boolean };

/**
 * How it went, drawn when the incident was in the state `of` and about so many `sites`; uploaded before. `alt` says the same
 * in words.
 */
export type IncidentPicture = { of: 'open' | 'resolved'; sites?: number; file: FileId; alt: string };

/** `key`: what is said once, however often: the id of a run. */
export type Tried = { key: string; line: Line };

/** `key` of what was tried that says: Deckhand has done what it may, now people must. */
export const givenUp = 'given-up';

/** What people did with an incident. `silencedUntil`: epoch ms. Plain JSON. */
export type Care = {
  takenBy?: UserId | undefined;
  assignedBy?: UserId | undefined;
  silencedUntil?: number | undefined;
};

/**
 * One message per incident, edited in place, history in its thread. Survives restarts; never repeats or loses a message.
 * `fence`: the caller's right to tell; Transient when another replica has it by now.
 */
export type Incidents = {
  /**
   * Opens the incident of `key`, or updates the open one. One that was resolved less than 15 min ago is reopened in its
   * old message. `note` becomes a line in the thread; `whole`: it says all of the state, so that of several within a minute
   * the newest is enough. `care`: what people did with those that it takes in counts for it, too, unless they have done so
   * with it. Repeatable: an unchanged report changes nothing.
   */
  raise: (
    key: string,
    of: {
      channel: ChannelId;
      startedAt: number;
      report: Report;
      note?: Line;
      whole?: boolean | undefined;
      care?: Care | undefined;
      fence?: Fence | undefined;
    },
  ) => Promise<void>;
  /** Ends the open incident of `key`, if any: final words, duration, no buttons. Repeatable. */
  resolve: (
    key: string,
    of: { endedAt: number; report: Report; note?: Line; whole?: boolean | undefined; fence?: Fence | undefined },
  ) => Promise<void>;
  /** Nobody is notified of the open one, if any, until then (epoch ms). Repeatable. */
  silence: (key: string, until: number) => Promise<void>;
  /** Says on the card and in the thread of an incident, open or over, what was tried. Repeatable: once a key. */
  tried: (id: string, of: Tried) => Promise<void>;
  /** What people did with the one that `raise` would update now; nothing when it would open a new one. */
  careOf: (key: string) => Promise<Care>;
  /** Is there an open one? */
  isOpen: (key: string) => Promise<boolean>;
};

/** What people do with an open incident, by a button of its card or by a command, and the role that it takes. */
export const incidentVerbs = {
  acknowledge: 'viewer',
  assign: 'operator',
  silence: 'operator',
  maintenance: 'operator',
  close: 'operator',
} as const satisfies Record<string, Role>;
export type IncidentVerb = keyof typeof incidentVerbs;
/** `incident`: its id. `person`: to whom it is assigned. `forMs`: how long it is silenced; left out = an hour. */
export type IncidentAct = {
  incident: string;
  verb: IncidentVerb;
  person?: UserId | undefined;
  forMs?: number | undefined;
};

/** Where a press of Maintenance is kept, in History.watch: prefix and name of the site → `{ since, until }` (epoch ms). */
export const maintenancePrefix = 'maintenance:';
/** And of a server, by its id. */
export const serverMaintenancePrefix = 'server-maintenance:';

/** Key of the incident that our own network is down: while it is open nobody knows how anything is. */
export const blindKey = 'watch:blind';
