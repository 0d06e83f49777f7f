import { count, duration, some } from '#lib/format.ts';
import { dayMs } from '#sites/rollup.ts';
import { percent } from '#sites/slo-messages.ts';

import type { PublicDay, PublicIncident, PublicSite, PublicState, PublicWork, StatusPage } from './model.ts';

/** Every word of the public page: for people who know nothing of servers, causes or us. */

export const states: Readonly<Record<PublicState, string>> = {
  operational: 'Operational',
  degraded: 'Degraded',
  down: 'Down',
  maintenance: 'Maintenance',
  unknown: 'Not known',
};

export const words = {
  services: 'Services',
  today: 'Today',
  updated: 'Updated',
  since: 'Since',
  underway: 'Under way',
  lasting: 'Incident',
  works: 'Planned maintenance',
  past: 'Past incidents',
  noSites: 'Nothing is published here yet.',
  support: 'Get help',
  feed: 'Atom feed',
  data: 'JSON',
  still: 'Without refreshing',
  days: 'Each bar is one day (UTC). Maintenance and time without checks count neither as up nor as down.',
  legend: ['No outage', 'Short outage or slow', 'Down for 15 min or more', 'No data'],
  notFound: 'There is nothing at this address. The status page is at /.\n',
  notAllowed: 'This page can only be read: use GET or HEAD.\n',
  notReady: 'The status page cannot be shown right now. Try again in a minute.\n',
} as const;

/** The one sentence that most people come for. */
export function overall(page: StatusPage): string {
  const sites = page.groups.flatMap((group) => group.sites);
  const those = sites.filter(({ state }) => state === page.state);
  const all = those.length === sites.length && sites.length > 1;
  const [first] = those;
  if (first === undefined) return words.noSites;
  const who = all ? 'All services' : those.length === 1 ? first.name : `${those.length} of ${sites.length} services`;
  const are = all || those.length > 1 ? 'are' : 'is';
  switch (page.state) {
    case 'operational':
      return `${who} ${are} operational`;
    case 'down':
      return `${who} ${are} down`;
    case 'degraded':
      return `${who} ${are} degraded`;
    case 'maintenance':
      return `${who} ${are} under maintenance`;
    case 'unknown':
      return 'We cannot see how our services are';
  }
}

/** What it does not say: of whom nothing is known. */
export function remark(page: StatusPage): string | undefined {
  const unseen = page.groups.flatMap(({ sites }) => sites).filter(({ state }) => state === 'unknown');
  if (unseen.length === 0) return undefined;
  if (page.state === 'unknown') return 'Our monitoring has no fresh result. Services may work all the same.';
  return `We cannot see how ${named(unseen.map(({ name }) => name))} ${unseen.length === 1 ? 'is' : 'are'}.`;
}

export function everyDays(of: Pick<PublicSite, 'uptime' | 'days'>): string {
  const known = of.days.filter(({ up }) => up !== undefined).length;
  if (of.uptime === undefined) return 'No data yet';
  const without = known === of.days.length ? '' : ` · data of ${count(known, 'day')}`;
  return `${percent(of.uptime)} uptime${without}`;
}

/** The bars in words, for those who cannot see them: the days that stand out. */
export function bars(site: PublicSite): string {
  const bad = site.days.filter(({ downMs }) => downMs > 0);
  const unknown = site.days.filter(({ up }) => up === undefined).length;
  const out =
    bad.length === 0
      ? 'no outage'
      : `outages on ${count(bad.length, 'day')}: ${some(
          bad.map((one) => `${date(one.at)} ${percent(one.up ?? 0)}`),
          10,
        )}`;
  const without = unknown === 0 ? '' : `; no data for ${count(unknown, 'day')}`;
  return `${site.name}, the last ${site.days.length} days: ${everyDays(site)}; ${out}${without}`;
}

export function day(of: PublicDay): string {
  if (of.up === undefined) return `${date(of.at)}: no data`;
  const down = of.downMs === 0 ? '' : `, down for ${duration(of.downMs)}`;
  const slow = of.slowMs === 0 ? '' : `, slow for ${duration(of.slowMs)}`;
  return `${date(of.at)}: ${percent(of.up)}${down}${slow}`;
}

export function incident({ kind, sites, endedAt }: PublicIncident): string {
  const who = named(sites);
  const many = sites.length > 1;
  const tense = endedAt === undefined ? (many ? 'are' : 'is') : many ? 'were' : 'was';
  return kind === 'down' ? `${who} ${tense} down` : `${who} ${tense} slow or unsteady`;
}

export function lasted({ startedAt, endedAt }: PublicIncident, now: number): string {
  return endedAt === undefined ? `${whole(now - startedAt)} so far` : whole(endedAt - startedAt);
}

export function work({ name, sites }: PublicWork): string {
  const who = sites.length === 0 ? 'All services' : named(sites);
  return name === undefined ? who : `${name}: ${who}`;
}

export function noIncidents({ incidentsMs, incidents }: Pick<StatusPage, 'incidentsMs' | 'incidents'>): string {
  const days = count(Math.max(1, Math.round(incidentsMs / dayMs)), 'day');
  return `No ${incidents.length > 0 ? 'other ' : ''}incidents in the last ${days}.`;
}

export function ago(days: number): string {
  return `${days} days ago`;
}

export function refreshes(everyMs: number): string {
  return `This page refreshes itself every ${duration(refreshMs(everyMs))}.`;
}

/** As often as there is something new, and at most twice a minute. */
export function refreshMs(everyMs: number): number {
  return Math.max(everyMs, 30_000);
}

/** `3 Nov`, of a day that is UTC. */
function date(at: number): string {
  return dates.format(at);
}
const dates = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' });

/** Times as people in a zone write them. */
export function createTimes(timezone: string) {
  const clock = { hour: '2-digit', minute: '2-digit', timeZone: timezone } as const;
  const whole = { day: 'numeric', month: 'short', ...clock } as const;
  const format = (of: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat('en-GB', of);
  const [day, long] = [format({ dateStyle: 'short', timeZone: timezone }), format(whole)];
  const [longNamed, shortNamed] = [
    format({ ...whole, timeZoneName: 'short' }),
    format({ ...clock, timeZoneName: 'short' }),
  ];
  return {
    /** `3 Nov, 14:05 CET`. */
    at: (at: number) => longNamed.format(at),
    /** As `at`, without the zone; and what follows it on the same day without the day. */
    from: (at: number) => long.format(at),
    to: (from: number, to: number) => (day.format(from) === day.format(to) ? shortNamed : longNamed).format(to),
  };
}

/** `a, b and c`; more than five are counted. */
function named(names: readonly string[]): string {
  if (names.length > 5) return some(names, 4);
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

/** A time whose number and unit stay on one line. */
function whole(ms: number): string {
  return duration(ms).replaceAll(' ', '\u00A0');
}
