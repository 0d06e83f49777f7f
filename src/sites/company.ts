import type { Clock } from '#ports/clock.ts';
import type { ChannelId } from '#ports/ids.ts';
import type { Site } from '#ports/site-settings.ts';

import type { Book } from './book.ts';
import { leads, roleOf, stays, type Watched } from './groups.ts';
import type { Follower } from './incident.ts';
import type { Kin, Relation } from './kin.ts';
import { isDown } from './state.ts';

type Part = {
  kind: 'part';
  leader: string;
  by: Relation;
  /** The leader's message must change. */
  isNews: boolean;
  /** It had an own message, which must be ended before it joins. */
  folds: boolean;
};
/** Where the outage of a site is told: in its own message, later, or in another's. */
export type Place = { kind: 'own' } | { kind: 'wait'; until: number } | Part;

/** Keeps who is told in whose message, as `groups.ts` decides it. */
export function createCompany(world: {
  book: Pick<Book, 'soon'>;
  get: (name: string) => Watched | undefined;
  kin: Pick<Kin, 'shared'>;
  channelOf: (site: Site) => ChannelId | undefined;
  rules: () => { waitMs: number; members: number; reopenMs: number };
  clock: Clock;
}) {
  const followers = new Map<string, Set<string>>();
  const facts = () => {
    const rules = world.rules();
    return { ...world, rules, reopenMs: rules.reopenMs, now: world.clock.now() };
  };

  function load(all: Iterable<Watched>): void {
    for (const { site, told } of all) if (told.down?.follows !== undefined) add(told.down.follows, site.name);
  }

  function place(of: Watched): Place {
    const told = of.told.down;
    if (told?.over === false && told.follows !== undefined) {
      const { follows: leader, by = 'parent' } = told;
      if (!isDown(of.state)) {
        keep(of, { ...told, at: world.clock.now(), over: true });
        return { kind: 'part', leader, by, isNews: true, folds: false };
      }
      if (stays(of, facts())) return { kind: 'part', leader, by, isNews: false, folds: false };
      followers.get(leader)?.delete(of.site.name);
      keep(of, undefined);
    }
    // A message that others have joined stays; one alone may become part of a greater one.
    const settled = leads(of) && followers.has(of.site.name);
    if (of.state.phase !== 'down' || of.state.quiet || settled) return { kind: 'own' };
    return find(of);
  }

  function find(of: Watched): Place {
    const role = roleOf(of, facts());
    const isOpen = leads(of);
    if (role.kind === 'lead' || (role.kind === 'follow' && role.leader === of.site.name)) return { kind: 'own' };
    if (role.kind === 'wait') return isOpen ? { kind: 'own' } : role;
    const part: Part = { ...role, kind: 'part', isNews: true, folds: isOpen };
    if (!isOpen) join(of, part);
    return part;
  }

  function join(of: Watched, { leader, by }: Pick<Part, 'leader' | 'by'>): void {
    add(leader, of.site.name);
    keep(of, { mark: '', sent: true, at: world.clock.now(), over: false, follows: leader, by });
  }

  function add(leader: string, name: string): void {
    const set = followers.get(leader) ?? new Set();
    followers.set(leader, set.add(name));
  }

  function keep(of: Watched, down: Watched['told']['down']): void {
    of.told = { ...of.told, down };
    world.book.soon(of.site.name, () => ({ state: of.state, told: of.told }));
  }

  /** The sites in its message. */
  function membersOf(name: string): readonly Follower[] {
    return [...(followers.get(name) ?? [])].flatMap((one) => {
      const of = world.get(one);
      const { follows, by = 'parent', over = true, at = 0 } = of?.told.down ?? {};
      if (of === undefined || follows !== name) return [];
      const since = of.state.firstFailureAt ?? of.state.lastOutage?.startedAt ?? at;
      return [{ name: one, by, down: !over, since }];
    });
  }

  /** Its message is over: answers who was in it and is still down. */
  function release(name: string): readonly string[] {
    const left = membersOf(name).filter(({ down }) => down);
    followers.delete(name);
    for (const one of left) {
      const of = world.get(one.name);
      if (of !== undefined) keep(of, undefined);
    }
    return left.map((one) => one.name);
  }

  return { load, place, join, of: membersOf, release };
}
