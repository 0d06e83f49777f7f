import { newestGood } from '#lib/backups.ts';
import { keptUntil } from '#lib/leftovers.ts';
import type { Instance, Place, Snapshot, Tags, Volume } from '#ports/cloud.ts';

export const sortings = ['age', 'name', 'size', 'cost'] as const;
export type Sorting = (typeof sortings)[number];

/** What is searched for; all of it must hold. Plain JSON. Patterns may hold `*` and `?` and ignore case. */
export type Search = {
  type?: string | undefined;
  zone?: string | undefined;
  state?: string | undefined;
  /** Ages in ms, inclusive. */
  olderMs?: number | undefined;
  newerMs?: number | undefined;
  unattached?: boolean | undefined;
  unencrypted?: boolean | undefined;
  /** In use and without a completed snapshot that is younger than this (ms); 0 = without any. */
  noBackupMs?: number | undefined;
  /** The tag of this key is missing or blank. */
  untagged?: string | undefined;
  sort?: Sorting | undefined;
  csv?: boolean | undefined;
};

/** What was read of one place. `snapshots`: empty where disks are not what is looked for. */
export type Stock = {
  place: Place;
  instances: readonly Instance[];
  volumes: readonly Volume[];
  snapshots: readonly Snapshot[];
};

/** A server or a disk that was found. */
export type Found = {
  place: Place;
  id: string;
  name: string;
  type: string;
  zone: string;
  state: string;
  /** Epoch ms: a disk was made, a server last started (AWS tells no other age of servers). */
  bornAt: number;
  /** Of the disk, or of all disks of the server. */
  sizeGiB: number;
  tags: Tags;
  /** Of a disk: the server it hangs on, or ''. */
  server: string;
  encrypted: boolean;
  lastSnapshotAt: number | undefined;
  /** A disk that a restore keeps for its undo, until then: no waste. */
  keptUntil?: number | undefined;
};

/** Disks are shown when something is asked that only disks have; servers else. */
export function findsDisks({ unattached, unencrypted, noBackupMs }: Search): boolean {
  return unattached === true || unencrypted === true || noBackupMs !== undefined;
}

/** Everything that fits, sorted. Linear but for the sort. Pure. */
export function search(stocks: readonly Stock[], wanted: Search, now: number): Found[] {
  const found = stocks.flatMap((stock) =>
    findsDisks(wanted) ? disksOf(stock, wanted, now) : serversOf(stock, wanted, now),
  );
  return sorted(found, wanted.sort ?? 'name');
}

/**
 * What a pattern should have been: for each that fits nothing at all, the filter as typed and the values that exist, the
 * most frequent first. Pure.
 */
export function misses(stocks: readonly Stock[], wanted: Search): readonly { filter: string; values: string[] }[] {
  const disks = findsDisks(wanted);
  const things = stocks.flatMap(({ instances, volumes }) => [...instances, ...(disks ? volumes : [])]);
  const typed = [
    ['type', wanted.type, 'type'],
    ['az', wanted.zone, 'zone'],
    ['state', wanted.state, 'state'],
  ] as const;
  return typed.flatMap(([key, pattern, field]) => {
    if (pattern === undefined || things.some((one) => fitsPattern(one[field], pattern))) return [];
    const counts = Map.groupBy(things, (one) => one[field]);
    const values = [...counts].toSorted(([, a], [, b]) => b.length - a.length).map(([value]) => value);
    return [{ filter: `${key}=${pattern}`, values }];
  });
}

function serversOf({ place, instances, volumes }: Stock, wanted: Search, now: number): Found[] {
  const sizes = new Map(volumes.map(({ id, sizeGiB }) => [id, sizeGiB]));
  const encrypted = new Map(volumes.map((volume) => [volume.id, volume.encrypted]));
  return instances
    .filter((one) => fits([one], wanted) && lacks(one.tags, wanted) && isAged(one.launchedAt, wanted, now))
    .map(({ id, name, type, zone, state, launchedAt, tags, mappings }) => ({
      place,
      id,
      name,
      type,
      zone,
      state,
      tags,
      server: '',
      lastSnapshotAt: undefined,
      bornAt: launchedAt,
      sizeGiB: mappings.reduce((sum, { volumeId }) => sum + (sizes.get(volumeId) ?? 0), 0),
      encrypted: mappings.every(({ volumeId }) => encrypted.get(volumeId) ?? true),
    }));
}

