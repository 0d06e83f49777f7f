import type { Instance, InstanceHealth, Place, ScheduledEvent, Snapshot, Volume } from '#ports/cloud.ts';
import type { IncidentRecord, Run } from '#ports/history.ts';

import { type Check, checks } from './diagnosis.ts';
import type { Part } from './digest-messages.ts';

export type Facts = {
  instances: Part<readonly Instance[]>;
  health: Part<readonly InstanceHealth[]>;
  volumes: Part<readonly Volume[]>;
  snapshots: Part<readonly Snapshot[]>;
  place: Part<Place>;
  incidents: readonly IncidentRecord[];
  runs: readonly Run[];
  now: number;
};
export type Summary = {
  now: number;
  place: Place | undefined;
  servers: number;
  /** By state, the most first. */
  states: readonly (readonly [state: string, count: number])[];
  impaired: readonly { id: string; name: string; failing: readonly Check[]; since: number | undefined }[];
  /** The most urgent first. */
  events: readonly { id: string; name: string; event: ScheduledEvent }[];
  volumes: number;
  /** In use, without a completed snapshot of the last day (and of the last week); the longest without first. */
  bare: { day: readonly Bare[]; week: readonly Bare[] } | undefined;
  unattached: { count: number; sizeGiB: number; largest: readonly Volume[] };
  incidents: readonly IncidentRecord[];
  runs: readonly (readonly [state: string, count: number])[];
  /** What AWS refused to show, in its own words. */
  refused: readonly string[];
};
export type Bare = { volume: Volume; lastAt: number | undefined };

const dayMs = 86_400_000;

/** Joins what was read into what is worth saying. Pure. */
export function summarise(of: Facts): Summary {
  const instances = valueOf(of.instances) ?? [];
  const volumes = valueOf(of.volumes) ?? [];
  const names = new Map<string, string>(instances.map(({ id, name }) => [id, name]));
  const named = (id: string) => ({ id, name: names.get(id) ?? '' });
  const health = valueOf(of.health) ?? [];
  const unattached = volumes.filter(({ attachments, state }) => attachments.length === 0 && state === 'available');
  return {
    now: of.now,
    place: valueOf(of.place),
    servers: instances.length,
    states: countBy(instances.map(({ state }) => state)),
    impaired: health.flatMap((one) => {
      const failing = checks.filter((check) => one[check] === 'impaired');
      return failing.length === 0 ? [] : [{ ...named(one.instanceId), failing, since: one.impairedSince }];
    }),
    events: health
      .flatMap((one) =>
        one.events.filter(({ completed }) => !completed).map((event) => ({ ...named(one.instanceId), event })),
      )
      .toSorted((a, b) => dueAt(a.event) - dueAt(b.event)),
    volumes: volumes.length,
    bare: bareOf(volumes, valueOf(of.snapshots), of.now),
    unattached: {
      count: unattached.length,
      sizeGiB: unattached.reduce((sum, { sizeGiB }) => sum + sizeGiB, 0),
      largest: unattached.toSorted((a, b) => b.sizeGiB - a.sizeGiB),
    },
    incidents: of.incidents.toSorted((a, b) => a.startedAt - b.startedAt),
    runs: countBy(of.runs.map(({ state }) => state)),
    refused: [
      ...new Set(
        [of.instances, of.health, of.volumes, of.snapshots].flatMap((part) =>
          'refused' in part ? [part.refused] : [],
        ),
      ),
    ],
  };
}

/** Undefined when snapshots could not be read: then nothing is known, which is not the same as nothing there. */
function bareOf(volumes: readonly Volume[], snapshots: readonly Snapshot[] | undefined, now: number): Summary['bare'] {
  if (snapshots === undefined) return undefined;
  const newest = new Map<string, number>();
  for (const { state, volumeId, startedAt } of snapshots)
    if (state === 'completed') newest.set(volumeId, Math.max(startedAt, newest.get(volumeId) ?? 0));
  const olderThan = (ms: number) =>
    volumes
      .filter(({ attachments }) => attachments.length > 0)
      .map((volume): Bare => ({ volume, lastAt: newest.get(volume.id) }))
      .filter(({ lastAt }) => lastAt === undefined || now - lastAt > ms)
      .toSorted((a, b) => (a.lastAt ?? 0) - (b.lastAt ?? 0));
  return { day: olderThan(dayMs), week: olderThan(7 * dayMs) };
}

function dueAt({ deadline, notBefore }: ScheduledEvent): number {
  return deadline ?? notBefore ?? Infinity;
}

function countBy(words: readonly string[]): (readonly [string, number])[] {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts].toSorted((a, b) => b[1] - a[1] || a[0].localeCompare(b[0]));
}

function valueOf<T>(part: Part<T>): T | undefined {
  return 'value' in part ? part.value : undefined;
}
