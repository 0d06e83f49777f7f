import type { SiteView } from '#ports/managed-sites.ts';
import type { Site } from '#ports/site-settings.ts';

import { cause } from './causes.ts';
import type { Work } from './maintenance.ts';
import { isAlone, shownSince, shownState, type SiteState } from './state.ts';
import { onlyFrom } from './vantage-messages.ts';

/** One site for lists. `state` undefined: nothing is known. `isBlind`: nothing can be said of any site. */
export function viewOf(
  site: Site,
  of: { state: SiteState | undefined; work?: Work | undefined; isBlind?: boolean; now?: number },
): SiteView {
  const { state } = of;
  return {
    name: site.name,
    url: site.url.replace(/[?#].*$/, ''),
    ...shown(site, of),
    lastMs: state !== undefined && isFailing(state) ? undefined : state?.lastMs,
    remark: remark(of),
  };
}

function shown(
  site: Site,
  { state, work, isBlind = false, now }: Parameters<typeof viewOf>[1],
): Pick<SiteView, 'state' | 'since'> {
  if (site.paused) return { state: 'paused', since: undefined };
  if (work !== undefined) return { state: 'maintenance', since: work.since };
  if (isBlind) return { state: 'blind', since: state?.checkedAt };
  if (state === undefined) return { state: 'not checked yet', since: undefined };
  if (now !== undefined && isStale(site, state, now)) return { state: 'not checked lately', since: state.checkedAt };
  return { state: shownState(state), since: shownSince(state) };
}

function remark({ state, isBlind = false }: Parameters<typeof viewOf>[1]): string | undefined {
  if (state?.setup !== undefined) return cause(state.setup.cause);
  if (state === undefined || isBlind) return undefined;
  if (state.alone !== undefined && isAlone(state)) return onlyFrom(state.alone.sight);
  return isFailing(state) && state.cause !== undefined ? cause(state.cause) : undefined;
}

/** By its newest check. How long a failed check took says nothing to people. */
function isFailing({ phase }: SiteState): boolean {
  return phase === 'suspect' || phase === 'down';
}

/** Nothing that counts for three turns: we are overloaded, or started a moment ago. */
function isStale(site: Site, { checkedAt }: SiteState, now: number): boolean {
  return checkedAt !== undefined && now - checkedAt > 3 * site.intervalMs + 60_000;
}
