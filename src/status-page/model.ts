import type { SiteView } from '#ports/managed-sites.ts';
import type { StatusPageSettings } from '#ports/site-settings.ts';
import { merge, nothing, uptime } from '#sites/measure.ts';
import type { Stretch } from '#sites/past.ts';
import { begin, dayMs } from '#sites/rollup.ts';

/** What the public may know: public names, states, times. Nothing else of a site ever gets in here. */
export type StatusPage = {
  title: string;
  support: string | undefined;
  timezone: string;
  everyMs: number;
  incidentsMs: number;
  at: number;
  state: PublicState;
  groups: readonly { name: string | undefined; sites: readonly PublicSite[] }[];
  /** Newest first; those that last come first. */
  incidents: readonly PublicIncident[];
  /** In the order of their begin; those under way too. */
  works: readonly PublicWork[];
};
/** The worst comes last. */
const severity = ['operational', 'maintenance', 'degraded', 'down'] as const;
export type PublicState = (typeof severity)[number] | 'unknown';
export type PublicSite = {
  name: string;
  description: string | undefined;
  link: string | undefined;
  state: PublicState;
  /** Of the newest 90 days (UTC), the oldest first. */
  days: readonly PublicDay[];
  /** Part (0–1) of the judged time of those days; undefined without any. */
  uptime: number | undefined;
};
/** `up`: part (0–1) of its judged time; undefined when nothing was judged. */
export type PublicDay = { at: number; up: number | undefined; downMs: number; slowMs: number };
export type PublicIncident = {
  id: string;
  kind: 'down' | 'degraded';
  sites: readonly string[];
  startedAt: number;
  endedAt: number | undefined;
};
/** `sites` empty = all of them. */
export type PublicWork = { name: string | undefined; sites: readonly string[]; from: number; to: number };

/** By internal names, as they were read. */
export type Facts = {
  now: number;
  /** Nothing can be said of any site: the checks are blind, stand still, or could not be asked. */
  isBlind: boolean;
  views: readonly Pick<SiteView, 'name' | 'state'>[];
  past: ReadonlyMap<string, readonly Stretch[]>;
  incidents: readonly PublicIncident[];
  works: readonly PublicWork[];
};

export const daysShown = 90;
const mostIncidents = 50;
const mostWorks = 20;

/** The page of these facts: only what the settings name, under the names they give. Pure. */
export function pageOf(settings: StatusPageSettings, facts: Facts): StatusPage {
  const { title, support, timezone, everyMs, incidentsMs, maintenanceNames } = settings;
  const names = new Map(settings.sites.map(({ site, name }) => [site, name]));
  const states = new Map(facts.views.map(({ name, state }) => [name, stateOf(state, facts.isBlind)]));
  const published = (sites: readonly string[]) => [...new Set(sites.flatMap((site) => names.get(site) ?? []))];
  const grouped = Map.groupBy(settings.sites, ({ group }) => group);
  const groups = [...grouped].map(([name, sites]) => ({
    name,
    sites: sites.map(({ site, name, description, link }) => ({
      name,
      description,
      link,
      state: states.get(site) ?? 'unknown',
      ...daysOf(facts.past.get(site) ?? [], facts.now),
    })),
  }));
  const works = facts.works
    .filter(({ to }) => to > facts.now)
    .map((work) => ({ ...work, all: work.sites.length === 0, sites: published(work.sites) }))
    .filter(({ all, sites }) => all || sites.length > 0)
    .map(({ name, sites, from, to }) => ({ name: maintenanceNames ? name : undefined, sites, from, to }))
    .toSorted((a, b) => a.from - b.from);
  return {
    title,
    support,
    timezone,
    everyMs,
    incidentsMs,
    at: facts.now,
    // Those without a group stand first.
    groups: groups.toSorted((a, b) => Number(a.name !== undefined) - Number(b.name !== undefined)),
    state: wholeOf(groups.flatMap(({ sites }) => sites.map(({ state }) => state))),
    incidents: joined(
      facts.incidents
        .map((one) => ({ ...one, sites: published(one.sites) }))
        .filter(({ sites, endedAt = facts.now }) => sites.length > 0 && endedAt > facts.now - incidentsMs),
    ).slice(0, mostIncidents),
    works: works.slice(0, mostWorks),
  };
}

/** What Slack calls it → what the public reads. A first failure that is being re-checked is no outage. */
function stateOf(state: string, isBlind: boolean): PublicState {
  if (state === 'maintenance') return 'maintenance';
  if (isBlind) return 'unknown';
  if (state === 'up' || state === 'suspect') return 'operational';
  if (state === 'down' || state === 'recovering') return 'down';
  return state === 'degraded' || state === 'intermittent' ? 'degraded' : 'unknown';
}

/** The worst that is known; of one whose half is not known nothing can be said. */
function wholeOf(states: readonly PublicState[]): PublicState {
  const known = states.filter((state) => state !== 'unknown');
  if (2 * known.length <= states.length) return 'unknown';
  return severity.findLast((state) => known.includes(state)) ?? 'unknown';
}

function daysOf(past: readonly Stretch[], now: number): Pick<PublicSite, 'days' | 'uptime'> {
  const measures = new Map(past.map(({ at, measure }) => [at, measure]));
  const first = begin(now, dayMs) - (daysShown - 1) * dayMs;
  const days = Array.from({ length: daysShown }, (_, nr) => {
    const at = first + nr * dayMs;
    const of = measures.get(at) ?? nothing;
    return { at, up: uptime(of), downMs: of.downMs, slowMs: of.slowMs };
  });
  const shown = past.filter(({ at }) => at >= first).map(({ measure }) => measure);
  return { days, uptime: uptime(merge(shown)) };
}

/** One outage that was first told alone and then with others is one. Those that last first, then the newest. */
function joined(incidents: readonly PublicIncident[]): readonly PublicIncident[] {
  const all: PublicIncident[] = [];
  for (const next of incidents.toSorted((a, b) => a.startedAt - b.startedAt)) {
    const at = all.findLastIndex(
      ({ kind, sites, endedAt = Infinity }) =>
        kind === next.kind && endedAt >= next.startedAt && sites.some((site) => next.sites.includes(site)),
    );
    const before = all[at];
    if (before === undefined) all.push(next);
    else
      all[at] = {
        ...before,
        sites: [...new Set([...before.sites, ...next.sites])],
        endedAt: later(before.endedAt, next.endedAt),
      };
  }
  return all.toSorted(
    (a, b) => Number(b.endedAt === undefined) - Number(a.endedAt === undefined) || b.startedAt - a.startedAt,
  );
}

function later(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : Math.max(a, b);
}
