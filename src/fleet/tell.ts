import type { Clock, Log } from '#ports/clock.ts';
import type { Cloud, Place } from '#ports/cloud.ts';
import type { Fence, History } from '#ports/history.ts';
import type { ChannelId } from '#ports/ids.ts';
import type { Incidents } from '#ports/incidents.ts';
import type { SettingsSource } from '#ports/settings.ts';

import { hasRule, withRules } from './automatic.ts';
import { type Background, nowhere, readBackground } from './background.ts';
import { inherited } from './care.ts';
import * as planning from './event-messages.ts';
import { type Due, due, type Look, restOf } from './judge.ts';
import * as messages from './messages.ts';
import type { GroupRecord, HealthRecord, Records } from './records.ts';
import * as ends from './together-ends.ts';
import * as together from './together-messages.ts';
import { assign, type Assigned, type Judged, type Together } from './together.ts';

type World = {
  cloud: Pick<Cloud, 'snapshots' | 'place' | 'volumes'>;
  history: { runs: Pick<History['runs'], 'recent'> };
  incidents: Incidents;
  records: Records;
  scope: string;
  flags: string;
  fence?: (() => Fence | undefined) | undefined;
  clock: Clock;
  settings: SettingsSource;
  log: Log;
};

/** Tells what is due after a look, and keeps what was told. */
export function createTeller(world: World) {
  const { cloud, incidents, records, clock, settings, log } = world;
  /** What was told before now has the rules of this deckhand.yml; each version of it has a teller of its own. */
  let isRuled = false;

  /** What fails is logged and due again at the next look. `known`: the open messages about several servers. */
  async function tell(
    channel: ChannelId,
    judged: readonly Judged[],
    known: ReadonlyMap<string, GroupRecord>,
  ): Promise<void> {
    const { health, monitoring } = settings.current();
    const rules = { recover: health.recover, least: monitoring.group.members };
    const { servers, groups: assigned } = assign(judged, { ...rules, known, now: clock.now() });
    const groups = await Promise.all(assigned.map(withCare));
    const place = groups.length === 0 ? nowhere : await cloud.place().catch(() => nowhere);
    for (const one of servers) for (const to of one.joins) if (to.folds) await fold(one, to, groups);
    const moved = servers.filter(({ joins, leaves }) => joins.length + leaves.length > 0);
    // In one write: who is in a message, and that it is there. After a crash it is told from here.
    await records.save({
      records: new Map(moved.map(({ look, record }) => [look.id, restOf(record, look)])),
      groups: new Map(groups.flatMap(({ name, kept }) => (isSame(known.get(name), kept) ? [] : [[name, kept]]))),
    });
    for (const one of groups) await tellTogether(channel, one, { known, place });
    await tellOwn(channel, servers);
    if (!isRuled) isRuled = await tellRules(channel, servers);
  }

  async function tellOwn(channel: ChannelId, servers: readonly Assigned[]): Promise<void> {
    const open = servers.filter(({ items }) => items.length > 0);
    if (open.length === 0) return;
    const background = await readBackground(
      world,
      open.filter(({ items }) => items.some(({ act }) => act === 'raise')),
    );
    // Written first: after a crash in between, what may be open is told again or ended.
    await records.save({
      records: new Map(open.map(({ look, record, items }) => [look.id, items.reduce(aboutTo, record)])),
    });
    const after = new Map<string, HealthRecord | undefined>();
    for (const one of open) after.set(one.look.id, await tellOne(channel, one, background));
    await records.save({ records: after });
  }

  /** A rule may be younger than an alert: the open ones are said once more, which is no news. False: not all of them. */
  async function tellRules(channel: ChannelId, servers: readonly Assigned[]): Promise<boolean> {
    const { remediation, health } = settings.current();
    const of = { now: clock.now(), recover: health.recover };
    const open = servers
      .filter(({ look, items }) => items.length === 0 && look.instance && hasRule(look.instance, remediation))
      .map((one) => ({ ...one, items: saidAgain(one, of) }))
      .filter(({ items }) => items.length > 0);
    if (open.length === 0) return true;
    const background = await readBackground(world, open);
    for (const { look, items } of open)
      for (const item of items) {
        try {
          await send(channel, look, { item, isNews: false }, background);
        } catch (error) {
          log.warn({ instance: look.id, err: error }, 'a rule could not be named on an open alert yet');
          return false;
        }
      }
    return true;
  }

  /** Read before those messages end. */
  async function withCare(one: Together): Promise<Together> {
    const folded = one.came.filter(({ joins }) => joins.some(({ group, folds }) => folds && group === one.name));
    if (folded.length === 0) return one;
    const cares = await Promise.all(folded.map(({ look }) => incidents.careOf(keyOf(one.kept.topic, look))));
    const isAll = folded.length === one.members.length;
    const care = inherited(one.kept.care, cares, { isAll, now: clock.now() });
    return care === undefined ? one : { ...one, kept: { ...one.kept, care } };
  }

  /** Its own message ends before it joins the others'. */
  async function fold(
    { look }: Judged,
    { topic, group }: Assigned['joins'][number],
    groups: readonly Together[],
  ): Promise<void> {
    const bond = groups.find(({ name }) => name === group)!.kept.bond;
    await incidents.resolve(keyOf(topic, look), { endedAt: clock.now(), ...ends.folded(look, bond), ...right() });
  }

  /** Every look, since an unchanged report changes nothing; and again until its end was told. */
  async function tellTogether(
    channel: ChannelId,
    { name, kept, members, came, went, endedAt }: Together,
    { known, place }: { known: ReadonlyMap<string, GroupRecord>; place: Place },
  ): Promise<void> {
    const key = `servers${world.scope}:${name}`;
    const { topic, startedAt, care } = kept;
    const now = clock.now();
    try {
      if (members.length === 0) {
        const over = { ...kept, leftOut: went.filter(({ look }) => look.leftOut).length };
        const words = topic === 'checks' ? ends.wellAgain(over) : ends.plannedOver(over);
        await incidents.resolve(key, { endedAt, ...words, ...right() });
        return await records.save({ groups: new Map([[name, undefined]]) });
      }
      const of = {
        ...kept,
        members: members.map(shown),
        came: came.map(shown),
        went: went.map(shown),
        place,
        flags: world.flags,
        now,
        first: !known.has(name),
        most: settings.current().limits.resources,
      };
      const words = topic === 'checks' ? together.failing(of) : together.planned(of);
      await incidents.raise(key, { channel, startedAt, ...words, care, ...right() });
    } catch (error) {
      log.warn({ group: name, err: error }, 'the health of several servers could not be told yet');
    }
  }

  /** Nothing is told by a replica that another one has taken over from. */
  function right(): { fence?: Fence | undefined } {
    return { fence: world.fence?.() };
  }

  /** The record afterwards; undefined when there is nothing left to remember. */
  async function tellOne(
    channel: ChannelId,
    { look, record, items }: Assigned,
    background: Background,
  ): Promise<HealthRecord | undefined> {
    let kept = items.reduce(aboutTo, record);
    for (const item of items) {
      try {
        await send(channel, look, { item, isNews: true }, background);
        kept = told(kept, item);
      } catch (error) {
        log.warn({ instance: look.id, topic: item.topic, err: error }, 'the health of a server could not be told yet');
      }
    }
    return restOf(kept, look);
  }

  async function send(
    channel: ChannelId,
    look: Look,
    { item, isNews }: { item: Due; isNews: boolean },
    { place, snapshots, drills }: Background,
  ): Promise<void> {
    const key = keyOf(item.topic, look);
    if (item.act === 'resolve') {
      const words = item.topic === 'checks' ? messages.wellAgain({ ...look, ...item }) : planning.plannedOver(look);
      return incidents.resolve(key, { endedAt: item.endedAt, ...words, ...right() });
    }
    if (look.instance === undefined) return;
    const volumes = look.instance.mappings.map(({ volumeId }) => volumeId);
    const subject: messages.Subject = {
      instance: look.instance,
      health: look.health,
      place,
      flags: world.flags,
      snapshots: snapshots && volumes.flatMap((id) => snapshots.get(id) ?? []),
      drills: drills && volumes.flatMap((id) => drills.get(id) ?? []),
      acts: look.acts,
      serverMs: settings.current().restore.serverMs,
      now: clock.now(),
    };
    const isCheck = item.topic === 'checks';
    const { report, note } = isCheck
      ? messages.troubled({ ...subject, ...item })
      : planning.planned({ ...subject, ...item });
    return incidents.raise(key, {
      channel,
      startedAt: isCheck ? item.since : clock.now(),
      report: withRules(report, look.instance, settings.current().remediation),
      ...(isNews ? { note } : {}),
      ...right(),
    });
  }

  return { tell };
}

function keyOf(topic: Due['topic'], { id }: Look): string {
  return `${topic === 'checks' ? 'instance' : 'event'}:${id}`;
}

function isSame(one: GroupRecord | undefined, other: GroupRecord): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function shown({ look, record }: Judged): together.Of {
  return { ...look, trouble: record.course.trouble, since: record.course.since ?? 0 };
}

/** What was told of it in its own message and is still so. */
function saidAgain({ look, record }: Assigned, of: { now: number; recover: number }): readonly Due[] {
  const isOwn = (topic: Due['topic']) => record[topic] !== undefined && record[topic].group === undefined;
  const { checks: _checks, events: _events, ...unsaid } = record;
  return due(unsaid, look, of).filter(({ topic }) => isOwn(topic));
}

function aboutTo(record: HealthRecord, item: Due): HealthRecord {
  return item.act === 'raise' ? { ...record, [item.topic]: { mark: item.mark, sent: false } } : record;
}

function told(record: HealthRecord, item: Due): HealthRecord {
  if (item.act === 'raise') return { ...record, [item.topic]: { mark: item.mark, sent: true } };
  const { [item.topic]: _over, ...rest } = record;
  return rest;
}
