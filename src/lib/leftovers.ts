import type { Snapshot, Volume } from '#ports/cloud.ts';
import { openRunStates, type Run } from '#ports/history.ts';
import type { RunId, SnapshotId, VolumeId } from '#ports/ids.ts';
import type { TerraformStates } from '#ports/terraform.ts';

import { duration } from './format.ts';
import { sourceVolume } from './retention.ts';
import { holdTag, runTag, terraformTag, volumeTag } from './tags.ts';
import { managedVolumes } from './terraform.ts';

/** What runs left in the account: disks kept for undo, and things that no run owns any more. */

/** A disk that a restore replaced and promised to keep until `until` (epoch ms). */
export type HeldVolume = { volume: Volume; run: RunId; until: number };
export type Orphan =
  | { kind: 'volume'; volume: Volume; run: RunId; why: string }
  | { kind: 'snapshot'; snapshot: Snapshot; run: RunId; why: string };
export type Stays<Why> = { id: VolumeId | SnapshotId; why: Why; detail: string };

type HeldWhy = 'attached' | 'not-free' | 'still-held' | 'unknown-run' | 'run' | 'terraform';
type OrphanWhy = 'young' | 'run' | 'newest' | 'backup' | 'pending';

/** Until when a restore keeps this disk for its undo (epoch ms), by its tag alone; undefined: it does not, or it is in use. Pure. */
export function keptUntil({ tags, attachments }: Pick<Volume, 'tags' | 'attachments'>): number | undefined {
  const until = Date.parse(own(tags, holdTag) ?? '');
  return attachments.length > 0 || Number.isNaN(until) ? undefined : until;
}

/** The runs that these were tagged with, for looking them up. */
export function runsNamed(things: readonly Pick<Volume | Snapshot, 'tags'>[]): RunId[] {
  return [...new Set(things.flatMap(({ tags }) => own(tags, runTag) ?? []))];
}

/**
 * Which of the kept disks have had their time. Only what a run that is done names in its plan, and that hangs on
 * nothing, counts: a tag alone can be copied by anybody. What a Terraform state still names stays: the next apply would make
 * an empty one in its place. `coming`: kept still, the soonest to end first. Pure.
 */
export function judgeHeld(
  volumes: readonly Volume[],
  { runs, states, now }: { runs: ReadonlyMap<RunId, Run>; states: TerraformStates; now: number },
): { expired: HeldVolume[]; coming: HeldVolume[]; stays: Stays<HeldWhy>[] } {
  const expired: HeldVolume[] = [];
  const coming: HeldVolume[] = [];
  const stays: Stays<HeldWhy>[] = [];
  const managed = managedVolumes(states);
  for (const volume of volumes) {
    const said = own(volume.tags, holdTag);
    if (said === undefined) continue;
    const until = Date.parse(said);
    const id = own(volume.tags, runTag) ?? '';
    const over = until <= now ? inTerraform(volume, managed, states) : undefined;
    const no = notOurs(volume, id, runs.get(id)) ?? notFree(volume) ?? over;
    if (no !== undefined) stays.push({ id: volume.id, ...no });
    else if (until <= now) expired.push({ volume, run: id, until });
    else {
      stays.push({ id: volume.id, why: 'still-held', detail: stillHeld(until, now) });
      if (!Number.isNaN(until)) coming.push({ volume, run: id, until });
    }
  }
  return { expired, coming: coming.toSorted((a, b) => a.until - b.until), stays };
}

function notOurs(volume: Volume, id: RunId, run: Run | undefined): Omit<Stays<HeldWhy>, 'id'> | undefined {
  if (run === undefined || !JSON.stringify(run.order.plan).includes(`"${volume.id}"`))
    return { why: 'unknown-run', detail: `no run ${id} here has replaced it` };
  if (isOpen(run)) return { why: 'run', detail: `run ${id} is ${run.state}` };
  // Put back by an undo, it is in service again, and the tag is only left over.
  const back = run.undoneBy ?? (run.state === 'done' ? undefined : id);
  return back === undefined ? undefined : { why: 'unknown-run', detail: `run ${back} has put it back` };
}

function notFree({ attachments, state }: Volume): Omit<Stays<HeldWhy>, 'id'> | undefined {
  const [host] = attachments;
  if (host !== undefined) return { why: 'attached', detail: `hangs on ${host.instanceId}` };
  return state === 'available' ? undefined : { why: 'not-free', detail: `is ${state}` };
}

function inTerraform(
  { id, tags }: Volume,
  managed: ReadonlyMap<VolumeId, string>,
  { read, problems }: TerraformStates,
): Omit<Stays<HeldWhy>, 'id'> | undefined {
  const address = managed.get(id);
  if (address !== undefined)
    return { why: 'terraform', detail: `Terraform has it as ${address}; import the new one first (docs/terraform.md)` };
  const isKnown = own(tags, terraformTag) === undefined || (read.length > 0 && problems.length === 0);
  return isKnown ? undefined : { why: 'terraform', detail: 'Terraform had it, and not all its states can be read now' };
}

