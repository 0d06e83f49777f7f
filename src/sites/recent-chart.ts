import type { Chart, Spell } from '#ports/pictures.ts';
import type { Site } from '#ports/site-settings.ts';

import { siteOf } from './incident.ts';
import { ringSize, type Seen } from './ring.ts';

/** Answers that p50 and p95 of a moment are of: the newest by then. */
const window = 10;
/** Starts of checks are kept to a tenth of a second. */
const roundedMs = 1_000;
/** A gap of more intervals than this is a time without checks, of which nothing is known. */
const mostIntervals = 2.5;

/** Sites of one message that are drawn; the others are counted. */
const mostRows = 12;
/** How far the picture of several goes back before the outage, at least; at most as long as the outage lasted. */
const leadMs = 30 * 60_000;

/** `sites`: those that its message is about. */
export type Drawn = { key: string; startedAt: number; sites: readonly string[] };
type Known = { sites: readonly Site[]; recent: (name: string) => readonly Seen[]; now: number };

/**
 * How a site was lately, for the message of its incident, or how each of several was; undefined where that is no picture of
 * it: a certificate, another process watches, or the checks from before it were lost with a restart. Pure.
 */
export function recentChart(incident: Drawn, of: Known): Chart | undefined {
  const name = siteOf(incident.key);
  if (name === undefined) return undefined;
  if (incident.sites.length > 1) return chartOfMany(incident, of);
  const site = of.sites.find((one) => one.name === name);
  return site !== undefined && isKnown(site, incident, of) ? chartOfOne(site, of) : undefined;
}

/** Is enough remembered of its checks, from before the incident on? */
function isKnown(site: Site, { startedAt }: Drawn, { recent }: Known): boolean {
  const seen = recent(site.name);
  const [first] = seen;
  if (first === undefined || seen.length < 2) return false;
  return first.at <= startedAt + roundedMs || seen.length === ringSize;
}

function chartOfMany(incident: Drawn, of: Known): Chart | undefined {
  const { sites, startedAt } = incident; // what is not known stays grey, so that what is known can be shown
  const shown = sites.slice(0, mostRows).flatMap((name) => of.sites.find((one) => one.name === name) ?? []);
  const rows = shown.map((site) => ({
    name: site.name,
    spans: spells(of.recent(site.name), site, of.now),
  }));
  const begins = rows.flatMap(({ spans }) => spans.slice(0, 1).map(({ from }) => from));
  if (begins.length === 0) return undefined;
  const from = Math.max(Math.min(...begins), startedAt - Math.max(leadMs, of.now - startedAt));
  return {
    kind: 'updown',
    title: 'When each site failed',
    timezone: 'UTC',
    from,
    to: of.now,
    rows,
    more: sites.length - rows.length,
  };
}

function chartOfOne(site: Site, of: Known): Chart {
  const seen = of.recent(site.name);
  return {
    kind: 'lines',
    title: `${site.name}: response time, and when it failed`,
    timezone: 'UTC',
    unit: 'ms',
    series: [
      { name: 'p50', points: pointsOf(seen, 0.5) },
      { name: 'p95', points: pointsOf(seen, 0.95) },
    ],
    ...(site.slowMs === undefined ? {} : { limit: { name: 'slow', value: site.slowMs } }),
    states: spells(seen, site, of.now),
  };
}

/** A gap where a check failed. */
function pointsOf(seen: readonly Seen[], part: number) {
  return seen.map(({ at, good }, nr) => ({ at, value: good ? quantileAt(seen, nr, part) : undefined }));
}

function quantileAt(seen: readonly Seen[], nr: number, part: number): number | undefined {
  const answers = seen.slice(0, nr + 1).filter(({ good }) => good);
  const sorted = answers
    .slice(-window)
    .map(({ ms }) => ms)
    .toSorted((a, b) => a - b);
  return sorted[Math.ceil(part * sorted.length) - 1];
}

/** What a check showed holds until the next one. */
function spells(seen: readonly Seen[], { slowMs = Infinity, intervalMs }: Site, now: number): readonly Spell[] {
  return seen.reduce<Spell[]>((all, { at, ms, good }, nr) => {
    const next = seen[nr + 1]?.at ?? now;
    const to = next - at > mostIntervals * intervalMs ? at + intervalMs : next;
    const state = !good ? 'down' : ms > slowMs ? 'slow' : 'up';
    const last = all.at(-1);
    if (last?.state === state && last.to === at) all[all.length - 1] = { ...last, to };
    else all.push({ from: at, to, state });
    return all;
  }, []);
}
