import { isRefusal } from '#errors.ts';
import type { Asking, ChangeOperation } from '#operations/contract.ts';
import { holds } from '#policy/authorize.ts';
import { isEnough } from '#policy/decide.ts';
import type { Who } from '#policy/people.ts';
import type { Durable } from '#ports/engine.ts';
import { type AuditKind, openRunStates, type Order, type RunState } from '#ports/history.ts';
import type { Incidents, Report } from '#ports/incidents.ts';
import type { Json } from '#ports/json.ts';
import type { ApprovalRule, Settings } from '#ports/settings.ts';

import { approval, type Heard, type Verdict } from './approval.ts';
import type { Ending } from './card.ts';
import { closeCard, createLiveCard, type LiveCard } from './live-card.ts';
import { plain, say } from './replies.ts';
import { isUndoIncomplete, messageOf, saga } from './saga.ts';
import { createStory } from './story.ts';
import type { World } from './world.ts';

/** What a run is started with: the order and the limits of that moment, so that a replay sees the same. */
export type RunInput = { order: Order; limits: Settings['limits']; place: Asking['place'] };

export type RunNeeds = {
  world: World;
  who: Who;
  asking: (order: Pick<Order, 'requester' | 'channel'>) => Promise<Asking>;
  incidents: Incidents;
};

/** The life of any change: show the plan, wait for people, look again, do it or undo it, tell. Runs durably. */
export function createRun({ world, who, asking, incidents }: RunNeeds) {
  return async function run(durable: Durable, input: Json): Promise<Json> {
    const stored = input as unknown as RunInput; // written by ask, see RunInput
    try {
      return await live(durable, stored);
    } catch (error) {
      if (durable.isStop(error)) throw error;
      return giveUp(durable, stored.order, error);
    }
  };

  async function live(durable: Durable, { order, limits, place }: RunInput): Promise<Json> {
    const operation = findChange(world, order.operation);
    const rule = order.approval as unknown as ApprovalRule; // stored by ask
    const card = await createLiveCard(world, durable, { order, rule, operation, place });

    const verdict = await approval(durable, order, rule, (given) => card.show({ given }));
    if (verdict.kind !== 'go') return end(durable, order, card, closing(verdict));
    card.show({ given: verdict.given });

    const objection = await durable.step('look again', () => lookAgain(order, operation, rule, verdict.given));
    if (objection !== '') return end(durable, order, card, { state: 'changed', reason: objection });
    const busy = await durable.step('claim', () => claim(order, operation));
    if (busy !== '') return end(durable, order, card, { state: 'changed', reason: busy });

    return work(durable, order, limits, operation, card);
  }

  async function work(
    durable: Durable,
    order: Order,
    limits: Settings['limits'],
    operation: ChangeOperation,
    card: LiveCard,
  ): Promise<Json> {
    const startedAt = await durable.now();
    await durable.step('start', () => move(order, ['waiting'], 'running', { at: startedAt }));
    card.show({ state: 'running', startedAt });
    try {
      const result: Json = await saga(
        durable,
        (undo) =>
          operation.story(
            createStory(
              { ...world, cloud: operation.urgent === true ? world.urgentCloud : world.cloud },
              { durable, order, limits, undo, stage: card.stage },
            ),
            order.plan,
          ),
        () => card.undoing(),
      );
      return await end(durable, order, card, { state: 'done', result });
    } catch (error) {
      if (durable.isStop(error)) throw error;
      if (!isRefusal(error)) world.log.error({ run: order.id, err: error }, 'a run failed');
      const reason = reasonOf(error, order);
      if (isUndoIncomplete(error))
        return end(durable, order, card, { state: 'stuck', reason, failedUndo: error.failed });
      return end(durable, order, card, { state: 'undone', reason });
    }
  }

  async function end(durable: Durable, order: Order, card: LiveCard, ending: Ending): Promise<Json> {
    const endedAt = await durable.now();
    const more = {
      at: endedAt,
      ...(ending.result === undefined ? {} : { result: ending.result }),
      ...(ending.reason === undefined ? {} : { reason: ending.reason }),
    };
    await durable.step('record the end', () => move(order, openRunStates, ending.state, more, ending.by));
    await durable.step('free what it held', () => world.history.claims.release(order.id));
    if (ending.state === 'done' && order.undoes !== undefined) {
      const undone = order.undoes;
      await durable.step('mark what it undid', () => world.history.runs.markUndone(undone, order.id));
      await durable.step('close the card of what it undid', () => closeCard(world, undone, order.id));
    }
    await card.finish(durable, { ...ending, endedAt });
    if (ending.state === 'stuck') await durable.step('alarm', () => alarm(order, ending, endedAt));
    return { state: ending.state, ...more };
  }

  /** A fault outside the work itself, for example no way to post the card: nothing was changed, and people are told. */
  async function giveUp(durable: Durable, order: Order, error: unknown): Promise<Json> {
    world.log.error({ run: order.id, err: error }, 'a run broke outside its work');
    const at = await durable.now();
    const reason = reasonOf(error, order);
    await durable.step('record giving up', () => move(order, openRunStates, 'undone', { at, reason }));
    await durable.step('free what it held after giving up', () => world.history.claims.release(order.id));
    await durable.step('tell that it gave up', () => tellRequester(order, reason));
    return { state: 'undone', reason };
  }

  async function tellRequester(order: Order, reason: string): Promise<void> {
    const message = say(
      `Run ${order.id} (${order.operation}) stopped and changed nothing more: ${reason}`,
      'Ask again; if it repeats, give an admin the run id.',
    );
    await world.chat
      .tell(order.requester, plain(message))
      .catch((error: unknown) =>
        world.log.error({ run: order.id, err: error }, 'nobody could be told that a run stopped'),
      );
  }

  /** What could not be undone is told loudly, apart from the card. */
  async function alarm(order: Order, ending: Ending, at: number): Promise<void> {
    const channel = world.settings.current().channels.alerts ?? order.channel;
    await incidents.raise(`stuck:${order.id}`, { channel, startedAt: at, report: stuckReport(order, ending) });
  }

  async function lookAgain(
    order: Order,
    operation: ChangeOperation,
    rule: ApprovalRule,
    given: readonly Heard[],
  ): Promise<string> {
    const at = world.clock.now();
    const last = given.at(-1)?.at ?? order.requestedAt;
    if (at > last + world.settings.current().limits.executeWithinMs)
      return 'It was approved too long ago to start now.';
    if (rule.kind === 'approve' && !isEnough(rule, await stillApproving(rule, given)))
      return 'Somebody who approved it no longer may.';
    try {
      return (await operation.check(await asking(order), order.plan)).join(' ');
    } catch (error) {
      if (isRefusal(error)) return error.message;
      throw error;
    }
  }

  async function stillApproving(rule: ApprovalRule, given: readonly Heard[]): Promise<Heard[]> {
    if (rule.kind !== 'approve') return [...given];
    const known = await Promise.all(given.map(async (heard) => ({ heard, now: await who(heard.by) })));
    return known.filter(({ now }) => !now.person.isDeleted && holds(now.roles, rule.role)).map(({ heard }) => heard);
  }

  async function claim(order: Order, operation: ChangeOperation): Promise<string> {
    const conflicts = await world.history.claims.take(order.id, operation.resources(order.plan));
    const first = conflicts[0];
    return first === undefined ? '' : `Run ${first.run} is working on ${first.resource}. Wait for it, then ask again.`;
  }

  async function move(
    order: Order,
    from: readonly RunState[],
    to: RunState,
    more: { at: number; result?: Json; reason?: string },
    by?: string,
  ): Promise<void> {
    await world.history.runs.move(order.id, from, to, more);
    const kind: AuditKind = to === 'running' ? 'started' : (to as AuditKind); // every end state is an audit kind too
    await world.history.audit.append({
      key: `${order.id}:${kind}`,
      at: more.at,
      kind,
      actor: by ?? 'deckhand',
      run: order.id,
      operation: order.operation,
      channel: order.channel,
      targets: [...findChange(world, order.operation).resources(order.plan)],
      detail: more.reason ?? '',
    });
  }
}

