import { isRefusal, isTransient } from '#errors.ts';
import { holdTag } from '#lib/tags.ts';
import { existing } from '#lib/targets.ts';
import type { Cloud, Snapshot, Volume } from '#ports/cloud.ts';
import type { ResourceId, SnapshotId, VolumeId } from '#ports/ids.ts';

import { type Guard, guarded, type Guards } from './guards.ts';
import type { CleanupPlan, PlannedUnit } from './plan.ts';

export type Chunk = { units: readonly PlannedUnit[]; newest: CleanupPlan['newest'] };
export type NotDone = { id: ResourceId; why: string };
/** How the members of a chunk ended. `again`: AWS did not answer for them, `why` says how. */
export type Done = { deleted: number; failed: NotDone[]; skipped: NotDone[]; again: ResourceId[]; why: string };

type Cleaning = Pick<
  Cloud,
  | 'snapshots'
  | 'volumes'
  | 'deleteSnapshot'
  | 'deleteVolume'
  | 'images'
  | 'lockedSnapshots'
  | 'fastRestores'
  | 'sharedWith'
>;
type Now = {
  things: ReadonlyMap<ResourceId, Snapshot | Volume>;
  guards: ReadonlyMap<SnapshotId, Guard>;
  now: number;
};

/**
 * Reads everything anew, leaves alone what is no longer as planned, and deletes the rest. Repeatable: what is gone counts as
 * deleted. Throws only before the first deletion.
 */
export async function deleteChunk(cloud: Cleaning, chunk: Chunk, now: number): Promise<Done> {
  const facts = await look(cloud, chunk, now);
  const done: Done = { deleted: 0, failed: [], skipped: [], again: [], why: '' };
  await Promise.all(chunk.units.map((unit) => deleteUnit(cloud, unit, { chunk, facts, done })));
  return done;
}

/** The lists are short; a snapshot's shares are asked for one by one, right before it goes. */
async function look(cloud: Cleaning, { units, newest }: Chunk, now: number): Promise<Now> {
  const ids = units.flatMap((unit) => unit.ids);
  const volumeIds = ids.filter((id): id is VolumeId => id.startsWith('vol-'));
  const snapshotIds = ids.filter((id): id is SnapshotId => id.startsWith('snap-'));
  const keepers = units.flatMap(({ sources }) => sources.flatMap((source) => newest[source] ?? []));
  const [volumes, snapshots, guards] = await Promise.all([
    existing((some) => cloud.volumes({ ids: some }), volumeIds),
    existing((some) => cloud.snapshots({ ids: some }), [...new Set([...snapshotIds, ...keepers])]),
    snapshotIds.length === 0 ? noGuards : cheapGuards(cloud),
  ]);
  return {
    things: new Map<ResourceId, Snapshot | Volume>([...volumes, ...snapshots].map((one) => [one.id, one])),
    guards: guarded(guards, now),
    now,
  };
}

/** What a few lists tell. */
export async function cheapGuards(
  cloud: Pick<Cleaning, 'images' | 'lockedSnapshots' | 'fastRestores'>,
): Promise<Guards> {
  const [images, locks, fastRestores] = await Promise.all([
    offered(cloud.images()),
    offered(cloud.lockedSnapshots()),
    offered(cloud.fastRestores()),
  ]);
  return { ...noGuards, images, locks, fastRestores };
}

export const noGuards: Guards = {
  images: [],
  templates: [],
  locks: [],
  fastRestores: [],
  archived: [],
  claims: [],
  shares: new Map(),
};

/** An endpoint that does not know such things has none. */
export async function offered<T>(list: Promise<readonly T[]>): Promise<readonly T[]> {
  try {
    return await list;
  } catch (error) {
    if (isRefusal(error) && error.code === 'not-offered') return [];
    throw error;
  }
}

type Of = { chunk: Chunk; facts: Now; done: Done };

/** All members or none, as far as anybody can know before; each failure is told of its own. */
async function deleteUnit(cloud: Cleaning, unit: PlannedUnit, { chunk, facts, done }: Of): Promise<void> {
  const left = unit.ids.filter((id) => facts.things.has(id));
  done.deleted += unit.ids.length - left.length;
  if (left.length === 0) return;
  try {
    const why = objection(unit, left, { newest: chunk.newest, facts }) ?? (await shareOf(cloud, left));
    if (why !== undefined) {
      done.skipped.push(...left.map((id) => ({ id, why })));
      return;
    }
  } catch (error) {
    for (const id of left) note(done, id, error);
    return;
  }
  await Promise.all(
    left.map(async (id) => {
      try {
        await (id.startsWith('vol-') ? cloud.deleteVolume(id as VolumeId) : cloud.deleteSnapshot(id as SnapshotId));
        done.deleted += 1;
      } catch (error) {
        note(done, id, error);
      }
    }),
  );
}

/** Why it is no longer as planned, or undefined. Pure. */
function objection(
  { state, sources }: PlannedUnit,
  left: readonly ResourceId[],
  { newest, facts }: { newest: Chunk['newest']; facts: Now },
): string | undefined {
  for (const id of left) {
    const thing = facts.things.get(id)!; // `left` holds what is there
    if (thing.state !== state && !(state === 'available' && thing.state === 'error'))
      return `${id} is ${thing.state} now`;
    if (heldUntil(thing) > facts.now) return `${id} is kept for longer now`;
    const guard = facts.guards.get(id as SnapshotId);
    if (guard !== undefined) return guard.detail;
  }
  for (const source of sources) {
    const keeper = newest[source];
    const backup = keeper === undefined ? undefined : facts.things.get(keeper);
    if (backup?.state !== 'completed' || left.some((id) => id === keeper))
      return `${keeper ?? 'the newest backup'} of ${source} is no longer there, so this one may be the last`;
  }
  return undefined;
}

function heldUntil({ tags }: Snapshot | Volume): number {
  return Object.hasOwn(tags, holdTag) ? Date.parse(tags[holdTag]!) : 0;
}

async function shareOf(cloud: Cleaning, left: readonly ResourceId[]): Promise<string | undefined> {
  const asked = left.filter((id): id is SnapshotId => id.startsWith('snap-'));
  const shares = await Promise.all(asked.map((id) => offered(cloud.sharedWith(id))));
  const accounts = shares.flat();
  return accounts.length === 0 ? undefined : `shared with ${accounts.slice(0, 3).join(', ')}`;
}

/** "Not found" is what was wanted. */
function note(done: Done, id: ResourceId, error: unknown): void {
  if (isRefusal(error) && error.code === 'not-found') done.deleted += 1;
  else if (isRefusal(error)) done.failed.push({ id, why: error.message });
  else if (isTransient(error)) {
    done.again.push(id);
    done.why = (error as Error).message;
  } else throw error;
}
