import { type Instance, type Kept, type Kind, perKind, type Volume } from './model.ts';
import { paceAt } from './pace.ts';
import { seedWorld } from './seed.ts';
import { openStateFile, type Saved } from './state-file.ts';
import { rootTaskInstants } from './states.ts';
import { type Beginning, createWorld, type World } from './world.ts';

export type KeepOptions = {
  instances: number;
  speed: number;
  seed: number;
  now: () => number;
  account: string;
  region: string;
  stateFile: string | undefined;
  /** The worlds of other Regions, for copies from there. */
  neighbour?: World['neighbour'];
  /** Left out: every key may be used. */
  keyUse?: World['keyUse'] | undefined;
};

/** The world, made from the seed and what the state file says has changed since. */
export type Keep = {
  world: () => World;
  /** Back to the seed, whose ages count from now. */
  reset: () => void;
  /** Writes soon. */
  save: () => void;
  close: () => Promise<void>;
};

/** GiB of one volume type that AWS grants at first, beyond what the first fleet has.
 *  Source: https://docs.aws.amazon.com/ebs/latest/userguide/ebs-resource-quotas.html */
const grantedGiB = 50 * 1_024;

type Changes = { [K in Kind]: Map<string, Kept[K] | null> };

export function openKeep(options: KeepOptions, onChange: () => void): Keep {
  const file = openStateFile(options.stateFile, current);
  const seed = file.saved?.seed ?? options.seed;
  // A fleet can grow from one start to the next; it never shrinks, since a run may still need what is there.
  const instances = Math.max(file.saved?.instances ?? 0, options.instances);
  let startedAt = file.saved?.startedAt ?? options.now();
  let changed = changesOf(file.saved);
  let world = build(file.saved);

  function build(saved: Saved | undefined) {
    const { account, region } = options;
    const zones = ['a', 'b', 'c'].map((letter) => region + letter);
    const kmsKeyId = `arn:aws:kms:${region}:${account}:key/1c0ffee0-0000-4000-8000-00000000da7a`;
    const fresh = seedWorld({ seed, startedAt, account, zones, kmsKeyId, instances });
    const quotas = quotasOf(fresh.records.volume);
    return createWorld({
      now: options.now,
      account,
      region,
      zones,
      pace: paceAt(options.speed),
      neighbour: options.neighbour ?? (() => undefined),
      keyUse: options.keyUse ?? (() => 'usable'),
      quotaGiB: (type) => (quotas.get(type) ?? 0) + grantedGiB,
      seed,
      beginning: saved === undefined ? fresh : overlaid(fresh, saved),
      onChange: (kind, id, record) => {
        (changed[kind] as Map<string, Kept[Kind] | null>).set(id, record);
        onChange();
      },
    });
  }
  function current(): Saved {
    const { tokens, broken, made } = world;
    return { seed, instances, startedAt, made: made(), changed, tokens, broken };
  }
  return {
    world: () => world,
    reset: () => {
      startedAt = options.now();
      changed = changesOf(undefined);
      world = build(undefined);
      file.save();
    },
    save: file.save,
    close: file.close,
  };
}

function changesOf(saved: Saved | undefined): Changes {
  return perKind((kind) => new Map<string, Kept[Kind] | null>(saved?.changed[kind])) as Changes;
}

function overlaid(fresh: Beginning, saved: Saved): Beginning {
  const lay = <K extends Kind>(kind: K): readonly Kept[K][] => {
    const records = new Map<string, Kept[K] | null>(fresh.records[kind].map((record) => [record.id, record]));
    for (const [id, record] of saved.changed[kind] as ReadonlyMap<string, Kept[K] | null>) records.set(id, record);
    return [...records.values()].filter((record) => record !== null);
  };
  return {
    records: perKind(lay) as Beginning['records'],
    made: saved.made,
    tokens: saved.tokens,
    broken: saved.broken,
  };
}

function quotasOf(volumes: readonly Volume[]): Map<string, number> {
  const used = new Map<string, number>();
  for (const { type, sizeGiB } of volumes) used.set(type, (used.get(type) ?? 0) + sizeGiB);
  return used;
}

/** When the first change after `since` comes without anybody doing anything; undefined = nothing is on its way. Epoch ms. */
export function nextChangeAt(world: World, since: number): number | undefined {
  let next = Number.POSITIVE_INFINITY;
  const consider = (at: number | null | undefined): void => {
    if (at !== null && at !== undefined && at > since && at < next) next = at;
  };
  const { instance, volume, snapshot, rootTask } = world.tables;
  for (const one of instance.all()) for (const at of instantsOf(one)) consider(at);
  for (const one of volume.all()) {
    for (const at of [one.readyAt, one.leaving?.since, one.leaving?.goneAt]) consider(at);
    for (const { readyAt, leaving } of one.attachments)
      for (const at of [readyAt, leaving?.since, leaving?.goneAt]) consider(at);
  }
  for (const one of volume.all()) for (const at of [one.initialization?.doneAt, one.binnedUntil]) consider(at);
  for (const one of snapshot.all()) for (const at of [one.doneAt, one.binned?.until]) consider(at);
  for (const one of rootTask.all()) for (const at of rootTaskInstants(one, world.pace)) consider(at);
  return Number.isFinite(next) ? next : undefined;
}

function instantsOf({ power, initializedAt, recoversAt }: Instance): (number | undefined)[] {
  return [power.doneAt, initializedAt, recoversAt];
}
