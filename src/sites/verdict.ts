import type { Site } from '#ports/site-settings.ts';
import type { FailureClass, Phases, ProbeResult } from '#ports/web.ts';

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

/** Good checks that must show another certificate before the one that ends sooner is taken for gone: servers behind one
 *  name are renewed one by one. */
const certificateGoneChecks = 10;

export function newState(): SiteState {
  return { phase: 'new', failures: 0, goods: 0, quiet: false, track: '', clean: 0, times: [] };
}

/**
 * The state after one check. A failure of our own (class `monitor`) changes nothing; with one of our own setup (class `setup`)
 * all that was known is void, as nobody sees the site. `sight`: what other places saw, which
 * decides where this check would make the site down. Pure.
 */
export function judge(state: SiteState, result: ProbeResult, site: Site, sight?: Sight): SiteState {
  if (result.failure?.class === 'monitor') return state;
  if (result.failure?.class === 'setup') return unseen(state, result);
  const checked = {
    ...state,
    setup: undefined,
    checkedAt: result.startedAt,
    lastMs: result.phases.totalMs,
    addresses: result.addresses?.toSorted().join(' ') ?? state.addresses,
    canonical: result.canonical ?? state.canonical,
  };
  const tracked = track(checked, result.failure === undefined, site);
  const seen = { ...tracked, certificate: certificateOf(tracked, result) };
  return intermittent(
    result.failure === undefined ? good(seen, result, site) : bad(seen, result, site, sight),
    result.startedAt,
    site,
  );
}

/**
 * When the site must be looked at next, in epoch ms; undefined: at its ordinary turn. Re-checks of a first failure count
 * from its start, so that slow failures do not stretch the confirmation; `counted` false: that check said nothing.
 */
export function nextCheck(
  state: SiteState,
  site: Site,
  of: { startedAt: number; endedAt: number; counted: boolean },
): number | undefined {
  if (state.phase === 'recovering') return of.startedAt + site.recoverMs;
  if (state.phase !== 'suspect' || state.firstFailureAt === undefined) return undefined;
  if (isAlone(state) && of.counted) return undefined;
  if (!of.counted) return of.endedAt + (site.recheckMs[0] ?? site.intervalMs);
  const gaps = site.recheckMs.slice(0, state.failures);
  return state.firstFailureAt + gaps.reduce((sum, gap) => sum + gap, 0);
}

