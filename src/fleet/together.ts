import { memberOf, type Topic } from './bonds.ts';
import { group, type Role } from './groups.ts';
import { type Due, due, type Look } from './judge.ts';
import type { GroupRecord, HealthRecord } from './records.ts';

export type Judged = { look: Look; record: HealthRecord };
/** A server with what changes about who tells of it. */
export type Assigned = Judged & {
  /** Due in its own message. */
  items: readonly Due[];
  /** Joins the message of a group; `folds`: its own one is open and ends first. */
  joins: readonly { topic: Topic; group: string; folds: boolean }[];
  /** Is well, or gone, and leaves it. */
  leaves: readonly { topic: Topic; group: string; endedAt: number }[];
};
/** A message about several servers: those in it now, and who came and went since the last look. */
export type Together = {
  name: string;
  kept: GroupRecord;
  members: readonly Judged[];
  came: readonly Assigned[];
  went: readonly Judged[];
  /** When the last of those that went was well. */
  endedAt: number;
};

type Of = {
  known: ReadonlyMap<string, GroupRecord>;
  now: number;
  recover: number;
  least: number;
};

const topics = ['checks', 'events'] as const;

/** Shares what is due among own messages and those of groups. Pure. */
export function assign(
  judged: readonly Judged[],
  of: Of,
): { servers: readonly Assigned[]; groups: readonly Together[] } {
  const found = topics.map((topic) => ({ topic, ...groupsOf(topic, judged, of) }));
  const servers = judged.map((one) =>
    assignOne(one, new Map(found.map(({ topic, roles }) => [topic, roles.get(one.look.id)])), of),
  );
  const groups = found.flatMap(({ topic, groups: names }) =>
    [...names].map(([name, bond]): Together => {
      const came = servers.filter(({ joins }) => joins.some((to) => to.group === name));
      const members = servers.filter(({ record }) => record[topic]?.group === name);
      const ends = servers.flatMap(({ leaves }) => leaves.filter((from) => from.group === name));
      const went = servers.filter(({ leaves }) => leaves.some((from) => from.group === name));
      const { startedAt = beginOf(topic, members, of.now), gone = [], ...more } = of.known.get(name) ?? {};
      const inside = new Set(members.map(({ look }) => look.id));
      const left = new Set([...gone, ...went.map(({ look }) => look.id)]);
      return {
        name,
        kept: { ...more, bond, topic, startedAt, gone: [...left].filter((id) => !inside.has(id)) },
        members,
        came,
        went,
        endedAt: ends.length === 0 ? of.now : Math.max(...ends.map(({ endedAt }) => endedAt)),
      };
    }),
  );
  return { servers, groups };
}

function groupsOf(topic: Topic, judged: readonly Judged[], { known, least }: Of) {
  const own = [...known].filter(([, kept]) => kept.topic === topic);
  return group(
    judged.flatMap((one) => memberOf(topic, one) ?? []),
    { least, known: new Map(own.map(([name, { bond }]) => [name, bond])) },
  );
}

function assignOne({ look, record: before }: Judged, roles: ReadonlyMap<Topic, Role | undefined>, of: Of): Assigned {
  const joins = topics.flatMap((topic) => {
    const role = roles.get(topic);
    if (role?.kind !== 'part' || before[topic]?.group === role.group) return [];
    return [{ topic, group: role.group, folds: before[topic] !== undefined && before[topic].group === undefined }];
  });
  const parted = topics.filter((topic) => roles.get(topic)?.kind === 'own' && before[topic]?.group !== undefined);
  const record = parted.reduce(without, joins.reduce(joined, before));
  // Of those that wait or are told by a group nothing is told here but their end.
  const news = due(record, look, of).filter(
    ({ act, topic }) => act === 'resolve' || (roles.get(topic) ?? ownRole).kind === 'own',
  );
  const leaves = news.flatMap((item) => {
    const name = record[item.topic]?.group;
    return item.act === 'resolve' && name !== undefined
      ? [{ topic: item.topic, group: name, endedAt: item.endedAt }]
      : [];
  });
  return {
    look,
    record: leaves.map(({ topic }) => topic).reduce(without, record),
    items: news.filter(({ topic }) => record[topic]?.group === undefined),
    joins,
    leaves,
  };
}

const ownRole: Role = { kind: 'own' };

function joined(record: HealthRecord, to: { topic: Topic; group: string }): HealthRecord {
  return { ...record, [to.topic]: { mark: '', sent: true, group: to.group } };
}

function without(record: HealthRecord, topic: Topic): HealthRecord {
  const { [topic]: _over, ...rest } = record;
  return rest;
}

function beginOf(topic: Topic, members: readonly Judged[], now: number): number {
  return topic === 'events' ? now : Math.min(now, ...members.map(({ record }) => record.course.since ?? now));
}
