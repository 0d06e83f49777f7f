import { isRefusal, Refusal } from '#errors.ts';
import type { ChangeOperation } from '#operations/contract.ts';
import type { EndedPart, Part, Side, Story } from '#operations/story-contract.ts';
import type { Durable } from '#ports/engine.ts';
import type { Order, PartState } from '#ports/history.ts';
import type { RunId } from '#ports/ids.ts';
import type { Json } from '#ports/json.ts';

import { type Progress, progressOf, tallyOf, timeLeft, type Whereabouts } from './progress.ts';
import { reachOf } from './reach.ts';
import { type FailedUndo, isUndoIncomplete, messageOf, saga } from './saga.ts';
import { createStory } from './story.ts';
import type { World } from './world.ts';

/** What a part is started with; plain JSON. The order comes without the plan of the whole. */
type PartInput = {
  order: Order;
  key: string;
  limits: Story['limits'];
  /** How many parts may fail before the others stop. */
  failures: number;
};
type PartEnding = {
  state: 'done' | 'undone' | 'stuck';
  result?: Json;
  reason?: string;
  failedUndo: readonly FailedUndo[];
  touched: boolean;
};

export type Parts = {
  /** The body of one part, to be served as `part`. */
  body: (durable: Durable, input: Json) => Promise<Json>;
  /** Runs them all; repeatable: what has ended stays so, what runs is waited for. */
  run: (of: RunParts) => Promise<readonly EndedPart[]>;
};
export type RunParts = {
  order: Order;
  limits: Story['limits'];
  labels: readonly string[];
  list: readonly Part[];
  how: Side;
  show: (progress: Progress) => void;
};

/** The record of an ending must outlast any outage of the store: about three hours of tries. */
const patient = { attempts: 200 };
/** How often the engine is asked for parts that it gave up. */
const lookForLostMs = 15_000;
const lookBackMs = 24 * 3_600_000;