/** Another failed check makes it down, unless other places see it up. */
export function isDecided(state: SiteState, site: Site): boolean {
  return !isDown(state) && state.failures >= site.recheckMs.length;
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

/**
 * How long it has failed at `now`, as far as that can say something of our own network: at most as long as it takes to
 * be taken for down. 0: not at all, or only once. Pure.
 */
export function failingMs({ failures, firstFailureAt }: SiteState, { recheckMs }: Site, now: number): number {
  if (failures < 2 || firstFailureAt === undefined) return 0;
  const confirmMs = recheckMs.reduce((sum, gap) => sum + gap, 0);
  return Math.min(now - firstFailureAt, confirmMs);
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

function unseen(state: SiteState, result: ProbeResult): SiteState {
  const { certificate, addresses, canonical, lastOutage } = state;
  const since = state.setup?.since ?? result.startedAt;
  return {
    ...newState(),
    certificate,
    addresses,
    canonical,
    lastOutage,
    checkedAt: result.startedAt,
    setup: { since, cause: evidenceOf(result) },
  };
}

function good(state: SiteState, result: ProbeResult, site: Site): SiteState {
  const at = result.startedAt;
  if (isDown(state)) {
    const firstGoodAt = state.phase === 'down' ? at : (state.firstGoodAt ?? at);
    const goods = state.phase === 'down' ? 1 : state.goods + 1;
    const recovering: SiteState = { ...state, phase: 'recovering', goods, firstGoodAt, failures: 0 };
    return goods < site.recoverChecks ? recovering : speed(recovered(recovering, firstGoodAt), result, site);
  }
  const up: SiteState = {
    ...state,
    phase: 'up',
    upSince: state.upSince ?? at,
    failures: 0,
    firstFailureAt: undefined,
    cause: undefined,
    alone: aloneUntil(state, at),
  };
  return speed(up, result, site);
}

/** It was over with the first of the good checks. */
function recovered(state: SiteState, endedAt: number): SiteState {
  const { firstFailureAt: startedAt = endedAt, cause } = state;
  return {
    ...state,
    phase: 'up',
    upSince: endedAt,
    goods: 0,
    failures: 0,
    firstFailureAt: undefined,
    firstGoodAt: undefined,
    confirmedAt: undefined,
    cause: undefined,
    quiet: false,
    sight: undefined,
    lastOutage: cause === undefined ? state.lastOutage : { startedAt, endedAt, cause },
  };
}

function bad(state: SiteState, result: ProbeResult, site: Site, sight: Sight | undefined): SiteState {
  const at = result.startedAt;
  const failures = state.failures + 1;
  const cause = evidenceOf(result);
  const failingSince = state.failures === 0 ? at : (state.failingSince ?? at);
  if (isDown(state)) {
    // What answers now and then meanwhile is told as intermittent already.
    const tooLong = at - failingSince >= site.intermittent.tellDownMs;
    return {
      ...state,
      phase: 'down',
      failures,
      failingSince,
      goods: 0,
      firstGoodAt: undefined,
      cause,
      quiet: state.quiet && !tooLong,
    };
  }
  const firstFailureAt = state.phase === 'suspect' ? (state.firstFailureAt ?? at) : at;
  const suspect: SiteState = { ...state, phase: 'suspect', failures, failingSince, firstFailureAt, cause };
  if (failures <= site.recheckMs.length) return suspect;
  if (sight?.outvoted === true) return onlyHere(suspect, at, sight);
  return {
    ...suspect,
    phase: 'down',
    sight,
    alone: aloneUntil(state, at),
    confirmedAt: at + result.phases.totalMs,
    quiet: state.intermittentSince !== undefined,
    times: [],
    slowSince: undefined,
  };
}

/** It stays under suspicion. Up to now it was up for the others, so no outage and no burst began before. */
function onlyHere(suspect: SiteState, at: number, sight: Sight): SiteState {
  const since = isAlone(suspect) ? suspect.alone?.since : suspect.firstFailureAt;
  return {
    ...suspect,
    firstFailureAt: at,
    failingSince: at,
    track: suspect.track.replace(/-+$/, ''),
    alone: { since: since ?? at, sight },
  };
}

function aloneUntil({ alone }: SiteState, until: number | undefined): SiteState['alone'] {
  return alone === undefined || alone.until !== undefined ? alone : { ...alone, until };
}

function evidenceOf(result: ProbeResult): Evidence {
  const { class: kind, detail } = result.failure ?? { class: 'reset' as const, detail: '' };
  return { class: kind, detail, status: result.status, phases: result.phases, at: result.startedAt };
}

/** Slow: the median of the newest response times; it costs no uptime. */
function speed(state: SiteState, result: ProbeResult, site: Site): SiteState {
  const { slowMs, degraded } = site;
  const times = [...state.times, result.phases.totalMs].slice(-degraded.checks);
  const median = times.toSorted((a, b) => a - b)[Math.floor(degraded.checks / 2)] ?? 0;
  if (slowMs === undefined || times.length < degraded.checks) {
    return { ...state, times, slowSince: slowMs === undefined ? undefined : state.slowSince };
  }
  if (state.slowSince === undefined)
    return { ...state, times, slowSince: median > slowMs ? result.startedAt : undefined };
  return { ...state, times, slowSince: median < slowMs * degraded.clear ? undefined : state.slowSince };
}

function track(state: SiteState, ok: boolean, { intermittent }: Site): SiteState {
  const edge = !ok && state.track.endsWith('+');
  return {
    ...state,
    // One more than the checks that are looked at, so that each of them has a predecessor.
    track: `${state.track}${ok ? '+' : '-'}`.slice(-(intermittent.checks + 1)),
    clean: edge ? 0 : state.clean + 1,
  };
}

function intermittent(state: SiteState, at: number, site: Site): SiteState {
  if (isDown(state)) return state;
  const { changes, checks } = site.intermittent;
  if (state.intermittentSince !== undefined)
    return state.clean >= checks ? { ...state, intermittentSince: undefined } : state;
  return state.track.split('+-').length > changes ? { ...state, intermittentSince: at } : state;
}

function certificateOf(state: SiteState, result: ProbeResult): SiteState['certificate'] {
  const [known, shown] = [state.certificate, result.certificate];
  if (known === undefined) return shown === undefined ? undefined : { ...shown, missed: 0 };
  if (shown === undefined && result.failure !== undefined) return known;
  if (shown?.fingerprint === known.fingerprint) return { ...shown, missed: 0 };
  if (shown !== undefined && shown.validTo < known.validTo) return { ...shown, missed: 0 };
  if (known.missed + 1 < certificateGoneChecks) return { ...known, missed: known.missed + 1 };
  return shown === undefined ? undefined : { ...shown, missed: 0 };
}
