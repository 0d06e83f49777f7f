import type { Where } from './clouds.ts';
import type { ChannelId, RunId } from './ids.ts';
import type { Json } from './json.ts';
import type { ApprovalRule } from './roles.ts';

/** Work that Deckhand asks of itself. Plain JSON: it is kept until it was asked. */
export type AutomaticRequest = {
  /** The same id is the same run, however often: `schedule:nightly:1764097200000`. */
  id: string;
  /** Name of a change. */
  operation: string;
  /** Parsed arguments of the operation. */
  args: Json;
  /** Where its card and its trouble are shown. */
  channel: ChannelId;
  /** The account and Region to work in; left out = home. */
  place?: Where;
  /** Goes before the rule of deckhand.yml and the operation's own. */
  approval?: ApprovalRule;
  /** Why, in a few words, as people see it: `schedule nightly`. One incident for each, however often it fails. */
  because: string;
  /** No card unless people are asked. */
  quiet?: boolean;
  incident?: string;
};

/** Runs without a person: planned, bounded, claimed, approved and told like any other. */
export type Automatic = {
  /**
   * Starts a change. Safe to repeat. What refuses it becomes an incident of `because`, never an error; that there is
   * nothing to do is told to nobody.
   */
  start: (of: AutomaticRequest) => Promise<RunId>;
};
