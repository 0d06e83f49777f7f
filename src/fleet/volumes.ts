import { z } from 'zod';

import { existing } from '#lib/targets.ts';
import type { Clock, Log } from '#ports/clock.ts';
import type { Cloud, Instance, Place, Tags, Volume } from '#ports/cloud.ts';
import type { Fence, History } from '#ports/history.ts';
import type { ChannelId, VolumeId } from '#ports/ids.ts';
import type { Incidents } from '#ports/incidents.ts';
import type { SettingsSource } from '#ports/settings.ts';

import { readBacking } from './background.ts';
import type { InMaintenance } from './maintenance.ts';
import { ailing, type Ill, wellAgain } from './volume-messages.ts';
import {
  type Ailing,
  ailmentOf,
  type Ailment,
  ailments,
  isInitializing,
  judgeVolumes,
  VolumeRecord,
} from './volume-verdict.ts';

type World = {
  cloud: Pick<Cloud, 'instances' | 'volumes' | 'ailingVolumes' | 'snapshots' | 'place'>;
  history: Pick<History, 'watch' | 'claims'> & { runs: Pick<History['runs'], 'recent'> };
  incidents: Incidents;
  clock: Pick<Clock, 'now'>;
  settings: SettingsSource;
  fence?: (() => Fence | undefined) | undefined;
  log: Log;
  inMaintenance: InMaintenance;
  scope: string;
  flags: string;
};

/** The incident of all disks of a place that suffer from the same. */
export function volumesIncident(scope: string, ailment: Ailment): string {
  return `volumes${scope}:${ailment}`;
}

const Kept = z.record(z.string(), VolumeRecord);
type Records = ReadonlyMap<string, VolumeRecord>;

/**
 * Watches disks that are in trouble by themselves: the state `error`, I/O that AWS has stopped, impaired. One message for
 * each kind of trouble and place, however many. AWS picks them out, so a look is two calls.
 */
