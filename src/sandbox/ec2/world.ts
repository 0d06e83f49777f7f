import type { KeyUse } from '#sandbox/parts.ts';

import { diceOf, idOf } from './chance.ts';
import { checkIds } from './form.ts';
import type { Attachment, Instance, Kept, Kind, Snapshot, Volume } from './model.ts';
import { perKind, prefixes } from './model.ts';
import type { Pace } from './pace.ts';
import { notFound } from './problems.ts';
import { attachmentState, instanceState, volumeState } from './states.ts';
import { createTable } from './table.ts';
import type { Table } from './table.ts';

/** What a client token made, and a digest of what was asked for with it. */
export type TokenUse = { asked: string; made: readonly string[] };

export type Attached = { volume: Volume; attachment: Attachment };

/** Everything that is kept; lives as long as the part, `reset` fills it anew. */
export type World = {
  now: () => number;
  account: string;
  region: string;
  zones: readonly string[];
  pace: Pace;
  tables: { readonly [K in Kind]: Table<Kept[K]> };
  /** By action and token. */
  tokens: Map<string, TokenUse>;
  /** Promises that were broken for good, in sentences. */
  broken: string[];
  /** The world of that Region, or of another account there that has the snapshot, if there is one. */
  neighbour: (region: string, snapshotId?: string) => World | undefined;
  keyUse: KeyUse;
  /** GiB that may exist of each volume type. */
  quotaGiB: (type: string) => number;
  newId: (kind: Kind | 'reservation') => string;
  /** What is attached to an instance now, in the order of the devices, the root first. */
  attachedTo: (instance: Instance) => readonly Attached[];
  /** Removes what is gone for good. */
  sweep: () => void;
};

/** What a world starts from, and what is written down of it. */
export type Beginning = {
  records: { readonly [K in Kind]: readonly Kept[K][] };
  made: number;
  tokens: ReadonlyMap<string, TokenUse>;
  broken: readonly string[];
};

export type WorldOptions = Pick<
  World,
  'now' | 'account' | 'region' | 'zones' | 'pace' | 'quotaGiB' | 'neighbour' | 'keyUse'
> & {
  seed: number;
  beginning: Beginning;
  onChange: (kind: Kind, id: string, record: Kept[Kind] | null) => void;
};

export function createWorld(options: WorldOptions): World & { made: () => number } {
  const { seed, beginning, onChange, ...facts } = options;
  const { now } = facts;
  let made = beginning.made;
  const tables = perKind((kind) =>
    createTable<Kept[Kind]>(beginning.records[kind], (id, record) => onChange(kind, id, record)),
  ) as unknown as World['tables'];
  const holders = createHolders(tables.volume);

  function sweep(): void {
    for (const instance of tables.instance.all().slice())
      if (instance.power.to === 'terminated' && now() >= instance.power.doneAt + facts.pace.terminatedVisible)
        tables.instance.remove(instance.id);
    for (const volume of tables.volume.all().slice())
      if (volumeState(volume, now()) === undefined && now() >= (volume.binnedUntil ?? 0))
        tables.volume.remove(volume.id);
    const over = tables.snapshot.all().filter(({ binned }) => binned !== undefined && now() >= binned.until);
    for (const { id } of over) tables.snapshot.remove(id);
  }
  return {
    ...facts,
    tables,
    tokens: new Map(beginning.tokens),
    broken: [...beginning.broken],
    newId: (kind) => idOf(kind === 'reservation' ? 'r' : prefixes[kind], `${seed}:made:${++made}`),
    attachedTo: ({ id, rootDevice }) =>
      (holders().get(id) ?? [])
        .filter(({ attachment }) => attachmentState(attachment, now()) !== undefined)
        .toSorted((one, other) => (orderOf(one, rootDevice) < orderOf(other, rootDevice) ? -1 : 1)),
    sweep,
    made: () => made,
  };
}

function orderOf({ attachment }: Attached, rootDevice: string): string {
  return attachment.device === rootDevice ? '' : attachment.device;
}

/** Volumes by instance, worked out again only after a volume has changed. */
function createHolders(volumes: Table<Volume>): () => ReadonlyMap<string, readonly Attached[]> {
  let known: Map<string, Attached[]> | undefined;
  let version = -1;
  return () => {
    if (known !== undefined && version === volumes.version()) return known;
    known = new Map();
    version = volumes.version();
    for (const volume of volumes.all())
      for (const attachment of volume.attachments)
        known.set(attachment.instanceId, [...(known.get(attachment.instanceId) ?? []), { volume, attachment }]);
    return known;
  };
}

/** False for what is gone, though not swept away yet, or in the Recycle Bin. */
export function exists<K extends Kind>(world: World, kind: K, record: Kept[K]): boolean {
  if (kind === 'volume') return volumeState(record as Volume, world.now()) !== undefined;
  if (kind === 'snapshot') return (record as Snapshot).binned === undefined;
  if (kind !== 'instance') return true;
  const { power } = record as Instance;
  return power.to !== 'terminated' || world.now() < power.doneAt + world.pace.terminatedVisible;
}

/** Those that exist, in the order of the ids. Throws `…Malformed` and `….NotFound` that names all that are missing. */
export function find<K extends Kind>(world: World, kind: K, ids: readonly string[]): Kept[K][] {
  checkIds(kind, ids);
  const table = world.tables[kind] as unknown as Table<Kept[K]>;
  const found = ids.map((id) => table.get(id)).filter((one) => one !== undefined && exists(world, kind, one));
  if (found.length === ids.length) return found as Kept[K][];
  const there = new Set(found.map((one) => one?.id));
  throw notFound(
    kind,
    ids.filter((id) => !there.has(id)),
  );
}

export function findOne<K extends Kind>(world: World, kind: K, id: string): Kept[K] {
  return find(world, kind, [id])[0] as Kept[K];
}

/**
 * Whether a read already shows it. For a while after the creation every reader, told apart by `reader`, may see something
 * else. Source: https://docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html
 */
export function isVisible(record: { id: string; bornAt: number }, of: { now: number; lagMs: number; reader: string }) {
  const age = of.now - record.bornAt;
  return age >= of.lagMs || age >= of.lagMs * (0.2 + 0.8 * diceOf(`${of.reader}${record.id}`));
}

/** An instance by id or Name that is not gone: for people, not for the API. */
export function named(world: World, word: string): Instance | undefined {
  const alive = world.tables.instance
    .all()
    .filter((one) => exists(world, 'instance', one) && instanceState(one, world.now()) !== 'terminated');
  return alive.find(({ id }) => id === word) ?? alive.find(({ tags }) => tags.get('Name') === word);
}
