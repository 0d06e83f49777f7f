import { isRefusal } from '#errors.ts';
import { asker } from '#lib/asker.ts';
import { some } from '#lib/format.ts';
import type { Asking, ChangeOperation, Story } from '#operations/contract.ts';
import type { Who } from '#policy/people.ts';
import type { Automatic } from '#ports/automatic.ts';
import { home } from '#ports/clouds.ts';
import type { Durable } from '#ports/engine.ts';
import { type AuditKind, openRunStates, type Order, type RunState } from '#ports/history.ts';
import type { Incidents, Report } from '#ports/incidents.ts';
import type { Json } from '#ports/json.ts';
import type { ApprovalRule, Settings } from '#ports/settings.ts';
import type { Line } from '#ports/text.ts';

import { approval, type Verdict } from './approval.ts';
import type { AskingFor } from './ask.ts';
import { tellAutomaticEnd } from './automatic-report.ts';
import type { Ending } from './card.ts';
import { closeCard, createLiveCard, type LiveCard } from './live-card.ts';
import type { Parts } from './parts.ts';
import { reachOf } from './reach.ts';
import { plain, say } from './replies.ts';
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
};

/** Bookkeeping of a run must outlast any outage of the store or of Slack: about three hours of tries. */
const patient = { attempts: 200 };

/** The life of any change: show the plan, wait for people, look again, do it or undo it, tell. Runs durably. */
export function createRun({ world, who, asking, incidents, automatic, parts, sites }: RunNeeds) {
  const objection = createStillTrue({ world, who, asking });

  return async function run(durable: Durable, input: Json): Promise<Json> {
    const { order, limits, place } = input as unknown as RunInput; // written by ask, see RunInput
    const operation = findChange(world, order.operation);
    const rule = order.approval as unknown as ApprovalRule; // stored by ask
    await durable.step('record that it was asked', () => recordAsked(order, operation, place), patient);
    let card: LiveCard;
    try {
      card = await createLiveCard(world, durable, { order, rule, operation, place });
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
      const busy = await durable.step('claim', () => claim(order, operation), patient);
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
    await durable.step('start', () => move(order, ['waiting'], 'running', { at: startedAt }), patient);
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
    await durable.step('record the end', () => move(order, openRunStates, ending.state, more, ending.by), patient);
    await durable.step('free what it held', () => world.history.claims.release(order.id), patient);
    await askNext(durable, order, ending);
    const incident = order.incident;
    if (incident !== undefined)
      await durable.step('tell the incident how it ended', () => tellIncident(incident, order, ending), patient);
    else if (order.because !== undefined)
      await durable.step('tell how automatic work ended', () => tellAutomatic(order, ending, endedAt), patient);
    if (ending.state === 'stuck') await durable.step('alarm', () => alarm(order, ending, endedAt), patient);
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
    await durable.step('record giving up', () => move(order, openRunStates, 'undone', { at, reason }), patient);
    await durable.step('tell that it gave up', () =>
      order.because === undefined
        ? tellRequester(order, reason)
        : tellAutomatic(order, { state: 'undone', reason }, at),
    );
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

  /** What was tried for an incident stands on its card and in its thread, whoever asked for it. */
  async function tellIncident(id: string, order: Order, ending: Ending): Promise<void> {
    const { words } = findChange(world, order.operation);
    const { summary } =
      ending.state === 'done'
        ? words.done(order.plan, ending.result)
        : words.planned(order.plan, { now: order.requestedAt, place: order.place ?? home });
    await incidents.tried(id, { key: order.id, line: triedLine(order, ending, summary) });
  }

  async function tellAutomatic(order: Order, ending: Ending, at: number): Promise<void> {
    await tellAutomaticEnd(incidents, { order, operation: findChange(world, order.operation), ending, at });
  }

  /** What could not be undone is told loudly, apart from the card. */
  async function alarm(order: Order, ending: Ending, at: number): Promise<void> {
    const channel = world.settings.current().channels.alerts ?? order.channel;
    await incidents.raise(`stuck:${order.id}`, { channel, startedAt: at, report: stuckReport(order, ending) });
  }

  async function recordAsked(order: Order, operation: ChangeOperation, place: Asking['place']): Promise<void> {
    await world.history.audit.append({
      key: `${order.id}:asked`,
      at: order.requestedAt,
      kind: 'asked',
      actor: order.requester,
      run: order.id,
      operation: order.operation,
      channel: order.channel,
      targets: [...operation.resources(order.plan)],
      detail: operation.words.planned(order.plan, { now: order.requestedAt, place }).summary,
    });
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
    const moved = await world.history.runs.move(order.id, from, to, more);
    // A step that is repeated finds the state it made itself, and still writes its entry.
    if (!moved && (await world.history.runs.get(order.id))?.state !== to) return;
    // Who said no stands in the record already, with the answer itself.
    if (to === 'denied' || to === 'cancelled') return;
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
      ['Asked by', [asker(order)]],
      ['Why', ending.reason ?? 'unknown'],
    ],
    detail: failed.flatMap(({ name, why, manual }) => [`Could not ${name}: ${why}`, [{ code: manual }]]),
    remedies: [],
    closable: true,
  };
}

function triedLine(order: Order, ending: Ending, summary: string): Line {
  const who = order.because === undefined ? [asker(order)] : ['By itself'];
  const end =
    ending.state === 'done' ? '' : ` · ${ending.state}${ending.reason === undefined ? '' : `: ${ending.reason}`}`;
  return [...who, ` · ${summary}${end} · `, { code: order.id }];
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
