import type { Fence, History } from '#ports/history.ts';
import type { Site } from '#ports/site-settings.ts';

import { begin, hourMs } from './rollup.ts';
import { hash } from './wheel.ts';

/** A name, and what is checked under it (`targetOf`); undefined: not known, as an earlier version did not keep it. */
type Named = { name: string; target: string | undefined };

/** New names by old ones: of those that went and came together, the pairs that are checked in the same way. Pure. */
export function renamesOf(gone: readonly Named[], come: readonly Named[]): ReadonlyMap<string, string> {
  const byTarget = Map.groupBy(come, ({ target }) => target);
  const goneByTarget = Map.groupBy(gone, ({ target }) => target);
  return new Map(
    gone.flatMap(({ name, target }) => {
      const [next, ...others] = target === undefined ? [] : (byTarget.get(target) ?? []);
      // Two of one address may be either.
      const isClear = next !== undefined && others.length === 0 && goneByTarget.get(target)?.length === 1;
      return isClear ? [[name, next.name] as const] : [];
    }),
  );
}

/** The same for sites that are checked in the same way. Twice 32 bits instead of the text, which may hold a password. */
export function targetOf({ url, asks }: Pick<Site, 'url' | 'asks'>): string {
  const text = JSON.stringify([url, asks]);
  return `${hash(text)} ${hash(`again ${text}`)}`;
}

/** Hours whose minutes may be in no hour yet. */
const openMs = 2 * hourMs;

/**
 * The minutes, hours and days of a site under its new name too; where that has some of its own, those stay. Throws
 * Transient with the store; repeatable.
 */
export async function copyPast(
  { measures }: Pick<History, 'measures'>,
  of: { from: string; to: string; now: number },
  fence: Fence | undefined,
): Promise<void> {
  for (const grain of ['h', 'd'] as const) {
    const all = { grain, from: 0, to: of.now };
    const own = new Set((await measures.list({ ...all, sites: [of.to] })).map(({ at }) => at));
    const old = await measures.list({ ...all, sites: [of.from] });
    const rows = old.filter(({ at }) => !own.has(at)).map((row) => ({ ...row, site: of.to }));
    if (rows.length > 0) await measures.save(grain, rows, fence);
  }
  for (const row of await measures.minutes({ from: begin(of.now - openMs, hourMs), to: of.now })) {
    const packed = row.data[of.from];
    if (packed === undefined || row.data[of.to] !== undefined) continue;
    await measures.saveMinutes([{ ...row, data: { ...row.data, [of.to]: packed } }], fence);
  }
}
