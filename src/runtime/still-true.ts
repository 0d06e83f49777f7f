import { isRefusal } from '#errors.ts';
import type { ChangeOperation } from '#operations/contract.ts';
import { holds, outsider } from '#policy/authorize.ts';
import type { Who } from '#policy/people.ts';
import { home } from '#ports/clouds.ts';
import type { Order } from '#ports/history.ts';
import { deckhand } from '#ports/ids.ts';
import type { Report } from '#ports/incidents.ts';
import type { ApprovalRule, Role } from '#ports/roles.ts';
import { serverCures } from '#ports/settings.ts';

import type { Heard } from './approval.ts';
import type { AskingFor } from './ask.ts';
import { stoppedWords, whoStopped } from './automatic-switch.ts';
import type { WhyNotAct } from './remediation.ts';
import type { World } from './world.ts';

type Needs = { world: World; who: Who; asking: AskingFor; whyNotAct: WhyNotAct };
type Of = { order: Order; operation: ChangeOperation; rule: ApprovalRule; given: readonly Heard[] };

/**
 * The last look before the work: did nobody say no meanwhile, may everybody still, is it soon enough, is the plan still
 * true? Answers the objection, or '' when there is none. Throws Transient when Slack or AWS does not say.
 */
export function createStillTrue({ world, who, asking, whyNotAct }: Needs) {
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
    }
    const people = await peopleWhoMayNot(of);
    if (people !== '') return people;
    try {
      const needless = await needlessFor(order);
      if (needless !== undefined) return `${needless} Nothing was done.`;
      return (await operation.check(await asking(order), order.plan)).join(' ');
    } catch (error) {
      if (isRefusal(error)) return error.message;
      throw error;
    }
  };

  /** Is what it was asked for still wrong? A site must be down for whoever asks, and not only by its incident. */
  async function needlessFor(order: Order): Promise<string | undefined> {
    if (order.incident === undefined) return undefined;
    const incident = await world.history.incidents.get(order.incident);
    const isOver = incident?.state !== 'open';
    const { sites = [] } = (incident?.report ?? {}) as unknown as Report; // written by the incident book
    const { operation, place = home, id: run } = order;
    const chosen = order.requester !== deckhand;
    if (isOver && (!chosen || sites.length > 0)) return 'The incident is over.';
    if (isOver && isCure(operation)) return overFor(operation);
    if (incident === undefined) return undefined;
    const { whyNotMend } = await asking(order);
    const whys = await Promise.all(sites.map((site) => whyNotMend(site)));
    if (sites.length > 0) return whys.every((why) => why !== undefined) ? whys[0] : undefined;
    return chosen && !isCure(operation) ? undefined : whyNotAct({ incident, operation, place, run, chosen });
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

/** What harms a server that is well. A snapshot does not. */
function isCure(operation: string): boolean {
  return operation === 'restart' || serverCures.some((cure) => cure === operation);
}

function overFor(operation: string): string {
  return `The incident is over. If it is needed all the same, ask for it with \`/deck ${operation}\`.`;
}
