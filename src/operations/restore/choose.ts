import { Refusal } from '#errors.ts';
import { isCopy, isGood, lineage } from '#lib/backups.ts';
import { label } from '#lib/format.ts';
import { runTag, setTag, sourceTag } from '#lib/tags.ts';
import type { Snapshot, Volume } from '#ports/cloud.ts';

import type { From } from './from.ts';

/** True for a snapshot of this volume's data, copies included (a copy names its source by our tag only). */
export function isOf(snapshot: Snapshot, volume: Volume): boolean {
  const ids: readonly string[] = lineage(volume);
  return ids.includes(snapshot.volumeId) || ids.includes(snapshot.tags[sourceTag] ?? '');
}

/** Taken straight from this volume or an earlier one of its line: AWS takes no other for a root volume in place. */
export function isDirect(snapshot: Snapshot, volume: Volume): boolean {
  return lineage(volume).includes(snapshot.volumeId);
}

export type Choosing = { snapshots: readonly Snapshot[]; from: From; mixed: boolean; now: number };

/**
 * A snapshot for each volume of one server, in their order. Several volumes go back to one instant, the newest at which
 * all of them were taken together, unless `mixed` allows each its own. Throws Refusal. Pure.
 */
export function chooseSnapshots(volumes: readonly Volume[], of: Choosing): readonly Snapshot[] {
  const own = volumes.map((volume) => ({ volume, usable: usableOf(volume, of) }));
  if (volumes.length === 1 || of.mixed || of.from.kind === 'snapshot') return own.map(({ usable }) => usable[0]!);
  const together = newestTogether(own.map(({ usable }) => usable));
  if (together !== undefined) return together;
  const names = volumes.map(({ id }) => id).join(' and ');
  throw new Refusal(
    'unsuitable',
    `There is no instant at which ${names} were snapshotted together, so the disks would not fit each other. Add \`--mixed\` to take the newest of each all the same, or name one volume: \`/restore ${volumes[0]!.id}\`.`,
  );
}

/** The snapshots of a volume that can be restored and fit `from`, newest first; at least one. */
function usableOf(volume: Volume, of: Choosing): readonly Snapshot[] {
  const { from, now } = of;
  const own = of.snapshots.filter((snapshot) => isOf(snapshot, volume)).toSorted((a, b) => b.startedAt - a.startedAt);
  if (from.kind === 'snapshot') return [mustBeUsable(own.find(({ id }) => id === from.id)!)];
  const wanted = from.kind === 'set' ? own.filter((snapshot) => isOfRun(snapshot, from.run)) : own;
  const before = from.kind === 'before' ? from.at : from.kind === 'ago' ? now - from.ms : now;
  const usable = wanted.filter((one) => isGood(one) && one.startedAt <= before);
  const originals = usable.filter((one) => !isCopy(one));
  // A fresh copy may hold old data: it is taken only where there is nothing else.
  if (usable.length > 0) return originals.length > 0 ? originals : usable;
  throw new Refusal('not-found', `${label(volume)} cannot be restored: ${lacking(own, of)} ${nextMove(volume)}`);
}

function isOfRun(snapshot: Snapshot, run: string): boolean {
  return snapshot.tags[runTag] === run || snapshot.tags[setTag]?.startsWith(`${run}.`) === true;
}

function lacking(own: readonly Snapshot[], { from }: Choosing): string {
  if (own.length === 0) return 'there is no snapshot of it at all.';
  if (from.kind === 'set') return `run \`${from.run}\` made no completed snapshot of it.`;
  return 'none of its snapshots is completed and old enough.';
}

function nextMove(volume: Volume): string {
  return `Make one with \`/snapshot ${volume.id}\`, or see what there is with \`/fleet ${volume.id}\`.`;
}

/** AWS stamps all snapshots of one CreateSnapshots call with one start time; ours carry the set in a tag as well. */
function setOf(snapshot: Snapshot): string {
  return snapshot.tags[setTag] ?? String(snapshot.startedAt);
}

function newestTogether(lists: readonly (readonly Snapshot[])[]): readonly Snapshot[] | undefined {
  for (const first of lists[0] ?? []) {
    const set = lists.map((list) => list.find((snapshot) => setOf(snapshot) === setOf(first)));
    if (set.every((snapshot) => snapshot !== undefined)) return set;
  }
  return undefined;
}

function mustBeUsable(snapshot: Snapshot): Snapshot {
  if (snapshot.state !== 'completed')
    throw new Refusal(
      'unsuitable',
      `${snapshot.id} is ${snapshot.state}${snapshot.state === 'pending' ? ` (${snapshot.progress} %)` : ''}, and only a completed snapshot can be restored. Wait for it, or leave \`--from\` out to take the latest completed one.`,
    );
  if (snapshot.tier !== 'standard')
    throw new Refusal(
      'unsuitable',
      `${snapshot.id} is in the archive tier, and getting it back takes up to 72 h. Restore it from the archive in the AWS console first.`,
    );
  return snapshot;
}
