import type { Site } from '#ports/site-settings.ts';
import type { ProbeResult } from '#ports/web.ts';

import { certificateOf, intermittent, speed, track } from './conditions.ts';
import type { Sight } from './second-look.ts';
import { aloneUntil, type Evidence, isAlone, isDown, newState, type SiteState } from './state.ts';

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

/**
 * How long it has failed at `now`, as far as that can say something of our own network: at most as long as it takes to
 * be taken for down. 0: not at all, or only once. Pure.
 */
export function failingMs({ failures, firstFailureAt }: SiteState, { recheckMs }: Site, now: number): number {
  if (failures < 2 || firstFailureAt === undefined) return 0;
  const confirmMs = recheckMs.reduce((sum, gap) => sum + gap, 0);
  return Math.min(now - firstFailureAt, confirmMs);
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

function evidenceOf(result: ProbeResult): Evidence {
  const { class: kind, detail } = result.failure ?? { class: 'reset' as const, detail: '' };
  return { class: kind, detail, status: result.status, phases: result.phases, at: result.startedAt };
}