function disksOf({ place, instances, volumes, snapshots }: Stock, wanted: Search, now: number): Found[] {
  const byId = new Map<string, Instance>(instances.map((one) => [one.id, one]));
  const newest = newestGood(volumes, snapshots);
  return volumes.flatMap((volume): Found[] => {
    const { id, name, type, zone, state, createdAt, tags, sizeGiB, encrypted, attachments } = volume;
    const hosts = attachments.flatMap(({ instanceId }) => byId.get(instanceId) ?? []);
    const isWanted =
      (wanted.unattached !== true || attachments.length === 0) &&
      (wanted.unencrypted !== true || !encrypted) &&
      fits([volume, ...hosts], wanted) &&
      lacks(tags, wanted) &&
      isAged(createdAt, wanted, now);
    if (!isWanted) return [];
    const lastSnapshotAt = newest.get(id)?.startedAt;
    if (wanted.noBackupMs !== undefined && !isBare(volume, lastSnapshotAt, wanted.noBackupMs, now)) return [];
    const server = hosts[0]?.name || (attachments[0]?.instanceId ?? '');
    return [
      {
        place,
        id,
        name,
        type,
        zone,
        state,
        tags,
        sizeGiB,
        encrypted,
        server,
        lastSnapshotAt,
        bornAt: createdAt,
        keptUntil: keptUntil(volume),
      },
    ];
  });
}

/** A disk on no server is not backed up by anybody: it is `unattached`, not without a backup. */
function isBare({ attachments }: Volume, lastAt: number | undefined, ms: number, now: number): boolean {
  return attachments.length > 0 && (lastAt === undefined || (ms > 0 && now - lastAt > ms));
}

/** Each pattern fits one of them: of a disk, itself or its server (`type=t3.*`, `type=gp2`). */
function fits(things: readonly Pick<Volume, 'type' | 'zone' | 'state'>[], { type, zone, state }: Search): boolean {
  return (
    (type === undefined || things.some((one) => fitsPattern(one.type, type))) &&
    (zone === undefined || things.some((one) => fitsPattern(one.zone, zone))) &&
    (state === undefined || things.some((one) => fitsPattern(one.state, state)))
  );
}

function lacks(tags: Tags, { untagged }: Search): boolean {
  return untagged === undefined || !Object.hasOwn(tags, untagged) || tags[untagged]?.trim() === '';
}

function isAged(bornAt: number, { olderMs, newerMs }: Search, now: number): boolean {
  const age = now - bornAt;
  return (olderMs === undefined || age >= olderMs) && (newerMs === undefined || age <= newerMs);
}

/** `*` is any text and `?` any character; case does not count. Takes at most length × length steps, whatever the pattern. */
export function fitsPattern(text: string, pattern: string): boolean {
  const [have, want] = [text.toLowerCase(), pattern.toLowerCase()];
  let [at, on] = [0, 0];
  let star = -1;
  let resume = 0;
  while (at < have.length) {
    if (want[on] === '*') {
      star = on++;
      resume = at;
    } else if (on < want.length && (want[on] === '?' || want[on] === have[at])) {
      at++;
      on++;
    } else if (star >= 0) {
      on = star + 1;
      at = ++resume;
    } else return false;
  }
  while (want[on] === '*') on++;
  return on === want.length;
}

const byName = new Intl.Collator('en', { numeric: true });

/** The oldest, the largest first; names as people count; ids decide between equals, so that pages never overlap. */
function sorted(found: readonly Found[], sort: Sorting): Found[] {
  const byId = (a: Found, b: Found) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
  if (sort === 'age') return found.toSorted((a, b) => a.bornAt - b.bornAt || byId(a, b));
  // One price a GiB: the larger costs more.
  if (sort === 'size' || sort === 'cost') return found.toSorted((a, b) => b.sizeGiB - a.sizeGiB || byId(a, b));
  return found.toSorted((a, b) => byName.compare(a.name || a.id, b.name || b.id) || byId(a, b));
}
