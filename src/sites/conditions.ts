import type { Site } from '#ports/site-settings.ts';
import type { ProbeResult } from '#ports/web.ts';

import { isDown, type SiteState } from './state.ts';

/** Good checks that must show another certificate before the one that ends sooner is taken for gone: servers behind one
 *  name are renewed one by one. */
const certificateGoneChecks = 10;

/** Slow: the median of the newest response times; it costs no uptime. */
export function speed(state: SiteState, result: ProbeResult, site: Site): SiteState {
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

export function track(state: SiteState, ok: boolean, { intermittent }: Site): SiteState {
  const edge = !ok && state.track.endsWith('+');
  return {
    ...state,
    // One more than the checks that are looked at, so that each of them has a predecessor.
    track: `${state.track}${ok ? '+' : '-'}`.slice(-(intermittent.checks + 1)),
    clean: edge ? 0 : state.clean + 1,
  };
}

export function intermittent(state: SiteState, at: number, site: Site): SiteState {
  if (isDown(state)) return state;
  const { changes, checks } = site.intermittent;
  if (state.intermittentSince !== undefined)
    return state.clean >= checks ? { ...state, intermittentSince: undefined } : state;
  return state.track.split('+-').length > changes ? { ...state, intermittentSince: at } : state;
}

export function certificateOf(state: SiteState, result: ProbeResult): SiteState['certificate'] {
  const [known, shown] = [state.certificate, result.certificate];
  if (known === undefined) return shown === undefined ? undefined : { ...shown, missed: 0 };
  if (shown === undefined && result.failure !== undefined) return known;
  if (shown?.fingerprint === known.fingerprint) return { ...shown, missed: 0 };
  if (shown !== undefined && shown.validTo < known.validTo) return { ...shown, missed: 0 };
  if (known.missed + 1 < certificateGoneChecks) return { ...known, missed: known.missed + 1 };
  return shown === undefined ? undefined : { ...shown, missed: 0 };
}
