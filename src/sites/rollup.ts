import type { Fence, History, MeasureRow } from '#ports/history.ts';

import { decode, encode, type Measure, merge } from './measure.ts';

export const minuteMs = 60_000;
export const hourMs = 60 * minuteMs;
export const dayMs = 24 * hourMs;
/** How long minutes are kept: longer than any window that is judged by the minute (6 h), and than a long outage of ours. */
export const minutesKeptMs = 8 * hourMs;
/** Sites whose rows are written at once. */
const atOnce = 500;

export function begin(at: number, unitMs: number): number {
  return at - (at % unitMs);
}

/**
 * Makes the hour of each site from its minutes, and its day from its hours, always from all of them, so that it may be done
 * again and late. Throws Transient with the store.
 */
export async function rollUp(
  { measures }: Pick<History, 'measures'>,
  hour: number,
  fence: Fence | undefined,
): Promise<void> {
  const hours = bySite(flat(await measures.minutes({ from: hour, to: hour + hourMs })));
  const day = begin(hour, dayMs);
  const sites = [...hours.keys()];
  for (let from = 0; from < sites.length; from += atOnce) {
    const some = sites.slice(from, from + atOnce);
    await measures.save('h', rows(hours, some, hour), fence);
    const days = bySite(await measures.list({ grain: 'h', sites: some, from: day, to: day + dayMs }));
    await measures.save('d', rows(days, some, day), fence);
  }
}

/** The minutes of all sites as rows of one site each. */
export function flat(minutes: Awaited<ReturnType<History['measures']['minutes']>>): readonly MeasureRow[] {
  return minutes.flatMap(({ at, data }) => Object.entries(data).map(([site, packed]) => ({ site, at, data: packed })));
}

/** All rows of a site as one. What cannot be read is left out. */
export function bySite(all: readonly MeasureRow[]): ReadonlyMap<string, Measure> {
  const grouped = Map.groupBy(all, ({ site }) => site);
  return new Map([...grouped].map(([site, of]) => [site, merge(of.flatMap(({ data }) => decode(data) ?? []))]));
}

function rows(of: ReadonlyMap<string, Measure>, sites: readonly string[], at: number): readonly MeasureRow[] {
  return sites.flatMap((site) => {
    const measure = of.get(site);
    return measure === undefined ? [] : [{ site, at, data: encode(measure) }];
  });
}
