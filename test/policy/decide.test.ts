import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { authorize } from '#policy/authorize.ts';
import { decide, isEnough, type PressOn } from '#policy/decide.ts';
import type { Person } from '#ports/chat.ts';
import { runStates } from '#ports/history.ts';
import { type ApprovalRule, type Role, roles } from '#ports/roles.ts';

const person: Person = {
  id: 'U1',
  teamId: 'T1',
  name: 'Ana',
  isBot: false,
  isGuest: false,
  isDeleted: false,
  isExternal: false,
};
const approve: ApprovalRule = { kind: 'approve', count: 1, role: 'approver', expiresMs: 1_000 };
const confirm: ApprovalRule = { kind: 'confirm', expiresMs: 1_000 };
const given = (verdict: 'approved' | 'denied', by: string) => ({ run: 'r', verdict, by, planHash: 'h', at: 1 });
const held = (...list: Role[]) => new Set(list);

function press(change: Partial<PressOn>): PressOn {
  return {
    verb: 'approve',
    by: { person: { ...person, id: 'U2' }, roles: held('approver') },
    order: { requester: 'U1', planHash: 'h', requestedAt: 0 },
    operationRole: 'operator',
    rule: approve,
    state: 'waiting',
    given: [],
    now: 500,
    ...change,
  };
}

describe('a press on a plan', () => {
  it('counts when another person with the role approves in time', () => {
    expect(decide(press({}))).toEqual({ counts: true, verdict: 'approved' });
    expect(decide(press({ verb: 'deny' }))).toEqual({ counts: true, verdict: 'denied' });
  });

  it.each<[string, Partial<PressOn>, RegExp]>([
    ['the requester', { by: { person, roles: held('approver', 'operator') } }, /somebody else must approve/],
    [
      'a person without the role',
      { by: { person: { ...person, id: 'U2' }, roles: held('operator') } },
      /need the approver role/,
    ],
    ['a guest', { by: { person: { ...person, id: 'U2', isGuest: true }, roles: held('approver') } }, /Guests/],
    [
      'an outsider of Slack Connect',
      { by: { person: { ...person, id: 'U2', isExternal: true }, roles: held('approver') } },
      /other workspaces/,
    ],
    ['a bot', { by: { person: { ...person, id: 'U2', isBot: true }, roles: held('approver') } }, /Bots/],
    [
      'a deactivated account',
      { by: { person: { ...person, id: 'U2', isDeleted: true }, roles: held('approver') } },
      /deactivated/,
    ],
    ['anybody after the time', { now: 1_000 }, /expired/],
    ['anybody once it runs', { state: 'running' }, /already running/],
    ['the same person again', { rule: { ...approve, count: 2 }, given: [given('approved', 'U2')] }, /already answered/],
    [
      'anybody once it is approved and starting',
      { verb: 'deny', given: [given('approved', 'U3')] },
      /already approved and starting/,
    ],
    ['anybody once it is denied', { given: [given('denied', 'U3')] }, /already denied/],
    ['a confirmation where approval is asked', { verb: 'confirm' }, /approval of another person/],
    ['an approval where confirmation is asked', { rule: confirm }, /needs no approval/],
  ])('does not count from %s', (_who, change, why) => {
    expect(decide(press(change))).toEqual({ counts: false, why: expect.stringMatching(why) });
  });

  it('lets the requester confirm and cancel, and another operator confirm for them', () => {
    const requester = { person, roles: held('operator') };

    expect(decide(press({ verb: 'confirm', rule: confirm, by: requester }))).toEqual({
      counts: true,
      verdict: 'confirmed',
    });
    expect(decide(press({ verb: 'cancel', by: requester }))).toEqual({ counts: true, verdict: 'cancelled' });
    expect(
      decide(
        press({ verb: 'confirm', rule: confirm, by: { person: { ...person, id: 'U3' }, roles: held('operator') } }),
      ),
    ).toMatchObject({ counts: true });
    expect(
      decide(press({ verb: 'confirm', rule: confirm, by: { person: { ...person, id: 'U3' }, roles: held('viewer') } })),
    ).toMatchObject({ counts: false });
  });

  it('never lets the requester, a stranger, the late or a finished run through, whatever is pressed', () => {
    const someone = fc.record({
      id: fc.constantFrom('U1', 'U2', 'U3'),
      isBot: fc.boolean(),
      isGuest: fc.boolean(),
      isDeleted: fc.boolean(),
      isExternal: fc.boolean(),
    });
    const any = fc.record({
      verb: fc.constantFrom<PressOn['verb']>('confirm', 'cancel', 'approve', 'deny'),
      who: someone,
      roles: fc.subarray([...roles]),
      rule: fc.constantFrom(approve, confirm, { ...approve, count: 2 }),
      state: fc.constantFrom(...runStates),
      now: fc.integer({ min: 0, max: 2_000 }),
    });
    fc.assert(
      fc.property(any, ({ verb, who, roles, rule, state, now }) => {
        const answer = decide(
          press({
            verb,
            by: { person: { ...person, ...who }, roles: new Set(roles) },
            rule,
            state,
            now,
          }),
        );
        const mayAtAll =
          state === 'waiting' && now < 1_000 && !who.isBot && !who.isGuest && !who.isDeleted && !who.isExternal;
        const approved = answer.counts && answer.verdict === 'approved';
        expect(answer.counts && !mayAtAll).toBe(false);
        expect(approved && (who.id === 'U1' || !roles.includes('approver'))).toBe(false);
      }),
    );
  });

  it('needs as many distinct people as the rule says', () => {
    const two: ApprovalRule = { ...approve, count: 2 };

    expect(
      isEnough(two, [
        { verdict: 'approved', by: 'U2' },
        { verdict: 'approved', by: 'U2' },
      ]),
    ).toBe(false);
    expect(
      isEnough(two, [
        { verdict: 'approved', by: 'U2' },
        { verdict: 'approved', by: 'U3' },
      ]),
    ).toBe(true);
  });
});

