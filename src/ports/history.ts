import type { Where } from './clouds.ts';
import type { ChannelId, RunId, UserId } from './ids.ts';
import type { Json } from './json.ts';

/**
 * A stored, checked request. Plain JSON; survives the process. `plan` is exactly what people saw; `planHash` its SHA-256
 * over canonical JSON (keys sorted).
 */
export type Order = {
  id: RunId;
  operation: string;
  args: Json;
  plan: Json;
  planHash: string;
  /** A person, or `deckhand` for what it asked by itself; then `because` says why: `schedule nightly`. */
  requester: UserId;
  because?: string;
  /** No card unless people are asked; a failure is told as an incident (see `because`). */
  quiet?: boolean;
  channel: ChannelId;
  requestedAt: number;
  /** The rule in force when it was asked. */
  approval: Json;
  /** The account and Region it works in; left out = home. */
  place?: Where;
  /** The run this one undoes, or the incident whose button asked for it. */
  undoes?: RunId;
  incident?: string;
};

/**
 * waiting → running → done | undone | stuck; or denied | expired | cancelled | changed (nothing was executed).
 * undone: failed and everything put back. stuck: could not be put back; a person must look.
 */
export const runStates = [
  'waiting',
  'running',
  'done',
  'undone',
  'stuck',
  'denied',
  'expired',
  'cancelled',
  'changed',
] as const;
export type RunState = (typeof runStates)[number];
export const openRunStates = ['waiting', 'running'] as const satisfies readonly RunState[];

export type Run = {
  order: Order;
  state: RunState;
  /** One line for lists: what it does to what. */
  summary: string;
  result: Json | undefined;
  /** Why it did not end `done`, as shown to people. */
  reason: string | undefined;
  updatedAt: number;
  endedAt: number | undefined;
  /** The run that undid this one, once it is done. */
  undoneBy: RunId | undefined;
};

/** approve and confirm need a matching plan hash; one row per person and run. */
export type Decision = {
  run: RunId;
  verdict: 'confirmed' | 'approved' | 'denied' | 'cancelled';
  by: UserId;
  planHash: string;
  at: number;
};

/**
 * waiting → running → done | undone | stuck; or skipped (never begun). Each part of a run ends on its own, with the same
 * meaning as the run's own states.
 */
export type PartState = 'waiting' | 'running' | 'done' | 'undone' | 'stuck' | 'skipped';
/** One line of a run's ledger: one server of a fleet, say. */
export type PartRecord = {
  run: RunId;
  /** Unique in the run. */
  key: string;
  /** For people; untrusted text. */
  label: string;
  state: PartState;
  result: Json | undefined;
  /** Why it did not end `done`, as shown to people. */
  reason: string | undefined;
  /** What could not be put back, with the command to type; empty unless `stuck`. */
  failedUndo: readonly { name: string; why: string; manual: string }[];
  /** Something had been changed and was put back; false for one that failed before it changed anything. */
  touched: boolean;
  startedAt: number | undefined;
  endedAt: number | undefined;
};
export type PartEnd = Pick<PartRecord, 'key' | 'state' | 'result' | 'reason' | 'failedUndo' | 'touched'> & {
  at: number;
};

/** Who pressed what where: token → subject. One row per posted message. */
export type CardRecord = {
  token: string;
  kind: 'run' | 'incident' | 'answer';
  /** Run id, incident id, or the answer's payload in `data`. */
  subject: string;
  channel: ChannelId;
  /** Absent until the post succeeded, and for ephemeral messages. */
  ts: string | undefined;
  data: Json;
  createdAt: number;
};

export const auditKinds = [
  'asked',
  'refused',
  'confirmed',
  'approved',
  'denied',
  'cancelled',
  'expired',
  'started',
  'done',
  'undone',
  'stuck',
  'changed',
  'alert',
  'acknowledged',
  'assigned',
  'silenced',
  'maintenance',
  'resolved',
  'settings',
] as const;
export type AuditKind = (typeof auditKinds)[number];
export type AuditEntry = {
  /** Unique: the same key is written once, so a repeated step writes nothing. */
  key: string;
  at: number;
  kind: AuditKind;
  /** User id, or `deckhand` for what it did by itself. */
  actor: string;
  run: RunId | undefined;
  operation: string | undefined;
  channel: ChannelId | undefined;
  /** Resource ids or the incident key. */
  targets: readonly string[];
  detail: string;
};

