import { Refusal } from '#errors.ts';
import { judgeHeld, judgeOrphans } from '#lib/leftovers.ts';
import { describeRules } from '#lib/retention-words.ts';
import {
  judgeRetention,
  type KeepReason,
  type Kept,
  type RetentionRules,
  sourceVolume,
  type Unit,
} from '#lib/retention.ts';
import type { Snapshot, Volume } from '#ports/cloud.ts';
import type { Run } from '#ports/history.ts';
import type { ResourceId, RunId, SnapshotId, VolumeId } from '#ports/ids.ts';
import type { TerraformStates } from '#ports/terraform.ts';

import { type Guard, guarded, type GuardKind, type Guards, ownerOf, type OwnerKind, type Policies } from './guards.ts';

/** Deleted together or not at all. `state`: what it must still be right before. */
export type PlannedUnit = {
  ids: readonly ResourceId[];
  /** Volumes whose newest backup must still be there when it is deleted. */
  sources: readonly VolumeId[];
  takenAt: number;
  sizeGiB: number;
  state: 'completed' | 'error' | 'available';
  /** Why, where it is not the rules. */
  why?: string;
};
export type SkipReason =
  | KeepReason
  | GuardKind
  | OwnerKind
  | 'attached'
  | 'not-free'
  | 'still-held'
  | 'unknown-run'
  | 'terraform'
  | 'backup';
export type Skipped = { id: ResourceId; why: SkipReason; detail: string };

export type CleanupPlan = {
  kind: 'snapshots' | 'held' | 'orphans';
  /** What was asked, as people said it. */
  asked: string;
  units: readonly PlannedUnit[];
  /** By volume: the newest backup, which stays. */
  newest: Readonly<Record<VolumeId, SnapshotId>>;
  skipped: readonly Skipped[];
  sizeGiB: number;
  /** US dollars a month at most, from the configured prices. */
  savesAtMost: number;
  /** How long AWS's rate for deletions makes it last, at least. */
  leastMs: number;
  /** The Recycle Bin holds something now, so there are rules that may catch this as well. */
  binInUse: boolean;
};

/** US dollars for a GiB and month. */
export type Prices = { snapshotGiBMonth: number; archiveGiBMonth: number; volumeGiBMonth: number };
/** Deletions AWS takes at once and in a second, at the share of them that Deckhand uses. */
export type Rate = { burst: number; perSecond: number };

export type SnapshotFacts = {
  asked: string;
  rules: RetentionRules;
  policies: Policies;
  snapshots: readonly Snapshot[];
  serverOf: (volume: VolumeId) => string | undefined;
  guards: Guards;
  now: number;
  prices: Prices;
  rate: Rate;
  binInUse: boolean;
};

/** What the rules leave nothing to say for goes; everything else is named with its reason. Refuses when nothing would go. Pure. */
export function planSnapshots(facts: SnapshotFacts): CleanupPlan {
  const { snapshots, rules, serverOf, now } = facts;
  const guards = guarded(facts.guards, now);
  const owned = ownersOf(snapshots, facts.policies);
  // What another service deletes when it likes is nobody's last backup, and counts for none.
  const ours = snapshots.filter(({ id }) => !owned.has(id));
  const held = new Map([...guards].map(([id, { detail }]) => [id, detail]));
  const judged = judgeRetention(ours, { rules, now, serverOf, held });
  const known = new Map(snapshots.map((one) => [one.id, one]));
  return planOf(facts, {
    kind: 'snapshots',
    asked: `${facts.asked}: ${describeRules(rules)}`,
    units: judged.delete.map((unit) => plannedUnit(unit, known)),
    newest: Object.fromEntries(judged.newest),
    skipped: [
      ...judged.keep.map((one) => toldAs(one, guards.get(one.id))),
      ...[...owned].map(([id, { kind, detail }]) => ({ id, why: kind, detail })),
    ],
    archived: new Set(snapshots.filter(({ tier }) => tier === 'archive').map(({ id }) => id)),
  });
}

/** Adds what is the same for all kinds. Throws Refusal "nothing". */
export function planOf(
  { prices, rate, binInUse }: Pick<SnapshotFacts, 'prices' | 'rate' | 'binInUse'>,
  of: Pick<CleanupPlan, 'kind' | 'asked' | 'units' | 'newest' | 'skipped'> & { archived?: ReadonlySet<string> },
): CleanupPlan {
  const { archived, ...plan } = of;
  if (plan.units.length === 0) throw new Refusal('nothing', nothing(plan));
  const priceOf = ({ ids, state }: PlannedUnit) => {
    if (state === 'available') return prices.volumeGiBMonth;
    return ids.some((id) => archived?.has(id)) ? prices.archiveGiBMonth : prices.snapshotGiBMonth;
  };
  const used = new Set<VolumeId>(plan.units.flatMap(({ sources }) => sources));
  const calls = plan.units.reduce((sum, { ids }) => sum + ids.length, 0);
  return {
    ...plan,
    binInUse,
    newest: Object.fromEntries(Object.entries(plan.newest).filter(([volume]) => used.has(volume as VolumeId))),
    sizeGiB: plan.units.reduce((sum, { sizeGiB }) => sum + sizeGiB, 0),
    savesAtMost: Math.round(plan.units.reduce((sum, one) => sum + one.sizeGiB * priceOf(one), 0) * 100) / 100,
    leastMs: Math.round((Math.max(0, calls - rate.burst) / rate.perSecond) * 1_000),
  };
}

