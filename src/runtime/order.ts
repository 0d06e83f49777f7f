import { isRefusal, isTransient, Refusal } from '#errors.ts';
import type { Asking, ChangeOperation } from '#operations/contract.ts';
import type { Where } from '#ports/clouds.ts';
import type { Order } from '#ports/history.ts';
import type { ChannelId, RunId } from '#ports/ids.ts';
import type { Json } from '#ports/json.ts';
import type { ApprovalRule } from '#ports/roles.ts';

import { hashPlan } from './ids.ts';
import type { RunInput } from './run.ts';
import type { World } from './world.ts';

export type NewOrder = Pick<Order, 'id' | 'args' | 'undoes' | 'incident' | 'because' | 'quiet'> & {
  operation: ChangeOperation;
  /** Goes before the rule of deckhand.yml. */
  approval?: ApprovalRule;
};

/**
 * plan → is it small enough, is all of it free? → store → start: the one way to a run, whoever asks. Who asks and where is
 * in `facts`. Repeatable: an id that is known starts nothing. `stored`: the engine is away; it starts when that is back.
 */
export async function placeOrder(world: World, facts: Asking, of: NewOrder): Promise<'started' | 'stored' | 'known'> {
  const { operation, approval, ...kept } = of;
  await mustBeInside(world, facts.channel);
  if ((await world.history.runs.get(of.id)) !== undefined) return 'known';
  const plan: Json = await operation.plan(facts, of.args);
  await mustFit(world, facts, operation, operation.resources(plan));
  const order: Order = {
    ...kept,
    operation: operation.name,
    plan,
    planHash: hashPlan(plan),
    requester: facts.requester,
    channel: facts.channel,
    place: placeOf(facts),
    requestedAt: world.clock.now(),
    approval: approval ?? facts.settings.approvals[operation.name] ?? operation.approval,
  };
  const { summary } = operation.words.planned(plan, facts);
  if (!(await world.history.runs.create(order, summary))) return 'known';
  return startOrPromise(world, of.id, { order, limits: facts.settings.limits, place: facts.place });
}

function placeOf({ everywhere }: Asking): Where {
  const { account, region } = everywhere[0]!.place;
  return { account, region };
}

async function startOrPromise(world: World, id: RunId, input: RunInput): Promise<'started' | 'stored'> {
  try {
    await world.engine.start(id, 'run', input);
    return 'started';
  } catch (error) {
    if (!isTransient(error)) throw error;
    world.log.warn({ run: id, err: error }, 'a stored order could not be started yet');
    return 'stored';
  }
}

/** A change is followed by its card, so Deckhand must be able to post where it was asked. */
async function mustBeInside(world: World, id: ChannelId): Promise<void> {
  const channel = await world.chat.channel(id).catch((error: unknown) => {
    if (isRefusal(error)) return undefined;
    throw error;
  });
  if (channel !== undefined && (channel.isMember || channel.isDirect)) return;
  throw new Refusal(
    'not-here',
    'Deckhand is not in this channel, so nobody here could follow the work. Type `/invite @Deckhand`, then ask again.',
  );
}

async function mustFit(
  world: World,
  facts: Asking,
  { breadth = 'resources' }: ChangeOperation,
  resources: readonly string[],
): Promise<void> {
  const most = facts.settings.limits[breadth];
  if (resources.length > most) {
    throw new Refusal(
      'too-wide',
      `That would touch ${resources.length} resources; at most ${most} are allowed at once. Narrow the selector, or raise \`limits.${breadth}\` in deckhand.yml.`,
    );
  }
  const busy = (await world.history.claims.holders(resources))[0];
  if (busy !== undefined)
    throw new Refusal(
      'conflict',
      `Run \`${busy.run}\` is working on \`${busy.resource}\`. Wait for it, then ask again.`,
    );
}
