import { isDeepStrictEqual } from 'node:util';

import { isRefusal } from '#errors.ts';
import type { ChangeOperation, TextFile } from '#operations/contract.ts';
import type { MessageRef } from '#ports/chat.ts';
import type { Durable } from '#ports/engine.ts';
import type { Order, Run } from '#ports/history.ts';
import type { ApprovalRule } from '#ports/roles.ts';
import type { Message } from '#ports/text.ts';

import { type Ending, renderRun, type RunView, type Stage } from './card.ts';
import type { Freeze } from './freeze.ts';
import { attachOnce, deliver, note, postCard, tellAsker } from './posting.ts';
import type { Progress } from './progress.ts';
import { saidIn, say } from './replies.ts';
import type { World } from './world.ts';

export type LiveCard = {
  /** Changes what the card shows; best effort, never throws, never waits. */
  show: (change: Partial<RunView>) => void;
  stage: (index: number, remark?: string) => void;
  /** Where the parts of the run are. */
  progress: (progress: Progress) => void;
  undoing: () => void;
  /** The final words: a recorded step, tried until they reached somebody. */
  finish: (durable: Durable, ending: Ending & { endedAt: number }) => Promise<void>;
};

type Of = { order: Order; rule: ApprovalRule; operation: ChangeOperation; place: RunView['place'] };

/** Posts the run's card (once, over all restarts) and keeps it up to date. */
export async function createLiveCard(
  world: World,
  durable: Durable,
  of: Of & { freeze: Freeze | undefined },
): Promise<LiveCard> {
  const { order, operation } = of;
  let view: RunView = { ...firstView(world, of), freeze: of.freeze };
  const ref = isSilent(of)
    ? undefined
    : await durable.step('card', () => postFirst(world, order, view), { attempts: 12 });
  await attachAll(durable, 'plan', operation.files?.(order.plan, undefined) ?? []);

  async function attachAll(durable: Durable, when: string, files: readonly TextFile[]): Promise<void> {
    if (ref === undefined) return;
    for (const file of files) await attachOnce(world, durable, `${when} file ${file.name}`, { ref, file });
  }

  function show(change: Partial<RunView>): void {
    view = { ...view, ...change };
    if (ref === undefined) return;
    world.chat.update(ref, { message: renderRun(view), token: ref.token }).catch((error: unknown) => {
      world.log.warn({ run: order.id, err: error }, 'a card could not be updated');
    });
  }

  function stage(index: number, remark?: string): void {
    const stages = view.stages.map((one, at): Stage => {
      if (at < index) return { label: one.label, state: 'done' };
      return at > index ? one : { label: one.label, state: 'running', ...(remark === undefined ? {} : { remark }) };
    });
    show({ stages });
  }

  function progress({ stages, tally, undoing: goingBack }: Progress): void {
    if (goingBack && !view.undoing) return undoing();
    if (goingBack || isDeepStrictEqual([view.stages, view.tally], [stages, tally])) return;
    show({ stages, tally });
  }

  function undoing(): void {
    show({
      undoing: true,
      touched: view.stages.some(({ state }) => state === 'done'),
      stages: view.stages.map((one) => ({ ...one, state: afterFailure(one.state) })),
    });
  }

  async function finish(durable: Durable, ending: Ending & { endedAt: number }): Promise<void> {
    if (ref === undefined) return;
    const outcome = ending.result === undefined ? undefined : operation.words.done(order.plan, ending.result);
    view = {
      ...view,
      state: ending.state,
      endedAt: ending.endedAt,
      endedBy: ending.by,
      reason: ending.reason,
      failedUndo: ending.failedUndo ?? [],
      outcome,
      touched: view.touched || ending.touched === true,
      undoing: false,
      tally: '',
      stages: view.stages.map((one) => ({
        label: one.label,
        state: ending.state === 'done' ? 'done' : afterFailure(one.state),
      })),
      undoLabel: ending.result === undefined ? undefined : operation.inverse?.(order.plan, ending.result)?.label,
    };
    const message = renderRun(view);
    await durable
      .step('final card', () => deliver(world, ref, message, order), { attempts: 200 })
      .catch((error: unknown) => {
        if (durable.isStop(error)) throw error;
        world.log.error({ run: order.id, err: error }, 'the end of a run could not be shown to anybody');
      });
    if (ending.result !== undefined)
      await attachAll(durable, 'result', operation.files?.(order.plan, ending.result) ?? []);
    await durable.step('thread end', () =>
      note(world, order.id, 'end', ref, say(message.alert, ...(ending.reason === undefined ? [] : [ending.reason]))),
    );
  }

  return { show, stage, progress, undoing, finish };
}

