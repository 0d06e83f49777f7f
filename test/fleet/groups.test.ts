import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { type Bond, group, type Member, relations, togetherMs } from '#fleet/groups.ts';

const zone = (what: string): Bond => ({ by: 'zone', what });
const asg = (what: string): Bond => ({ by: 'Auto Scaling group', what });
const a = zone('us-east-1a');
const b = zone('us-east-1b');
const region: Bond = { by: 'Region', what: 'us-east-1' };
const inZone = (letter: string) => ({ bonds: [zone(`us-east-1${letter}`), region] });

function aMember(id: string, change: Partial<Member> = {}): Member {
  return { id, bonds: [a], since: 0, stage: 'confirmed', group: undefined, ...change };
}
const many = (count: number, change: Partial<Member> = {}, prefix = 'i') =>
  Array.from({ length: count }, (_, nr) => aMember(`${prefix}-${nr}`, change));
function decide(members: readonly Member[], known: readonly (readonly [string, Bond])[] = []) {
  const { roles, groups } = group(members, { least: 3, known: new Map(known) });
  const told = (id: string) => {
    const role = roles.get(id);
    return role?.kind === 'part' ? role.group : role?.kind;
  };
  return { roles, groups, told, all: members.map(({ id }) => told(id)) };
}

const shares = (bonds: readonly Bond[], bond: Bond) =>
  bonds.some(({ by, what }) => by === bond.by && what === bond.what);