function stillHeld(until: number, now: number): string {
  return Number.isNaN(until) ? 'its tag holds no time' : `kept for undo for another ${duration(until - now)}`;
}

/** Nothing that ended a moment ago: its last calls may not show yet. */
const graceMs = 3_600_000;
/** Another Deckhand may work in this account, and its runs are not known here. */
const strangeGraceMs = 24 * 3_600_000;

/**
 * What was made for a run that is over without having been done, or that is not known here: disks that hang on nothing, and
 * snapshots that failed or belong to work that was put back. What a run that is done has made is a person's, not a leftover;
 * a completed snapshot of an unknown run is a backup, and the newest of a disk is never a leftover. Pure.
 */
export function judgeOrphans(of: {
  volumes: readonly Volume[];
  snapshots: readonly Snapshot[];
  runs: ReadonlyMap<RunId, Run>;
  /** The newest completed snapshot of each disk. */
  newest: ReadonlyMap<VolumeId, SnapshotId>;
  now: number;
}): { orphans: Orphan[]; stays: Stays<OrphanWhy>[] } {
  const orphans: Orphan[] = [];
  const stays: Stays<OrphanWhy>[] = [];
  for (const volume of of.volumes) {
    const run = own(volume.tags, runTag);
    if (run === undefined || !isLoose(volume)) continue;
    const verdict = verdictOn(run, of.runs.get(run), volume.createdAt, of.now);
    if (verdict === undefined) continue;
    if ('stays' in verdict) stays.push({ id: volume.id, ...verdict.stays });
    else orphans.push({ kind: 'volume', volume, run, why: verdict.why });
  }
  for (const snapshot of of.snapshots) {
    const run = own(snapshot.tags, runTag);
    if (run === undefined) continue;
    const verdict = ofSnapshot(snapshot, run, of);
    if (verdict === undefined) continue;
    if ('stays' in verdict) stays.push({ id: snapshot.id, ...verdict.stays });
    else orphans.push({ kind: 'snapshot', snapshot, run, why: verdict.why });
  }
  return { orphans, stays };
}

type Verdict = { why: string } | { stays: Omit<Stays<OrphanWhy>, 'id'> } | undefined;

function ofSnapshot(
  snapshot: Snapshot,
  id: RunId,
  { runs, newest, now }: Pick<Parameters<typeof judgeOrphans>[0], 'runs' | 'newest' | 'now'>,
): Verdict {
  const run = runs.get(id);
  if (snapshot.state === 'error') {
    // Failed ones hold nothing and count against the disk's limit, however the run ended.
    const verdict = verdictOn(id, run, snapshot.startedAt, now);
    return verdict ?? { why: `failed, made by run ${id}` };
  }
  if (run?.state === 'done') return undefined;
  if (snapshot.state !== 'completed') return { stays: { why: 'pending', detail: `is ${snapshot.state}` } };
  if (run === undefined) return { stays: { why: 'backup', detail: `a backup by run ${id}, which is not known here` } };
  const source = sourceVolume(snapshot);
  if (source === undefined || newest.get(source) === snapshot.id)
    return { stays: { why: 'newest', detail: `run ${id} is ${run.state}, but this is the newest backup of its disk` } };
  return verdictOn(id, run, snapshot.startedAt, now);
}

/** undefined: the run is done, so what it made is nobody's leftover. */
function verdictOn(id: RunId, run: Run | undefined, bornAt: number, now: number): Verdict {
  if (run === undefined)
    return now - bornAt < strangeGraceMs
      ? { stays: { why: 'young', detail: `run ${id} is not known here, and it is younger than a day` } }
      : { why: `run ${id} is not known here` };
  if (isOpen(run)) return { stays: { why: 'run', detail: `run ${id} is ${run.state}` } };
  if (run.state === 'done') return undefined;
  return now - (run.endedAt ?? run.updatedAt) < graceMs
    ? { stays: { why: 'young', detail: `run ${id} (${run.state}) ended less than an hour ago` } }
    : { why: `run ${id} is ${run.state}` };
}

function isOpen({ state }: Run): boolean {
  return openRunStates.some((open) => open === state);
}

/** Made by us (not merely replaced), kept for nobody, hanging on nothing. */
function isLoose({ tags, attachments, state }: Volume): boolean {
  return (
    own(tags, volumeTag) !== undefined &&
    own(tags, holdTag) === undefined &&
    attachments.length === 0 &&
    (state === 'available' || state === 'error')
  );
}

function own(tags: Volume['tags'], key: string): string | undefined {
  return Object.hasOwn(tags, key) ? tags[key] : undefined;
}
