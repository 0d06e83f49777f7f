import { newestGood } from '#lib/backups.ts';
import { drillOf, type LastDrill } from '#lib/drills.ts';
import { seatAt } from '#lib/places.ts';
import { chosenBy } from '#lib/tag-coverage.ts';
import type { Place, Snapshot, Volume } from '#ports/cloud.ts';
import { home } from '#ports/clouds.ts';
import type { SnapshotSchedule } from '#ports/timed-settings.ts';

import { judgeBackups } from './backup-verdict.ts';
import type { Facts } from './digest-summary.ts';

/** How far the promise of a schedule is kept. `oldestAt`: as of `judgeBackups`. */
export type Promised = { name: string; rpoMs: number; volumes: number; late: number; oldestAt: number | undefined };
/** `never`: disks in use that no drill has tried yet. */
export type Drilled = {
  /** When the newest was; undefined = none. */
  at: number | undefined;
  tried: number;
  failed: readonly LastDrill[];
  slowestMs: number;
  never: number;
};
/** How old the newest good snapshot of each disk in use is: under a day, two, a week, a month, older, none. */
export type Ages = readonly (readonly [label: string, disks: number])[];

const dayMs = 86_400_000;
const steps = [
  ['under 1 d', dayMs],
  ['1 to 2 d', 2 * dayMs],
  ['2 to 7 d', 7 * dayMs],
  ['7 to 30 d', 30 * dayMs],
  ['older', Infinity],
] as const;

/** Each schedule with an RPO, by what of it the digest is about; one whose place could not be read is left out. Pure. */
export function promisesOf(
  facts: readonly Facts[],
  of: { schedules: readonly SnapshotSchedule[]; now: number; pendingMs: number; unreadHome: Place | undefined },
): readonly Promised[] {
  return of.schedules.flatMap((schedule): Promised[] => {
    const { name, rpoMs } = schedule;
    const places = facts.map((one) => one.place);
    const place = seatAt(of.unreadHome === undefined ? places : [of.unreadHome, ...places], schedule.place ?? home);
    const there = facts.find((one) => one.place === place);
    if (rpoMs === undefined || there === undefined) return [];
    const { instances, volumes, snapshots } = there;
    if (!('value' in instances && 'value' in volumes && 'value' in snapshots)) return [];
    const stock = { place: there.place, instances: instances.value, volumes: volumes.value };
    const chosen = chosenBy(schedule, stock).volumes;
    if (chosen.length === 0) return [];
    const verdict = judgeBackups(
      { volumes: chosen, snapshots: snapshots.value },
      // As it is, also right after a start: only alerts give a schedule time.
      { now: of.now, rpoMs, since: 0, pendingMs: of.pendingMs },
    );
    return [{ name, rpoMs, volumes: verdict.volumes, late: verdict.late.length, oldestAt: verdict.oldestAt }];
  });
}

/** What the newest drills of disks in use showed. Pure. */
export function drilledOf(volumes: readonly Volume[], drills: ReadonlyMap<string, LastDrill>): Drilled {
  const inUse = volumes.filter(({ attachments }) => attachments.length > 0);
  const found = inUse.flatMap((one) => drillOf(one, drills) ?? []);
  return {
    at: found.length === 0 ? undefined : Math.max(...found.map(({ at }) => at)),
    tried: found.length,
    failed: found.filter(({ why }) => why !== undefined),
    slowestMs: found.reduce((most, { ms = 0 }) => Math.max(most, ms), 0),
    never: inUse.length - found.length,
  };
}

/** Pure. */
export function agesOf(volumes: readonly Volume[], snapshots: readonly Snapshot[], now: number): Ages {
  const newest = newestGood(volumes, snapshots);
  const ages = volumes
    .filter(({ attachments }) => attachments.length > 0)
    .map(({ id }) => now - (newest.get(id)?.startedAt ?? -Infinity));
  const within = (from: number, to: number) => ages.filter((age) => age >= from && age < to).length;
  return [
    ...steps.map(([label, to], at) => [label, within(at === 0 ? -Infinity : steps[at - 1]![1], to)] as const),
    ['none', ages.filter((age) => age === Infinity).length],
  ];
}
