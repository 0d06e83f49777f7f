/** One check: its start (epoch ms), its duration, and whether it was good. */
export type Seen = { at: number; ms: number; good: boolean };

/** Checks kept of each site: two hours at 60 s. 6 bytes each, so 10,000 sites take 7 MB. */
export const ringSize = 120;
/** Sites in one piece of memory: an array for each site would take as much again. */
const rowsInSlab = 64;
/** Starts are kept to a tenth of a second, so 32 bits last for 13 years. */
const tickMs = 100;

/**
 * `ms`: its duration in units of 2 ms, to within a twentieth of a percent and up to 131 s, more than a check may take (2 min);
 * negative, -0 too, of a failed one.
 */
type Slab = { at: Uint32Array; ms: Float16Array };
const msUnit = 2;
type Row = { slab: Slab; from: number; count: number };

/** The newest checks of every site, each in fixed room. `origin`: about now; checks before it count as at it. */
export function createRings(origin: number) {
  const rows = new Map<string, Row>();
  const free: Row[] = [];

  function take(): Row {
    if (free.length === 0) {
      const size = rowsInSlab * ringSize;
      const slab = { at: new Uint32Array(size), ms: new Float16Array(size) };
      for (let nr = rowsInSlab - 1; nr >= 0; nr--) free.push({ slab, from: nr * ringSize, count: 0 });
    }
    return free.pop()!; // just filled
  }

  return {
    add(name: string, seen: Seen): void {
      const row = rows.get(name) ?? take();
      rows.set(name, row);
      const nr = row.from + (row.count++ % ringSize);
      row.slab.at[nr] = Math.max(0, Math.round((seen.at - origin) / tickMs));
      row.slab.ms[nr] = (seen.good ? seen.ms : -seen.ms) / msUnit;
    },
    /** Oldest first. */
    list(name: string): readonly Seen[] {
      const row = rows.get(name);
      if (row === undefined) return [];
      const { slab, from, count } = row;
      const kept = Math.min(count, ringSize);
      return Array.from({ length: kept }, (_, back) => {
        const nr = from + ((count - kept + back) % ringSize);
        const ms = slab.ms[nr] ?? 0;
        const size = Math.abs(ms);
        return { at: origin + (slab.at[nr] ?? 0) * tickMs, ms: size * msUnit, good: Object.is(ms, size) };
      });
    },
    forget(name: string): void {
      const row = rows.get(name);
      if (row === undefined) return;
      rows.delete(name);
      free.push({ ...row, count: 0 });
    },
  };
}
