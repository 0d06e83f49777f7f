import { newestGood } from '#lib/backups.ts';
import type { LastDrill } from '#lib/drills.ts';
import { keptUntil } from '#lib/leftovers.ts';
import { placeLabel } from '#lib/places.ts';
import { chosenBy, coverageOf, percent } from '#lib/tag-coverage.ts';
import type { Instance, InstanceHealth, Place, ScheduledEvent, Snapshot, Volume } from '#ports/cloud.ts';
import type { IncidentRecord, Run } from '#ports/history.ts';
import type { Settings, TagRule } from '#ports/settings.ts';
import type { Digest } from '#ports/timed-settings.ts';

import { type Check, checks } from './diagnosis.ts';
import { type Ages, agesOf, type Drilled, drilledOf, type Promised, promisesOf } from './digest-backups.ts';
import { chosenFacts, chosenIncidents } from './digest-choice.ts';

/** Read, or refused by AWS in words for people. */
export type Part<T> = { value: T } | { refused: string };
/** What was read of one place. */
export type Facts = {
  place: Place;
  instances: Part<readonly Instance[]>;
  health: Part<readonly InstanceHealth[]>;
  volumes: Part<readonly Volume[]>;
  snapshots: Part<readonly Snapshot[]>;
};
/** What is known of all places together. */
export type Common = {
  of: Pick<Digest, 'selector' | 'accounts' | 'regions' | 'sections'>;
  /** Home, where the digest is about other places only. */
  unreadHome: Place | undefined;
  /** When the digest before was due: what happened since then is told. */
  since: number;
  /** Open ones, and those that changed lately. */
  incidents: readonly IncidentRecord[];
  /** More of them were there than are looked at. */
  moreIncidents: boolean;
  runs: readonly Run[];
  drills: ReadonlyMap<string, LastDrill>;
  schedules: Settings['schedules'];
  /** Longest wait for a snapshot. */
  pendingMs: number;
  /** US dollars for a GiB and month. */
  prices: Settings['retention']['prices'];
  rules: readonly TagRule[];
  now: number;
};
export type Summary = {
  now: number;
  since: number;
  about: Common['of'];
  /** Each place with its own figures, home first. */
  places: readonly Figures[];
  servers: number;
  /** By state, the most first. */
  states: readonly (readonly [state: string, count: number])[];
  impaired: readonly (Named & { failing: readonly Check[]; since: number | undefined })[];
  /** The first to begin first. */
  events: readonly (Named & { event: ScheduledEvent })[];
  volumes: number;
  /** In use, without a good snapshot of the last day (and of the last week); the longest without first. */
  bare: { day: readonly Bare[]; week: readonly Bare[] } | undefined;
  /** `kept`: those beside them that restores keep for their undo. */
  unattached: { count: number; sizeGiB: number; largest: readonly (Volume & { where: string })[]; kept: number };
  /** US dollars a month, estimated; undefined where nothing of it could be read. `snapshots`: at most, since they share blocks. */
  cost: { unattached: number | undefined; snapshots: number | undefined };
  /** How far each tag rule is kept, in the places that could be read. */
  tags: readonly { rule: string; coverage: number }[];
  /** Open ones, the oldest first. */
  incidents: readonly IncidentRecord[];
  /** Also those that are over. */
  recent: readonly IncidentRecord[];
  /** Incidents that began since then, how many of them are over, and which lasted longest. `more`: not all could be counted. */
  began: { count: number; over: number; longest: IncidentRecord | undefined; more: boolean };
  promises: readonly Promised[];
  /** Undefined when the disks could not be read. */
  drilled: Drilled | undefined;
  /** Undefined when snapshots could not be read. */
  ages: Ages | undefined;
  runs: readonly (readonly [state: string, count: number])[];
  /** What AWS refused to show, in its own words. */
  refused: readonly string[];
};
/** `where` is '' while there is one place only. */
type Named = { id: string; name: string; where: string };
export type Bare = { volume: Volume; lastAt: number | undefined; where: string };
/** `read`: false when the servers could not be read, which is not the same as none. */
export type Figures = Pick<Summary, 'servers' | 'states' | 'impaired' | 'events'> & { place: Place; read: boolean };

