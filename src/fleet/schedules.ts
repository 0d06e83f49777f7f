import type { Calendar } from '#ports/clock.ts';
import type { Run } from '#ports/history.ts';
import type { Settings } from '#ports/settings.ts';
import type { SnapshotSchedule } from '#ports/timed-settings.ts';

import type { BackupRecord } from './backups.ts';
import type { TimedView, TimedWork } from './timed.ts';

/** Snapshots and drills as work by the clock. Pure. */
export function scheduledWork({
  schedules,
  drills,
  channels,
}: Pick<Settings, 'schedules' | 'drills' | 'channels'>): TimedWork[] {
  const what = [
    ...schedules.map((timed) => ({ kind: 'schedule', operation: 'snapshot', args: { schedule: timed.name }, timed })),
    ...drills.map((timed) => ({ kind: 'drill', operation: 'drill', args: { drill: timed.name }, timed })),
  ];
  return what.flatMap(({ kind, operation, args, timed }): TimedWork[] => {
    const { name, cron, timezone, catchUpMs, approval, quiet, place, channel = channels.alerts } = timed;
    if (channel === undefined) return [];
    const request = { operation, args, channel, approval, because: `${kind} ${name}`, quiet };
    return [
      {
        key: `${kind}:${name}`,
        line: { cron, timezone },
        catchUpMs,
        request: place === undefined ? request : { ...request, place },
      },
    ];
  });
}

/** The digests as work by the clock; none while there is no channel for them. Pure. */
export function scheduledDigests({ digests, channels }: Pick<Settings, 'digests' | 'channels'>): TimedWork[] {
  return digests
    .filter(({ channel }) => (channel ?? channels.digest ?? channels.alerts) !== undefined)
    .map(({ name, cron, timezone, catchUpMs }) => ({
      key: `digest:${name}`,
      line: { cron, timezone },
      catchUpMs,
      digest: name,
    }));
}

/** How often to look for what is due: every second only where a line has seconds. Pure. */
export function lookEvery(works: readonly TimedWork[]): string {
  return works.some(({ line }) => line.cron.trim().split(/\s+/).length === 6) ? '* * * * * *' : '* * * * *';
}

export type View = {
  schedule: SnapshotSchedule;
  next: readonly number[];
  clockChanges: ReturnType<Calendar['clockChanges']>;
  last: { slot: number; run: Run | undefined } | undefined;
  backups: BackupRecord | undefined;
};

/** Joins what is known of each schedule. Pure. */
export function scheduleViews(
  schedules: readonly SnapshotSchedule[],
  of: { timed: ReadonlyMap<string, TimedView>; backups: ReadonlyMap<string, BackupRecord> },
): View[] {
  return schedules.flatMap((schedule): View[] => {
    const timed = of.timed.get(`schedule:${schedule.name}`);
    if (timed === undefined) return [];
    const { next, changes, run, memory } = timed;
    const last = memory.slot === undefined ? undefined : { slot: memory.slot, run };
    return [{ schedule, next, clockChanges: changes, last, backups: of.backups.get(schedule.name) }];
  });
}
