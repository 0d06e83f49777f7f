import { isRefusal, isTransient, Refusal } from '#errors.ts';
import { amount, duration } from '#lib/format.ts';
import { existing } from '#lib/targets.ts';
import type { Story } from '#operations/story-contract.ts';
import type { ResourceId, SnapshotId, VolumeId } from '#ports/ids.ts';

import { type Chunk, deleteChunk, type Done, type NotDone } from './chunk.ts';
import type { CleanupPlan, PlannedUnit } from './plan.ts';

export type CleanupResult = {
  deleted: number;
  /** What AWS refused, or did not answer for. */
  failed: NotDone[];
  /** What was no longer as planned, and was left alone. */
  skipped: NotDone[];
  /** What can be taken out of the Recycle Bin again, and until when at least. Left out when AWS does not say. */
  recoverable?: { count: number; until?: number };
};

/** Deletions in one step; the lists of what guards snapshots are read once for each. */
const chunkSize = 200;
/** Tries for what AWS does not answer for, with all the others in between. */
const rounds = 3;

export const stages = ['Delete'] as const;

/**
 * Chunk by chunk: look again, delete what is still as planned. Nothing that goes wrong with one holds up the others; what AWS
 * does not answer for comes once more at the end.
 */
export async function cleanup(story: Story, plan: CleanupPlan): Promise<CleanupResult> {
  story.undo(
    'bring back what was deleted',
    () => mustBeWhole(story, plan),
    'aws ec2 list-snapshots-in-recycle-bin   # then restore-snapshot-from-recycle-bin for each',
  );
  const result: CleanupResult = { deleted: 0, failed: [], skipped: [] };
  const total = idsOf(plan.units).length;
  const startedAt = await story.now();
  story.stage(0, `0 of ${amount(total)}`);
  let open: readonly PlannedUnit[] = plan.units;
  for (let round = 1; open.length > 0 && round <= rounds; round++) {
    if (round > 1) await story.sleep(story.limits.poll.maxMs);
    const again = new Map<ResourceId, string>();
    for (const [at, units] of chunksOf(open).entries()) {
      const done = await chunkOf(story, { units, newest: plan.newest }, `chunk ${round}.${at}`);
      result.deleted += done.deleted;
      result.failed.push(...done.failed);
      result.skipped.push(...done.skipped);
      for (const id of done.again) again.set(id, done.why);
      const ended = result.deleted + result.failed.length + result.skipped.length;
      story.stage(0, progress(ended, total, (await story.now()) - startedAt));
    }
    open = stillOpen(open, again);
    if (round === rounds) for (const [id, why] of again) result.failed.push({ id, why });
  }
  const recoverable = await story.step('recycle bin', () => binned(story, plan));
  return recoverable === null ? result : { ...result, recoverable };
}

/** Where AWS does not answer at all, or refuses even to look, everything of the chunk comes again. */
async function chunkOf(story: Story, chunk: Chunk, name: string): Promise<Done> {
  const now = await story.now();
  try {
    return await story.step(name, () => deleteChunk(story.cloud, chunk, now));
  } catch (error) {
    if (!isRefusal(error) && !isTransient(error)) throw error;
    const why = (error as { message: string }).message;
    return { deleted: 0, failed: [], skipped: [], again: idsOf(chunk.units), why };
  }
}

/** Only a fault of our own leads here. Deleting has no way back, so it is told loudly instead of called undone. */
async function mustBeWhole(story: Story, plan: CleanupPlan): Promise<void> {
  const ids = idsOf(plan.units);
  const found = await Promise.all([
    existing(
      (some) => story.cloud.snapshots({ ids: some }),
      ids.filter((id): id is SnapshotId => id.startsWith('snap-')),
    ),
    existing(
      (some) => story.cloud.volumes({ ids: some }),
      ids.filter((id): id is VolumeId => id.startsWith('vol-')),
    ),
  ]);
  const gone = ids.length - found.flat().length;
  if (gone > 0)
    throw new Refusal(
      'unsuitable',
      `${gone} of ${ids.length} were deleted before it failed. Look for them in the Recycle Bin; ask again for the rest.`,
    );
}

/** null: nothing of it is in the Recycle Bin, or AWS does not say. Never fails the run. */
async function binned(story: Story, plan: CleanupPlan): Promise<{ count: number; until?: number } | null> {
  const ids = new Set<string>(idsOf(plan.units));
  const bin = plan.kind === 'held' ? story.cloud.binnedVolumes : story.cloud.recycleBin;
  try {
    const found = (await bin()).filter(({ id }) => ids.has(id));
    if (found.length === 0) return null;
    const untils = found.flatMap(({ until }) => until ?? []);
    return { count: found.length, ...(untils.length === 0 ? {} : { until: Math.min(...untils) }) };
  } catch (error) {
    if (isRefusal(error) || isTransient(error)) return null;
    throw error;
  }
}

function chunksOf(units: readonly PlannedUnit[]): PlannedUnit[][] {
  const chunks: PlannedUnit[][] = [];
  let size = chunkSize;
  for (const unit of units) {
    if (size + unit.ids.length > chunkSize) {
      chunks.push([]);
      size = 0;
    }
    chunks.at(-1)!.push(unit);
    size += unit.ids.length;
  }
  return chunks;
}

function stillOpen(units: readonly PlannedUnit[], again: ReadonlyMap<ResourceId, string>): PlannedUnit[] {
  return units.flatMap((unit) => {
    const ids = unit.ids.filter((id) => again.has(id));
    return ids.length === 0 ? [] : [{ ...unit, ids }];
  });
}

function idsOf(units: readonly PlannedUnit[]): ResourceId[] {
  return units.flatMap(({ ids }) => ids);
}

function progress(ended: number, total: number, spentMs: number): string {
  const left = ended === 0 || ended === total ? '' : `, about ${duration((spentMs / ended) * (total - ended))} left`;
  return `${amount(ended)} of ${amount(total)}${left}`;
}
