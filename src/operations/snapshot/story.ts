import { isRefusal, Refusal } from '#errors.ts';
import { count } from '#lib/format.ts';
import { settle } from '#lib/settle.ts';
import { requesterTag, runTag, scheduleTag, setTag } from '#lib/tags.ts';
import type { Story, UndoTools } from '#operations/story-contract.ts';
import type { Snapshot, Tags } from '#ports/cloud.ts';
import type { SnapshotId, VolumeId } from '#ports/ids.ts';
import type { SnapshotHooks } from '#ports/timed-settings.ts';

import { betweenHooks, goOn, type HookTrouble, postByHand } from './hooks.ts';
import type { SnapshotPlan, SnapshotSet } from './plan.ts';

type Taken = { id: SnapshotId; volumeId: VolumeId };
export type SnapshotResult = {
  sets: { of: string; name: string; snapshots: Taken[]; attempts: number; hooks?: HookTrouble }[];
  /** `left`: snapshots that are still there, pending or impossible to delete. */
  failed: { of: string; name: string; why: string; attempts: number; left: SnapshotId[] }[];
};
type Try = { set: SnapshotSet; snapshots: Taken[]; error?: string; hooks?: HookTrouble };

export const stages = ['Start the snapshots', 'Wait until AWS has completed them'] as const;

/** start all → wait → for failed sets: delete their errored members, wait, start the whole set again → report. */
export async function snapshot(story: Story, plan: SnapshotPlan): Promise<SnapshotResult> {
  story.undo(
    'delete the snapshots of this run',
    (tools) => deleteOfRun(story, tools),
    `aws ec2 describe-snapshots --owner-ids self --filters Name=tag:${runTag},Values=${story.order.id}   # then delete-snapshot each`,
  );
  const result: SnapshotResult = { sets: [], failed: [] };
  let open: readonly SnapshotSet[] = plan.sets;
  for (let attempt = 1; open.length > 0; attempt++) {
    story.stage(0, attempt === 1 ? undefined : `attempt ${attempt} for ${count(open.length, 'set')}`);
    const goesOn = letGoOnAfterFailure(story, plan, { open, attempt });
    const tries = await settle(open, (set) =>
      story.effect(`start ${set.of} ${attempt}`, takeOnce(story, plan, { set, attempt })),
    );
    goesOn(tries);
    story.stage(1);
    const states = await waitForAll(story, tries, attempt);
    const bad = tries.filter((one) => problemOf(one, states) !== undefined);
    for (const one of tries)
      if (!bad.includes(one))
        result.sets.push({
          of: one.set.of,
          name: one.set.name,
          snapshots: one.snapshots,
          attempts: attempt,
          ...(one.hooks === undefined ? {} : { hooks: one.hooks }),
        });
    const left = await settle(bad, (one) =>
      story.step(`clear ${one.set.of} ${attempt}`, () => deleteErrored(story, one, states)),
    );
    const hopeless = bad.filter(
      (one, at) => attempt >= story.limits.snapshotAttempts || one.error !== undefined || left[at]!.length > 0,
    );
    for (const one of hopeless)
      result.failed.push({
        of: one.set.of,
        name: one.set.name,
        why: problemOf(one, states) ?? '',
        attempts: attempt,
        left: left[bad.indexOf(one)]!,
      });
    open = bad.filter((one) => !hopeless.includes(one)).map(({ set }) => set);
    if (open.length > 0) await story.sleep(story.limits.snapshotGapMs);
  }
  if (result.sets.length === 0)
    throw new Refusal('conflict', `No snapshot could be completed: ${result.failed[0]?.why ?? 'no reason given'}`);
  return result;
}

/** A set that AWS refuses outright is told, not retried: a permission or a quota does not come by waiting. */
function takeOnce(story: Story, plan: SnapshotPlan, { set, attempt }: { set: SnapshotSet; attempt: number }) {
  const token = `${story.order.id}.${set.of}.${attempt}`;
  const taking = {
    find: async (): Promise<Try | undefined> => {
      const found = await story.cloud.snapshots({ tags: { [setTag]: token } });
      return found.length < set.volumes.length ? undefined : { set, snapshots: found.map(taken) };
    },
    act: async (): Promise<Try> => {
      try {
        return { set, snapshots: (await take(story, set, tagsOf(story, plan, token))).map(taken) };
      } catch (error) {
        if (!isRefusal(error)) throw error;
        return { set, snapshots: [], error: error.message };
      }
    },
  };
  const hooks = hooksOf(plan, set);
  if (hooks === undefined) return taking;
  const untaken = (error: string): Try => ({ set, snapshots: [], error });
  return betweenHooks<Try>(story, { hooks, set, mark: token, untaken }, taking);
}

function hooksOf({ schedule }: SnapshotPlan, { running }: SnapshotSet): SnapshotHooks | undefined {
  return running === true ? schedule?.hooks : undefined;
}

