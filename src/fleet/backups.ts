import { isRefusal } from '#errors.ts';
import { backupsOf } from '#lib/backups.ts';
import { placeFlags } from '#lib/places.ts';
import { readSelector } from '#lib/selector.ts';
import { findTargets } from '#lib/targets.ts';
import { readWords } from '#lib/words.ts';
import type { Clock, Log } from '#ports/clock.ts';
import type { Cloud } from '#ports/cloud.ts';
import { type Clouds, home } from '#ports/clouds.ts';
import type { History } from '#ports/history.ts';
import type { ChannelId } from '#ports/ids.ts';
import type { Incidents } from '#ports/incidents.ts';
import type { Settings, SettingsSource } from '#ports/settings.ts';
import type { SnapshotSchedule } from '#ports/timed-settings.ts';

import * as messages from './backup-messages.ts';
import { judgeBackups, type Verdict } from './backup-verdict.ts';

/** How the volumes of a schedule were at the last look; plain JSON. */
export type BackupRecord = {
  /** When it was first looked at: a backup cannot have been missed before. */
  since: number;
  at: number;
  volumes: number;
  late: number;
  oldestAt?: number | undefined;
};

type World = {
  clouds: Pick<Clouds, 'at' | 'places'>;
  history: Pick<History, 'watch'>;
  incidents: Incidents;
  clock: Pick<Clock, 'now'>;
  settings: SettingsSource;
  log: Log;
};

const prefix = 'backups:';
/** Looks within one RPO, and the longest gap between two: half an hour late is early enough for a day's RPO. */
const looksPerRpo = 48;
const longestGapMs = 30 * 60_000;

/** Watches that every volume of a schedule has a good snapshot within the schedule's RPO, whoever made it. */
export function createBackupWatch(world: World) {
  const { clouds, history, incidents, clock, settings, log } = world;

  /** One look at each schedule whose turn it is. Where AWS does not answer, nothing is told and nothing ends. */
  async function look(): Promise<void> {
    const { schedules, channels, limits } = settings.current();
    const known = await records();
    for (const schedule of schedules) {
      const { rpoMs, name } = schedule;
      const channel = schedule.channel ?? channels.alerts;
      const before = known.get(prefix + name);
      if (rpoMs === undefined || channel === undefined || !isDue(before, rpoMs)) continue;
      try {
        await lookAt(schedule, { rpoMs, channel, before, limits });
      } catch (error) {
        log.warn({ schedule: name, err: error }, 'the backups of a schedule could not be looked at');
      }
    }
    await forget(schedules, known);
  }

  async function lookAt(schedule: SnapshotSchedule, of: Of): Promise<void> {
    const now = clock.now();
    const { rpoMs, before, limits } = of;
    const since = before?.since ?? now;
    const cloud = clouds.at(schedule.place ?? home, { lane: 'low' });
    const volumes = await volumesOf(cloud, schedule);
    const snapshots = await backupsOf(cloud, volumes);
    const verdict = judgeBackups({ volumes, snapshots }, { now, rpoMs, since, pendingMs: limits.wait.snapshotMs });
    await tell(schedule, of, verdict, now);
    const { late, oldestAt } = verdict;
    const record: BackupRecord = { since, at: now, volumes: verdict.volumes, late: late.length, oldestAt };
    await history.watch.save(new Map([[prefix + schedule.name, record]]));
  }

  /** One incident a schedule: its volumes come and go in it, and it ends when none is late. */
  async function tell(schedule: SnapshotSchedule, of: Of, verdict: Verdict, now: number): Promise<void> {
    const key = `backups:${schedule.name}`;
    if (verdict.late.length === 0)
      return incidents.resolve(key, { endedAt: now, ...messages.inTime(schedule.name, verdict) });
    const { channel, rpoMs, limits } = of;
    const flags = schedule.place === undefined ? '' : placeFlags(schedule.place, clouds.places());
    return incidents.raise(key, {
      channel,
      startedAt: now,
      ...messages.late({ name: schedule.name, rpoMs, verdict, most: limits.resources, flags }),
    });
  }

  async function volumesOf(cloud: Cloud, { selector }: SnapshotSchedule) {
    try {
      return (await findTargets(cloud, readSelector(readWords(selector).plain, 'env=prod'))).volumes;
    } catch (error) {
      // Nothing there means nothing late; that a run found nothing is told by the run.
      if (isRefusal(error) && error.code === 'not-found') return [];
      throw error;
    }
  }

  function isDue(before: BackupRecord | undefined, rpoMs: number): boolean {
    return before === undefined || clock.now() >= before.at + Math.min(rpoMs / looksPerRpo, longestGapMs);
  }

  /** A schedule that is gone, or has no RPO any more, has nothing late. */
  async function forget(schedules: readonly SnapshotSchedule[], known: Known): Promise<void> {
    const watched = new Set(schedules.flatMap(({ name, rpoMs }) => (rpoMs === undefined ? [] : [prefix + name])));
    const gone = [...known.keys()].filter((key) => !watched.has(key));
    for (const key of gone)
      await incidents.resolve(key, { endedAt: clock.now(), ...messages.notWatched(key.slice(prefix.length)) });
    if (gone.length > 0) await history.watch.forget(gone);
  }

  async function records(): Promise<Known> {
    return (await history.watch.load(prefix)) as unknown as Known; // written by lookAt
  }

  /** By name of the schedule. */
  async function views(): Promise<ReadonlyMap<string, BackupRecord>> {
    return new Map([...(await records())].map(([key, record]) => [key.slice(prefix.length), record]));
  }

  return { look, views };
}

type Known = ReadonlyMap<string, BackupRecord>;
type Of = { rpoMs: number; channel: ChannelId; before: BackupRecord | undefined; limits: Settings['limits'] };
