import { z } from 'zod';

import type { Tags } from '#ports/cloud.ts';
import type { ImageId, RootTaskId, SnapshotId, VolumeId } from '#ports/ids.ts';

/** The pieces replies are read with. Lists that AWS leaves out when they are empty become empty lists. */

export const text = z.string().optional();
export const instant = z.date().transform((date) => date.getTime());
export const volumeId = z.custom<VolumeId>((value) => typeof value === 'string' && value.startsWith('vol-'));
export const snapshotId = z.custom<SnapshotId>((value) => typeof value === 'string' && value.startsWith('snap-'));
export const imageId = z.custom<ImageId>((value) => typeof value === 'string' && value.startsWith('ami-'));
export const rootTaskId = z.custom<RootTaskId>((value) => typeof value === 'string' && value.startsWith('replacevol-'));

/** Some instants come as text (`2026-11-01T00:00:00Z`); what is none is left out. */
export const writtenInstant = text.transform((written) => {
  const at = Date.parse(written ?? '');
  return Number.isNaN(at) ? undefined : at;
});

export function many<T extends z.ZodType>(item: T) {
  return z
    .array(item)
    .nullish()
    .transform((list) => list ?? []);
}

export const Tagged = many(z.object({ Key: z.string(), Value: z.string().nullish() })).transform((list): Tags =>
  Object.fromEntries(list.map(({ Key, Value }) => [Key, Value ?? ''])),
);

/** A field that is left out where AWS said nothing. */
export function given<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  return (value === undefined || value === '' ? {} : { [key]: value }) as { [P in K]?: V };
}