/** Registered before any server is made quiet: what the effect itself could not do is done when the run fails. */
function letGoOnAfterFailure(
  story: Story,
  plan: SnapshotPlan,
  { open, attempt }: { open: readonly SnapshotSet[]; attempt: number },
): (tries: readonly Try[]) => void {
  const going = new Set<string>();
  for (const set of open) {
    const hooks = hooksOf(plan, set);
    if (hooks === undefined) continue;
    story.undo(
      `run the post hook on ${set.name}`,
      async (tools) => {
        if (going.has(set.of)) return;
        const why = await goOn(story, { hooks, set, mark: `${story.order.id}.${set.of}.${attempt}.undo` }, tools);
        if (why !== undefined) throw new Refusal('conflict', `The post hook failed: ${why}`);
      },
      postByHand(set, hooks),
    );
  }
  return (tries) => {
    for (const { set, hooks } of tries) if (hooks?.after === undefined) going.add(set.of);
  };
}

async function take(story: Story, set: SnapshotSet, tags: Tags): Promise<readonly Snapshot[]> {
  const description = `Deckhand ${story.order.id} for ${set.of}`;
  if (set.attached === undefined)
    return [await story.cloud.createSnapshot({ volumeId: set.volumes[0]!.id, tags, description })];
  const { excludeVolumes, excludeBoot } = set.attached;
  return story.cloud.createSnapshots({
    instanceId: set.of as `i-${string}`,
    excludeVolumeIds: excludeVolumes,
    excludeBoot,
    tags,
    description,
  });
}

function tagsOf({ order }: Story, { schedule }: SnapshotPlan, token: string): Tags {
  return {
    [runTag]: order.id,
    [setTag]: token,
    [requesterTag]: order.requester,
    ...(schedule === undefined ? {} : { [scheduleTag]: schedule.name }),
  };
}

type States = ReadonlyMap<string, { state: string; message: string }>;

/** One paged call per look for the whole run. What is still pending when the time is over stays so in the answer. */
async function waitForAll(story: Story, tries: readonly Try[], attempt: number): Promise<States> {
  const ids = tries.flatMap((one) => one.snapshots.map(({ id }) => id));
  if (ids.length === 0) return new Map();
  const look = async () => statesOf(ids, await story.cloud.snapshots({ tags: { [runTag]: story.order.id } }));
  try {
    const states = await story.poll(`completed ${attempt}`, {
      look: async (elapsedMs) => {
        const now = await look();
        const open = now.filter(
          ({ state }) => state === 'pending' || (state === 'gone' && elapsedMs < story.limits.visibilityGraceMs),
        );
        const completed = now.filter(({ state }) => state === 'completed').length;
        const failed = now.filter(({ state }) => state === 'error').length;
        story.stage(1, `${completed} of ${ids.length} completed${failed === 0 ? '' : `, ${failed} failed`}`);
        return open.length > 0 ? undefined : now;
      },
      withinMs: story.limits.wait.snapshotMs,
      what: `Completing ${count(ids.length, 'snapshot')}`,
    });
    return new Map(states.map((one) => [one.id, one]));
  } catch (error) {
    if (!isRefusal(error) || error.code !== 'conflict') throw error;
    const states = await story.step(`states at the end ${attempt}`, look);
    return new Map(states.map((one) => [one.id, one]));
  }
}

/** A snapshot that somebody deleted, or that is not visible yet, is `gone`. */
function statesOf(ids: readonly string[], now: readonly Snapshot[]): { id: string; state: string; message: string }[] {
  const known = new Map<string, Snapshot>(now.map((snapshot) => [snapshot.id, snapshot]));
  return ids.map((id) => ({ id, state: known.get(id)?.state ?? 'gone', message: known.get(id)?.message ?? '' }));
}

function problemOf(one: Try, states: States): string | undefined {
  if (one.error !== undefined) return one.error;
  const errored = one.snapshots.map(({ id }) => states.get(id)).filter((state) => state?.state !== 'completed');
  if (errored.length === 0) return undefined;
  const reason = errored.find((state) => (state?.message ?? '') !== '')?.message;
  return `AWS reports ${errored[0]?.state ?? 'no state'}${reason === undefined ? '' : `: ${reason}`}`;
}

/**
 * Errored snapshots count against the volume's limit of concurrent ones, so they go before the next attempt. Answers what
 * stays: pending ones, which may yet complete, and what AWS does not let us delete.
 */
async function deleteErrored(story: Story, one: Try, states: States): Promise<SnapshotId[]> {
  const left = await settle(one.snapshots, async ({ id }): Promise<SnapshotId[]> => {
    const state = states.get(id)?.state;
    if (state === 'pending') return [id];
    if (state === 'gone') return [];
    try {
      await story.cloud.deleteSnapshot(id);
      return [];
    } catch (error) {
      if (isRefusal(error)) return [id];
      throw error;
    }
  });
  return left.flat();
}

/** What was just made may take a while to show. */
async function deleteOfRun(story: Story, { seek }: UndoTools): Promise<void> {
  const made = await seek(async () => {
    const found = await story.cloud.snapshots({ tags: { [runTag]: story.order.id } });
    return found.length === 0 ? undefined : found;
  });
  await settle(made ?? [], ({ id }) => story.cloud.deleteSnapshot(id));
}

function taken({ id, volumeId }: Snapshot): Taken {
  return { id, volumeId };
}
