import type { Care } from '#ports/incidents.ts';

/**
 * What was done with the own messages of servers counts for the message that takes them in: it is taken by whoever had
 * taken one of them, and silenced only while each of all its servers was (`isAll`), since nobody asked to hear nothing of
 * the others. `known`: what counted for it before. Undefined: nothing. Pure.
 */
export function inherited(
  known: Care | undefined,
  folded: readonly Care[],
  { isAll, now }: { isAll: boolean; now: number },
): Care | undefined {
  const taken = [known ?? {}, ...folded].find(({ takenBy }) => takenBy !== undefined);
  const silences = folded.map(({ silencedUntil = 0 }) => silencedUntil);
  const until = known?.silencedUntil ?? (isAll && folded.length > 0 ? Math.min(...silences) : 0);
  const { takenBy, assignedBy } = taken ?? {};
  const care = {
    ...(takenBy === undefined ? {} : { takenBy }),
    ...(takenBy === undefined || assignedBy === undefined ? {} : { assignedBy }),
    ...(until > now ? { silencedUntil: until } : {}),
  };
  return Object.keys(care).length === 0 ? undefined : care;
}
