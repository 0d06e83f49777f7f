import type { createBackupWatch } from '#fleet/backups.ts';
import { scheduledCleanups } from '#fleet/cleanups.ts';
import type { createLeftoverWatch } from '#fleet/leftovers.ts';
import { lookEvery, scheduledDigests, scheduledWork, scheduleViews } from '#fleet/schedules.ts';
import type { createTagWatch } from '#fleet/tag-watch.ts';
import type { createTimedWork, TimedWork } from '#fleet/timed.ts';
import type { createHealthWatches } from '#fleet/watches.ts';
import type { ScheduleView } from '#operations/contract.ts';
import type { CronJob, Schedules } from '#ports/clock.ts';
import type { World } from '#runtime/world.ts';
import type { createSiteReports } from '#sites/report.ts';

import type { Settling } from './unfinished.ts';

type Works = {
  health: Pick<ReturnType<typeof createHealthWatches>, 'run'>;
  reports: Pick<ReturnType<typeof createSiteReports>, 'channels'>;
  timed: ReturnType<typeof createTimedWork>;
  tagRules: ReturnType<typeof createTagWatch>;
  leftovers: ReturnType<typeof createLeftoverWatch>;
  backups: ReturnType<typeof createBackupWatch>;
  settling: Settling;
};

/** What is done by the clock, as the settings are at the moment. */
export function createClockwork(world: World & { schedules: Schedules }, works: Works) {
  const { health, reports, timed, tagRules, leftovers, backups, settling } = works;

  /** At once, not at the next full minute: what is new begins now, and what was missed is made up for. Repeatable. */
  function begin(): void {
    world.schedules.replace(jobs());
    warnOfClockChanges();
    void look();
  }

  function jobs(): readonly CronJob[] {
    const { health: checks, siteReport, tags } = world.settings.current();
    const { cron, timezone } = checks;
    return [
      { name: 'health', cron, timezone, everywhere: true, run: (slot) => health.run(slot) },
      ...(siteReport.enabled
        ? [{ name: 'site-report', cron: siteReport.cron, timezone: siteReport.timezone, run: reportSites }]
        : []),
      { name: 'timed', cron: lookEvery(byTheClock()), timezone: 'UTC', run: look },
      { name: 'tags', ...tags.watch, run: () => settling('tag rules', tagRules.look) },
      { name: 'leftovers', cron: '7 * * * *', timezone: 'UTC', run: (slot) => leftovers.look(slot) },
    ];
  }

  async function reportSites(slot: number): Promise<void> {
    for (const channel of reports.channels())
      await world.engine.start(`site-report:${slot}:${channel}`, 'site-report', { channel });
  }

  function byTheClock(): readonly TimedWork[] {
    const settings = world.settings.current();
    return [
      ...scheduledWork(settings),
      ...scheduledCleanups(settings, world.clouds.places()),
      ...scheduledDigests(settings),
    ];
  }

  async function look(): Promise<void> {
    await settling('work by the clock', () => timed.look(byTheClock()));
    await settling('backups', backups.look);
  }

  /** A time of day that the clock skips or repeats surprises people twice a year. */
  function warnOfClockChanges(): void {
    for (const { key, line } of byTheClock())
      for (const { at, kind } of timed.clockChanges(line))
        world.log.warn(
          { work: key, ...line, at: new Date(at).toISOString(), kind },
          'a change of the clock moves work; use UTC or a time outside 01:00 to 03:59',
        );
  }

  async function views(): Promise<readonly ScheduleView[]> {
    const settings = world.settings.current();
    const of = { timed: await timed.views(scheduledWork(settings)), backups: await backups.views() };
    return scheduleViews(settings.schedules, of);
  }

  return { begin, views };
}
