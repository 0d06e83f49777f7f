/** One check: its start (epoch ms), its duration, and whether it was good. */
export type Seen = { at: number; ms: number; good: boolean };

/** Checks kept of each site: two hours at 60 s. 13 bytes each, so 10,000 sites take 16 MB. */
export const ringSize = 120;

/** The newest checks of one site, in fixed room. */
export function createRing() {
  const at = new Float64Array(ringSize);
  const ms = new Float32Array(ringSize);
  const good = new Uint8Array(ringSize);
  let count = 0;
  return {
    add(seen: Seen): void {
      const nr = count++ % ringSize;
      at[nr] = seen.at;
      ms[nr] = seen.ms;
      good[nr] = Number(seen.good);
    },
    /** Oldest first. */
    list(): readonly Seen[] {
      return Array.from({ length: Math.min(count, ringSize) }, (_, back) => {
        const nr = (count - Math.min(count, ringSize) + back) % ringSize;
        return { at: at[nr] ?? 0, ms: ms[nr] ?? 0, good: good[nr] === 1 };
      });
    },
  };
}
export type Ring = ReturnType<typeof createRing>;
