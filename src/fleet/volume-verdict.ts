import { z } from 'zod';

import type { Volume, VolumeHealth } from '#ports/cloud.ts';

import type { Confirmation } from './diagnosis.ts';
import { badOf, withLook } from './looks.ts';

/**
 * What a volume can suffer from, the worst first. io: AWS has stopped its I/O, since its data may be inconsistent. warning:
 * slower than AWS promises.
 */
export const ailments = ['error', 'io', 'impaired', 'warning'] as const;
export type Ailment = (typeof ailments)[number];
/** One look: what is wrong with a volume. */
export type Ailing = { id: string; ailment: Ailment };

/** What is kept of a volume that is, or was a moment ago, in trouble; plain JSON. */
export const VolumeRecord = z.object({
  ailment: z.enum(ailments),
  looks: z.string(),
  /** Looks in a row that found it well, while it is open. */
  good: z.number(),
  open: z.boolean(),
  since: z.number(),
});
export type VolumeRecord = z.infer<typeof VolumeRecord>;

/**
 * What follows from one more look at all volumes of a place: confirmed and ended as servers are. `busy`: a run works
 * on it, so this look says nothing. Those that are well have no record. Pure.
 */
export function judgeVolumes(
  before: ReadonlyMap<string, VolumeRecord>,
  seen: readonly Ailing[],
  of: Confirmation & { now: number; busy: ReadonlySet<string> },
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
  of: Confirmation & { now: number; busy: boolean },
): VolumeRecord | undefined {
  if (of.busy) return before;
  const looks = withLook(before?.looks ?? '', ailment === undefined ? '+' : '-', of.outOf);
  if (ailment !== undefined) {
    const open = before?.open === true || badOf(looks) >= of.confirm;
    return { ailment, looks, good: 0, open, since: before?.since ?? of.now };
  }
  if (before === undefined) return undefined;
  if (!before.open) return looks === '' ? undefined : { ...before, looks };
  const good = before.good + 1;
  return good >= of.recover ? undefined : { ...before, looks, good };
}

/** AWS tells how far its blocks have come up to five minutes late.
 *  Source: https://docs.aws.amazon.com/ebs/latest/userguide/initalize-volume.html */
const tellsAfterMs = 10 * 60_000;

/** What its status says; undefined: nothing, as while it is slow because its blocks come from a snapshot. Pure. */
export function ailmentOf(
  health: VolumeHealth,
  volume: Pick<Volume, 'snapshotId' | 'createdAt'> | undefined,
  now: number,
): Ailment | undefined {
  if (health.status === 'impaired') return health.ioEnabled ? 'impaired' : 'io';
  if (health.status !== 'warning' || isInitializing(health)) return undefined;
  const isNew = volume?.snapshotId !== undefined && now - volume.createdAt < tellsAfterMs;
  return isNew && health.initialization === undefined ? undefined : 'warning';
}

export function isInitializing({ initialization }: VolumeHealth): boolean {
  return initialization !== undefined && initialization.progress < 100;
}