describe('who may', () => {
  const settings = {
    roles: { viewer: none(), operator: none(), approver: none() },
    channels: { alerts: undefined, digest: undefined, commands: [] },
  };
  const ask = (change: object) =>
    authorize({
      person,
      roles: held('operator'),
      operation: { name: 'restore', role: 'operator', kind: 'change' },
      channel: { id: 'C1', isExternallyShared: false },
      settings,
      ...change,
    });

  it('is nobody without a role', () => {
    expect(ask({ roles: held() })).toMatchObject({ allowed: false, why: expect.stringMatching(/Nobody has it yet/) });
    expect(ask({ roles: held(), operation: { name: 'status', role: 'viewer', kind: 'answer' } })).toMatchObject({
      allowed: false,
    });
  });

  it('names who could help: nobody has the role only when really nobody has', () => {
    const staffed = { ...settings, roles: { ...settings.roles, operator: { users: ['U9'], groups: [] } } };

    expect(
      ask({ roles: held(), settings: staffed, operation: { name: 'status', role: 'viewer', kind: 'answer' } }),
    ).toMatchObject({
      why: expect.not.stringMatching(/Nobody has it/),
    });
  });

  it('lets every role look, and only operators change', () => {
    expect(
      ask({ roles: held('approver'), operation: { name: 'status', role: 'viewer', kind: 'answer' } }),
    ).toMatchObject({ allowed: true });
    expect(ask({ roles: held('approver') })).toMatchObject({ allowed: false });
    expect(ask({})).toMatchObject({ allowed: true });
  });

  it('keeps guests, bots, the deactivated and other companies out, whatever their roles', () => {
    for (const flag of ['isGuest', 'isBot', 'isDeleted', 'isExternal'])
      expect(ask({ person: { ...person, [flag]: true } })).toMatchObject({ allowed: false });
  });

  it('changes nothing from a channel shared with another company, or outside the listed channels', () => {
    expect(ask({ channel: { id: 'C1', isExternallyShared: true } })).toMatchObject({
      allowed: false,
      rule: 'own-channels-only',
    });
    expect(ask({ settings: { ...settings, channels: { ...settings.channels, commands: ['C2'] } } })).toMatchObject({
      allowed: false,
      rule: 'listed-channels-only',
    });
  });

  function none() {
    return { users: [], groups: [] };
  }
});