export function createVolumeWatch(world: World): { look: (channel: ChannelId) => Promise<void> } {
  const { cloud, history, incidents, clock, settings } = world;
  /** All of a place in one row, as there are hardly ever any. */
  const key = `fleet${world.scope}:volumes`;
  /** What each open message is about, as this process has told it. */
  const said = new Map<string, string>();

  async function look(channel: ChannelId): Promise<void> {
    const { health } = settings.current();
    const before = await load();
    const [broken, found] = await Promise.all([cloud.volumes({ states: ['error'] }), cloud.ailingVolumes()]);
    // A restore of a fleet makes hundreds of them, and each is slow for hours.
    const ill = found.filter((one) => one.status === 'impaired' || !isInitializing(one));
    if (broken.length + ill.length === 0 && before.size === 0) return;
    const known = new Map<string, Volume>(broken.map((volume) => [volume.id, volume]));
    await readMore(known, [...ill.map(({ volumeId }) => volumeId), ...(before.keys() as Iterable<VolumeId>)]);
    const isBroken = new Set<string>(broken.map(({ id }) => id));
    const seen: Ailing[] = [
      ...broken.map(({ id }) => ({ id, ailment: 'error' as const })),
      ...ill
        .filter(({ volumeId }) => !isBroken.has(volumeId))
        .flatMap((one) => {
          const ailment = ailmentOf(one, known.get(one.volumeId), clock.now());
          return ailment === undefined ? [] : [{ id: one.volumeId, ailment }];
        }),
    ];
    if (seen.length === 0 && before.size === 0) return;
    const watched = await onlyWatched(seen, known);
    const holders = await history.claims.holders([...known.keys()]);
    const work = await world.inMaintenance(() => withServers([...known.values()]));
    const busy = new Set([...work, ...holders.map(({ resource }) => resource)]);
    const after = judgeVolumes(before, watched, { ...health, now: clock.now(), busy });
    // What has ended stays written down until its end was told, and what begins is written first: a crash loses neither.
    const meanwhile = new Map([...before, ...after]);
    await save(before, meanwhile);
    const leftOut = new Set(seen.filter((one) => !watched.includes(one)).map(({ id }) => id));
    await tell(channel, { before, after, known, leftOut });
    await save(meanwhile, after);
  }

  /** For names and servers; one that is gone by now has none. */
  async function readMore(known: Map<string, Volume>, ids: readonly VolumeId[]): Promise<void> {
    const missing = [...new Set(ids)].filter((id) => !known.has(id));
    const read = (some: readonly VolumeId[]) => cloud.volumes({ ids: some });
    for (const volume of await existing(read, missing)) known.set(volume.id, volume);
  }

  async function withServers(volumes: readonly Volume[]) {
    return { volumes, instances: [...(await serversOf(volumes)).values()] };
  }

  /** With `health.tags`: those that have them, and those of servers that do. */
  async function onlyWatched(seen: readonly Ailing[], known: ReadonlyMap<string, Volume>): Promise<readonly Ailing[]> {
    const { tags } = settings.current().health;
    if (Object.keys(tags).length === 0 || seen.length === 0) return seen;
    const servers = new Set<string>((await cloud.instances({ tags })).map(({ id }) => id));
    return seen.filter(({ id }) => {
      const volume = known.get(id);
      return (
        volume !== undefined &&
        (hasTags(volume, tags) || volume.attachments.some(({ instanceId }) => servers.has(instanceId)))
      );
    });
  }

  async function tell(channel: ChannelId, { before, after, known, leftOut }: Told): Promise<void> {
    const servers = await serversOf([...after].flatMap(([id, { open }]) => (open ? (known.get(id) ?? []) : [])));
    for (const ailment of ailments) {
      const ill = [...after].filter(([, one]) => one.open && one.ailment === ailment);
      const incident = volumesIncident(world.scope, ailment);
      const right = { fence: world.fence?.() };
      if (ill.length === 0) {
        said.delete(incident);
        const were = [...before].filter(([, one]) => one.open && one.ailment === ailment).map(([id]) => id);
        const words = wellAgain(ailment, { leftOut: were.filter((id) => leftOut.has(id)).length });
        if (were.length > 0) await incidents.resolve(incident, { endedAt: clock.now(), ...words, ...right });
        continue;
      }
      const since = Math.min(...ill.map(([, one]) => one.since));
      const disks = ill.map(([id]) => illOf(id as VolumeId, known, servers));
      // Its ages go on: it is said again only when it is news.
      const mark = JSON.stringify([channel, since, disks.map(markOf)]);
      if (said.get(incident) === mark) continue;
      const words = ailing({
        ailment,
        ill: disks,
        ...(await readBacking(
          world,
          Promise.resolve(disks.map(({ id, volume }) => ({ id, tags: volume?.tags ?? {} }))),
        )),
        place: await placeOr(),
        flags: world.flags,
        since,
        serverMs: settings.current().restore.serverMs,
        now: clock.now(),
        first: ![...before.values()].some((one) => one.open && one.ailment === ailment),
      });
      await incidents.raise(incident, { channel, startedAt: since, ...words, ...right });
      said.set(incident, mark);
    }
  }

  async function serversOf(volumes: readonly Volume[]): Promise<ReadonlyMap<string, Instance>> {
    const ids = new Set(volumes.flatMap(({ attachments }) => attachments.map(({ instanceId }) => instanceId)));
    const found = await existing((some) => cloud.instances({ ids: some }), [...ids]);
    return new Map(found.map((one) => [one.id, one]));
  }

  async function placeOr(): Promise<Place> {
    return cloud.place().catch(() => ({ account: '', region: '' }));
  }

  async function load(): Promise<Records> {
    const row = Kept.safeParse((await history.watch.load(key)).get(key) ?? {});
    if (!row.success) world.log.warn({ key, issues: row.error.issues }, 'stored disks cannot be read; they start anew');
    return new Map(Object.entries(row.data ?? {}));
  }

  async function save(before: Records, after: Records): Promise<void> {
    if (JSON.stringify([...before]) === JSON.stringify([...after])) return;
    await history.watch.save(new Map([[key, Object.fromEntries(after)]]), world.fence?.());
  }

  return { look };
}

/** `leftOut`: those in trouble that `health.tags` leaves out. */
type Told = {
  before: Records;
  after: Records;
  known: ReadonlyMap<string, Volume>;
  leftOut: ReadonlySet<string>;
};

function hasTags(one: { tags: Tags }, tags: Tags): boolean {
  return Object.entries(tags).every(([name, value]) => one.tags[name] === value);
}

function illOf(id: VolumeId, known: ReadonlyMap<string, Volume>, servers: ReadonlyMap<string, Instance>): Ill {
  const volume = known.get(id);
  return { id, volume, servers: (volume?.attachments ?? []).flatMap((at) => servers.get(at.instanceId) ?? []) };
}

/** What of a disk and its servers the message depends on. */
function markOf({ id, volume, servers }: Ill): unknown {
  return [id, volume?.name, servers.map((one) => [one.id, one.name, one.autoScalingGroup, one.state])];
}
