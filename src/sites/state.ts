import type { FailureClass, Phases } from '#ports/web.ts';

import type { Sight } from './second-look.ts';

/**
 * new: never judged. suspect: failed, being re-checked, told to nobody. recovering: answers again, not yet believed.
 * Slow and intermittent come on top, so a site can be up and slow.
 */
export type Phase = 'new' | 'up' | 'suspect' | 'down' | 'recovering';

/** What a failed check showed. */
export type Evidence = {
  class: FailureClass;
  detail: string;
  status?: number | undefined;
  phases: Phases;
  at: number;
};

type Outage = { startedAt: number; endedAt: number; cause: Evidence };

/** What is known of one site; plain JSON. Instants are epoch ms. */
export type SiteState = {
  phase: Phase;
  upSince?: number | undefined;
  /** Failed checks in a row, and good ones in a row since it was down. */
  failures: number;
  goods: number;
  /** Start of the first of those failed checks. */
  failingSince?: number | undefined;
  firstFailureAt?: number | undefined;
  /** When the outage was confirmed. */
  confirmedAt?: number | undefined;
  firstGoodAt?: number | undefined;
  cause?: Evidence | undefined;
  /** Down, but told to nobody yet, because the site comes and goes anyway. */
  quiet: boolean;
  /** The newest outcomes, newest last: + good, - failed. */
  track: string;
  /** Checks since the last change from good to failed. */
  clean: number;
  intermittentSince?: number | undefined;
  /** Response times (ms) of the newest good checks. */
  times: readonly number[];
  slowSince?: number | undefined;
  certificate?: { validTo: number; fingerprint: string; missed: number } | undefined;
  /** Start of the newest check that counted, and its duration. */
  checkedAt?: number | undefined;
  lastMs?: number | undefined;
  /** What its name stood for when it was last resolved: sites that share it fail together. Never shown. */
  addresses?: string | undefined;
  /** The name that its CNAMEs end at, as seen when it was last under suspicion. */
  canonical?: string | undefined;
  lastOutage?: Outage | undefined;
  /** What other places saw when the outage was confirmed. */
  sight?: Sight | undefined;
  /** As it is set up it cannot be checked: nothing is known of it. */
  setup?: { since: number; cause: Evidence } | undefined;
  /** The newest time in which it failed only for us; `until` undefined: it does now. */
  alone?: { since: number; until?: number | undefined; sight: Sight } | undefined;
};

export function newState(): SiteState {
  return { phase: 'new', failures: 0, goods: 0, quiet: false, track: '', clean: 0, times: [] };
}

/** It fails here, and other places see it up. */
export function isAlone({ phase, alone }: Pick<SiteState, 'phase' | 'alone'>): boolean {
  return phase === 'suspect' && alone !== undefined && alone.until === undefined;
}

/** After our own blindness: nobody stays under suspicion for what we could not see. */
export function cleared(state: SiteState): SiteState {
  if (state.phase !== 'suspect') return state;
  return {
    ...state,
    phase: state.upSince === undefined ? 'new' : 'up',
    failures: 0,
    firstFailureAt: undefined,
    cause: undefined,
    track: state.track.replace(/-+$/, ''),
    alone: aloneUntil(state, state.checkedAt),
  };
}

/**
 * After planned work that began at `since`: what came and went during it was the work, so it does not make the site
 * intermittent. A suspicion stays, as the next check decides it.
 */
export function afterMaintenance(state: SiteState, since: number): SiteState {
  const arose = state.intermittentSince !== undefined && state.intermittentSince >= since;
  return {
    ...state,
    track: state.track.slice(-1),
    clean: 0,
    intermittentSince: arose ? undefined : state.intermittentSince,
    quiet: state.quiet && !arose,
  };
}

/** Is it down, whether or not it has begun to answer again? */
export function isDown({ phase }: Pick<SiteState, 'phase'>): boolean {
  return phase === 'down' || phase === 'recovering';
}

/** Of a site that cannot be checked as it is set up. */
export const uncheckable = 'cannot be checked';

/** One word for lists, or a few. */
export function shownState(state: SiteState): string {
  if (state.setup !== undefined) return uncheckable;
  if (state.phase === 'new') return 'not checked yet';
  if (state.phase !== 'up') return state.phase;
  if (state.intermittentSince !== undefined) return 'intermittent';
  return state.slowSince === undefined ? 'up' : 'degraded';
}

/** Since when it is so. */
export function shownSince(state: SiteState): number | undefined {
  if (state.setup !== undefined) return state.setup.since;
  if (state.phase === 'new') return undefined;
  if (isAlone(state)) return state.alone?.since;
  if (state.phase !== 'up') return state.firstFailureAt;
  return state.intermittentSince ?? state.slowSince ?? state.upSince;
}

export function aloneUntil({ alone }: SiteState, until: number | undefined): SiteState['alone'] {
  return alone === undefined || alone.until !== undefined ? alone : { ...alone, until };
}