const dayMs = 86_400_000;

/** Joins what was read of every place into what is worth saying. Pure. */
export function summarise(all: readonly Facts[], common: Common): Summary {
  const { of, now, since } = common;
  const facts = all.map((one) => chosenFacts(one, of.selector));
  const incidents = chosenIncidents(common.incidents, { facts, of });
  const volumes = facts.flatMap((one) => valueOf(one.volumes) ?? []);
  const snapshots = facts.flatMap((one) => valueOf(one.snapshots) ?? []);
  const areRead = facts.some((one) => 'value' in one.volumes && 'value' in one.snapshots);
  const parts = facts.map((one) => partOf(one, facts.length === 1 ? '' : placeLabel(one.place), common.now));
  const bare = parts.flatMap((part) => part.bare ?? []);
  return {
    now,
    since,
    about: of,
    places: parts,
    servers: sum(parts.map(({ servers }) => servers)),
    states: countBy(facts.flatMap(({ instances }) => (valueOf(instances) ?? []).map(({ state }) => state))),
    impaired: parts.flatMap(({ impaired }) => impaired),
    events: parts
      .flatMap(({ events }) => events)
      .toSorted((a, b) => (a.event.notBefore ?? Infinity) - (b.event.notBefore ?? Infinity)),
    volumes: sum(parts.map(({ volumes }) => volumes)),
    bare:
      bare.length === 0
        ? undefined
        : { day: longestFirst(bare.flatMap(({ day }) => day)), week: longestFirst(bare.flatMap(({ week }) => week)) },
    unattached: {
      count: sum(parts.map(({ unattached }) => unattached.length)),
      sizeGiB: sum(parts.flatMap(({ unattached }) => unattached.map(({ sizeGiB }) => sizeGiB))),
      largest: parts.flatMap(({ unattached }) => unattached).toSorted((a, b) => b.sizeGiB - a.sizeGiB),
      kept: volumes.filter((one) => keptUntil(one) !== undefined).length,
    },
    cost: costOf(facts, common.prices),
    tags: tagsOf(facts, common.rules),
    incidents: incidents.filter(({ state }) => state === 'open').toSorted((a, b) => a.startedAt - b.startedAt),
    recent: incidents,
    began: { ...beganOf(incidents, since, now), more: common.moreIncidents },
    promises: promisesOf(facts, common),
    drilled: facts.some((one) => 'value' in one.volumes) ? drilledOf(volumes, common.drills) : undefined,
    ages: areRead ? agesOf(volumes, snapshots, now) : undefined,
    runs: countBy(common.runs.map(({ state }) => state)),
    refused: parts.flatMap(({ refused }) => refused),
  };
}

function beganOf(incidents: readonly IncidentRecord[], since: number, now: number) {
  const began = incidents.filter(({ startedAt }) => startedAt > since && startedAt <= now);
  const lasted = ({ startedAt, endedAt = now }: IncidentRecord) => endedAt - startedAt;
  return {
    count: began.length,
    over: began.filter(({ state }) => state === 'resolved').length,
    longest: began.toSorted((a, b) => lasted(b) - lasted(a))[0],
  };
}

const gib = 1_073_741_824;

