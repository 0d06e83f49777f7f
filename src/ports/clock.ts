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

/** A calendar job. `slot` is the planned instant (epoch ms), also when the job runs late. */
export type CronJob = {
  /** Unique; part of the claim that lets only one replica run a slot. */
  name: string;
  /** Five or six fields (seconds first when six), as node-cron reads them. */
  cron: string;
  timezone: string;
  run: (slot: number) => Promise<void>;
};
export type Schedules = {
  /** Starts the jobs of the list and stops all earlier ones. Throws Refusal "bad-input" on a cron line that cannot be read. */
  replace: (jobs: readonly CronJob[]) => void;
  /** The next `count` slots of a line. Throws Refusal "bad-input" when it cannot be read. */
  next: (cron: string, timezone: string, count: number) => readonly number[];
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
