import { isRefusal, isTransient } from '#errors.ts';
import type { Where } from '#ports/clouds.ts';
import type { Durable } from '#ports/engine.ts';
import { type ChannelId, deckhand, type RunId } from '#ports/ids.ts';
import type { Incidents } from '#ports/incidents.ts';
import type { Json } from '#ports/json.ts';
import type { ApprovalRule } from '#ports/settings.ts';

import type { AskingFor } from './ask.ts';
import { incidentKey, notStarted } from './automatic-report.ts';
import { runIdOf } from './ids.ts';
import { placeOrder } from './order.ts';
import { findChange } from './run.ts';
import type { World } from './world.ts';

/** Work that Deckhand asks of itself. Plain JSON: it is kept until it was asked. */
export type AutomaticRequest = {
  /** The same id is the same run, however often: `schedule:nightly:1764097200000`. */
  id: string;
  /** Name of a change. */
  operation: string;
  /** Parsed arguments of the operation. */
  args: Json;
  /** Where its card and its trouble are shown. */
  channel: ChannelId;
  /** The account and Region to work in; left out = home. */
  place?: Where;
  /** Goes before the rule of deckhand.yml and the operation's own. */
  approval?: ApprovalRule;
  /** Why, in a few words, as people see it: `schedule nightly`. One incident for each, however often it fails. */
  because: string;
  /** No card unless people are asked. */
  quiet?: boolean;
  incident?: string;
};
export type Automatic = {
  /** Starts a change without a person. Safe to repeat. What refuses it becomes an incident of `because`, never an error. */
  start: (of: AutomaticRequest) => Promise<RunId>;
};

/** About half an hour in which AWS, Slack or the store may be away. */
const patient = { attempts: 40 };
const persistent = { attempts: 200 };

type Needs = { world: World; asking: AskingFor; incidents: Incidents };

/**
 * Runs that Deckhand starts by itself: planned, bounded, claimed, approved and told like any other. `serve` takes part in
 * the engine and must be called before it is launched.
 */
export function createAutomatic({ world, asking, incidents }: Needs): Automatic & { serve: () => void } {
  async function body(durable: Durable, input: Json): Promise<Json> {
    const of = input as unknown as AutomaticRequest; // written by start
    const why = await durable
      .step('ask', () => ask(of), patient)
      .catch((error: unknown) => {
        if (durable.isStop(error)) throw error;
        world.log.error({ id: of.id, err: error }, 'automatic work could not be asked');
        return isTransient(error)
          ? 'AWS, Slack or the database did not answer for half an hour. See that they are well, then start it by hand.'
          : `Something broke on Deckhand's side; its log says what (reference ${runIdOf(of.id)}).`;
      });
    if (why === '') return null;
    const startedAt = await durable.now();
    await durable.step(
      'tell why not',
      () => incidents.raise(incidentKey(of.because), { channel: of.channel, startedAt, ...notStarted(of, why) }),
      persistent,
    );
    return why;
  }

  /** Why it was refused, or ''. */
  async function ask(of: AutomaticRequest): Promise<string> {
    const { operation: name, channel, place, args, id, ...rest } = of;
    try {
      const operation = findChange(world, name);
      const facts = await asking({ requester: deckhand, channel, ...(place && { place }) });
      await placeOrder(world, facts, { ...rest, id: runIdOf(id), operation, args: operation.args.parse(args) });
      return '';
    } catch (error) {
      if (isRefusal(error)) return error.message;
      throw error;
    }
  }

  return {
    serve: () => world.engine.serve('automatic', body),
    start: async (of) => {
      await world.engine.start(`automatic:${of.id}`, 'automatic', of);
      return runIdOf(of.id);
    },
  };
}
