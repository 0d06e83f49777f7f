import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { roleOf, stays, type Watched } from '#sites/groups.ts';
import type { Told } from '#sites/incident.ts';
import type { Relation } from '#sites/kin.ts';
import { isDown, newState } from '#sites/state.ts';

import { aSite } from './support.ts';

const now = 10_000_000;
const rules = { waitMs: 30_000, members: 3 };
/** A site that is `down` or up; `parent`: one before it; `ip` and `server`: what it shares. */
type Drawn = { down: boolean; confirmedAgo: number; parent: number | undefined; ip: number; server: number };

const aFleet = fc
  .array(
    fc.record({
      down: fc.boolean(),
      confirmedAgo: fc.integer({ min: 31_000, max: 900_000 }),
      parent: fc.option(fc.nat(11), { nil: undefined }),
      ip: fc.nat(2),
      server: fc.nat(3),
    }),
    { minLength: 1, maxLength: 12 },
  )
  .map((all) =>
    all.map((one, nr) => ({ ...one, parent: one.parent === undefined || nr === 0 ? undefined : one.parent % nr })),
  );

/** Looks at every site again and again, in the drawn order, until nothing changes. */
function settled(fleet: readonly Drawn[], order: readonly number[]): ReadonlyMap<string, Watched> {
  const sites = new Map(fleet.map((one, nr) => [`s${nr}`, watched(one, nr)]));
  const world = {
    kin: { shared: (name: string) => circlesOf(name, fleet) },
    get: (name: string) => sites.get(name),
    channelOf: () => 'C1',
    rules,
    reopenMs: 900_000,
    now,
  };
  for (let round = 0, changed = true; changed; round++) {
    expect(round).toBeLessThan(20);
    changed = false;
    for (const nr of order) {
      const of = sites.get(`s${nr % fleet.length}`)!;
      if (!isDown(of.state) || (of.told.down !== undefined && (of.told.down.follows === undefined || stays(of, world))))
        continue;
      const alone = { ...of, told: {} };
      sites.set(of.site.name, alone);
      const role = roleOf(alone, world);
      if (role.kind === 'wait') continue;
      changed = true;
      sites.set(of.site.name, { ...of, told: toldBy(role) });
    }
  }
  return sites;
}

function watched({ down, confirmedAgo, parent }: Drawn, nr: number): Watched {
  const state = {
    ...newState(),
    checkedAt: now,
    ...(down ? { phase: 'down' as const, confirmedAt: now - confirmedAgo } : { phase: 'up' as const }),
  };
  return { site: aSite({ name: `s${nr}`, parent: parent === undefined ? undefined : `s${parent}` }), state, told: {} };
}

function circlesOf(name: string, fleet: readonly Drawn[]) {
  const own = fleet[Number(name.slice(1))]!;
  const alike = (is: (one: Drawn) => boolean) =>
    new Set(fleet.flatMap((one, nr) => (one.down && is(one) ? [`s${nr}`] : [])));
  const circles: [Relation, string, ReadonlySet<string>][] = [
    ['server', `i-${own.server}`, alike(({ server }) => server === own.server)],
    ['address', `10.0.0.${own.ip}`, alike(({ ip }) => ip === own.ip)],
  ];
  return circles.map(([by, what, failing]) => ({ by, what, failing }));
}

function toldBy(role: { kind: 'lead' } | { kind: 'follow'; leader: string; by: Relation }): Told {
  const follows = role.kind === 'lead' ? {} : { follows: role.leader, by: role.by };
  return { down: { mark: '', sent: true, at: now, over: false, ...follows } };
}

const orders = fc
  .array(fc.nat(11), { minLength: 12, maxLength: 24 })
  .map((some) => [...some, ...Array.from({ length: 12 }, (_, nr) => nr)]);

/** The child was confirmed before its parent, beside which it stands on one server. */
const firstOfAll: Drawn[] = [40_000, 40_000, 50_000].map((confirmedAgo, nr) => ({
  down: true,
  confirmedAgo,
  parent: nr === 2 ? 0 : undefined,
  ip: 0,
  server: 0,
}));

describe('whoever fails together, in whatever order it is found', () => {
  it('each site that is down is told in one message, and a message is never part of another one', () => {
    fc.assert(
      fc.property(aFleet, orders, (fleet, order) => {
        const sites = settled(fleet, order);
        return [...sites.values()].every(({ state, told: { down } }) => {
          if (!isDown(state)) return down === undefined;
          if (down?.follows === undefined) return down !== undefined;
          const leader = sites.get(down.follows);
          return leader?.told.down !== undefined && leader.told.down.follows === undefined;
        });
      }),
      { examples: [[firstOfAll, [0, 1, 2]]] },
    );
  });

  it('those on one server are one message when they are enough, and each its own when they share nothing', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), orders, fc.boolean(), (many, order, isShared) => {
        const fleet = Array.from({ length: many }, (_, nr) => ({
          down: true,
          confirmedAgo: 40_000 + nr,
          parent: undefined,
          ip: isShared ? 0 : nr,
          server: isShared ? 0 : nr,
        }));
        const leaders = [...settled(fleet, order).values()].filter(({ told }) => told.down?.follows === undefined);
        expect(leaders).toHaveLength(isShared && many >= rules.members ? 1 : many);
      }),
    );
  });

  it('a child of a site that is down is part of the message that tells of its parent', () => {
    fc.assert(
      fc.property(aFleet, orders, (fleet, order) => {
        const sites = settled(fleet, order);
        return [...sites.values()].every(({ site, state, told }) => {
          const parent = site.parent === undefined ? undefined : sites.get(site.parent);
          if (!isDown(state) || parent === undefined || !isDown(parent.state)) return true;
          return told.down?.follows === (parent.told.down?.follows ?? parent.site.name);
        });
      }),
    );
  });
});