function stuckReport(order: Order, ending: Ending): Report {
  const failed = ending.failedUndo ?? [];
  return {
    severity: 'critical',
    title: `A ${order.operation} could not be put back`,
    alert: `Run ${order.id} (${order.operation}) failed and could not be put back: a person must`,
    facts: [
      ['Run', [{ code: order.id }]],
      ['Asked by', [{ user: order.requester }]],
      ['Why', ending.reason ?? 'unknown'],
    ],
    detail: failed.flatMap(({ name, why, manual }) => [`Could not ${name}: ${why}`, [{ code: manual }]]),
    remedies: [],
  };
}

function closing(verdict: Exclude<Verdict, { kind: 'go' }>): Ending {
  return verdict.kind === 'expired' ? { state: 'expired' } : { state: verdict.kind, by: verdict.by };
}

function reasonOf(error: unknown, order: Order): string {
  if (isRefusal(error) || isUndoIncomplete(error)) return error.message;
  const message = messageOf(error);
  return `${message.slice(0, 300)} (reference ${order.id})`;
}

export function findChange(world: Pick<World, 'operations'>, name: string): ChangeOperation {
  const found = world.operations.find((operation) => operation.name === name);
  if (found?.kind !== 'change') throw new Error(`no such change: ${name}`);
  return found;
}