describe('who is told together', () => {
  it.each([
    ['one server has its own message', [aMember('i-1')], ['own']],
    ['two are not enough', many(2), ['own', 'own']],
    ['three of one zone are one message', many(3), Array(3).fill('zone us-east-1a')],
    ['so are five hundred', many(500), Array(500).fill('zone us-east-1a')],
    [
      'each zone has its own',
      [...many(3), ...many(3, { bonds: [b] }, 'j')],
      [...Array(3).fill('zone us-east-1a'), ...Array(3).fill('zone us-east-1b')],
    ],
    [
      'the reason that explains the most counts',
      [
        aMember('1', { bonds: [asg('web'), a] }),
        aMember('2', { bonds: [asg('web'), b] }),
        aMember('3', { bonds: [asg('web'), a] }),
      ],
      Array(3).fill('Auto Scaling group web'),
    ],
    [
      'of two that explain as many, the closer one',
      many(3, { bonds: [{ by: 'host', what: 'h-1' }, asg('web'), a] }),
      Array(3).fill('host h-1'),
    ],
    [
      'a whole zone is one message, however many groups it has',
      [...many(5, { bonds: [asg('web'), a] }), ...many(5, { bonds: [asg('api'), a] }, 'j')],
      Array(10).fill('zone us-east-1a'),
    ],
    [
      'an outage over three zones of a Region is one message',
      [...many(200, inZone('a')), ...many(200, inZone('b'), 'j'), ...many(100, inZone('c'), 'k')],
      Array(500).fill('Region us-east-1'),
    ],
    ['a zone that explains all is the cause', many(3, inZone('a')), Array(3).fill('zone us-east-1a')],
    [
      'a zone that explains nearly all is the cause, and who is unlucky elsewhere is told apart',
      [...many(100, inZone('a')), ...many(2, inZone('b'), 'j'), ...many(4, inZone('c'), 'k')],
      [...Array(100).fill('zone us-east-1a'), 'own', 'own', ...Array(4).fill('zone us-east-1c')],
    ],
    [
      'a zone that leaves fewer than make a group is the cause',
      [...many(3, inZone('a')), ...many(2, inZone('b'), 'j')],
      [...Array(3).fill('zone us-east-1a'), 'own', 'own'],
    ],
    ['two in two zones are no group yet', [aMember('1', inZone('a')), aMember('2', inZone('b'))], ['own', 'own']],
    [
      'three in three zones are one',
      [aMember('1', inZone('a')), aMember('2', inZone('b')), aMember('3', inZone('c'))],
      Array(3).fill('Region us-east-1'),
    ],
    [
      'a group that explains nearly all of its zone is the cause, not the zone',
      [...many(9, { bonds: [asg('web'), a] }), ...many(2, { bonds: [a] }, 'j')],
      [...Array(9).fill('Auto Scaling group web'), 'own', 'own'],
    ],
    [
      'what is long broken gathers nobody',
      [aMember('1'), aMember('2'), aMember('3', { since: 10 * togetherMs })],
      ['own', 'own', 'own'],
    ],
    [
      'one after the other within minutes is one wave',
      [0, 1, 2, 3].map((nr) => aMember(`${nr}`, { since: nr * togetherMs })),
      Array(4).fill('zone us-east-1a'),
    ],
    [
      'a fresh one waits a look while enough others are suspected',
      [aMember('1', { stage: 'fresh' }), aMember('2', { stage: 'suspect' }), aMember('3', { stage: 'suspect' })],
      ['wait', 'own', 'own'],
    ],
    [
      'and no longer',
      [aMember('1'), aMember('2', { stage: 'suspect' }), aMember('3', { stage: 'suspect' })],
      ['own', 'own', 'own'],
    ],
    [
      'nobody waits for one other',
      [aMember('1', { stage: 'fresh' }), aMember('2', { stage: 'suspect' })],
      ['own', 'own'],
    ],
    ['who gets well joins nobody', [...many(2), aMember('9', { stage: 'ending' })], ['own', 'own', 'own']],
  ] satisfies [string, Member[], string[]][])('%s', (_name, members, roles) => {
    expect(decide(members).all).toEqual(roles);
  });

  const known = [['zone us-east-1a', a]] as const;
  it('who comes later joins the message that is there, and whoever is in it stays until well', () => {
    const members = [
      aMember('in', { group: 'zone us-east-1a' }),
      aMember('gone', { group: 'zone us-east-1a', bonds: [], stage: 'ending' }),
      aMember('late', { since: togetherMs }),
      aMember('much later', { since: 3 * togetherMs }),
    ];
    expect(decide(members, known).all).toEqual(['zone us-east-1a', 'zone us-east-1a', 'zone us-east-1a', 'own']);
  });

  it('a second wave hours later is a message of its own while the first is open', () => {
    const members = [aMember('in', { group: 'zone us-east-1a' }), ...many(3, { since: 100 * togetherMs })];
    const { told, groups } = decide(members, known);
    expect([told('in'), told('i-0')]).toEqual(['zone us-east-1a', 'zone us-east-1a 2']);
    expect([...groups.keys()]).toEqual(['zone us-east-1a', 'zone us-east-1a 2']);
  });

  it('an outage that goes on to the next zone within minutes stays one message, now of the Region', () => {
    const there = many(5, { ...inZone('a'), group: 'zone us-east-1a' }, 'in');
    const next = many(4, { ...inZone('b'), since: togetherMs }, 'next');
    const { all, groups } = decide([...there, ...next], known);

    expect(all).toEqual(Array(9).fill('zone us-east-1a'));
    expect([...groups]).toEqual([['zone us-east-1a', region]]);
    // Whoever follows elsewhere then joins it as well.
    const inside = [...there, ...next].map((one) => ({ ...one, group: 'zone us-east-1a' }));
    const last = aMember('last', { ...inZone('c'), since: 2 * togetherMs });
    expect(decide([...inside, last], [['zone us-east-1a', region]]).told('last')).toBe('zone us-east-1a');
  });

  it.each([
    ['much later', many(4, { ...inZone('b'), since: 3 * togetherMs }, 'next'), 'zone us-east-1b'],
    ['few beside many', many(4, inZone('b'), 'next'), 'zone us-east-1b'],
    ['fewer than make a group', many(2, inZone('b'), 'next'), 'own'],
  ])('but another zone is told apart: %s', (_how, next, told) => {
    const there = many(50, { ...inZone('a'), group: 'zone us-east-1a' }, 'in');
    const decided = decide([...there, ...next], known);

    expect(next.map(({ id }) => decided.told(id))).toEqual(Array(next.length).fill(told));
    expect(decided.groups.get('zone us-east-1a')).toEqual(a);
  });

  it('an event that AWS moved to another day leaves the message of the day before', () => {
    const day = (what: string): Bond => ({ by: 'event', what });
    const old = 'event system-reboot on 2026-12-01';
    const members = [
      aMember('stays', { group: old, bonds: [day('system-reboot on 2026-12-01')] }),
      aMember('moved', { group: old, bonds: [day('system-reboot on 2026-12-05')] }),
    ];
    expect(decide(members, [[old, day('system-reboot on 2026-12-01')]]).all).toEqual([old, 'own']);
  });

  const someBond = fc.record({ by: fc.constantFrom(...relations), what: fc.constantFrom('x', 'y', 'z') });
  const someMember = fc.record({
    id: fc.uuid(),
    bonds: fc.uniqueArray(someBond, { selector: ({ by }) => by, maxLength: 3 }),
    since: fc.integer({ min: 0, max: 5 * togetherMs }),
    stage: fc.constantFrom('suspect', 'fresh', 'confirmed', 'ending'),
    group: fc.constantFrom(undefined, 'zone x', 'event y'),
  }) satisfies fc.Arbitrary<Member>;
  const openGroups = [
    ['zone x', zone('x')],
    ['event y', { by: 'event', what: 'y' }],
  ] as const;

  it('holds for any servers: each has one role, groups are large enough, only fresh ones wait, and order does not matter', () => {
    fc.assert(
      fc.property(fc.uniqueArray(someMember, { selector: ({ id }) => id, maxLength: 40 }), (members) => {
        const { roles, groups, told } = decide(members, openGroups);
        expect(roles.size).toBe(members.length);
        for (const [name, bond] of groups) {
          const inside = members.filter(({ id }) => told(id) === name);
          const isKnown = openGroups.some(([open]) => open === name);
          expect(inside.length).toBeGreaterThanOrEqual(isKnown ? 0 : 3);
          const strangers = inside.filter(({ group: before, bonds }) => before !== name && !shares(bonds, bond));
          expect(strangers).toEqual([]);
        }
        expect(members.filter(({ id, stage }) => told(id) === 'wait' && stage !== 'fresh')).toEqual([]);
        const again = decide(members.toReversed(), openGroups);
        for (const { id } of members) expect(again.told(id)).toBe(told(id));
      }),
    );
  });

  it('holds for any outage at once: it is named by the zone that explains nearly all of it, or else one message of the Region', () => {
    const size = fc.integer({ min: 0, max: 60 });
    fc.assert(
      fc.property(fc.tuple(size, size, size), (sizes) => {
        const members = sizes.flatMap((count, nr) => many(count, inZone('abc'[nr]!), `${nr}`));
        const most = Math.max(...sizes);
        const rest = members.length - most;
        const isOfRegion = most < 3 || (rest >= 3 && most < 0.9 * members.length);
        const cause = isOfRegion ? 'Region us-east-1' : `zone us-east-1${'abc'[sizes.indexOf(most)]}`;
        const { groups, told } = decide(members);

        expect(groups.keys().next().value).toBe(members.length < 3 ? undefined : cause);
        const inside = members.filter(({ id }) => told(id) === cause).length;
        expect(inside).toBe(members.length < 3 ? 0 : isOfRegion ? members.length : most);
      }),
    );
  });

  it('holds a look later: who was put into a group is in the same one', () => {
    fc.assert(
      fc.property(fc.uniqueArray(someMember, { selector: ({ id }) => id, maxLength: 40 }), (members) => {
        const first = decide(members, openGroups);
        const later = members.map((one) => {
          const role = first.roles.get(one.id)!;
          return { ...one, group: role.kind === 'part' ? role.group : undefined };
        });
        const second = decide(later, [...first.groups]);
        const moved = members.filter(
          ({ id }) => first.roles.get(id)?.kind === 'part' && second.told(id) !== first.told(id),
        );
        expect(moved).toEqual([]);
      }),
    );
  });
});
