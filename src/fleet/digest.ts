import { isRefusal, isTransient } from '#errors.ts';
import { lastDrills } from '#lib/drills.ts';
import { type PictureWorld, pictureOf } from '#lib/picture.ts';
import { seatAt } from '#lib/places.ts';
import type { Clock } from '#ports/clock.ts';
import type { Place } from '#ports/cloud.ts';
import { type Clouds, home, type Where } from '#ports/clouds.ts';
import type { History, IncidentRecord, Run } from '#ports/history.ts';
import type { ChannelId } from '#ports/ids.ts';
import type { Settings, SettingsSource } from '#ports/settings.ts';
import type { Message, Section } from '#ports/text.ts';
import type { Digest } from '#ports/timed-settings.ts';

import { agesChart, chartDays, incidentsChart } from './digest-charts.ts';
import { chosenPlaces } from './digest-choice.ts';
import { render } from './digest-messages.ts';
import { type Facts, type Part, type Summary, summarise } from './digest-summary.ts';

const dayMs = 86_400_000;
/** Runs and incidents looked at; of more, the newest are told. */
const most = 500;

type World = PictureWorld & {
  clouds: Clouds;
  history: Pick<History, 'runs' | 'incidents'>;
  clock: Pick<Clock, 'now'>;
  settings: Pick<SettingsSource, 'current'>;
};
/** Which digest, and when the one before was due; undefined = a day ago. Plain JSON. */
export type DigestInput = { name?: string; since?: number };

/**
 * The overview of the fleet, in every place. `compose` throws Transient when AWS or the store does not answer (try again);
 * what AWS refuses, and one of several places that does not answer, is left out of the digest and said in it. Undefined
 * when there is no such digest any more, or no channel.
 */
export function createDigest(world: World) {
  const { clouds, history, clock, settings } = world;

  async function compose(input: DigestInput): Promise<{ channel: ChannelId; message: Message } | undefined> {
    const { digests, channels, ...rules } = settings.current();
    const digest = digests.find(({ name }) => name === (input.name ?? 'daily'));
    const channel = digest?.channel ?? channels.digest ?? channels.alerts;
    if (digest === undefined || channel === undefined) return undefined;
    return { channel, message: await messageOf(digest, { rules, since: input.since ?? clock.now() - dayMs }) };
  }

  async function messageOf(digest: Digest, { rules, since }: Of): Promise<Message> {
    const now = clock.now();
    const all = clouds.places();
    const places = chosenPlaces(all, digest);
    const [facts, incidents, runs, drills] = await Promise.all([
      Promise.all(places.map((place) => read(place, places.length > 1))),
      incidentsNow(),
      runsSince(since, (where) => places.length === all.length || places.some((one) => one === seatAt(all, where))),
      lastDrills(history),
    ]);
    const summary = summarise(facts, {
      of: digest,
      unreadHome: places.includes(all[0]!) ? undefined : all[0],
      since,
      now,
      incidents: incidents.all,
      moreIncidents: incidents.more,
      runs,
      drills,
      schedules: rules.schedules,
      pendingMs: rules.limits.wait.snapshotMs,
      prices: rules.retention.prices,
      rules: rules.tags.required,
    });
    return render(summary, await charts(digest, summary));
  }

  async function charts({ sections, timezone }: Digest, summary: Summary): Promise<readonly Section[]> {
    const { now, ages, recent } = summary;
    if (!sections.includes('chart')) return [];
    return Promise.all([
      ...(sections.includes('health')
        ? [pictureOf(world, incidentsChart(recent, { now, days: chartDays(summary), timezone }))]
        : []),
      ...(sections.includes('backups') && ages !== undefined ? [pictureOf(world, agesChart(ages))] : []),
    ]);
  }

  async function read(place: Place, isOneOfMany: boolean): Promise<Facts> {
    const cloud = clouds.at(place, { lane: 'low' });
    const orSaid = <T>(asked: Promise<T>) => orRefused(asked, isOneOfMany);
    const [instances, health, volumes, snapshots, full] = await Promise.all([
      orSaid(cloud.instances({})),
      orSaid(cloud.health()),
      orSaid(cloud.volumes({})),
      orSaid(cloud.snapshots({})),
      orSaid(cloud.place()),
    ]);
    return { instances, health, volumes, snapshots, place: 'value' in full ? full.value : place };
  }

  /** All that are open, however old, and the newest of the others. */
  async function incidentsNow(): Promise<{ all: readonly IncidentRecord[]; more: boolean }> {
    const [open, newest] = await Promise.all([
      history.incidents.list({ limit: most, state: 'open' }),
      history.incidents.list({ limit: most }),
    ]);
    const all = [...new Map([...newest, ...open].map((one) => [one.id, one])).values()];
    return { all, more: newest.length >= most };
  }

  async function runsSince(since: number, isMeant: (place: Where) => boolean): Promise<readonly Run[]> {
    const recent = await history.runs.recent({ limit: most });
    return recent.filter(
      ({ order, updatedAt }) => Math.max(order.requestedAt, updatedAt) >= since && isMeant(order.place ?? home),
    );
  }

  return { compose };
}

type Of = { rules: Omit<Settings, 'digests' | 'channels'>; since: number };

async function orRefused<T>(asked: Promise<T>, alsoTransient: boolean): Promise<Part<T>> {
  try {
    return { value: await asked };
  } catch (error) {
    if (isRefusal(error)) return { refused: error.message };
    if (alsoTransient && isTransient(error)) return { refused: 'AWS did not answer.' };
    throw error;
  }
}
