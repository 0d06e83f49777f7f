import { z } from 'zod';

/** What a volume can suffer from, the worst first. io: AWS has stopped its I/O, since its data may be inconsistent. */
export const ailments = ['error', 'io', 'impaired'] as const;
export type Ailment = (typeof ailments)[number];
/** One look: what is wrong with a volume. */
export type Ailing = { id: string; ailment: Ailment };

/** What is kept of a volume that is, or was a moment ago, in trouble; plain JSON. */
export const VolumeRecord = z.object({
  ailment: z.enum(ailments),
  /** Looks in a row: in trouble, and well again. */
  bad: z.number(),
  good: z.number(),
  open: z.boolean(),
  since: z.number(),
});
export type VolumeRecord = z.infer<typeof VolumeRecord>;

/**
 * What follows from one more look at all volumes of a place: trouble counts after `confirm` looks in a row and is over after
 * `recover` without it. `busy`: a run works on it, so this look says nothing. Those that are well have no record. Pure.
 */
export function judgeVolumes(
  before: ReadonlyMap<string, VolumeRecord>,
  seen: readonly Ailing[],
  of: { now: number; confirm: number; recover: number; busy: ReadonlySet<string> },
): ReadonlyMap<string, VolumeRecord> {
  const after = new Map<string, VolumeRecord>();
  const ailing = new Map(seen.map(({ id, ailment }) => [id, ailment]));
  for (const id of new Set([...before.keys(), ...ailing.keys()])) {
    const next = proceed(before.get(id), ailing.get(id), { ...of, busy: of.busy.has(id) });
    if (next !== undefined) after.set(id, next);
  }
  return after;
}

function proceed(
  before: VolumeRecord | undefined,
  ailment: Ailment | undefined,
  of: { now: number; confirm: number; recover: number; busy: boolean },
): VolumeRecord | undefined {
  if (of.busy) return before;
  if (ailment !== undefined) {
    // Counted no further than it matters: see `proceed` of servers.
    const bad = Math.min((before?.bad ?? 0) + 1, of.confirm + 1);
    const open = before?.open === true || bad >= of.confirm;
    return { ailment, bad, good: 0, open, since: before?.since ?? of.now };
  }
  if (before === undefined || !before.open) return undefined;
  const good = before.good + 1;
  return good >= of.recover ? undefined : { ...before, bad: 0, good };
}
