import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { type Bond, group, type Member, relations, togetherMs } from '#fleet/groups.ts';

const zone = (what: string): Bond => ({ by: 'zone', what });
const asg = (what: string): Bond => ({ by: 'Auto Scaling group', what });
const a = zone('us-east-1a');
const b = zone('us-east-1b');

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
