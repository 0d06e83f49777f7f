import { isRefusal } from '#errors.ts';
import type { Cloud, InstanceHealth } from '#ports/cloud.ts';
import type { InstanceId } from '#ports/ids.ts';
import type { Settings } from '#ports/settings.ts';

import { count, label, some } from './format.ts';

/** By instance id: `ok`, or the first check that is not. Plain JSON. */
export type Checks = Record<string, string>;

/** What this needs of a story. */
type Waiting = {
  cloud: Pick<Cloud, 'health'>;
  limits: Pick<Settings['limits'], 'wait'>;
  step: (name: string, act: () => Promise<Checks>) => Promise<Checks>;
  poll: (
    name: string,
    of: { look: () => Promise<Checks | undefined>; withinMs: number; what: string },
  ) => Promise<Checks>;
  stage: (index: number, remark?: string) => void;
};

/** Waits for the status checks that an alert looks at. Never fails the run: what they say in the end is part of its result. */
export async function waitForChecks(story: Waiting, ids: readonly InstanceId[], stage: number): Promise<Checks> {
  try {
    return await story.poll('checks', {
      look: async () => {
        const checks = await readChecks(story.cloud, ids);
        story.stage(stage, `${Object.values(checks).filter((state) => state === 'ok').length} of ${ids.length} ok`);
        return Object.values(checks).every((state) => state === 'ok') ? checks : undefined;
      },
      withinMs: story.limits.wait.checksMs,
      what: `Status checks of ${count(ids.length, 'server')} becoming ok`,
    });
  } catch (error) {
    if (!isRefusal(error) || error.code !== 'conflict') throw error;
    return story.step('checks at the end', () => readChecks(story.cloud, ids));
  }
}

async function readChecks(cloud: Pick<Cloud, 'health'>, ids: readonly InstanceId[]): Promise<Checks> {
  const health = new Map((await cloud.health(ids)).map((one) => [one.instanceId, one]));
  return Object.fromEntries(ids.map((id) => [id, firstNotOk(health.get(id))]));
}

function firstNotOk(of: InstanceHealth | undefined): string {
  if (of === undefined) return 'unknown';
  const states = [of.system, of.instance, of.ebs].filter((state) => state !== 'not-applicable');
  // A stopped server has no checks at all, which is not the same as having passed them.
  if (states.length === 0) return of.state;
  return states.find((state) => state !== 'ok') ?? 'ok';
}

/** `web-1 (i-0abc…) (impaired)` for those that are not ok; undefined when all are. */
export function notOk(servers: readonly { id: string; name: string }[], checks: Checks): string | undefined {
  const bad = servers.filter(({ id }) => checks[id] !== 'ok');
  if (bad.length === 0) return undefined;
  return some(
    bad.map((one) => `${label(one)} (${checks[one.id] ?? 'unknown'})`),
    5,
  );
}
