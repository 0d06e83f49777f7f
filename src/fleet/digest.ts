import { isRefusal } from '#errors.ts';
import type { Clock } from '#ports/clock.ts';
import type { Cloud } from '#ports/cloud.ts';
import type { History, Run } from '#ports/history.ts';
import type { Message } from '#ports/text.ts';

import { type Part, render } from './digest-messages.ts';
import { summarise } from './digest-summary.ts';

const dayMs = 86_400_000;
/** Runs read of the last day; more are told as "500 or more". */
const mostRuns = 500;
const mostIncidents = 100;

/**
 * The daily overview of the fleet. `compose` throws Transient when AWS or the store does not answer (try again); what
 * AWS refuses is left out of the digest and said in it.
 */
export function createDigest(world: {
  cloud: Pick<Cloud, 'instances' | 'health' | 'volumes' | 'snapshots' | 'place'>;
  history: Pick<History, 'runs' | 'incidents'>;
  clock: Clock;
}) {
  const { cloud, history, clock } = world;

  async function compose(): Promise<Message> {
    const now = clock.now();
    const [instances, health, volumes, snapshots, place, incidents, runs] = await Promise.all([
      orRefused(cloud.instances({})),
      orRefused(cloud.health()),
      orRefused(cloud.volumes({})),
      orRefused(cloud.snapshots({})),
      orRefused(cloud.place()),
      history.incidents.list({ limit: mostIncidents, state: 'open' }),
      lastDay(now - dayMs),
    ]);
    return render(summarise({ instances, health, volumes, snapshots, place, incidents, runs, now }));
  }

  async function lastDay(since: number): Promise<readonly Run[]> {
    const recent = await history.runs.recent({ limit: mostRuns });
    return recent.filter(({ order, updatedAt }) => Math.max(order.requestedAt, updatedAt) >= since);
  }

  return { compose };
}

async function orRefused<T>(asked: Promise<T>): Promise<Part<T>> {
  try {
    return { value: await asked };
  } catch (error) {
    if (isRefusal(error)) return { refused: error.message };
    throw error;
  }
}
