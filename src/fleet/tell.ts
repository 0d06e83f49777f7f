import { type LastDrill, lastDrills } from '#lib/drills.ts';
import type { Clock, Log } from '#ports/clock.ts';
import type { Cloud, Place, Snapshot } from '#ports/cloud.ts';
import type { History } from '#ports/history.ts';
import type { ChannelId } from '#ports/ids.ts';
import type { Incidents } from '#ports/incidents.ts';
import type { SettingsSource } from '#ports/settings.ts';

import { type Due, due, isPlain, type Look } from './judge.ts';
import * as messages from './messages.ts';
import type { HealthRecord, Records } from './records.ts';

type Judged = { look: Look; record: HealthRecord };
type World = {
  cloud: Pick<Cloud, 'snapshots' | 'place'>;
  history: { runs: Pick<History['runs'], 'recent'> };
  incidents: Incidents;
  records: Records;
  flags: string;
  clock: Clock;
  settings: SettingsSource;
  log: Log;
};

/** Tells what is due after a look, and keeps what was told. */
export function createTeller(world: World) {
  const { cloud, history, incidents, records, clock, settings, log } = world;

  /** What fails is logged and due again at the next look. */
  async function tell(channel: ChannelId, judged: readonly Judged[]): Promise<void> {
    const of = { now: clock.now(), recover: settings.current().health.recover };
    const open = judged.flatMap(({ look, record }) => {
      const items = due(record, look, of);
      return items.length === 0 ? [] : [{ look, record, items }];
    });
    if (open.length === 0) return;
    const background = await backgroundOf(open.filter(({ items }) => items.some(({ act }) => act === 'raise')));
    // Written first: after a crash in between, what may be open is told again or ended.
    await records.save(new Map(open.map(({ look, record, items }) => [look.id, items.reduce(aboutTo, record)])));
    const after = new Map<string, HealthRecord | undefined>();
    for (const one of open) after.set(one.look.id, await tellOne(channel, one, background));
    await records.save(after);
  }

  /** The record afterwards; undefined when there is nothing left to remember. */
  async function tellOne(
    channel: ChannelId,
    { look, record, items }: Judged & { items: readonly Due[] },
    background: Background,
  ): Promise<HealthRecord | undefined> {
    let kept = items.reduce(aboutTo, record);
    for (const item of items) {
      try {
        await send(channel, look, item, background);
        kept = told(kept, item);
      } catch (error) {
        log.warn({ instance: look.id, topic: item.topic, err: error }, 'the health of a server could not be told yet');
      }
    }
    const over = kept.checks === undefined && kept.events === undefined;
    return isPlain(kept) || (look.instance === undefined && over) ? undefined : kept;
  }

  async function send(
    channel: ChannelId,
    look: Look,
    item: Due,
    { place, snapshots, drills, reboots }: Background,
  ): Promise<void> {
    const key = `${item.topic === 'checks' ? 'instance' : 'event'}:${look.id}`;
    if (item.act === 'resolve') {
      const words = item.topic === 'checks' ? messages.wellAgain({ ...look, ...item }) : messages.plannedOver(look);
      return incidents.resolve(key, { endedAt: item.endedAt, ...words });
    }
    if (look.instance === undefined) return;
    const volumes = new Set<string>(look.instance.mappings.map(({ volumeId }) => volumeId));
    const subject: messages.Subject = {
      instance: look.instance,
      health: look.health,
      place,
      flags: world.flags,
      snapshots: snapshots?.filter(({ volumeId }) => volumes.has(volumeId)),
      drills: drills === undefined ? undefined : [...volumes].flatMap((id) => drills.get(id) ?? []),
      rebootedAt: reboots.get(look.instance.id),
      now: clock.now(),
    };
    if (item.topic === 'checks')
      return incidents.raise(key, { channel, startedAt: item.since, ...messages.troubled({ ...subject, ...item }) });
    return incidents.raise(key, { channel, startedAt: clock.now(), ...messages.planned({ ...subject, ...item }) });
  }

  /** For the words only: an alert never fails because they could not be read. */
  async function backgroundOf(of: readonly Judged[]): Promise<Background> {
    const volumeIds = of.flatMap(({ look }) => (look.instance?.mappings ?? []).map(({ volumeId }) => volumeId));
    const [place, snapshots, drills, reboots] = await Promise.allSettled([
      of.length === 0 ? { account: '', region: '' } : cloud.place(),
      cloud.snapshots({ volumeIds }),
      lastDrills(history),
      lastReboots(),
    ]);
    if (snapshots.status === 'rejected')
      log.warn({ err: snapshots.reason }, 'snapshots could not be read for an alert');
    return {
      place: place.status === 'fulfilled' ? place.value : { account: '', region: '' },
      snapshots: snapshots.status === 'fulfilled' ? newestCompleted(snapshots.value) : undefined,
      drills: drills.status === 'fulfilled' ? drills.value : undefined,
      reboots: reboots.status === 'fulfilled' ? reboots.value : new Map(),
    };
  }

  /** When a run of ours last rebooted each server: what did not help once is not the best remedy again. */
  async function lastReboots(): Promise<ReadonlyMap<string, number>> {
    const runs = await history.runs.recent({ limit: 50, operation: 'restart', states: ['done'] });
    const ended = runs.flatMap(({ order, endedAt = 0 }) => {
      const plan = order.plan as { instances?: readonly { id: string }[] }; // written by the restart
      return (plan.instances ?? []).map(({ id }) => [id, endedAt] as const);
    });
    return new Map(ended.toReversed());
  }

  return { tell };
}

type Background = {
  place: Place;
  snapshots: readonly Snapshot[] | undefined;
  drills: ReadonlyMap<string, LastDrill> | undefined;
  reboots: ReadonlyMap<string, number>;
};

function aboutTo(record: HealthRecord, item: Due): HealthRecord {
  return item.act === 'raise' ? { ...record, [item.topic]: { mark: item.mark, sent: false } } : record;
}

function told(record: HealthRecord, item: Due): HealthRecord {
  if (item.act === 'raise') return { ...record, [item.topic]: { mark: item.mark, sent: true } };
  const { [item.topic]: _over, ...rest } = record;
  return rest;
}

function newestCompleted(snapshots: readonly Snapshot[]): readonly Snapshot[] {
  const newest = new Map<string, Snapshot>();
  for (const snapshot of snapshots) {
    const known = newest.get(snapshot.volumeId);
    if (snapshot.state === 'completed' && (known === undefined || known.startedAt < snapshot.startedAt))
      newest.set(snapshot.volumeId, snapshot);
  }
  return [...newest.values()];
}
