/** Why servers are told together, the closest reason first. */
export const relations = ['event', 'host', 'placement group', 'Auto Scaling group', 'zone', 'Region'] as const;
export type Relation = (typeof relations)[number];
export type Bond = { by: Relation; what: string };

/** A server about which there is something to say. */
export type Member = {
  id: string;
  /** What it shares with others; none: it is gone. */
  bonds: readonly Bond[];
  /** When it began. */
  since: number;
  /** suspect: not yet confirmed. fresh: confirmed by this very look. ending: well in the newest look, not yet for sure. */
  stage: 'suspect' | 'fresh' | 'confirmed' | 'ending';
  /** The group in whose message it is told. */
  group: string | undefined;
};
/** Who tells of a server: nobody yet, since others may follow; its own message; or that of a group. */
export type Role = { kind: 'wait' } | { kind: 'own' } | { kind: 'part'; group: string };

/** A reason that explains this much of what a looser one does is named instead: the few others hardly belong to it. */
const nearlyAll = 0.9;

/** What began further apart than this is told apart: it hardly has one cause. */
export const togetherMs = 10 * 60_000;

type Grouped = { roles: ReadonlyMap<string, Role>; groups: ReadonlyMap<string, Bond> };

/**
 * Decides who is told together: `least` servers and more that share something and began together. Of several reasons the
 * closest one counts, unless a looser one explains clearly more. Who is in a group stays in it until it is well, and who
 * joins later joins the message that is there; one that others follow elsewhere is then named by what they all share.
 * `known`: the open groups by name. Answers all groups with them. Pure.
 */
export function group(members: readonly Member[], of: { least: number; known: ReadonlyMap<string, Bond> }): Grouped {
  const { least } = of;
  const roles = new Map<string, Role>();
  const groups = new Map(of.known);
  const inside = new Map<string, { members: Member[]; newest: number }>();
  const put = (member: Member, name: string) => {
    roles.set(member.id, { kind: 'part', group: name });
    const known = inside.get(name) ?? { members: [], newest: -Infinity };
    known.members.push(member);
    inside.set(name, { ...known, newest: Math.max(known.newest, member.since) });
  };
  const isNear = (name: string, { since }: Member) => Math.abs(since - inside.get(name)!.newest) <= togetherMs;
  for (const member of members) if (stays(member, of.known)) put(member, member.group!);
  const others = members.filter(({ id }) => !roles.has(id)).toSorted(byBegin);
  const alone = others.filter(isConfirmed);
  for (const member of alone) {
    const open = member.bonds
      .flatMap((bond) => namesOf(bond, inside.keys(), groups))
      .find((name) => isNear(name, member));
    if (open !== undefined) put(member, open);
  }
  for (;;) {
    const wave = bestOf(
      alone.filter(({ id }) => !roles.has(id)),
      least,
    );
    if (wave === undefined) break;
    const byName = [...inside].toSorted(([a], [b]) => a.localeCompare(b));
    const wider = byName.flatMap(([name, { members }]) => {
      const bond = isNear(name, wave.members[0]!) ? widerBond(groups.get(name)!, members, wave) : undefined;
      return bond !== undefined && isClearlyMore([...members, ...wave.members], members, least) ? [{ name, bond }] : [];
    })[0];
    const { name, bond } = wider ?? { name: freeName(wave.bond, inside), bond: wave.bond };
    groups.set(name, bond);
    for (const member of wave.members) put(member, name);
  }
  const left = others.filter(({ id, stage }) => !roles.has(id) && stage !== 'ending');
  for (const member of others) {
    if (roles.has(member.id)) continue;
    const waits = member.stage === 'fresh' && hasCompany(member, left, of.least);
    roles.set(member.id, { kind: waits ? 'wait' : 'own' });
  }
  return { roles, groups };
}

function byBegin(one: Member, other: Member): number {
  return one.since - other.since || one.id.localeCompare(other.id);
}

function isConfirmed({ stage }: Member): boolean {
  return stage === 'fresh' || stage === 'confirmed';
}

