import { z } from 'zod';

import { idOf } from './chance.ts';
import {
  type Instance,
  rootOutcomes,
  type Snapshot,
  type Volume,
  type VolumeTrouble,
  volumeTroubles,
} from './model.ts';
import type { StorageBoard } from './storage-board.ts';
import { exists, named, type World } from './world.ts';

const word = z.string().min(1);
const days = z.number().min(0).max(3_650);

/** Troubles of volumes, snapshots and roots, beside those of control.ts. */
export const storageFaults = {
  failNextRootTask: z
    .union([
      z.int().min(0).max(1_000),
      z.strictObject({ times: z.int().min(0).max(1_000).default(1), outcome: z.enum(rootOutcomes).default('failed') }),
    ])
    .optional(),
  impairVolume: word.optional(),
  trouble: z.enum(volumeTroubles).optional(),
  healVolume: word.optional(),
  breakVolume: word.optional(),
  recycleBin: z
    .union([
      z.literal(false),
      z.strictObject({ snapshots: days.optional(), volumes: days.optional(), exclude: word.optional() }),
    ])
    .optional(),
  storageQuota: z.strictObject({ type: word, gib: z.int().min(0).nullable() }).optional(),
  rateQuota: z.int().min(0).nullable().optional(),
  lockSnapshot: z.strictObject({ snapshot: word, days, mode: z.enum(['governance', 'compliance']) }).optional(),
  protect: z
    .strictObject({ instance: word, stop: z.boolean().optional(), termination: z.boolean().optional() })
    .optional(),
  placementGroup: z.strictObject({ instance: word, group: z.string() }).optional(),
  nights: z.int().min(1).max(1_000).optional(),
};
const Asked = z.object(storageFaults);
type Asked = z.infer<typeof Asked>;

/** What is named and does not exist, in words; undefined when all is there. */
export function missingIn(world: World, asked: Asked): string | undefined {
  const volume = [asked.impairVolume, asked.healVolume, asked.breakVolume].find(
    (name) => name !== undefined && volumeNamed(world, name) === undefined,
  );
  if (volume !== undefined) return `There is no volume ${volume}. Name one by its id or its Name.`;
  const snapshot = asked.lockSnapshot?.snapshot;
  if (snapshot !== undefined && snapshotNamed(world, snapshot) === undefined)
    return `There is no snapshot ${snapshot}. Name one by its id, or the newest one by its volume.`;
  return undefined;
}

/** The servers it names. */
export function serversIn({ protect, placementGroup }: Asked): (string | undefined)[] {
  return [protect?.instance, placementGroup?.instance];
}

export function setStorageBoard(faults: StorageBoard, asked: Asked): void {
  const { failNextRootTask: roots, recycleBin, storageQuota } = asked;
  if (typeof roots === 'number') faults.failRootTasks(roots, 'failed');
  else if (roots !== undefined) faults.failRootTasks(roots.times, roots.outcome);
  if (recycleBin !== undefined) faults.setBin(recycleBin === false ? {} : recycleBin);
  if (storageQuota !== undefined) faults.setStorageQuota(storageQuota.type, storageQuota.gib ?? undefined);
  if (asked.rateQuota !== undefined) faults.setRateQuota(asked.rateQuota ?? undefined);
}

export function changeStorage(world: World, asked: Asked): void {
  const { instance, volume, snapshot } = world.tables;
  const change = (name: string | undefined, next: (one: Volume) => Volume): void => {
    const found = name === undefined ? undefined : volumeNamed(world, name);
    if (found !== undefined) volume.put(next(found));
  };
  change(asked.impairVolume, (one) => ({ ...one, trouble: troubleOf(world, asked.trouble ?? 'inconsistent') }));
  change(asked.breakVolume, (one) => ({ ...one, failed: true }));
  change(asked.healVolume, ({ trouble: _over, ...one }) => ({ ...one, failed: false }));
  const { lockSnapshot, protect, placementGroup } = asked;
  const locked = lockSnapshot && snapshotNamed(world, lockSnapshot.snapshot);
  if (lockSnapshot !== undefined && locked !== undefined)
    snapshot.put({ ...locked, lock: lockOf(world, lockSnapshot) });
  const server = protect && named(world, protect.instance);
  if (server !== undefined && protect !== undefined) instance.put(protectedBy(server, protect));
  const grouped = placementGroup && named(world, placementGroup.instance);
  if (grouped !== undefined && placementGroup !== undefined)
    instance.put({ ...grouped, placementGroup: placementGroup.group });
  if (asked.nights !== undefined) addNights(world, asked.nights);
}

/** Older backups of every attached disk, from 100 days ago on backwards, the disks of a server at one instant each night. */
function addNights(world: World, nights: number): void {
  const { volume, snapshot } = world.tables;
  const disks = volume.all().filter((one) => exists(world, 'volume', one) && one.attachments.length > 0);
  const first = world.now() - 100 * 86_400_000;
  for (let night = 0; night < nights; night++) {
    const at = first - night * 86_400_000;
    for (const { id, sizeGiB, tags, encrypted } of disks)
      snapshot.put({
        id: world.newId('snapshot'),
        bornAt: at,
        volumeId: id,
        ownerId: world.account,
        sizeGiB,
        description: 'nightly backup',
        tags,
        encrypted,
        startedAt: at,
        doneAt: at + 60_000,
        outcome: 'completed',
        tier: 'standard',
      });
  }
}

function protectedBy(server: Instance, { stop, termination }: NonNullable<Asked['protect']>): Instance {
  return {
    ...server,
    disableApiStop: stop ?? server.disableApiStop,
    disableApiTermination: termination ?? server.disableApiTermination,
  };
}

function lockOf(world: World, { mode, days }: NonNullable<Asked['lockSnapshot']>): NonNullable<Snapshot['lock']> {
  const since = world.now();
  return { mode, since, until: since + days * 86_400_000 };
}

function troubleOf(world: World, kind: VolumeTrouble['kind']): VolumeTrouble {
  return { kind, eventId: idOf('evol', world.newId('reservation')), since: world.now() };
}

function volumeNamed(world: World, word: string): Volume | undefined {
  const alive = world.tables.volume.all().filter((one) => exists(world, 'volume', one));
  return alive.find(({ id }) => id === word) ?? alive.find(({ tags }) => tags.get('Name') === word);
}

/** By its id, or the newest one of a volume. */
function snapshotNamed(world: World, word: string): Snapshot | undefined {
  const volumeId = volumeNamed(world, word)?.id;
  return world.tables.snapshot
    .all()
    .filter((one) => (one.id === word || one.volumeId === volumeId) && exists(world, 'snapshot', one))
    .toSorted((one, other) => other.startedAt - one.startedAt)[0];
}
