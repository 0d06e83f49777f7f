import { existing, orNothing } from '#lib/targets.ts';
import type { Calendar, Clock, Log } from '#ports/clock.ts';
import type { Cloud, Instance, InstanceHealth } from '#ports/cloud.ts';
import type { Fence, History } from '#ports/history.ts';
import { type ChannelId, InstanceId } from '#ports/ids.ts';
import type { Incidents } from '#ports/incidents.ts';
import type { SettingsSource } from '#ports/settings.ts';

import { lastActs } from './acts.ts';
import { isPlain, judge, type Look, noRecord } from './judge.ts';
import { createServerMaintenance } from './maintenance.ts';
import { createRecords, type HealthRecord } from './records.ts';
import { createSteady } from './steady.ts';
import { createTeller } from './tell.ts';
import { createVolumeWatch } from './volumes.ts';

export type HealthWatch = {
  /** One look at every watched server and disk. Never rejects; a slot that failed is told after a few in a row. */
  run: (slot: number) => Promise<void>;
};

export type WatchWorld = {
  cloud: Pick<Cloud, 'instances' | 'health' | 'snapshots' | 'place' | 'volumes' | 'ailingVolumes'>;
  history: Pick<History, 'watch' | 'claims'> & { runs: Pick<History['runs'], 'recent'> };
  incidents: Incidents;
  clock: Clock;
  calendar: Pick<Calendar, 'last'>;
  settings: SettingsSource;
  log: Log;
  /** Where it looks. Home's `scope` is '': what keeps the records of two places apart. `flags`: what a line needs to get there. */
  at?: { scope: string; flags: string };
  /** The right to watch, where several replicas could: nothing is written or told once another one has it. */
  fence?: () => Fence | undefined;
};

/** Up to here single servers are asked for; beyond, all at once is fewer calls. The adapter asks for 100 at a time. */
const fewServers = 100;

/** Watches the status checks, planned events and unexpected stops of servers, and disks in trouble. */
export function createHealthWatch(world: WatchWorld): HealthWatch {
  const { cloud, history, clock, settings, log } = world;
  const { scope, flags } = world.at ?? { scope: '', flags: '' };
  const records = createRecords(world, scope);
  const teller = createTeller({ ...world, records, scope, flags });
  const inMaintenance = createServerMaintenance(world);
  const disks = createVolumeWatch({ ...world, scope, flags, inMaintenance });
  const steady = createSteady(world, { key: `watch:ec2${scope}`, what: 'EC2 health', one: 'a server' });
  const steadyDisks = createSteady(world, { key: `watch:volumes${scope}`, what: 'The health of disks', one: 'a disk' });

  async function run(slot: number): Promise<void> {
    const channel = settings.current().channels.alerts;
    if (channel === undefined) return log.debug({ slot }, 'nobody would hear of it: channels.alerts is not set');
    // Where EC2 cannot be read at all, one message is enough.
    if (await steady(channel, () => look(channel))) await steadyDisks(channel, () => disks.look(channel));
  }

  async function look(channel: ChannelId): Promise<void> {
    const { records: kept, groups, running } = await records.load();
    const seen = await read();
    const looks = await withBusy(await withLeftOut(allLooks(seen, kept, running)), { kept, seen });
    const { health } = settings.current();
    const judged = looks.map((one) => {
      const before = kept.get(one.id) ?? noRecord;
      return { look: one, before, record: judge(before, one, { now: clock.now(), settings: health }) };
    });
    await records.save({ records: changesOf(judged) });
    await keepRunning(seen, running); // afterwards: a stop that is not yet kept must still be news
    await teller.tell(channel, judged, groups);
  }

  async function read() {
    const { tags } = settings.current().health;
    if (Object.keys(tags).length === 0) {
      const [instances, health] = await Promise.all([cloud.instances({}), cloud.health()]);
      return { instances, health };
    }
    const instances = await cloud.instances({ tags });
    const ids = instances.map(({ id }) => id);
    // One that is gone by now must not hide the others.
    const health = ids.length <= fewServers ? await orNothing(cloud.health(ids)) : await cloud.health();
    return { instances, health };
  }

  /** What is told of a server ends also when the settings leave it out, which must not read as if it were gone. */
  async function withLeftOut(looks: Look[]): Promise<Look[]> {
    const isAll = Object.keys(settings.current().health.tags).length === 0;
    const missing = looks.flatMap(({ id, instance }) =>
      instance === undefined ? (InstanceId.safeParse(id).data ?? []) : [],
    );
    if (isAll || missing.length === 0) return looks;
    const there = await existing((ids: readonly InstanceId[]) => cloud.instances({ ids }), missing);
    const found = new Map<string, Instance>(there.map((one) => [one.id, one]));
    return looks.map((one) => {
      const leftOut = one.instance === undefined ? found.get(one.id) : undefined;
      return leftOut === undefined ? one : { ...one, leftOut };
    });
  }

  /** Only what may need telling is looked up: held by a run, or worked on by people, it shows what is done to it. */
  async function withBusy(
    looks: readonly Look[],
    { kept, seen }: { kept: ReadonlyMap<string, HealthRecord>; seen: Seen },
  ): Promise<readonly Look[]> {
    const notable = looks.filter((one) => {
      const record = judge(noRecord, one, { now: 0, settings: { confirm: 1, outOf: 1, recover: 1 } });
      return kept.has(one.id) || !isPlain(record);
    });
    if (notable.length === 0) return looks;
    const holders = await history.claims.holders(notable.map(({ id }) => id));
    const work = await inMaintenance(async () => ({ instances: seen.instances, volumes: [] }));
    // Only a run that holds the server itself makes it fail on purpose; a snapshot holds its disks and harms nothing.
    const busy = new Set([...work, ...holders.map(({ resource }) => resource)]);
    const acts = await lastActs(history);
    return looks.map((one) => ({ ...one, busy: busy.has(one.id), acts: acts.get(one.id) }));
  }

  async function keepRunning(seen: { instances: readonly Instance[] }, before: ReadonlySet<string>): Promise<void> {
    const now = new Set(seen.instances.filter((one) => isRunning(one, before)).map(({ id }) => id));
    if (now.size !== before.size || [...now].some((id) => !before.has(id))) await records.saveRunning(now);
  }

  return { run };
}

type Seen = { instances: readonly Instance[]; health: readonly InstanceHealth[] };
type Judged = { look: Look; before: HealthRecord; record: HealthRecord };

function allLooks(seen: Seen, kept: ReadonlyMap<string, HealthRecord>, running: ReadonlySet<string>): Look[] {
  const health = new Map(seen.health.map((one) => [one.instanceId as string, one]));
  const there = seen.instances.map((instance): Look => ({
    id: instance.id,
    instance,
    health: health.get(instance.id),
    wasRunning: running.has(instance.id),
    busy: false,
  }));
  const listed = new Set<string>(there.map(({ id }) => id));
  const gone = [...kept.keys()].filter((id) => !listed.has(id));
  return [
    ...there,
    ...gone.map((id): Look => ({ id, instance: undefined, health: undefined, wasRunning: false, busy: false })),
  ];
}

/** While it stops or starts, it still counts as what it was. */
function isRunning({ id, state }: Instance, before: ReadonlySet<string>): boolean {
  return state === 'running' || (state !== 'stopped' && before.has(id));
}

function changesOf(judged: readonly Judged[]): ReadonlyMap<string, HealthRecord | undefined> {
  const changed = judged.filter(({ before, record }) => JSON.stringify(before) !== JSON.stringify(record));
  return new Map(changed.map(({ look, record }) => [look.id, isPlain(record) ? undefined : record]));
}
