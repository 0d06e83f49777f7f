import { isRefusal, isTransient } from '#errors.ts';
import type { Automatic, AutomaticRequest } from '#ports/automatic.ts';
import type { Durable } from '#ports/engine.ts';
import { deckhand } from '#ports/ids.ts';
import type { Incidents } from '#ports/incidents.ts';
import type { Json } from '#ports/json.ts';

import type { AskingFor } from './ask.ts';
import { incidentKey, notStarted } from './automatic-report.ts';
import { stoppedWords, whoStopped } from './automatic-switch.ts';
import { runIdOf } from './ids.ts';
import { placeOrder } from './order.ts';
import { findChange } from './run-record.ts';
import type { World } from './world.ts';

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
    const { incident } = of;
    if (incident !== undefined) {
      const line = `By itself · ${of.operation} could not start: ${why}`;
      await durable.step('tell the incident', () => incidents.tried(incident, { key: of.id, line }), persistent);
      return why;
    }
    const startedAt = await durable.now();
    await durable.step(
      'tell why not',
      () => incidents.raise(incidentKey(of.because), { channel: of.channel, startedAt, ...notStarted(of, why) }),
      persistent,
    );
    return why;
  }

  /** Why it was refused, or '': it was asked, or there is nothing to do. */
  async function ask(of: AutomaticRequest): Promise<string> {
    const { operation: name, channel, place, args, id, ...rest } = of;
    if ((await whoStopped(world.history)) !== undefined) return stoppedWords;
    try {
      const operation = findChange(world, name);
      const facts = await asking({ requester: deckhand, channel, operation: name, ...(place && { place }) });
      await placeOrder(world, facts, { ...rest, id: runIdOf(id), operation, args: operation.args.parse(args) });
      return '';
    } catch (error) {
      if (isRefusal(error)) return error.code === 'nothing' ? '' : error.message;
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
