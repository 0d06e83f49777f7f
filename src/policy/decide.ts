import type { Person } from '#ports/chat.ts';
import type { Decision, Order, RunState } from '#ports/history.ts';
import type { ApprovalRule, Role } from '#ports/roles.ts';

import { holds, outsider } from './authorize.ts';

export type Verb = 'confirm' | 'cancel' | 'approve' | 'deny';

/** Everything a press on a plan is judged by: read at the moment of the press, never taken from the message. */
export type Presser = { person: Person; roles: ReadonlySet<Role> };
export type PressOn = {
  verb: Verb;
  by: Presser;
  order: Pick<Order, 'requester' | 'planHash' | 'requestedAt'>;
  /** The role the operation itself needs. */
  operationRole: Role;
  rule: ApprovalRule;
  state: RunState;
  given: readonly Decision[];
  now: number;
};
export type Answer = { counts: true; verdict: Decision['verdict'] } | { counts: false; why: string };

/**
 * The one place that says whether a press on a plan counts. The requester never approves; a person counts once; roles
 * are those of this moment; an expired, finished or running plan takes no more answers.
 */
export function decide(press: PressOn): Answer {
  const { by, order, rule, state, now, verb } = press;
  const stranger = outsider(by.person);
  if (stranger !== undefined) return no(stranger);
  if (state !== 'waiting') return no(alreadyOver(state, press.given));
  if (rule.kind !== 'none' && now >= order.requestedAt + rule.expiresMs)
    return no('This request has expired. Nothing was done; ask again.');
  const ended = press.given.find(({ verdict }) => verdict === 'denied' || verdict === 'cancelled');
  if (ended !== undefined) return no(`It was already ${ended.verdict}.`);
  if (isEnough(rule, press.given)) return no('It is already approved and starting. Watch its card.');
  const earlier = press.given.find((decision) => decision.by === by.person.id);
  if (earlier !== undefined)
    return no(
      `You have already answered this (${earlier.verdict}). The person who asked, or somebody else who may approve, can still stop it.`,
    );
  switch (verb) {
    case 'cancel':
      return mayCancel(press)
        ? { counts: true, verdict: 'cancelled' }
        : no('Only the person who asked, or an approver, can cancel this.');
    case 'confirm':
      return confirming(press);
    case 'approve':
    case 'deny':
      return approving(press);
  }
}

/** True when the approvals given so far are enough to start. */
export function isEnough(rule: ApprovalRule, given: readonly Pick<Decision, 'verdict' | 'by'>[]): boolean {
  if (rule.kind === 'none') return true;
  if (rule.kind === 'confirm') return given.some((decision) => decision.verdict === 'confirmed');
  return (
    new Set(given.filter((decision) => decision.verdict === 'approved').map((decision) => decision.by)).size >=
    rule.count
  );
}

function confirming({ rule, by, operationRole }: PressOn): Answer {
  if (rule.kind !== 'confirm') return no('This needs the approval of another person, not a confirmation.');
  if (!holds(by.roles, operationRole)) return no(`You need the ${operationRole} role to confirm this.`);
  return { counts: true, verdict: 'confirmed' };
}

function approving({ rule, by, order, verb }: PressOn): Answer {
  if (rule.kind !== 'approve') return no('This needs no approval: the person who asked confirms it.');
  if (by.person.id === order.requester) {
    return no(
      verb === 'approve'
        ? 'You asked for this yourself, so somebody else must approve it. You can cancel it.'
        : 'You asked for this yourself: use Cancel.',
    );
  }
  if (!holds(by.roles, rule.role)) return no(`You need the ${rule.role} role to ${verb} this.`);
  return { counts: true, verdict: verb === 'approve' ? 'approved' : 'denied' };
}

function mayCancel({ by, order, rule }: PressOn): boolean {
  if (by.person.id === order.requester) return true;
  return rule.kind === 'approve' ? holds(by.roles, rule.role) : by.roles.has('operator');
}

function alreadyOver(state: RunState, given: readonly Decision[]): string {
  const last = given.at(-1);
  if (state === 'running')
    return last === undefined ? 'This is already running.' : `Already ${last.verdict}; it is running.`;
  return `This is over (${state}). Nothing more can be decided here.`;
}

function no(why: string): Answer {
  return { counts: false, why };
}
