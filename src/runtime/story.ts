import { isAmbiguous, isTransient, Refusal, Transient } from '#errors.ts';
import { duration } from '#lib/format.ts';
import type { EndedPart, Part, Side, Story, UndoTools } from '#operations/story-contract.ts';
import type { Durable } from '#ports/engine.ts';
import type { Order } from '#ports/history.ts';
import type { Json } from '#ports/json.ts';
import type { Settings } from '#ports/settings.ts';

import { setAutomaticWork } from './automatic-switch.ts';
import type { Undo } from './saga.ts';
import type { World } from './world.ts';

type Limits = Settings['limits'];

/** Doubling from 1 s, nine attempts ride out about four minutes of throttling or outage before the work is undone. */
const patient = { attempts: 9 };
/** Only the store can fail where parts are watched: about three hours of tries. */
const bookkeeping = { attempts: 200 };

type Of = {
  durable: Durable;
  order: Order;
  limits: Limits;
  undo: Undo;
  stage: Story['stage'];
  /** Runs the parts, inside a recorded step. */
  parts?: (list: readonly Part[], how: Side) => Promise<readonly EndedPart[]>;
  mayGoOn?: () => Promise<void>;
  sites?: Story['sites'];
};

/** The durable ports a story works with (see the contract for what each promises). */
export function createStory(
  world: Pick<World, 'clock' | 'history'> & Pick<Story, 'cloud' | 'platform' | 'at'>,
  of: Of,
): Story {
  const { durable, order, limits } = of;
  const tools: UndoTools = {
    until: (look, withinMs, what) => untilTrue(world, limits, look, withinMs, what),
    seek: (find) => findWithin(world, limits, find),
  };
  return {
    order,
    limits,
    cloud: world.cloud,
    platform: world.platform,
    kept: world.history.watch,
    at: world.at,
    sites: of.sites ?? (async () => []),
    automaticWork: (to) => setAutomaticWork(world.history, to),
    undo: (name, act, manual) => of.undo(name, () => act(tools), manual),
    stage: of.stage,
    step: (name, act) => durable.step(name, act, patient),
    sleep: (ms) => durable.sleep(ms),
    now: () => durable.now(),
    effect: (name, { find, act }) =>
      durable.step(name, once(world, order, limits, name, { find: () => find(tools), act: () => act(tools) }), patient),
    parts: (list, how) =>
      durable.step(
        'parts',
        async () => {
          if (of.parts === undefined) throw new Error('a part has no parts');
          return [...(await of.parts(list, how))];
        },
        bookkeeping,
      ),
    mayGoOn: () => durable.step('may go on', async () => of.mayGoOn?.()),
    poll: async (name, { look, withinMs, what }) => {
      const deadline = (await durable.now()) + withinMs;
      return durable.step(name, () => lookUntil(world, limits, { look, deadline, withinMs, what }), patient);
    },
  };
}

/**
 * The act of an effect that takes no client token. The intent goes to the store first; where it stands already, or where
 * the answer was lost, the effect is looked for until the grace is over. Only a clear "no" is simply tried again.
 */
function once<T extends Json>(
  world: Pick<World, 'clock' | 'history'>,
  order: Order,
  limits: Limits,
  name: string,
  { find, act }: { find: () => Promise<T | undefined>; act: () => Promise<T> },
): () => Promise<T> {
  let clearlyNotDone = false;
  return async () => {
    const intent = await world.history.intents.begin(order.id, name);
    if (intent === 'again' && !clearlyNotDone) {
      const found = await findWithin(world, limits, find);
      if (found !== undefined) return found;
    }
    clearlyNotDone = false;
    try {
      return await act();
    } catch (error) {
      clearlyNotDone = !isAmbiguous(error);
      if (!isAmbiguous(error)) throw error;
      const found = await findWithin(world, limits, find);
      if (found !== undefined) return found;
      throw new Transient(
        `AWS did not answer and nothing was found after ${duration(limits.visibilityGraceMs)}: ${name}`,
        { cause: error },
      );
    }
  };
}

async function findWithin<T>(
  world: Pick<World, 'clock'>,
  limits: Limits,
  find: () => Promise<T | undefined>,
): Promise<T | undefined> {
  const deadline = world.clock.now() + limits.visibilityGraceMs;
  let gap = limits.poll.minMs;
  for (;;) {
    const found = await find();
    if (found !== undefined || world.clock.now() >= deadline) return found;
    await world.clock.sleep(Math.min(gap, Math.max(1, deadline - world.clock.now())));
    gap = Math.min(gap * 2, limits.poll.maxMs);
  }
}

/** The deadline decides, not the number of throttled or unanswered looks on the way. */
async function lookUntil<T>(
  world: Pick<World, 'clock'>,
  limits: Limits,
  of: { look: (elapsedMs: number) => Promise<T | undefined>; deadline: number; withinMs: number; what: string },
): Promise<T> {
  let gap = limits.poll.minMs;
  for (;;) {
    const elapsedMs = world.clock.now() - (of.deadline - of.withinMs);
    const found = await of.look(elapsedMs).catch((error: unknown) => {
      if (!isTransient(error)) throw error;
      return undefined;
    });
    if (found !== undefined) return found;
    if (world.clock.now() >= of.deadline)
      throw new Refusal(
        'conflict',
        `${of.what} did not happen within ${duration(of.withinMs)}. Look at it in the AWS console, then ask again.`,
      );
    await world.clock.sleep(gap);
    gap = Math.min(gap * 1.5, limits.poll.maxMs);
  }
}

async function untilTrue(
  world: Pick<World, 'clock'>,
  limits: Limits,
  look: () => Promise<boolean>,
  withinMs: number,
  what: string,
): Promise<void> {
  const deadline = world.clock.now() + withinMs;
  await lookUntil(world, limits, { look: async () => ((await look()) ? true : undefined), deadline, withinMs, what });
}