/** Runs the parts of a run beside each other, each as a durable run of its own, and keeps their ledger. */
export function createParts(world: World, find: (name: string) => ChangeOperation): Parts {
  /** Where the parts at work in this process are; the ledger alone says how they end. */
  const where = new Map<RunId, Map<string, Whereabouts>>();

  async function body(durable: Durable, input: Json): Promise<Json> {
    const of = input as unknown as PartInput; // written by `run`
    const ending = await live(durable, of);
    const at = await durable.now();
    const { state, result, reason, failedUndo, touched } = ending;
    await durable.step(
      'record the end',
      () => world.history.parts.end(of.order.id, { key: of.key, state, result, reason, failedUndo, touched, at }),
      patient,
    );
    return state;
  }

  async function live(durable: Durable, { order, key, limits, failures }: PartInput): Promise<PartEnding> {
    const operation = find(order.operation);
    const reach = reachOf(world, order, operation.urgent === true ? 'high' : 'normal');
    const told = noted(order.id, key);
    const stage = (index: number, remark?: string) =>
      Object.assign(told, { stage: index, remark: remark ?? undefined });
    try {
      const result = await saga(
        durable,
        (undo) => {
          const story = createStory(
            { ...world, ...reach },
            { durable, order, limits, undo, stage, mayGoOn: () => mayGoOn(order.id, failures) },
          );
          return operation.part!(story, order.plan);
        },
        () => Object.assign(told, { undoing: true }),
      );
      return { state: 'done', result, failedUndo: [], touched: true };
    } catch (error) {
      if (durable.isStop(error)) throw error;
      if (!isRefusal(error)) world.log.error({ run: order.id, part: key, err: error }, 'a part of a run failed');
      const reason = messageOf(error).slice(0, 500);
      return isUndoIncomplete(error)
        ? { state: 'stuck', reason, failedUndo: error.failed, touched: true }
        : { state: 'undone', reason, failedUndo: [], touched: told.undoing && told.stage > 0 };
    }
  }

  async function mayGoOn(run: RunId, failures: number): Promise<void> {
    const { failed, stuck } = tallyOf((await world.history.parts.states(run)).values());
    if (failed + stuck <= failures) return;
    throw new Refusal(
      'conflict',
      `Too many others of this run failed (${failed + stuck}, allowed are ${failures}), so this one was left as it was. Look at why they failed, then ask again.`,
    );
  }

  function noted(run: RunId, key: string): Whereabouts {
    const ofRun = where.get(run) ?? new Map<string, Whereabouts>();
    where.set(run, ofRun);
    const told = { stage: 0, undoing: false };
    ofRun.set(key, told);
    return told;
  }

  async function run(of: RunParts): Promise<readonly EndedPart[]> {
    const { order, list } = of;
    await world.history.parts.add(order.id, list);
    // A crash may have come between the record and the start.
    for (const [key, state] of await world.history.parts.states(order.id))
      if (state === 'running')
        await begin(
          of,
          list.find((part) => part.key === key)!,
        );
    const startedAt = world.clock.now();
    let firstEndAt: number | undefined;
    let lookedAt = startedAt;
    for (;;) {
      const states = await world.history.parts.states(order.id);
      const tally = tallyOf(states.values());
      const ended = tally.done + tally.failed + tally.stuck + tally.skipped;
      const now = world.clock.now();
      if (ended > 0) firstEndAt ??= now;
      const leftMs = timeLeft({ now, total: tally.total, ended, firstEndAt });
      of.show(progressOf(of.labels, { states, where: where.get(order.id) ?? new Map(), leftMs }));
      if (ended === tally.total) break;
      await startMore(of, states);
      if (now - lookedAt >= lookForLostMs) {
        lookedAt = now;
        await endLost(order.id, states);
      }
      await world.clock.sleep(Math.min(of.limits.poll.minMs, 1_000));
    }
    where.delete(order.id);
    return (await world.history.parts.list(order.id)).map(({ key, state, result, reason }): EndedPart => ({
      key,
      state: state as EndedPart['state'], // all have ended
      ...(result === undefined ? {} : { result }),
      ...(reason === undefined ? {} : { reason }),
    }));
  }

  /** Begins as many as the bounds allow, in order; skips the rest when too many have failed. */
  async function startMore(of: RunParts, states: ReadonlyMap<string, PartState>): Promise<void> {
    const { order, list, how } = of;
    const waiting = list.filter(({ key }) => states.get(key) === 'waiting');
    if (waiting.length === 0) return;
    const at = world.clock.now();
    const { failed, stuck } = tallyOf(states.values());
    if (failed + stuck > how.failures) {
      const reason = `Not begun, because ${failed + stuck} of this run had failed and ${how.failures} were allowed. Look at why, then ask again for the rest.`;
      return world.history.parts.skip(
        order.id,
        waiting.map(({ key }) => key),
        { reason, at },
      );
    }
    const fitting = whatFits(
      waiting,
      list.filter(({ key }) => states.get(key) === 'running'),
      how,
    );
    if (fitting.length === 0) return;
    await world.history.parts.begin(
      order.id,
      fitting.map(({ key }) => key),
      at,
    );
    for (const part of fitting) await begin(of, part);
  }

  function begin({ order, limits, how }: RunParts, { key, plan }: Part): Promise<void> {
    const input: PartInput = { order: { ...order, plan, args: null }, key, limits, failures: how.failures };
    return world.engine.start(`${order.id}.${key}`, 'part', input);
  }

  /** A part whose record no longer fits the code is neither done nor undone: a person must look. */
  async function endLost(run: RunId, states: ReadonlyMap<string, PartState>): Promise<void> {
    const at = world.clock.now();
    for (const { id, message } of await world.engine.troubled(at - lookBackMs)) {
      const key = id.startsWith(`${run}.`) ? id.slice(run.length + 1) : '';
      if (states.get(key) !== 'running') continue;
      const failedUndo = [
        {
          name: 'finish or put it back',
          why: message.slice(0, 300),
          manual: `aws ec2 describe-volumes --filters Name=tag:deckhand:job,Values=${run}`,
        },
      ];
      await world.history.parts.end(run, {
        key,
        state: 'stuck',
        result: undefined,
        reason: message.slice(0, 300),
        failedUndo,
        touched: true,
        at,
      });
    }
  }

  return { body, run };
}

/** The next of `waiting`, in order, that may work beside `running`. Pure. */
export function whatFits(waiting: readonly Part[], running: readonly Part[], how: Side): readonly Part[] {
  const most = how.weight ?? Infinity;
  let weight = running.reduce((sum, part) => sum + (part.weight ?? 0), 0);
  let places = how.atOnce - running.length;
  const fitting: Part[] = [];
  for (const part of waiting) {
    const own = part.weight ?? 0;
    const alone = running.length + fitting.length === 0;
    if (places <= 0 || (weight + own > most && !alone)) break;
    fitting.push(part);
    weight += own;
    places -= 1;
  }
  return fitting;
}
