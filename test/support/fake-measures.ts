import type { History, MeasureRow, MinuteRow } from '#ports/history.ts';

/** History of sites in memory. `check` throws when the store is meant to be away. */
export function createFakeMeasures(check: () => void = () => undefined): History['measures'] {
  const minutes = new Map<string, MinuteRow>();
  const rows = new Map<string, MeasureRow & { grain: 'h' | 'd' }>();
  const byAt = (a: { at: number }, b: { at: number }) => a.at - b.at;
  return {
    saveMinutes: async (all) => {
      check();
      for (const row of all) minutes.set(`${row.at} ${row.writer}`, row);
    },
    minutes: async ({ from, to }) => {
      check();
      return [...minutes.values()].filter(({ at }) => at >= from && at < to).toSorted(byAt);
    },
    save: async (grain, all) => {
      check();
      for (const row of all) rows.set(`${grain} ${row.site} ${row.at}`, { ...row, grain });
    },
    list: async ({ grain, sites, from, to }) => {
      check();
      const fits = (row: MeasureRow & { grain: string }) =>
        row.grain === grain && row.at >= from && row.at < to && (sites?.includes(row.site) ?? true);
      return [...rows.values()]
        .filter(fits)
        .toSorted(byAt)
        .map(({ site, at, data }) => ({ site, at, data }));
    },
    prune: async (before) => {
      check();
      for (const [key, { at }] of minutes) if (at < before.minutes) minutes.delete(key);
      for (const [key, { at, grain }] of rows) if (at < (grain === 'h' ? before.hours : before.days)) rows.delete(key);
    },
  };
}
