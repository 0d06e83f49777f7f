import { isRefusal } from '#errors.ts';
import type { ChangeOperation } from '#operations/contract.ts';
import { holds, outsider } from '#policy/authorize.ts';
import type { Who } from '#policy/people.ts';
import type { Order } from '#ports/history.ts';
import { deckhand } from '#ports/ids.ts';
import type { ApprovalRule, Role } from '#ports/settings.ts';

import type { Heard } from './approval.ts';
import type { AskingFor } from './ask.ts';
import { stoppedWords, whoStopped } from './automatic-switch.ts';
import type { World } from './world.ts';

type Of = { order: Order; operation: ChangeOperation; rule: ApprovalRule; given: readonly Heard[] };

/**
 * The last look before the work: did nobody say no meanwhile, may everybody still, is it soon enough, is the plan still
 * true? Answers the objection, or '' when there is none. Throws Transient when Slack or AWS does not say.
 */
export function createStillTrue({ world, who, asking }: { world: World; who: Who; asking: AskingFor }) {
  return async function objection(of: Of): Promise<string> {
    const { order, operation, given } = of;
    const no = (await world.history.decisions.list(order.id)).find(
      ({ verdict }) => verdict === 'denied' || verdict === 'cancelled',
    );
    if (no !== undefined) return `It was ${no.verdict} before it started.`;
    const last = given.at(-1)?.at ?? order.requestedAt;
    if (world.clock.now() > last + world.settings.current().limits.executeWithinMs)
      return 'It was approved too long ago to start now.';
    if (order.requester === deckhand) {
      if ((await whoStopped(world.history)) !== undefined) return stoppedWords;
      if (await isOver(order.incident)) return 'The incident is over.';
    }
    const people = await peopleWhoMayNot(of);
    if (people !== '') return people;
    try {
      return (await operation.check(await asking(order), order.plan)).join(' ');
    } catch (error) {
      if (isRefusal(error)) return error.message;
      throw error;
    }
  };

  async function isOver(incident: string | undefined): Promise<boolean> {
    return incident !== undefined && (await world.history.incidents.get(incident))?.state !== 'open';
  }

  async function peopleWhoMayNot({ order, operation, rule, given }: Of): Promise<string> {
    const needed: (readonly [id: string, role: Role])[] = [
      ...(order.requester === deckhand ? [] : [[order.requester, operation.role] as const]),
      ...given.map(({ by }) => [by, rule.kind === 'approve' ? rule.role : operation.role] as const),
    ];
    for (const [id, role] of needed) {
      const { person, roles } = await who(id);
      if (outsider(person) !== undefined || !holds(roles, role))
        return `${person.name} no longer has the ${role} role here.`;
    }
    return '';
  }
}
