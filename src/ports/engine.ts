import type { Json } from './json.ts';

/** What a durable body works with. After a crash the body runs again from the top; recorded steps answer from the record. */
export type Durable = {
  readonly id: string;
  /**
   * One recorded effect. At-least-once: a step whose effect happened but whose record was not yet written runs again, so
   * `act` is idempotent. `name` is stored: never rename, reorder or insert steps of a live body. A Transient thrown by
   * `act` is tried again (`attempts`, default 5, 1 s doubling, ± jitter); any other error is recorded and thrown as it
   * is: same `name`, `code`, `message` and own fields on first run and replay, but not the same class.
   */
  step: <T extends Json | void>(name: string, act: () => Promise<T>, options?: { attempts?: number }) => Promise<T>;
  /** The next message on `topic`, or undefined after `timeoutMs` (kept across restarts, first deadline counts). 0 looks once. */
  receive: <T extends Json>(topic: string, timeoutMs: number) => Promise<T | undefined>;
  /** Waits durably: a restart does not begin the wait anew. */
  sleep: (ms: number) => Promise<void>;
  /** Epoch ms, recorded: the same on replay. */
  now: () => Promise<number>;
  /** True for the engine's own stop signals (run taken over, cancelled, history mismatch): rethrow, never compensate. */
  isStop: (error: unknown) => boolean;
};
export type RunBody = (durable: Durable, input: Json) => Promise<Json>;

/** running: includes waiting. lost: gave up recovering, or its history no longer fits the code; a person must look. */
export type EngineState = 'running' | 'done' | 'failed' | 'lost';

export type Engine = {
  /** Names a body. All names before `launch`. */
  serve: (name: string, body: RunBody) => void;
  /** Connects, migrates, takes up what a dead process left. */
  launch: () => Promise<void>;
  /** Same id = same run, however often and from however many processes; a finished id is not run again. */
  start: (id: string, name: string, input: Json) => Promise<void>;
  /** Wakes a `receive`. Same `key` to the same run counts once. Returns false when the run is over or unknown. */
  send: (id: string, topic: string, message: Json, key: string) => Promise<boolean>;
  state: (id: string) => Promise<EngineState | undefined>;
  /** Waits for the end. Throws the body's error. For tests and the drill, not for clicks. */
  result: (id: string) => Promise<Json>;
  /** Runs that are lost or failed inside the engine since `since` (epoch ms): to be told loudly. */
  troubled: (since: number) => Promise<readonly { id: string; name: string; state: EngineState; message: string }[]>;
  /** Takes no new work, waits for steps in flight (at most `withinMs`), leaves waiting runs to the next start. */
  stop: (withinMs: number) => Promise<void>;
};