function nothing({ asked, skipped }: Pick<CleanupPlan, 'asked' | 'skipped'>): string {
  const looked = skipped.length === 0 ? 'nothing matches' : `${skipped.length} match and all of them stay`;
  return `There is nothing to delete (${asked}): ${looked}. Loosen the rules or the selector if you expected more.`;
}

function plannedUnit({ ids, sources, takenAt }: Unit, known: ReadonlyMap<SnapshotId, Snapshot>): PlannedUnit {
  const sizeGiB = ids.reduce((sum, id) => sum + sizeOf(known.get(id)), 0);
  return { ids, sources, takenAt, sizeGiB, state: 'completed' };
}

/** The blocks it holds, where AWS tells; the size of the disk is more than that. */
export function sizeOf(snapshot: Snapshot | undefined): number {
  if (snapshot?.fullSizeBytes === undefined) return snapshot?.sizeGiB ?? 0;
  return Math.round((snapshot.fullSizeBytes / 2 ** 30) * 10) / 10;
}

/** Who needs it says more than that it is a copy. */
function toldAs(one: Kept, guard: Guard | undefined): Skipped {
  if (guard === undefined || (one.why !== 'held' && one.why !== 'unknown-source')) return one;
  return { id: one.id, why: guard.kind, detail: guard.detail };
}

function ownersOf(snapshots: readonly Snapshot[], policies: Policies) {
  const found = new Map<SnapshotId, Guard<OwnerKind>>();
  for (const one of snapshots) {
    const owner = ownerOf(one, policies);
    if (owner !== undefined) found.set(one.id, owner);
  }
  return found;
}

export type LeftoverFacts = Pick<SnapshotFacts, 'guards' | 'now' | 'prices' | 'rate' | 'binInUse'> & {
  volumes: readonly Volume[];
  runs: ReadonlyMap<RunId, Run>;
};

/** Disks that restores have replaced and whose promised time is over. Refuses when there are none. Pure. */
export function planHeld(facts: LeftoverFacts & { states: TerraformStates }): CleanupPlan {
  const { expired, stays } = judgeHeld(facts.volumes, facts);
  const busy = new Map(facts.guards.claims.map(({ resource, run }) => [resource, run]));
  const free = expired.filter(({ volume }) => !busy.has(volume.id));
  return planOf(facts, {
    kind: 'held',
    asked: 'replaced disks past the time they were kept for undo',
    units: free.map(({ volume, run, until }) => ({
      ...volumeUnit(volume, until),
      why: `replaced by run ${run}, kept until ${new Date(until).toISOString().slice(0, 10)}`,
    })),
    newest: {},
    skipped: [...stays, ...expired.flatMap(({ volume: { id } }) => busyOne(id, busy.get(id)))],
  });
}

/** What runs have left behind. Refuses when there is nothing. Pure. */
export function planOrphans(facts: LeftoverFacts & { snapshots: readonly Snapshot[] }): CleanupPlan {
  const { snapshots, now } = facts;
  const newest = judgeRetention(snapshots, { rules: { timezone: 'UTC' }, now }).newest;
  const { orphans, stays } = judgeOrphans({ ...facts, newest });
  const guards = guarded(facts.guards, now);
  const units: PlannedUnit[] = [];
  const skipped: Skipped[] = [...stays];
  for (const orphan of orphans) {
    if (orphan.kind === 'volume')
      units.push({ ...volumeUnit(orphan.volume, orphan.volume.createdAt), why: orphan.why });
    else {
      const { id } = orphan.snapshot;
      const guard = guards.get(id);
      if (guard === undefined) units.push({ ...snapshotUnit(orphan.snapshot), why: orphan.why });
      else skipped.push({ id, why: guard.kind, detail: guard.detail });
    }
  }
  return planOf(facts, {
    kind: 'orphans',
    asked: 'what runs have left behind',
    units,
    newest: Object.fromEntries(newest),
    skipped,
  });
}

function volumeUnit({ id, sizeGiB }: Volume, takenAt: number): PlannedUnit {
  return { ids: [id], sources: [], takenAt, sizeGiB, state: 'available' };
}

function snapshotUnit(one: Snapshot): PlannedUnit {
  const source = one.state === 'completed' ? sourceVolume(one) : undefined;
  return {
    ids: [one.id],
    sources: source === undefined ? [] : [source],
    takenAt: one.startedAt,
    sizeGiB: one.state === 'completed' ? sizeOf(one) : 0,
    state: one.state === 'completed' ? 'completed' : 'error',
  };
}

function busyOne(id: VolumeId, run: string | undefined): Skipped[] {
  return run === undefined ? [] : [{ id, why: 'run', detail: `run ${run} works with it` }];
}
