import { z } from 'zod';

import { createWindows } from '#lib/windows.ts';
import type { Calendar, Clock } from '#ports/clock.ts';
import type { History, IncidentRecord } from '#ports/history.ts';
import { maintenancePrefix, type Report } from '#ports/incidents.ts';
import type { SiteView } from '#ports/managed-sites.ts';
import type { SettingsSource } from '#ports/settings.ts';
import type { MaintenanceWindow } from '#ports/site-settings.ts';
import { readPast, type Stretch } from '#sites/past.ts';
import { begin, dayMs } from '#sites/rollup.ts';

import { daysShown, type Facts, pageOf, type PublicIncident, type PublicWork, type StatusPage } from './model.ts';

export type PageWorld = {
  history: Pick<History, 'watch' | 'measures' | 'incidents'>;
  /** How the sites are; of the store where another replica checks them. */
  views: () => Promise<readonly SiteView[]>;
  calendar: Calendar;
  settings: SettingsSource;
  clock: Clock;
};

type Past = ReadonlyMap<string, readonly Stretch[]>;

/** Days change slowly, and 90 of them for 500 sites are much to read. */
const pastEveryMs = 10 * 60_000;
/** Sites whose days are read at once, so that nothing else waits long for the store or the processor. */
const sitesAtOnce = 50;
/** Kinds of incidents that the public would notice: the part of the key before the colon. */
const kinds = ['site', 'slow', 'intermittent'] as const;
const mostIncidents = 500;
/** How far ahead planned work is told. */
const aheadMs = 14 * dayMs;
/** While one of these is open nothing can be said of any site. */
const blindKeys = ['watch:blind', 'watch:stalled'] as const;

/** Reads the store and makes the page of now. Throws Transient with the store. */
export function createPageReader(world: PageWorld): () => Promise<StatusPage> {
  const { history, clock, settings } = world;
  let known: { at: number; key: string; past: Past } | undefined;

  async function read(): Promise<StatusPage> {
    const { statusPage, maintenance } = settings.current();
    const now = clock.now();
    const [views, past, incidents, pressed, blind] = await Promise.all([
      world.views(),
      pastOf(
        statusPage.sites.map(({ site }) => site),
        now,
      ),
      history.incidents.list({ limit: mostIncidents, kinds }),
      history.watch.load(maintenancePrefix),
      Promise.all(blindKeys.map((key) => history.incidents.open(key))),
    ]);
    const facts: Facts = {
      now,
      isBlind: blind.some((one) => one !== undefined),
      views,
      past,
      incidents: incidents.map(incidentOf),
      works: [...windowsOf(world.calendar, maintenance, now), ...pressedOf(pressed)],
    };
    return pageOf(statusPage, facts);
  }

  /** The days before today change no more, but for what is rolled up late; today is read anew each time. */
  async function pastOf(sites: readonly string[], now: number): Promise<Past> {
    const today = begin(now, dayMs);
    const before = await daysBefore(sites, today, now);
    const newest = await readPast(history, { sites, grain: 'd', from: today, now });
    return new Map(
      sites.map((site) => [
        site,
        [...(before.get(site) ?? []).filter(({ at }) => at < today), ...(newest.get(site) ?? [])],
      ]),
    );
  }

  async function daysBefore(sites: readonly string[], today: number, now: number): Promise<Past> {
    const key = `${today} ${sites.join(' ')}`;
    if (known !== undefined && known.key === key && now - known.at < pastEveryMs) return known.past;
    const from = today - (daysShown - 1) * dayMs;
    const past = new Map<string, readonly Stretch[]>();
    for (let at = 0; at < sites.length; at += sitesAtOnce) {
      const some = sites.slice(at, at + sitesAtOnce);
      for (const [site, days] of await readPast(history, { sites: some, grain: 'd', from, now })) past.set(site, days);
    }
    known = { at: now, key, past };
    return past;
  }

  return read;
}

/** Its times and the sites in it; never its words, which name causes. */
export function incidentOf({ id, key, startedAt, endedAt, report }: IncidentRecord): PublicIncident {
  const { sites = [] } = report as unknown as Report; // written by the incident book
  const own = key.slice(key.indexOf(':') + 1);
  return {
    id,
    kind: key.startsWith('site:') ? 'down' : 'degraded',
    sites: sites.length > 0 ? sites : [own],
    startedAt,
    endedAt,
  };
}

/** Of each window what lasts now, and the next one within two weeks. */
export function windowsOf(
  calendar: Calendar,
  windows: readonly MaintenanceWindow[],
  now: number,
): readonly PublicWork[] {
  const spanOf = createWindows(calendar);
  return windows.flatMap((window) => {
    // Work on servers alone is no business of the public.
    if (window.sites.length === 0) return [];
    const { name } = window;
    const sites = window.sites === 'all' ? [] : window.sites;
    const lasts = spanOf(window, now);
    const current = lasts === undefined ? [] : [{ name, sites, from: lasts.since, to: lasts.until }];
    const from = window.kind === 'once' ? window.from : calendar.next(window, 1, now)[0];
    if (from === undefined || from <= now || from > now + aheadMs) return current;
    return [...current, { name, sites, from, to: window.kind === 'once' ? window.to : from + window.durationMs }];
  });
}

const Pressed = z.object({ since: z.number(), until: z.number() });

/** Work that somebody announced by a button. */
function pressedOf(rows: Awaited<ReturnType<History['watch']['load']>>): readonly PublicWork[] {
  return [...rows].flatMap(([key, value]) => {
    const work = Pressed.safeParse(value).data;
    const sites = [key.slice(maintenancePrefix.length)];
    return work === undefined ? [] : [{ name: undefined, sites, from: work.since, to: work.until }];
  });
}
