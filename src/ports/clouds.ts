import type { Cloud, Place } from './cloud.ts';
import type { RunId, UserId } from './ids.ts';
import type { Platform } from './platform.ts';

/** Who goes first when the API budget is short: `high` = work that brings something back, `low` = sweeps. */
export const lanes = ['high', 'normal', 'low'] as const;
export type Lane = (typeof lanes)[number];

/** What names a place for good: it stands in orders. '' = whatever is home's. */
export type Where = Pick<Place, 'account' | 'region'>;

/** What stands for the home place, whatever that is. */
export const home: Where = { account: '', region: '' };

/** What the calls are for. `person` and `run` go into the name of the session that AWS's own log shows; default lane `normal`. */
export type Work = { lane?: Lane; person?: UserId; run?: RunId };

/** Every account and Region that Deckhand works in. */
export type Clouds = {
  /**
   * EC2 and EBS of one place. All clouds of a place share its API budget, whoever they are for. Never throws: of a place
   * that is not in the settings (any more), every call throws Refusal "not-offered". Cheap; ask again rather than keep it.
   */
  at: (where: Where, work?: Work) => Cloud;
  /** The services beside EC2 of one place, and Docker engines. As `at`. */
  platform: (where: Where, work?: Work) => Platform;
  /** Those of the settings of this moment, home first; a name where the account has one. Never empty. */
  places: () => readonly Place[];
};
