import { isRefusal } from '#errors.ts';
import { some } from '#lib/format.ts';
import type { Asking, ChangeOperation } from '#operations/contract.ts';
import type { Story } from '#operations/story-contract.ts';
import type { Who } from '#policy/people.ts';
import type { Automatic } from '#ports/automatic.ts';
import type { Durable } from '#ports/engine.ts';
import { openRunStates, type Order } from '#ports/history.ts';
import type { Incidents } from '#ports/incidents.ts';
import type { Json } from '#ports/json.ts';
import type { ApprovalRule } from '#ports/roles.ts';
import type { Settings } from '#ports/settings.ts';

import { approval, type Verdict } from './approval.ts';
import type { AskingFor } from './ask.ts';
import type { Ending } from './card.ts';
import type { Freeze } from './freeze.ts';
import { closeCard, createLiveCard, type LiveCard } from './live-card.ts';
import type { Parts } from './parts.ts';
import { reachOf } from './reach.ts';
import type { WhyNotAct } from './remediation.ts';
import { createRunRecord, findChange } from './run-record.ts';
import { createRunTell } from './run-tell.ts';
import { isUndoIncomplete, messageOf, saga } from './saga.ts';
import { createStillTrue } from './still-true.ts';
import { createStory } from './story.ts';
import type { World } from './world.ts';

/** What a run is started with: the order and the limits of that moment, so that a replay sees the same. */
export type RunInput = { order: Order; limits: Settings['limits']; place: Asking['place'] };

type Living = {
  order: Order;
  limits: Settings['limits'];
  operation: ChangeOperation;
  rule: ApprovalRule;
  card: LiveCard;
};
export type RunNeeds = {
  world: World;
  who: Who;
  asking: AskingFor;
  incidents: Incidents;
  automatic: Automatic;
  parts: Parts;
  sites: Story['sites'];
  whyNotAct: WhyNotAct;
  freeze: () => Freeze | undefined;
};

/** Bookkeeping of a run must outlast any outage of the store or of Slack: about three hours of tries. */
const patient = { attempts: 200 };

