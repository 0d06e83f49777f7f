import { blindKey } from '#ports/incidents.ts';
import type { SiteView } from '#ports/managed-sites.ts';
import type { Site } from '#ports/site-settings.ts';

import { cause, fitsRestart } from './causes.ts';
import { probeOf } from './probe-of.ts';
import type { SiteWatchWorld } from './site-world.ts';
import { type SiteState, uncheckable } from './state.ts';

/** What is known of a site: `view` as lists show it. */
export type Known = { view: SiteView | undefined; state: SiteState | undefined };

/**
 * Why a site must not be mended now, in a sentence; undefined: it is down, for a cause that a restart may cure, and does
 * not answer at this moment either. One that is not known to be down is never touched.
 */
export async function whyNotMend(
  world: Pick<SiteWatchWorld, 'web' | 'incidents'>,
  of: { site: Site | undefined; name: string; known: Known },
): Promise<string | undefined> {
  const { site, name, known } = of;
  if (site === undefined) return `${name} is no longer watched.`;
  const why = objection(site, known, await world.incidents.isOpen(blindKey));
  if (why !== undefined) return why;
  const { failure, status, phases, startedAt } = await world.web.probe(probeOf(site, true));
  if (failure === undefined) return `${name} answers again.`;
  if (failure.class === 'setup') return unchecked(name);
  const evidence = { ...failure, status, phases, at: startedAt };
  return fitsRestart(evidence) ? undefined : noCure(name, cause(evidence));
}

/** Pure. `blind`: nothing can be said of any site. */
export function objection(site: Site, { view, state }: Known, blind: boolean): string | undefined {
  if (blind || view?.state === 'blind') return 'Deckhand itself sees nothing now, so nobody knows how the site is.';
  if (site.paused) return `${site.name} is paused.`;
  if (view?.state === 'maintenance') return `${site.name} is in maintenance.`;
  if (view?.state === uncheckable) return unchecked(site.name);
  if (view?.state !== 'down' || state?.cause === undefined)
    return `${site.name} is ${view === undefined ? 'not checked yet' : view.state}, not down.`;
  return fitsRestart(state.cause) ? undefined : noCure(site.name, cause(state.cause));
}

function unchecked(name: string): string {
  return `${name} cannot be checked as it is set up, so nobody knows whether it is down. See /deck sites.`;
}

function noCure(name: string, what: string): string {
  return `${name} fails for a cause that no restart cures: ${what}.`;
}