/** What a watcher found: shown on an incident's card. Words by the feature, pieces as JSON (`ports/text`). */
export type IncidentRecord = {
  id: string;
  /** `site:NAME`, `instance:ID`, `certificate:NAME`, …: one open incident per key. */
  key: string;
  state: 'open' | 'resolved';
  startedAt: number;
  endedAt: number | undefined;
  acknowledgedBy: UserId | undefined;
  silencedUntil: number | undefined;
  channel: ChannelId;
  ts: string | undefined;
  token: string;
  /** The newest report of the watcher (runtime's Report type). */
  report: Json;
  /** Counts up with every change; `shown` is the version on the card. Unequal: the card must be rendered. */
  version: number;
  shown: number;
  updatedAt: number;
};

/** The right to a work that one replica does at a time. A write with an older token than the newest is refused. */
export type Fence = { lease: string; token: number };

/** One minute of all sites, by name; `writer` keeps apart what two processes saw of the same minute. */
export type MinuteRow = { at: number; writer: number; data: Readonly<Record<string, string>> };
/** h = hour, d = day. */
export type Grain = 'h' | 'd';
export type MeasureRow = { site: string; at: number; data: string };

/**
 * What must outlive the process, in one Postgres-speaking store. Every method is one transaction, throws Transient when
 * the store is away, and is safe to repeat unless it says otherwise. Lists are bounded by `limit`.
 */