/** The life of any change: show the plan, wait for people, look again, do it or undo it, tell. Runs durably. */
export function createRun({ world, who, asking, incidents, automatic, parts, sites, whyNotAct, freeze }: RunNeeds) {
  const objection = createStillTrue({ world, who, asking, whyNotAct });
  const record = createRunRecord(world);
  const tell = createRunTell(world, incidents);

  return async function run(durable: Durable, input: Json): Promise<Json> {
    const { order, limits, place } = input as unknown as RunInput; // written by ask, see RunInput
    const operation = findChange(world, order.operation);
    const rule = order.approval as unknown as ApprovalRule; // stored by ask
    await durable.step('record that it was asked', () => record.asked(order, operation, place), patient);
    let card: LiveCard;
    try {
      card = await createLiveCard(world, durable, { order, rule, operation, place, freeze: freeze() });
    } catch (error) {
      if (durable.isStop(error)) throw error;
      return giveUp(durable, order, error);
    }
    return end(durable, order, card, await live(durable, { order, limits, operation, rule, card }));
  };

  /** Up to its end, whichever it is. Nothing but the engine's own stop comes out as an error. */
  async function live(durable: Durable, of: Living): Promise<Ending> {
    const { order, operation, rule, card } = of;
    try {
      const verdict = await approval(durable, order, rule, (given) => card.show({ given }));
      if (verdict.kind !== 'go') return closing(verdict);
      card.show({ given: verdict.given });
      const busy = await durable.step('claim', () => record.claim(order, operation), patient);
      if (busy !== '') return { state: 'changed', reason: busy };
      const why = await durable.step('look again', () => objection({ order, operation, rule, given: verdict.given }), {
        attempts: 9,
      });
      if (why !== '') return { state: 'changed', reason: why };
      return await work(durable, of);
    } catch (error) {
      if (durable.isStop(error)) throw error;
      world.log.error({ run: order.id, err: error }, 'a run broke before its work');
      return { state: 'undone', reason: reasonOf(error, order) };
    }
  }

  async function work(durable: Durable, { order, limits, operation, card }: Living): Promise<Ending> {
    const startedAt = await durable.now();
    await durable.step('start', () => record.move(order, ['waiting'], 'running', { at: startedAt }), patient);
    card.show({ state: 'running', startedAt });
    const reach = reachOf(world, order, operation.urgent === true ? 'high' : 'normal');
    try {
      const result: Json = await saga(
        durable,
        (undo) =>
          operation.story(
            createStory(
              { ...world, ...reach },
              {
                durable,
                order,
                limits,
                undo,
                sites,
                stage: card.stage,
                parts: (list, how) =>
                  parts.run({ order, limits, labels: operation.stages(order.plan), list, how, show: card.progress }),
              },
            ),
            order.plan,
          ),
        () => card.undoing(),
      );
      return operation.part === undefined
        ? { state: 'done', result }
        : await durable.step('stuck parts', () => endingOfParts(order, result), patient);
    } catch (error) {
      if (durable.isStop(error)) throw error;
      if (!isRefusal(error)) world.log.error({ run: order.id, err: error }, 'a run failed');
      const reason = reasonOf(error, order);
      if (isUndoIncomplete(error)) return { state: 'stuck', reason, failedUndo: error.failed };
      if (operation.part === undefined) return { state: 'undone', reason };
      const parts = await durable.step('what became of the parts', () => anyTouched(order), patient);
      return { state: 'undone', reason, touched: parts };
    }
  }

  async function anyTouched(order: Order): Promise<boolean> {
    return (await world.history.parts.list(order.id)).some(({ touched }) => touched);
  }

  /** Done, unless some part of it could not be put back. */
  async function endingOfParts(order: Order, result: Json): Promise<Ending> {
    const stuck = (await world.history.parts.list(order.id)).filter(({ state }) => state === 'stuck');
    if (stuck.length === 0) return { state: 'done', result };
    const failedUndo = stuck.flatMap(({ label, failedUndo: failed }) =>
      failed.map((one) => ({ ...one, name: `${one.name} of ${label}` })),
    );
    const reason = `${some(
      stuck.map(({ label }) => label),
      5,
    )} could not be put back: ${stuck[0]!.reason ?? 'no reason given'}`;
    return { state: 'stuck', result, reason, failedUndo };
  }

  /** The record first, then whatever needs people; a chat that is away changes nothing about how it ended. */
  async function end(durable: Durable, order: Order, card: LiveCard, ending: Ending): Promise<Json> {
    const endedAt = await durable.now();
    const more = {
      at: endedAt,
      ...(ending.result === undefined ? {} : { result: ending.result }),
      ...(ending.reason === undefined ? {} : { reason: ending.reason }),
    };
    await durable.step(
      'record the end',
      () => record.move(order, openRunStates, ending.state, more, ending.by),
      patient,
    );
    await durable.step('free what it held', () => world.history.claims.release(order.id), patient);
    await askNext(durable, order, ending);
    const incident = order.incident;
    if (incident !== undefined)
      await durable.step('tell the incident how it ended', () => tell.incident(incident, order, ending), patient);
    else if (order.because !== undefined)
      await durable.step('tell how automatic work ended', () => tell.automatic(order, ending, endedAt), patient);
    if (ending.state === 'stuck') await durable.step('alarm', () => tell.alarm(order, ending, endedAt), patient);
    const { undoes } = order;
    if (ending.state === 'done' && undoes !== undefined) {
      await durable.step('mark what it undid', () => world.history.runs.markUndone(undoes, order.id), patient);
      await durable.step('close the card of what it undid', () => closeCard(world, undoes, order.id));
    }
    await card.finish(durable, { ...ending, endedAt });
    return { state: ending.state, ...more };
  }

  /** What follows is asked by Deckhand itself: the same id, however often. */
  async function askNext(durable: Durable, order: Order, ending: Ending): Promise<void> {
    if (ending.state !== 'done') return;
    const { channel, place } = order;
    const follow = findChange(world, order.operation).next?.(order.plan, ending.result) ?? [];
    for (const { key, ...of } of follow) {
      const request = { channel, quiet: true, ...(place && { place }), ...of, id: `${order.id}:${key}` };
      await durable.step(`ask ${key}`, () => automatic.start(request), patient);
    }
  }

  /** The plan could not be shown anywhere, so nobody was asked: nothing was changed, and the person is told directly. */
  async function giveUp(durable: Durable, order: Order, error: unknown): Promise<Json> {
    world.log.error({ run: order.id, err: error }, 'the plan of a run could not be shown');
    const at = await durable.now();
    const reason = reasonOf(error, order);
    await durable.step('record giving up', () => record.move(order, openRunStates, 'undone', { at, reason }), patient);
    await durable.step('tell that it gave up', () =>
      order.because === undefined
        ? tell.requester(order, reason)
        : tell.automatic(order, { state: 'undone', reason }, at),
    );
    return { state: 'undone', reason };
  }
}

function closing(verdict: Exclude<Verdict, { kind: 'go' }>): Ending {
  return verdict.kind === 'expired' ? { state: 'expired' } : { state: verdict.kind, by: verdict.by };
}

function reasonOf(error: unknown, order: Order): string {
  if (isRefusal(error) || isUndoIncomplete(error)) return error.message;
  const message = messageOf(error);
  return `${message.slice(0, 300)} (reference ${order.id})`;
}
