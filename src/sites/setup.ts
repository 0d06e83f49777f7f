import type { Cancel, Clock } from '#ports/clock.ts';
import type { Site } from '#ports/site-settings.ts';

import { cause } from './causes.ts';
import * as messages from './own-messages.ts';
import type { OwnTrouble } from './own-trouble.ts';
import type { SiteState } from './state.ts';

/** How soon it is told that sites cannot be checked; many at once for one cause are one message by then. */
const lookMs = 10_000;

/** Tells which sites cannot be checked as they are set up, all in one incident: often one cause is behind many. */
export function createSetupWatch(world: {
  all: () => Iterable<{ site: Site; state: SiteState }>;
  own: OwnTrouble;
  clock: Clock;
}) {
  const { own, clock } = world;
  /** Undefined: an earlier process may have told something. */
  let told: string | undefined;
  let cancel: Cancel = () => {};

  function look(): void {
    const causes = causesOf(world.all());
    const mark = JSON.stringify([...causes]);
    if (mark !== told && causes.size > 0) own.begins('setup', messages.setup(causes));
    else if (mark !== told) own.ends('setup', messages.setupOver());
    told = mark;
    cancel = clock.after(lookMs, look);
  }

  return { start: look, stop: () => cancel() };
}

function causesOf(all: Iterable<{ site: Site; state: SiteState }>): ReadonlyMap<string, readonly string[]> {
  const causes = new Map<string, string[]>();
  for (const { site, state } of all) {
    if (state.setup === undefined) continue;
    const what = cause(state.setup.cause);
    causes.set(what, [...(causes.get(what) ?? []), site.name].toSorted());
  }
  return new Map([...causes].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