export type History = {
  runs: {
    /** False when a run with this id is there already (the same request delivered twice). */
    create: (order: Order, summary: string) => Promise<boolean>;
    get: (id: RunId) => Promise<Run | undefined>;
    /** Moves `from` one of these states; false when it was in another (somebody was faster). */
    move: (
      id: RunId,
      from: readonly RunState[],
      to: RunState,
      more: { result?: Json; reason?: string; at: number },
    ) => Promise<boolean>;
    markUndone: (id: RunId, by: RunId) => Promise<void>;
    /** Newest first. */
    recent: (query: {
      limit: number;
      before?: number;
      states?: readonly RunState[];
      operation?: string;
    }) => Promise<readonly Run[]>;
  };
  /** The ledger of runs that work on many things side by side. In the order they were added. */
  parts: {
    /** Adds those that are not there yet, waiting. Repeatable. */
    add: (run: RunId, parts: readonly { key: string; label: string }[]) => Promise<void>;
    /** waiting → running; the others stay as they are. Repeatable. */
    begin: (run: RunId, keys: readonly string[], at: number) => Promise<void>;
    /** waiting → skipped, with the reason. Repeatable. */
    skip: (run: RunId, keys: readonly string[], why: { reason: string; at: number }) => Promise<void>;
    /** waiting or running → its end; one that has ended stays as it is. Repeatable. */
    end: (run: RunId, end: PartEnd) => Promise<void>;
    /** How each stands, without results. */
    states: (run: RunId) => Promise<ReadonlyMap<string, PartState>>;
    list: (run: RunId) => Promise<readonly PartRecord[]>;
  };
  decisions: {
    /** Records a person's first answer to a run; `first` is false when the person had answered before (and tells how). */
    record: (decision: Decision) => Promise<{ first: boolean; decision: Decision }>;
    list: (run: RunId) => Promise<readonly Decision[]>;
  };
  /** Resources a run works on. A resource belongs to one open run at a time. */
  claims: {
    /** All or nothing. Conflicts name the run that holds the resource. Repeatable by the same run. */
    take: (run: RunId, resources: readonly string[]) => Promise<readonly { resource: string; run: RunId }[]>;
    release: (run: RunId) => Promise<void>;
    holders: (resources: readonly string[]) => Promise<readonly { resource: string; run: RunId }[]>;
  };
  /** Marks "about to do an effect that cannot be repeated": 'first' once per key, 'again' ever after. Not repeatable by nature. */
  intents: {
    begin: (run: RunId, key: string) => Promise<'first' | 'again'>;
    /** For what was certainly not done: the next `begin` is the first again. Repeatable. */
    forget: (run: RunId, key: string) => Promise<void>;
  };
  cards: {
    put: (card: CardRecord) => Promise<void>;
    setTs: (token: string, ref: { channel: ChannelId; ts: string }) => Promise<void>;
    get: (token: string) => Promise<CardRecord | undefined>;
    /** The newest card of a subject. */
    of: (kind: CardRecord['kind'], subject: string) => Promise<CardRecord | undefined>;
  };
  audit: {
    /** Append-only: the store itself refuses to change or delete rows. */
    append: (entry: AuditEntry) => Promise<void>;
    /** Newest first. */
    list: (query: { limit: number; before?: number; run?: RunId; actor?: string }) => Promise<readonly AuditEntry[]>;
  };
  incidents: {
    /**
     * Inserts, or changes the row of the same id when its version is `version - 1`; false when somebody was faster.
     * With a fence that is no longer the newest: Transient, nothing is stored.
     */
    save: (incident: IncidentRecord, fence?: Fence) => Promise<boolean>;
    setShown: (id: string, shown: { version: number; ts?: string; channel?: ChannelId }) => Promise<void>;
    get: (id: string) => Promise<IncidentRecord | undefined>;
    open: (key: string) => Promise<IncidentRecord | undefined>;
    /** The newest of a key, open or not. */
    latest: (key: string) => Promise<IncidentRecord | undefined>;
    /** The newest change first. `kinds`: only keys that begin with one of these, up to the colon. */
    list: (query: {
      limit: number;
      state?: IncidentRecord['state'];
      unshown?: boolean;
      kinds?: readonly string[];
    }) => Promise<readonly IncidentRecord[]>;
  };
  /** Small state of the watchers, one JSON per key (`site:NAME`, `health:ID`). Written in batches. Fences as above. */
  watch: {
    load: (prefix: string) => Promise<ReadonlyMap<string, Json>>;
    save: (entries: ReadonlyMap<string, Json>, fence?: Fence) => Promise<void>;
    forget: (keys: readonly string[], fence?: Fence) => Promise<void>;
  };
  /**
   * What checks of sites showed, packed by `#sites/measure.ts`. Minutes hold all sites in one row and live for hours; the
   * hours and days of a site live long. Instants are the begin of each (UTC). Saving replaces. Fences as above.
   */
  measures: {
    saveMinutes: (minutes: readonly MinuteRow[], fence?: Fence) => Promise<void>;
    /** `from` ≤ at < `to`, in order. */
    minutes: (query: { from: number; to: number }) => Promise<readonly MinuteRow[]>;
    save: (grain: Grain, rows: readonly MeasureRow[], fence?: Fence) => Promise<void>;
    /** `from` ≤ at < `to`, in order; of all sites when none are named. */
    list: (query: {
      grain: Grain;
      sites?: readonly string[];
      from: number;
      to: number;
    }) => Promise<readonly MeasureRow[]>;
    /** Deletes what began before these instants. */
    prune: (before: { minutes: number; hours: number; days: number }, fence?: Fence) => Promise<void>;
  };
  /**
   * Works that one replica does at a time, by the database's clock. A lease ends by itself `ttlMs` after it was taken or
   * renewed; each taking has a higher token. An embedded store has one process: there, leases of earlier ones are over.
   */
  leases: {
    /** Undefined while somebody (also the caller) has it. Not repeatable by nature. */
    take: (name: string, holder: string, ttlMs: number) => Promise<Fence | undefined>;
    /** False when somebody else has taken it meanwhile. */
    renew: (fence: Fence, ttlMs: number) => Promise<boolean>;
    release: (fence: Fence) => Promise<void>;
  };
  /** True for the one caller that may run this slot of a schedule. */
  slots: { claim: (key: string) => Promise<boolean> };
};
