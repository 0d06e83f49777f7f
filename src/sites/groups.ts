import type { Site } from '#ports/site-settings.ts';

import type { Told } from './incident.ts';
import type { Kin, Relation } from './kin.ts';
import { isAlone, isDown, type SiteState } from './state.ts';

/** A watched site with all we know of it. */
export type Watched = { site: Site; state: SiteState; told: Told };

/** Who tells that a site is down: nobody yet, itself, or another site's message that it becomes part of. */
export type Role =
  | { kind: 'wait'; until: number }
  | { kind: 'lead' }
  | { kind: 'follow'; leader: string; by: Relation };

type Of = {
  kin: Pick<Kin, 'shared'>;
  get: (name: string) => Watched | undefined;
  /** Where the alerts of a site go: only sites of one channel share a message. */
  channelOf: (site: Site) => string | undefined;
  rules: { waitMs: number; members: number };
  reopenMs: number;
  now: number;
};

/**
 * The role of a site that is down and told nowhere yet. A child of a site that is down is part of its message; of sites
 * that share something and fail together, the one whose message is open, or the first, leads. Pure.
 */
export function roleOf(of: Watched, world: Of): Role {
  return asChild(of, world) ?? asSibling(of, world);
}

/** Does a follower still belong to its leader's message? Else its role is found anew. Pure. */
export function stays(of: Watched, world: Of): boolean {
  const { follows, by } = of.told.down ?? {};
  if (follows === undefined) return false;
  if (by === 'parent') {
    const role = asChild(of, world);
    return role?.kind === 'follow' && role.leader === follows;
  }
  return leads(world.get(follows));
}

function asChild({ site, state }: Watched, world: Of): Role | undefined {
  const parent = site.parent === undefined ? undefined : world.get(site.parent);
  if (parent === undefined || world.channelOf(parent.site) !== world.channelOf(site)) return undefined;
  if (isDown(parent.state)) return { kind: 'follow', leader: leaderOf(parent.site.name, world), by: 'parent' };
  // Being confirmed itself; or up again only since the child was last looked at.
  const isSuspect = parent.state.phase === 'suspect' && !isAlone(parent.state);
  const unclear = isSuspect || (parent.state.upSince ?? 0) > (state.checkedAt ?? 0);
  return unclear ? { kind: 'wait', until: world.now + lookAgainMs } : undefined;
}

/** The gap after which a site that waits for its parent looks again, besides whenever the parent changes. */
const lookAgainMs = 10_000;

function asSibling(of: Watched, world: Of): Role {
  const { name } = of.site;
  const channel = world.channelOf(of.site);
  let company = false;
  for (const { by, failing } of world.kin.shared(name)) {
    const together = [...failing]
      .flatMap((one) => world.get(one) ?? [])
      .filter(({ site }) => world.channelOf(site) === channel);
    company ||= together.length > 1;
    if (together.length < world.rules.members) continue;
    const open = together.find(leads);
    if (open !== undefined) return { kind: 'follow', leader: open.site.name, by };
    if (isEarly(of, world)) break;
    const leader = leaderOf(firstOf(together, world), world);
    return leader === name ? { kind: 'lead' } : { kind: 'follow', leader, by };
  }
  if (company && isEarly(of, world))
    return { kind: 'wait', until: (of.state.confirmedAt ?? world.now) + world.rules.waitMs };
  return { kind: 'lead' };
}

/** Who is told in the message of another site, by something else that it shares, brings its company there. */
function leaderOf(name: string, world: Of): string {
  const { follows, over } = world.get(name)?.told.down ?? {};
  return over === false && follows !== undefined ? follows : name;
}

function isEarly({ state }: Watched, { rules, now }: Of): boolean {
  return state.confirmedAt !== undefined && now < state.confirmedAt + rules.waitMs;
}

/** Its message is open, and it is no part of another. */
export function leads(of: Watched | undefined): boolean {
  const told = of?.told.down;
  return told !== undefined && !told.over && told.follows === undefined;
}

/**
 * Who led a short while ago leads again, in the same message; else who was confirmed first. Never a child of a site that is
 * down: it is part of the message of its parent, which may be one of these and would then be part of itself.
 */
function firstOf(together: readonly Watched[], world: Of): string {
  const { now, reopenMs } = world;
  const down = together.filter((one) => isDown(one.state) && asChild(one, world)?.kind !== 'follow');
  const rank = ({ told: { down: told }, state }: Watched) => [
    told !== undefined && told.follows === undefined && now - told.at < reopenMs ? 0 : 1,
    state.confirmedAt ?? now,
  ];
  const sorted = down.toSorted((a, b) => {
    const [[ledA = 1, atA = 0], [ledB = 1, atB = 0]] = [rank(a), rank(b)];
    return ledA - ledB || atA - atB || a.site.name.localeCompare(b.site.name);
  });
  return sorted[0]?.site.name ?? '';
}
