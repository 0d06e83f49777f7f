import type { Fence, History } from '#ports/history.ts';
import type { Site } from '#ports/site-settings.ts';

/** New names by old ones: of those that went and came together, the pairs that are checked in the same way. Pure. */
export function renamesOf(gone: readonly Site[], come: readonly Site[]): ReadonlyMap<string, string> {
  const byTarget = Map.groupBy(come, targetOf);
  const goneByTarget = Map.groupBy(gone, targetOf);
  return new Map(
    gone.flatMap((site) => {
      const [next, ...others] = byTarget.get(targetOf(site)) ?? [];
      // Two of one address may be either.
      const isClear = next !== undefined && others.length === 0 && goneByTarget.get(targetOf(site))?.length === 1;
      return isClear ? [[site.name, next.name] as const] : [];
    }),
  );
}

function targetOf({ url, asks }: Site): string {
  return JSON.stringify([url, asks]);
}

/**
 * The hours and days of a site under its new name too; where that has some of its own, those stay. Its last hours, of
 * which only minutes are stored yet, stay with the old name. Throws Transient with the store; repeatable.
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
}
