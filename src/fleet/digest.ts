import { isRefusal, isTransient } from '#errors.ts';
import type { Clock } from '#ports/clock.ts';
import type { Place } from '#ports/cloud.ts';
import type { Clouds } from '#ports/clouds.ts';
import type { History, Run } from '#ports/history.ts';
import type { SettingsSource } from '#ports/settings.ts';
import type { Message } from '#ports/text.ts';

import { type Part, render } from './digest-messages.ts';
import { type Facts, summarise } from './digest-summary.ts';

const dayMs = 86_400_000;
/** Runs read of the last day; more are told as "500 or more". */
const mostRuns = 500;
const mostIncidents = 100;

/**
 * The daily overview of the fleet, in every place. `compose` throws Transient when AWS or the store does not answer (try
 * again); what AWS refuses, and one of several places that does not answer, is left out of the digest and said in it.
 */
export function createDigest(world: {
  clouds: Clouds;
  history: Pick<History, 'runs' | 'incidents'>;
  clock: Clock;
  settings: Pick<SettingsSource, 'current'>;
}) {
  const { clouds, history, clock, settings } = world;

  async function compose(): Promise<Message> {
    const now = clock.now();
    const places = clouds.places();
    const [facts, incidents, runs] = await Promise.all([
      Promise.all(places.map((place) => read(place, places.length > 1))),
      history.incidents.list({ limit: mostIncidents, state: 'open' }),
      lastDay(now - dayMs),
    ]);
    const { retention, tags } = settings.current();
    return render(summarise(facts, { incidents, runs, prices: retention.prices, rules: tags.required, now }));
  }

  async function read(place: Place, isOneOfMany: boolean): Promise<Facts> {
    const cloud = clouds.at(place, { lane: 'low' });
    const orSaid = <T>(asked: Promise<T>) => orRefused(asked, isOneOfMany);
    const [instances, health, volumes, snapshots, full] = await Promise.all([
      orSaid(cloud.instances({})),
      orSaid(cloud.health()),
      orSaid(cloud.volumes({})),
      orSaid(cloud.snapshots({})),
      orSaid(cloud.place()),
    ]);
    return { instances, health, volumes, snapshots, place: 'value' in full ? full.value : place };
  }

  async function lastDay(since: number): Promise<readonly Run[]> {
    const recent = await history.runs.recent({ limit: mostRuns });
    return recent.filter(({ order, updatedAt }) => Math.max(order.requestedAt, updatedAt) >= since);
  }

  return { compose };
}

async function orRefused<T>(asked: Promise<T>, alsoTransient: boolean): Promise<Part<T>> {
  try {
    return { value: await asked };
  } catch (error) {
    if (isRefusal(error)) return { refused: error.message };
    if (alsoTransient && isTransient(error)) return { refused: 'AWS did not answer.' };
    throw error;
  }
}