/** The size of a snapshot is all its blocks, also those it shares with others: AWS charges for less. */
function costOf(facts: readonly Facts[], prices: Common['prices']): Summary['cost'] {
  const read = <T>(parts: readonly Part<readonly T[]>[]): readonly T[] | undefined =>
    parts.every((part) => 'refused' in part) ? undefined : parts.flatMap((part) => valueOf(part) ?? []);
  const volumes = read(facts.map((one) => one.volumes));
  const snapshots = read(facts.map((one) => one.snapshots));
  const loose = volumes?.filter(isWaste);
  return {
    unattached: loose && sum(loose.map(({ sizeGiB }) => sizeGiB * prices.volumeGiBMonth)),
    snapshots:
      snapshots &&
      sum(
        snapshots.map(({ fullSizeBytes, sizeGiB, tier }) => {
          const size = fullSizeBytes === undefined ? sizeGiB : fullSizeBytes / gib;
          return size * (tier === 'archive' ? prices.archiveGiBMonth : prices.snapshotGiBMonth);
        }),
      ),
  };
}

function tagsOf(facts: readonly Facts[], rules: readonly TagRule[]): Summary['tags'] {
  const stocks = facts.flatMap(({ place, instances, volumes }) =>
    'value' in instances && 'value' in volumes ? [{ place, instances: instances.value, volumes: volumes.value }] : [],
  );
  if (stocks.length === 0) return [];
  return rules.map((rule) => {
    const { things } = coverageOf(
      rule,
      stocks.map((stock) => chosenBy(rule, stock)),
    );
    return { rule: rule.name, coverage: percent(things) };
  });
}

function partOf(of: Facts, where: string, now: number) {
  const instances = valueOf(of.instances) ?? [];
  const volumes = valueOf(of.volumes) ?? [];
  const names = new Map<string, string>(instances.map(({ id, name }) => [id, name]));
  const named = (id: string): Named => ({ id, name: names.get(id) ?? '', where });
  const health = valueOf(of.health) ?? [];
  const refused = [of.instances, of.health, of.volumes, of.snapshots].flatMap((part) =>
    'refused' in part ? [part.refused] : [],
  );
  return {
    place: of.place,
    read: 'value' in of.instances && 'value' in of.health,
    servers: instances.length,
    states: countBy(instances.map(({ state }) => state)),
    impaired: health.flatMap((one) => {
      const failing = checks.filter((check) => one[check] === 'impaired');
      return failing.length === 0 ? [] : [{ ...named(one.instanceId), failing, since: one.impairedSince }];
    }),
    events: health.flatMap((one) =>
      one.events.filter(({ completed }) => !completed).map((event) => ({ ...named(one.instanceId), event })),
    ),
    volumes: volumes.length,
    bare: bareOf(volumes, { snapshots: valueOf(of.snapshots), now, where }),
    unattached: volumes.filter(isWaste).map((volume) => ({ ...volume, where })),
    refused: [...new Set(refused)].map((words) => (where === '' ? words : `${where}: ${words}`)),
  };
}

/** It hangs on nothing, and no restore keeps it. */
function isWaste(volume: Volume): boolean {
  return volume.attachments.length === 0 && volume.state === 'available' && keptUntil(volume) === undefined;
}

/** Undefined when snapshots could not be read: then nothing is known, which is not the same as nothing there. */
function bareOf(
  volumes: readonly Volume[],
  { snapshots, now, where }: { snapshots: readonly Snapshot[] | undefined; now: number; where: string },
): Summary['bare'] {
  if (snapshots === undefined) return undefined;
  const newest = newestGood(volumes, snapshots);
  const olderThan = (ms: number) =>
    volumes
      .filter(({ attachments }) => attachments.length > 0)
      .map((volume): Bare => ({ volume, lastAt: newest.get(volume.id)?.startedAt, where }))
      .filter(({ lastAt }) => lastAt === undefined || now - lastAt > ms);
  return { day: olderThan(dayMs), week: olderThan(7 * dayMs) };
}

function longestFirst(bare: readonly Bare[]): readonly Bare[] {
  return bare.toSorted((a, b) => (a.lastAt ?? 0) - (b.lastAt ?? 0));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}

function countBy(words: readonly string[]): (readonly [string, number])[] {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts].toSorted((a, b) => b[1] - a[1] || a[0].localeCompare(b[0]));
}

function valueOf<T>(part: Part<T>): T | undefined {
  return 'value' in part ? part.value : undefined;
}
