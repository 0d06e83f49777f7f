import type { Calendar, CronLine } from '#ports/clock.ts';
import type { Run } from '#ports/history.ts';
import type { Settings, SnapshotSchedule } from '#ports/settings.ts';

import type { BackupRecord } from './backups.ts';
import type { TimedView, TimedWork } from './timed.ts';

/** The snapshot schedules as work by the clock. Pure. */
export function scheduledSnapshots({ schedules, channels }: Pick<Settings, 'schedules' | 'channels'>): TimedWork[] {
  return schedules.flatMap((schedule): TimedWork[] => {
    const channel = schedule.channel ?? channels.alerts;
    if (channel === undefined) return [];
    const { name, catchUpMs, approval, quiet, place } = schedule;
    const request = {
      operation: 'snapshot',
      args: { schedule: name },
      channel,
      approval,
      because: `schedule ${name}`,
      quiet,
      ...(place === undefined ? {} : { place }),
    };
    return [{ key: keyOf(schedule), line: lineOf(schedule), catchUpMs, request }];
  });
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
    const timed = of.timed.get(keyOf(schedule));
    if (timed === undefined) return [];
    const { next, changes, run, memory } = timed;
    const last = memory.slot === undefined ? undefined : { slot: memory.slot, run };
    return [{ schedule, next, clockChanges: changes, last, backups: of.backups.get(schedule.name) }];
  });
}

function keyOf({ name }: SnapshotSchedule): string {
  return `schedule:${name}`;
}

function lineOf({ cron, timezone }: SnapshotSchedule): CronLine {
  return { cron, timezone };
}
