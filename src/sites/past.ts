import type { History, MeasureRow } from '#ports/history.ts';

import { decode, type Measure, merge } from './measure.ts';
import { begin, dayMs, flat, hourMs } from './rollup.ts';

/** A stretch of a site's history. */
export type Stretch = { at: number; lengthMs: number; measure: Measure };

/** Minutes that may not be in an hour yet: those of this hour and the ones before, should the store have been away. */
const openMs = 2 * hourMs;

/**
 * The history of sites by hour or by day (UTC) up to the last full minute, oldest first; what is not there was not
 * judged. Throws Transient with the store.
 */
export async function readPast(
  { measures }: Pick<History, 'measures'>,
  of: { sites: readonly string[]; grain: 'h' | 'd'; from: number; now: number },
): Promise<ReadonlyMap<string, readonly Stretch[]>> {
  const { sites, grain, from, now } = of;
  const unitMs = grain === 'h' ? hourMs : dayMs;
  const openDay = grain === 'h' ? from : begin(now - openMs, dayMs);
  const openHour = begin(now - openMs, hourMs);
  const days = grain === 'h' ? [] : await measures.list({ grain: 'd', sites, from, to: openDay });
  const hours = await measures.list({ grain: 'h', sites, from: Math.max(from, openDay), to: now });
  const rolled = new Set(hours.map(({ site, at }) => `${site} ${at}`));
  const minutes = flat(await measures.minutes({ from: Math.max(from, openHour), to: now }));
  const wanted = new Set(sites);
  const loose = minutes.filter(({ site, at }) => wanted.has(site) && !rolled.has(`${site} ${begin(at, hourMs)}`));
  const all = Map.groupBy([...days, ...hours, ...loose], ({ site }) => site);
  return new Map(sites.map((site) => [site, stretches(all.get(site) ?? [], unitMs)]));
}

function stretches(rows: readonly MeasureRow[], unitMs: number): readonly Stretch[] {
  const grouped = Map.groupBy(rows, ({ at }) => begin(at, unitMs));
  return [...grouped]
    .toSorted(([a], [b]) => a - b)
    .map(([at, of]) => ({
      at,
      lengthMs: unitMs,
      measure: merge(of.flatMap(({ data }) => decode(data) ?? [])),
    }));
}
