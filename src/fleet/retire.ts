import type { Clock, Log } from '#ports/clock.ts';
import type { Fence, History } from '#ports/history.ts';
import type { Incidents } from '#ports/incidents.ts';

import { createRecords } from './records.ts';
import { notWatched, type Why } from './retire-messages.ts';
import { ailments } from './volume-verdict.ts';
import { volumesIncident } from './volumes.ts';

type World = {
  history: Pick<History, 'watch'>;
  incidents: Incidents;
  clock: Pick<Clock, 'now'>;
  fence?: (() => Fence | undefined) | undefined;
  log: Log;
};

/** Says that a place is watched, so that its end is noticed also when nothing else was ever stored of it. */
const watchedKey = (scope: string) => `fleet${scope}:watched`;
/** `health:ID`, `health@ACCOUNT/REGION:ID`; `-group` and `fleet…:running` alike. */
const scopeIn = /^(?:health(?:-group)?|fleet)(@[^/:]+\/[^:]+)?:/;

/**
 * Ends what is open of places that nobody watches any more, says why, and forgets them. `watched`: the scopes that are;
 * undefined when the watch is off. Repeatable; rejects when something could not be ended yet.
 */
export async function retire(world: World, watched: ReadonlySet<string> | undefined): Promise<void> {
  const { watch } = world.history;
  const keys = [...(await watch.load('health')).keys(), ...(await watch.load('fleet')).keys()];
  const scopes = new Set(keys.flatMap((key) => scopeOf(key) ?? []));
  for (const scope of scopes) {
    if (watched?.has(scope) === true) continue;
    await endAll(world, scope, watched === undefined ? { kind: 'off' } : placeOf(scope));
    const own = keys.filter((key) => scopeOf(key) === scope);
    await watch.forget(own, world.fence?.());
  }
  const rows = [...(watched ?? [])].map((scope) => [watchedKey(scope), true] as const);
  if (rows.length > 0) await watch.save(new Map(rows), world.fence?.());
}

async function endAll(world: World, scope: string, why: Why): Promise<void> {
  const { records, groups } = await createRecords(world, scope).load();
  const end = (key: string, what: string) =>
    world.incidents.resolve(key, {
      endedAt: world.clock.now(),
      ...notWatched(what, why),
      fence: world.fence?.(),
    });
  for (const [name] of groups) await end(`servers${scope}:${name}`, name);
  for (const [id, { checks, events }] of records) {
    if (checks !== undefined && checks.group === undefined) await end(`instance:${id}`, id);
    if (events !== undefined && events.group === undefined) await end(`event:${id}`, id);
  }
  for (const ailment of ailments) await end(volumesIncident(scope, ailment), 'Disks in trouble');
  await end(`watch:ec2${scope}`, 'EC2 health');
  await end(`watch:volumes${scope}`, 'The health of disks');
}

function scopeOf(key: string): string | undefined {
  const found = scopeIn.exec(key);
  return found === null ? undefined : (found[1] ?? '');
}

function placeOf(scope: string): Why {
  const [account = '', region = ''] = scope.slice(1).split('/');
  return { kind: 'place', account, region };
}