/** Nobody is asked and nobody wants to see it; what fails is told apart from the card. */
function isSilent({ order, rule }: Of): boolean {
  return order.quiet === true && rule.kind === 'none';
}

/** A running or done stage was undone or failed; one that never began stays as it was. */
function afterFailure(state: Stage['state']): Stage['state'] {
  if (state === 'running') return 'failed';
  return state === 'done' ? 'undone' : state;
}

function firstView(world: World, { order, rule, operation, place }: Of): RunView {
  const role = rule.kind === 'approve' ? world.settings.current().roles[rule.role] : { users: [], groups: [] };
  return {
    order,
    place,
    state: 'waiting',
    rule,
    planned: operation.words.planned(order.plan, { now: order.requestedAt, place }),
    approvers: { users: role.users.filter((user) => user !== order.requester), groups: role.groups },
    given: [],
    freeze: undefined,
    stages: operation.stages(order.plan).map((label) => ({ label, state: 'waiting' })),
    tally: '',
    touched: false,
    startedAt: undefined,
    endedAt: undefined,
    endedBy: undefined,
    outcome: undefined,
    reason: undefined,
    failedUndo: [],
    undoLabel: undefined,
    undoing: false,
  };
}

/** In the channel where it was asked; where that is closed, to the person who asked. */
async function postFirst(world: World, order: Order, view: RunView): Promise<MessageRef & { token: string }> {
  const card = { kind: 'run', subject: order.id, channel: order.channel } as const;
  try {
    return await postCard(world, card, renderRun(view));
  } catch (error) {
    if (!isRefusal(error)) throw error;
    const known = await world.history.cards.of('run', order.id);
    const token = known?.token ?? '';
    const ref = await tellAsker(world, order, { message: renderRun(view), token });
    await world.history.cards.setTs(token, ref);
    return { ...ref, token };
  }
}

/** The card of a run that was undone: says so, and no longer offers it. Best effort: a card that is gone stays gone. */
export async function closeCard(world: World, run: string, by: string): Promise<void> {
  const [stored, card] = await Promise.all([world.history.runs.get(run), world.history.cards.of('run', run)]);
  const operation = world.operations.find(({ name }) => name === stored?.order.operation);
  if (stored === undefined || card?.ts === undefined || operation?.kind !== 'change') return;
  const words = operation.words.done(stored.order.plan, stored.result);
  const message: Message = {
    alert: `Undone: ${words.summary}`,
    title: `${words.title} · undone`,
    sections: [
      { kind: 'text', lines: [`Undone by run ${by}. What this run had done:`] },
      ...words.sections.filter(({ kind }) => kind !== 'text').map(saidIn),
    ],
  };
  try {
    await world.chat.update({ channel: card.channel, ts: card.ts }, { message, token: card.token });
  } catch (error) {
    world.log.warn({ run, err: error }, 'the card of an undone run could not be edited');
  }
}

/** The card of a run that the engine gave up: says that a person must look. Best effort. */
export async function showLost(world: World, run: Run, place: RunView['place'], reason: string): Promise<void> {
  const card = await world.history.cards.of('run', run.order.id);
  const operation = world.operations.find(({ name }) => name === run.order.operation);
  if (card?.ts === undefined || operation?.kind !== 'change') return;
  const rule = run.order.approval as unknown as ApprovalRule; // stored by ask
  const view = {
    ...firstView(world, { order: run.order, rule, operation, place }),
    state: 'stuck',
    reason,
    endedAt: world.clock.now(),
  } as const;
  try {
    await world.chat.update({ channel: card.channel, ts: card.ts }, { message: renderRun(view), token: card.token });
  } catch (error) {
    world.log.warn({ run: run.order.id, err: error }, 'the card of a lost run could not be edited');
  }
}