/** An event that AWS has moved to another day belongs to the group no more. */
function stays({ group: name, bonds }: Member, known: ReadonlyMap<string, Bond>): boolean {
  const bond = name === undefined ? undefined : known.get(name);
  if (bond === undefined) return false;
  return bond.by !== 'event' || bonds.length === 0 || bonds.some((own) => keyOf(own) === keyOf(bond));
}

function namesOf(bond: Bond, names: Iterable<string>, groups: ReadonlyMap<string, Bond>): readonly string[] {
  return [...names].filter((name) => keyOf(groups.get(name)!) === keyOf(bond));
}

type Wave = { bond: Bond; members: readonly Member[] };

/** Of at least `least` servers: the closest reason that explains nearly all of what the widest one does. */
function bestOf(alone: readonly Member[], least: number): Wave | undefined {
  const circles = new Map<string, { bond: Bond; members: Member[] }>();
  for (const member of alone)
    for (const bond of member.bonds) {
      const circle = circles.get(keyOf(bond)) ?? { bond, members: [] };
      circles.set(keyOf(bond), circle);
      circle.members.push(member);
    }
  const rank = ({ by }: Bond) => relations.indexOf(by);
  const bySize = (a: Wave, b: Wave) =>
    b.members.length - a.members.length ||
    a.bond.what.localeCompare(b.bond.what) ||
    a.members[0]!.since - b.members[0]!.since;
  const closest = [...circles.values()]
    .flatMap(({ bond, members }) => wavesOf(members).map((wave): Wave => ({ bond, members: wave })))
    .filter(({ members }) => members.length >= least)
    .toSorted((a, b) => rank(a.bond) - rank(b.bond) || bySize(a, b));
  const widest = closest.toSorted((a, b) => b.members.length - a.members.length)[0];
  return closest.find(({ members }) => !isClearlyMore(widest!.members, members, least));
}

/** So many more than the others that they have hardly only what those others share. */
function isClearlyMore(all: readonly Member[], others: readonly Member[], least: number): boolean {
  const ids = new Set(others.map(({ id }) => id));
  const beyond = all.filter(({ id }) => !ids.has(id)).length;
  return beyond >= least && all.length - beyond < nearlyAll * all.length;
}

/** What an open group, named by something closer, has in common with a wave elsewhere. */
function widerBond(named: Bond, members: readonly Member[], wave: Wave): Bond | undefined {
  const rank = ({ by }: Bond) => relations.indexOf(by);
  const shared = (bond: Bond, { bonds }: Member) => bonds.some((own) => keyOf(own) === keyOf(bond));
  const isThere = members.filter(({ bonds }) => bonds.length > 0);
  return wave.members[0]!.bonds.find(
    (bond) =>
      rank(bond) > rank(named) &&
      isThere.length > 0 &&
      [...isThere, ...wave.members].every((member) => shared(bond, member)),
  );
}

/** `members` come in the order in which they began. */
function wavesOf(members: readonly Member[]): readonly (readonly Member[])[] {
  const waves: Member[][] = [];
  for (const member of members) {
    const last = waves.at(-1)?.at(-1);
    if (last !== undefined && member.since - last.since <= togetherMs) waves.at(-1)!.push(member);
    else waves.push([member]);
  }
  return waves;
}

/** Enough others are bad as well that a group may be there at the next look. */
function hasCompany(member: Member, left: readonly Member[], least: number): boolean {
  return member.bonds.some((bond) => {
    const near = left.filter(
      (one) =>
        Math.abs(one.since - member.since) <= togetherMs && one.bonds.some((other) => keyOf(other) === keyOf(bond)),
    );
    return near.length >= least && near.some(({ stage }) => stage === 'suspect');
  });
}

/** `zone us-east-1a`; with a number while an older group of that name is open. */
function freeName(bond: Bond, taken: ReadonlyMap<string, unknown>): string {
  for (let nr = 1; ; nr++) {
    const name = nr === 1 ? keyOf(bond) : `${keyOf(bond)} ${nr}`;
    if (!taken.has(name)) return name;
  }
}

function keyOf({ by, what }: Bond): string {
  return `${by} ${what}`;
}
