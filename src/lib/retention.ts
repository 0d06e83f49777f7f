import type { Snapshot } from '#ports/cloud.ts';
import type { SnapshotId, VolumeId } from '#ports/ids.ts';
import type { RetentionRules } from '#ports/timed-settings.ts';

import { noVolume } from './backups.ts';
import { setTag, sourceTag } from './tags.ts';

export type { RetentionRules } from '#ports/timed-settings.ts';

export type Backup = Pick<Snapshot, 'id' | 'volumeId' | 'state' | 'startedAt' | 'tier' | 'tags'>;

/** Why a snapshot stays. `held`: somebody else needs it (see `detail`). `set`: another one of its set stays. */
export const keepReasons = [
  'newest',
  'young',
  'count',
  'daily',
  'weekly',
  'monthly',
  'yearly',
  'pending',
  'failed',
  'unknown-source',
  'held',
  'set',
] as const;
export type KeepReason = (typeof keepReasons)[number];
export type Kept = { id: SnapshotId; why: KeepReason; detail: string };

/** Snapshots that are deleted together or not at all: a set, or one alone. */
export type Unit = {
  ids: readonly SnapshotId[];
  /** The volumes whose history they belong to. */
  sources: readonly VolumeId[];
  takenAt: number;
};
export type Judgement = {
  delete: readonly Unit[];
  keep: readonly Kept[];
  /** By volume: its newest completed snapshot, which must still be there when another one is deleted. */
  newest: ReadonlyMap<VolumeId, SnapshotId>;
};
type Of = {
  rules: RetentionRules;
  now: number;
  /** The server a volume hangs on: snapshots of one server with one start time are one set. */
  serverOf?: (volume: VolumeId) => string | undefined;
  /** Snapshots that must stay, with the reason in words. */
  held?: ReadonlyMap<SnapshotId, string>;
};

/**
 * The volume whose data it is: of a restored volume the first one, so that its history goes on; undefined for a copy that
 * does not say. Pure.
 */
export function sourceVolume({ volumeId, tags }: Pick<Backup, 'volumeId' | 'tags'>): VolumeId | undefined {
  const said = Object.hasOwn(tags, sourceTag) ? tags[sourceTag] : undefined;
  if (said !== undefined && said.startsWith('vol-')) return said as VolumeId; // checked in the same line
  return volumeId === noVolume ? undefined : volumeId;
}

/**
 * Says of each snapshot whether it stays and why. The newest completed one of a volume always stays, and so does the newest
 * that can be restored at once (not archived); unfinished and failed ones never count; a set goes whole or not at all. Pure.
 */
export function judgeRetention(backups: readonly Backup[], of: Of): Judgement {
  const kept = new Map<SnapshotId, Kept>();
  const newest = new Map<VolumeId, SnapshotId>();
  for (const one of backups) {
    const why = unusable(one);
    if (why !== undefined) kept.set(one.id, { id: one.id, why, detail: '' });
  }
  for (const [source, history] of histories(backups.filter(({ id }) => !kept.has(id)))) {
    newest.set(source, (history.find(({ tier }) => tier === 'standard') ?? history[0]!).id);
    for (const one of keptOf(history, of)) kept.set(one.id, one);
  }
  const units = unitsOf(backups, of.serverOf);
  for (const unit of units) keepWhole(unit, kept);
  return {
    delete: units.filter(({ ids }) => !kept.has(ids[0]!)),
    keep: backups.flatMap(({ id }) => kept.get(id) ?? []),
    newest,
  };
}

/** Which of these the rules would delete at `at` (for example in a day), if nothing is added until then. Pure. */
export function dueForDeletion(backups: readonly Backup[], of: Omit<Of, 'now'> & { at: number }): Set<SnapshotId> {
  return new Set(judgeRetention(backups, { ...of, now: of.at }).delete.flatMap(({ ids }) => ids));
}

function unusable(one: Backup): KeepReason | undefined {
  if (one.state === 'error') return 'failed';
  if (one.state !== 'completed') return 'pending';
  return sourceVolume(one) === undefined ? 'unknown-source' : undefined;
}

