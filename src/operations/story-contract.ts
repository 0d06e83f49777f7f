import type { Cloud } from '#ports/cloud.ts';
import type { Where } from '#ports/clouds.ts';
import type { History, Order } from '#ports/history.ts';
import type { UserId } from '#ports/ids.ts';
import type { Json } from '#ports/json.ts';
import type { SiteView } from '#ports/managed-sites.ts';
import type { Platform } from '#ports/platform.ts';
import type { Settings } from '#ports/settings.ts';

/** What a story works with. Effects only through `step` and `effect`; undo is registered before the step that needs it. */
export type Story = {
  order: Order;
  cloud: Cloud;
  /** Any other place that Deckhand works in. */
  at: (where: Where) => Cloud;
  platform: Platform;
  /** Where the sites are managed, by the keys of `ports/managed-sites`. Only inside a step. */
  kept: Pick<History['watch'], 'load' | 'save' | 'forget'>;
  /** The watched sites and how they are, to see whether something helped. Not recorded: look inside a step. */
  sites: () => Promise<readonly SiteView[]>;
  /** Stops or allows what Deckhand does by itself. Not recorded: call it inside a step. Repeatable. */
  automaticWork: (to: { stopped: boolean; by: UserId; at: number; why: string }) => Promise<void>;
  /** As they were when it was asked, so a replay sees the same. */
  limits: Settings['limits'];
  /** One recorded, repeatable effect. */
  step: <T extends Json | void>(name: string, act: () => Promise<T>) => Promise<T>;
  /**
   * An effect that cannot be repeated (no client token). The intent is written first; when it was there already, or the
   * outcome is Ambiguous, `find` is asked over `limits.visibilityGraceMs` before `act` is tried again.
   */
  effect: <T extends Json>(
    name: string,
    of: { find: (tools: UndoTools) => Promise<T | undefined>; act: (tools: UndoTools) => Promise<T> },
  ) => Promise<T>;
  /** What must be done, in reverse order, when something later fails. Idempotent; does nothing when there is nothing to undo. `manual`: the command a person would type. */
  undo: (name: string, act: (tools: UndoTools) => Promise<void>, manual: string) => void;
  /** Looks again and again (limits.poll) until `look` answers. Throws Refusal "conflict" naming `what` after `withinMs`. */
  poll: <T extends Json>(
    name: string,
    of: { look: (elapsedMs: number) => Promise<T | undefined>; withinMs: number; what: string },
  ) => Promise<T>;
  sleep: (ms: number) => Promise<void>;
  now: () => Promise<number>;
  /** Marks the stage (index into `stages`) as running and the earlier ones as done, with an optional remark. Best effort. */
  stage: (index: number, remark?: string) => void;
  /**
   * Runs the operation's `part` for each, side by side, and answers how each ended, in order; each ends done or undone on
   * its own. Parts still waiting are skipped once more than `failures` have failed. Once in a story.
   */
  parts: (list: readonly Part[], how: Side) => Promise<readonly EndedPart[]>;
  /** In a part, before it touches what is in use: Refusal "conflict" once too many other parts of its run have failed. */
  mayGoOn: () => Promise<void>;
};

/** `key`: unique in the run, a–z, 0–9 and dashes; stored. `label`: for people. `plan`: plain JSON, all that the part needs. */
export type Part = { key: string; label: string; plan: Json; weight?: number };
export type Side = {
  /** How many may fail before the rest is not begun. */
  failures: number;
  /** How many may be at work at once. */
  atOnce: number;
  /** The sum of weights at work at once, for a bound they share. A part heavier than that runs alone. */
  weight?: number;
};
/** `result` of a part that is done; `reason` of any other. */
export type EndedPart = {
  key: string;
  state: 'done' | 'undone' | 'stuck' | 'skipped';
  result?: Json;
  reason?: string;
};

/** What an undo or an effect may use besides the cloud; nothing of it is recorded on its own. */
export type UndoTools = {
  until: Until;
  /** Looks for something that may exist but not be visible yet, until the grace (limits.visibilityGraceMs) is over. */
  seek: <T>(find: () => Promise<T | undefined>) => Promise<T | undefined>;
};

/** Looks again and again inside one step, until `look` is true. Throws Refusal "conflict" naming `what` after `withinMs`. */
export type Until = (look: () => Promise<boolean>, withinMs: number, what: string) => Promise<void>;
