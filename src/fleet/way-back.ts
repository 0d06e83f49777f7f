import type { LastDrill } from '#lib/drills.ts';
import { count, duration } from '#lib/format.ts';
import type { Instance, Snapshot } from '#ports/cloud.ts';
import type { Line, Piece } from '#ports/text.ts';

/** What a restore of a server would cost, for the words of an alert. */
export type WayBack = {
  instance: Pick<Instance, 'mappings'>;
  /** The newest completed snapshot of each disk that has one; undefined: could not be read. */
  snapshots: readonly Snapshot[] | undefined;
  /** The newest restore drill of each disk that had one; undefined: could not be read. */
  drills: readonly LastDrill[] | undefined;
  /** The usual time of a stop, a start and the checks. */
  serverMs: number;
  now: number;
};

/**
 * MiB/s at which a disk may be counted on to become full: the least that AWS sells. What nobody pays for has no promise.
 * Source: https://docs.aws.amazon.com/ebs/latest/userguide/initalize-volume.html
 */
const leastRate = 100;
const mib = 1_048_576;

/** How much work a restore would lose. Pure. */
export function lastSnapshot({ instance, snapshots, now }: WayBack): Line {
  if (snapshots === undefined) return 'could not be read';
  const disks = instance.mappings.length;
  const newest = snapshots.toSorted((a, b) => b.startedAt - a.startedAt)[0];
  if (newest === undefined)
    return disks === 1 ? 'NONE: it has no completed one' : `NONE: no disk of its ${disks} has a completed one`;
  const missing = disks - snapshots.length;
  const oldest = Math.min(...snapshots.map(({ startedAt }) => startedAt));
  const pieces: Piece[] = [`${duration(now - newest.startedAt)} old, `, { code: newest.id }];
  if (missing > 0) pieces.push(`; ${count(missing, 'disk')} of ${disks} without any`);
  else if (oldest < newest.startedAt) pieces.push(`; the oldest of its disks' is ${duration(now - oldest)} old`);
  return pieces;
}

/**
 * How long a restore would take: as long as the last drill of its disks, the slowest counting, and a stop and a start; by
 * size and rate where there was no drill. Pure.
 */
export function restoreTime(of: WayBack): Line {
  const { instance, snapshots, drills, serverMs, now } = of;
  if (drills === undefined) return 'could not be read';
  const failed = drills.find(({ why }) => why !== undefined);
  if (failed !== undefined)
    return `NOT SURE: the drill ${duration(now - failed.at)} ago could not restore ${failed.name}: ${(failed.why ?? '').slice(0, 200)}`;
  if (snapshots?.length === 0) return 'no restore is possible: there is no snapshot';
  const disks = instance.mappings.length;
  if (drills.length === 0)
    return `about ${duration(serverMs)}, estimated, as no drill has tried it${slowUntil(snapshots)}`;
  const slowest = Math.max(...drills.map(({ ms = 0 }) => ms));
  const oldest = Math.min(...drills.map(({ at }) => at));
  const missing = disks - drills.length;
  return [
    `about ${duration(serverMs + slowest)}: ${duration(slowest)} for its disks as in the drill ${duration(now - oldest)} ago, ${duration(serverMs)} for a stop and a start`,
    ...(missing > 0 ? [`; ${missing} of ${disks} disks never drilled`] : []),
  ];
}

/** A restored disk works at once, and slowly until its blocks are there. */
function slowUntil(snapshots: readonly Snapshot[] | undefined): string {
  if (snapshots === undefined) return '';
  const bytes = (one: Snapshot) => one.fullSizeBytes ?? one.sizeGiB * 1_024 * mib;
  const all = snapshots.map(bytes);
  const largest = Math.max(...all);
  const gib = Math.ceil(all.reduce((sum, one) => sum + one, 0) / (1_024 * mib));
  return `; slow for ${duration((largest / mib / leastRate) * 1_000)} more, until its ${gib} GiB are back (at ${leastRate} MiB/s)`;
}
