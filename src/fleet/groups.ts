/** Why servers are told together, the closest reason first. */
export const relations = ['event', 'host', 'placement group', 'Auto Scaling group', 'zone'] as const;
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

/** What began further apart than this is told apart: it hardly has one cause. */
export const togetherMs = 10 * 60_000;

type Grouped = { roles: ReadonlyMap<string, Role>; groups: ReadonlyMap<string, Bond> };

/**
 * Decides who is told together: `least` servers and more that share something and began together. Of several reasons the
 * one that explains the most servers counts, of two alike the closer one. Who is in a group stays in it until it is well,
 * and who joins later joins the message that is there. `known`: the open groups by name. Answers all groups with them. Pure.
 */
export function group(members: readonly Member[], of: { least: number; known: ReadonlyMap<string, Bond> }): Grouped {
  const roles = new Map<string, Role>();
  const groups = new Map(of.known);
  const newest = new Map<string, number>();
  const put = (member: Member, name: string) => {
    roles.set(member.id, { kind: 'part', group: name });
    newest.set(name, Math.max(newest.get(name) ?? -Infinity, member.since));
  };
  for (const member of members) if (stays(member, of.known)) put(member, member.group!);
  const others = members.filter(({ id }) => !roles.has(id)).toSorted(byBegin);
  const alone = others.filter(isConfirmed);
  for (const member of alone) {
    const open = member.bonds.flatMap((bond) => namesOf(bond, newest.keys(), groups)).find((name) => isNear(name));
    if (open !== undefined) put(member, open);

    function isNear(name: string): boolean {
      return Math.abs(member.since - newest.get(name)!) <= togetherMs;
    }
  }
  for (;;) {
    const circle = greatest(alone.filter(({ id }) => !roles.has(id)));
    if (circle === undefined || circle.members.length < of.least) break;
    const name = freeName(circle.bond, newest);
    groups.set(name, circle.bond);
    for (const member of circle.members) put(member, name);
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

/** The most servers that share something and of which each began soon after the one before. */
function greatest(alone: readonly Member[]): { bond: Bond; members: readonly Member[] } | undefined {
  const circles = new Map<string, { bond: Bond; members: Member[] }>();
  for (const member of alone)
    for (const bond of member.bonds) {
      const circle = circles.get(keyOf(bond)) ?? { bond, members: [] };
      circles.set(keyOf(bond), circle);
      circle.members.push(member);
    }
  const waves = [...circles.values()].flatMap(({ bond, members }) =>
    wavesOf(members).map((wave) => ({ bond, members: wave })),
  );
  const rank = ({ by }: Bond) => relations.indexOf(by);
  return waves.toSorted(
    (a, b) =>
      b.members.length - a.members.length ||
      rank(a.bond) - rank(b.bond) ||
      a.bond.what.localeCompare(b.bond.what) ||
      a.members[0]!.since - b.members[0]!.since,
  )[0];
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
