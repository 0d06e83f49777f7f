import { isRefusal } from '#errors.ts';
import { judgeHeld, judgeOrphans, runsNamed, type HeldVolume } from '#lib/leftovers.ts';
import { placeFlags } from '#lib/places.ts';
import { judgeRetention } from '#lib/retention.ts';
import { settle } from '#lib/settle.ts';
import { runTag } from '#lib/tags.ts';
import { existing } from '#lib/targets.ts';
import type { Automatic } from '#ports/automatic.ts';
import type { Clock, Log } from '#ports/clock.ts';
import type { Cloud, Place, RootTask } from '#ports/cloud.ts';
import type { Clouds } from '#ports/clouds.ts';
import { openRunStates, type History, type Run } from '#ports/history.ts';
import type { ChannelId, RunId, VolumeId } from '#ports/ids.ts';
import type { Incidents, Report } from '#ports/incidents.ts';
import type { SettingsSource } from '#ports/settings.ts';
import type { Terraform } from '#ports/terraform.ts';

import * as messages from './leftovers-messages.ts';

type World = {
  clouds: Clouds;
  terraform: Terraform;
  history: { runs: Pick<History['runs'], 'get'>; watch: History['watch'] };
  incidents: Incidents;
  automatic: Pick<Automatic, 'start'>;
  clock: Pick<Clock, 'now'>;
  settings: SettingsSource;
  log: Log;
};
type Here = { place: Place; scope: string; flags: string; channel: ChannelId; now: number };

/**
 * Looks for what runs left in every account and Region: disks kept for undo whose time ends, and things that no run owns.
 * Tells each in one message a place, with a button; deletes the former by itself only where deckhand.yml says so, after a
 * notice. `slot` is the hour it is asked for; the same slot starts the same run. Repeatable.
 */
export function createLeftoverWatch(world: World) {
  const { clouds, terraform, history, incidents, automatic, clock, settings, log } = world;

  async function look(slot: number): Promise<void> {
    const channel = settings.current().channels.alerts;
    if (channel === undefined) return;
    const places = clouds.places();
    for (const place of places) {
      const flags = placeFlags(place, places);
      const scope = flags === '' ? '' : `@${place.account}/${place.region}`;
      try {
        await lookAt({ place, scope, flags, channel, now: clock.now() }, slot);
      } catch (error) {
        log.warn(
          { account: place.account, region: place.region, err: error },
          'looking for what runs left behind failed',
        );
      }
    }
  }

  async function lookAt(here: Here, slot: number): Promise<void> {
    const cloud = clouds.at(here.place, { lane: 'low' });
    const [volumes, snapshots, tasks] = await Promise.all([cloud.volumes({}), cloud.snapshots({}), rootTasksOf(cloud)]);
    const runs = await runsOf(runsNamed([...volumes, ...snapshots, ...tasks]));
    const newest = judgeRetention(snapshots, { rules: { timezone: 'UTC' }, now: here.now }).newest;
    const { orphans } = judgeOrphans({ volumes, snapshots, runs, newest, now: here.now });
    const failed = tasks.filter((task) => messages.isRootless(task) && !isOpen(runs.get(task.tags[runTag] ?? '')));
    const lost = await stillRootless(cloud, failed);
    await tell(`orphans${here.scope}`, here, messages.orphaned(orphans, lost, here.flags));
    await tellHeld(here, judgeHeld(volumes, { runs, states: await terraform.states(), now: here.now }), slot);
  }

  async function tellHeld(here: Here, { expired, coming }: ReturnType<typeof judgeHeld>, slot: number): Promise<void> {
    const { delete: how, noticeMs } = settings.current().holds;
    const soon = coming.filter(({ until }) => until - noticeMs <= here.now);
    const told = await remember(here.scope, [...expired, ...soon], here.now);
    const byItself = how === 'auto' ? { noticeMs, told } : undefined;
    await tell(`holds${here.scope}`, here, messages.held({ expired, soon, byItself, flags: here.flags }));
    const due = expired.filter(({ volume }) => (told.get(volume.id) ?? here.now) + noticeMs <= here.now);
    if (how !== 'auto' || due.length === 0) return;
    await automatic.start({
      id: `holds${here.scope}:${slot}`,
      operation: 'cleanup',
      args: { kind: 'held', only: due.map(({ volume }) => volume.id) },
      channel: here.channel,
      approval: { kind: 'none' },
      because: 'holds: replaced disks past their time',
      place: { account: here.place.account, region: here.place.region },
    });
  }

  /** Since when each has been told. What is gone is forgotten. */
  async function remember(
    scope: string,
    held: readonly HeldVolume[],
    now: number,
  ): Promise<ReadonlyMap<VolumeId, number>> {
    const prefix = `hold${scope}:`;
    const known = await history.watch.load(prefix);
    const told = new Map(held.map(({ volume: { id } }) => [id, Number(known.get(prefix + id) ?? now)] as const));
    const fresh = [...told].filter(([id]) => !known.has(prefix + id));
    if (fresh.length > 0) await history.watch.save(new Map(fresh.map(([id, at]) => [prefix + id, at])));
    const gone = [...known.keys()].filter((key) => !told.has(key.slice(prefix.length) as VolumeId));
    if (gone.length > 0) await history.watch.forget(gone);
    return told;
  }

  /** undefined: there is nothing to tell (any more). */
  async function tell(key: string, { channel, now }: Here, report: Report | undefined): Promise<void> {
    if (report !== undefined) await incidents.raise(key, { channel, startedAt: now, report });
    else if (await incidents.isOpen(key)) await incidents.resolve(key, { endedAt: now, report: messages.over(key) });
  }

  async function runsOf(ids: readonly RunId[]): Promise<Map<RunId, Run>> {
    const found = await settle(ids, async (id) => [id, await history.runs.get(id)] as const);
    return new Map(found.flatMap(([id, run]) => (run === undefined ? [] : [[id, run] as const])));
  }

  return { look };
}

function isOpen(run: Run | undefined): boolean {
  return run !== undefined && openRunStates.some((open) => open === run.state);
}

/** EC2 lists a task long after somebody has given the server a root disk again, or has terminated it. */
async function stillRootless(cloud: Cloud, failed: readonly RootTask[]): Promise<RootTask[]> {
  const servers = await existing(
    (ids) => cloud.instances({ ids }),
    failed.map(({ instanceId }) => instanceId),
  );
  const without = servers.filter(({ mappings, rootDevice }) => !mappings.some(({ device }) => device === rootDevice));
  return failed.filter(({ instanceId }) => without.some(({ id }) => id === instanceId));
}

/** An endpoint that knows no such tasks has none. */
async function rootTasksOf(cloud: Cloud): ReturnType<Cloud['rootTasks']> {
  try {
    return await cloud.rootTasks({});
  } catch (error) {
    if (isRefusal(error) && error.code === 'not-offered') return [];
    throw error;
  }
}
