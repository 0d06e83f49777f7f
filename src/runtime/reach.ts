import { isRefusal, Refusal } from '#errors.ts';
import { choosePlaces, placeFlags, type Wanted } from '#lib/places.ts';
import type { Asking, Operation } from '#operations/contract.ts';
import type { Story } from '#operations/story-contract.ts';
import type { Place } from '#ports/cloud.ts';
import { home, type Lane, type Where } from '#ports/clouds.ts';
import type { Order } from '#ports/history.ts';

import type { World } from './world.ts';

/** What was typed after `--account` and `--region`, and for what. */
export type Typed = { wanted: Wanted; operation: Operation };

/** AWS where an order works, for the person who asked and under the run's own name. */
export function reachOf(
  world: Pick<World, 'clouds'>,
  { id, requester, place = home }: Order,
  lane: Lane = 'normal',
): Pick<Story, 'cloud' | 'platform' | 'at'> {
  const work = { lane, person: requester, run: id };
  const at = (where: Where) => world.clouds.at(where, work);
  return { cloud: at(place), platform: world.clouds.platform(place, work), at };
}

/** Where an order works, as its card shows it; what AWS refuses to say is not needed for that. Throws Transient. */
export async function shownPlace(world: Pick<World, 'clouds'>, order: Order): Promise<Asking['place']> {
  try {
    return await reachOf(world, order).cloud.place();
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return order.place ?? home;
  }
}

/** Throws Refusal "bad-input" where an operation cannot go to what was typed. */
export function placesFor(places: readonly Place[], of: Typed | undefined): readonly Place[] {
  if (of === undefined) return choosePlaces(places, {});
  const { wanted, operation } = of;
  const typed = Object.keys(wanted)[0];
  if (typed !== undefined && operation.iam.length === 0)
    throw new Refusal(
      'bad-input',
      operation.kind === 'redirect'
        ? `\`--${typed}\` is not needed: \`${operation.name}\` goes where the run was. Leave it out.`
        : `\`--${typed}\` is no option of \`${operation.name}\`, which does not look at servers. Leave it out.`,
    );
  const chosen = choosePlaces(places, wanted);
  if (chosen.length === 1 || (operation.kind === 'answer' && operation.everywhere === true)) return chosen;
  throw new Refusal(
    'bad-input',
    `\`${operation.name}\` works in one account and Region at a time. Name one, for example \`${placeFlags(chosen[1]!, places).trim()}\`.`,
  );
}
