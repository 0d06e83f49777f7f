import { z } from 'zod';

import { existing } from '#lib/targets.ts';
import type { Clock, Log } from '#ports/clock.ts';
import type { Cloud, Place, Tags, Volume } from '#ports/cloud.ts';
import type { Fence, History } from '#ports/history.ts';
import type { ChannelId, VolumeId } from '#ports/ids.ts';
import type { Incidents } from '#ports/incidents.ts';
import type { SettingsSource } from '#ports/settings.ts';

import type { InMaintenance } from './maintenance.ts';
import { ailing, wellAgain } from './volume-messages.ts';
import { type Ailing, type Ailment, ailments, judgeVolumes, VolumeRecord } from './volume-verdict.ts';

type World = {
  cloud: Pick<Cloud, 'instances' | 'volumes' | 'impairedVolumes' | 'place'>;
  history: Pick<History, 'watch' | 'claims'>;
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

  async function look(channel: ChannelId): Promise<void> {
    const { health } = settings.current();
    const before = await load();
    const [broken, impaired] = await Promise.all([cloud.volumes({ states: ['error'] }), cloud.impairedVolumes()]);
    const known = new Map<string, Volume>(broken.map((volume) => [volume.id, volume]));
    const seen: Ailing[] = [
      ...broken.map(({ id }) => ({ id, ailment: 'error' as const })),
      ...impaired
        .filter(({ volumeId }) => !known.has(volumeId))
        .map(({ volumeId, ioEnabled }) => ({
          id: volumeId,
          ailment: ioEnabled ? ('impaired' as const) : ('io' as const),
        })),
    ];
    if (seen.length === 0 && before.size === 0) return;
    await readMore(known, [...impaired.map(({ volumeId }) => volumeId), ...(before.keys() as Iterable<VolumeId>)]);
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
    const ids = volumes.flatMap(({ attachments }) => attachments.map(({ instanceId }) => instanceId));
    return { volumes, instances: await existing((some) => cloud.instances({ ids: some }), [...new Set(ids)]) };
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
    for (const ailment of ailments) {
      const ill = [...after].filter(([, one]) => one.open && one.ailment === ailment);
      const incident = volumesIncident(world.scope, ailment);
      const right = { fence: world.fence?.() };
      if (ill.length === 0) {
        const were = [...before].filter(([, one]) => one.open && one.ailment === ailment).map(([id]) => id);
        const words = wellAgain(ailment, { leftOut: were.filter((id) => leftOut.has(id)).length });
        if (were.length > 0) await incidents.resolve(incident, { endedAt: clock.now(), ...words, ...right });
        continue;
      }
      const since = Math.min(...ill.map(([, one]) => one.since));
      const words = ailing({
        ailment,
        ill: ill.map(([id]) => ({ id, volume: known.get(id) })),
        place: await placeOr(),
        flags: world.flags,
        since,
        first: ![...before.values()].some((one) => one.open && one.ailment === ailment),
      });
      await incidents.raise(incident, { channel, startedAt: since, ...words, ...right });
    }
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