/** Newest first; equal times in the order of their ids, so that the answer is always the same. */
function histories(backups: readonly Backup[]): Map<VolumeId, Backup[]> {
  const found = new Map<VolumeId, Backup[]>();
  for (const one of backups.toSorted((a, b) => b.startedAt - a.startedAt || (a.id < b.id ? -1 : 1))) {
    const source = sourceVolume(one)!; // those without were sorted out
    const history = found.get(source);
    if (history === undefined) found.set(source, [one]);
    else history.push(one);
  }
  return found;
}

/** What stays of the completed snapshots of one volume, newest first; the first reason that holds is told. */
function keptOf(history: readonly Backup[], { rules, now, held }: Of): Kept[] {
  const ready = history.find(({ tier }) => tier === 'standard');
  const calendar = calendarOf(history, rules);
  return history.flatMap((one, at): Kept[] => {
    const detail = held?.get(one.id);
    const say = (why: KeepReason): Kept[] => [{ id: one.id, why, detail: detail ?? '' }];
    if (at === 0 || one === ready) return say('newest');
    if (detail !== undefined) return say('held');
    if (rules.olderMs !== undefined && now - one.startedAt < rules.olderMs) return say('young');
    if (at < (rules.keep ?? 0)) return say('count');
    const period = calendar.get(one.id);
    return period === undefined ? [] : say(period);
  });
}

type Period = 'daily' | 'weekly' | 'monthly' | 'yearly';

function calendarOf(history: readonly Backup[], { gfs = {}, timezone }: RetentionRules): Map<SnapshotId, Period> {
  const found = new Map<SnapshotId, Period>();
  const dayOf = daysIn(timezone);
  const periods: readonly [Period, number | undefined, (day: string) => string][] = [
    ['daily', gfs.days, (day) => day],
    ['weekly', gfs.weeks, mondayOf],
    ['monthly', gfs.months, (day) => day.slice(0, -3)],
    ['yearly', gfs.years, (day) => day.slice(0, -6)],
  ];
  for (const [period, most = 0, keyOf] of periods) {
    if (most === 0) continue;
    const seen = new Set<string>();
    for (const one of history) {
      const key = keyOf(dayOf(one.startedAt));
      if (seen.has(key)) continue;
      if (seen.size === most) break;
      seen.add(key);
      if (!found.has(one.id)) found.set(one.id, period);
    }
  }
  return found;
}

/** Instants as `2026-11-25` in that zone. */
function daysIn(timezone: string): (at: number) => string {
  const format = new Intl.DateTimeFormat('en-CA', {
    timeZone: timezone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  });
  return (at) => format.format(at);
}

/** The Monday of its week. A date without a time is the same in every zone, so UTC reckons it. */
function mondayOf(day: string): string {
  const date = new Date(`${day}T00:00:00Z`);
  date.setUTCDate(date.getUTCDate() - ((date.getUTCDay() + 6) % 7));
  return date.toISOString().slice(0, 10);
}

function unitsOf(backups: readonly Backup[], serverOf: Of['serverOf']): Unit[] {
  const units = new Map<string, Backup[]>();
  for (const one of backups) {
    const key = unitKey(one, serverOf);
    const unit = units.get(key);
    if (unit === undefined) units.set(key, [one]);
    else unit.push(one);
  }
  return [...units.values()].map((members) => ({
    ids: members.map(({ id }) => id),
    sources: [...new Set(members.flatMap((one) => sourceVolume(one) ?? []))],
    takenAt: Math.min(...members.map(({ startedAt }) => startedAt)),
  }));
}

function unitKey(one: Backup, serverOf: Of['serverOf']): string {
  const set = Object.hasOwn(one.tags, setTag) ? one.tags[setTag] : undefined;
  if (set !== undefined) return `set ${set}`;
  const server = one.volumeId === noVolume ? undefined : serverOf?.(one.volumeId);
  return server === undefined ? one.id : `server ${server} ${one.startedAt}`;
}

/** One member that stays keeps the others. */
function keepWhole({ ids }: Unit, kept: Map<SnapshotId, Kept>): void {
  const reason = ids.map((id) => kept.get(id)).find((one) => one !== undefined);
  if (reason === undefined) return;
  for (const id of ids) if (!kept.has(id)) kept.set(id, { id, why: 'set', detail: reason.id });
}
