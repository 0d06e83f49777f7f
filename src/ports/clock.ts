/** Time as a dependency. Instants are epoch milliseconds. */
export type Clock = {
  now: () => number;
  /** Milliseconds that never jump back; only differences mean something. */
  monotonic: () => number;
  /** Calls `act` once, `delayMs` later, unless cancelled. A throw inside is the caller's to handle. */
  after: (delayMs: number, act: () => void) => Cancel;
  /** Resolves `delayMs` later. */
  sleep: (delayMs: number) => Promise<void>;
};
export type Cancel = () => void;

/** `cron`: five or six fields (seconds first when six), as node-cron reads them. `timezone`: an IANA name. */
export type CronLine = { cron: string; timezone: string };

/** A calendar job. `slot` is the planned instant (epoch ms), also when the job runs late. */
export type CronJob = CronLine & {
  /** Unique; part of the claim that lets only one replica run a slot. */
  name: string;
  /** Every replica runs every slot: the job knows itself whose turn it is. */
  everywhere?: boolean;
  run: (slot: number) => Promise<void>;
};
/**
 * When a cron line comes due. Every time of day that matches is exactly one slot: one that the clock skips comes as much
 * later as the clock was put forward, one that it repeats comes the first time. Instants are epoch ms. Every method throws
 * Refusal "bad-input" when the line cannot be read.
 */
export type Calendar = {
  /** The next `count` slots after an instant; fewer when there are none. */
  next: (line: CronLine, count: number, after: number) => readonly number[];
  /** The newest slot at or before an instant. */
  last: (line: CronLine, notAfter: number) => number | undefined;
  /** The slots of the coming year that a change of the clock skips or repeats. */
  clockChanges: (line: CronLine, from: number) => readonly { at: number; kind: 'skipped' | 'repeated' }[];
};
export type Schedules = {
  /** Starts the jobs of the list and stops all earlier ones. Throws Refusal "bad-input" on a cron line that cannot be read. */
  replace: (jobs: readonly CronJob[]) => void;
  /** Starts no more slots and waits at most `withinMs` for running ones. Safe to repeat. */
  stop: (withinMs: number) => Promise<void>;
};

/** Unpredictable text: `length` characters of base64url (6 bits each). */
export type RandomText = (length: number) => string;

/** Structured log: data first, then a fixed sentence. `warn`: someone should look. `error`: a person was let down. */
export type Log = {
  debug: (data: object, text: string) => void;
  info: (data: object, text: string) => void;
  warn: (data: object, text: string) => void;
  error: (data: object, text: string) => void;
};
