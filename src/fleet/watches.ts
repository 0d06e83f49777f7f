import { placeFlags } from '#lib/places.ts';
import type { Place } from '#ports/cloud.ts';
import type { Clouds } from '#ports/clouds.ts';
import type { Fence } from '#ports/history.ts';

import { retire } from './retire.ts';
import { createHealthWatch, type HealthWatch, type WatchWorld } from './watch.ts';

export type HealthWatches = HealthWatch & {
  /** From here this replica watches; what it writes is refused once another one has taken over. */
  begin: (fence: Fence) => void;
  /** It watches no more: a slot does nothing. */
  end: () => void;
};

/**
 * The watch of every account and Region: each place has a watch of its own, so that one that cannot be read hides no other.
 * What is open of a place that is not in the settings any more, or when `health.enabled` is off, is closed.
 */
export function createHealthWatches(
  world: Omit<WatchWorld, 'cloud' | 'at' | 'fence'> & { clouds: Clouds },
): HealthWatches {
  const { clouds, settings, log } = world;
  const watches = new Map<string, HealthWatch>();
  let isHeld = false;
  /** Kept after the end: a look that is still going on must not write without any. */
  let newest: Fence | undefined;
  const fence = () => newest;
  /** What is no longer watched may have changed. */
  let isTidy = false;
  settings.onChange(() => {
    // The way into a place may have changed with them.
    watches.clear();
    isTidy = false;
  });

  function watchOf(place: Place, places: readonly Place[]): HealthWatch {
    const scope = scopeOf(place, places);
    const known = watches.get(scope);
    if (known !== undefined) return known;
    const cloud = clouds.at(place, { lane: 'low' });
    const watch = createHealthWatch({ ...world, fence, cloud, at: { scope, flags: placeFlags(place, places) } });
    watches.set(scope, watch);
    return watch;
  }

  async function run(slot: number): Promise<void> {
    if (!isHeld) return;
    const places = clouds.places();
    const { enabled } = settings.current().health;
    if (!isTidy) await tidy(enabled ? new Set(places.map((place) => scopeOf(place, places))) : undefined);
    if (enabled) await Promise.all(places.map((place) => watchOf(place, places).run(slot)));
  }

  async function tidy(watched: ReadonlySet<string> | undefined): Promise<void> {
    isTidy = true;
    try {
      await retire({ ...world, fence }, watched);
    } catch (error) {
      isTidy = false;
      log.warn({ err: error }, 'alerts of what is no longer watched could not be closed yet; trying again');
    }
  }

  return {
    run,
    begin: (given) => {
      [isHeld, newest, isTidy] = [true, given, false];
      watches.clear(); // what another replica has told meanwhile is not known here
    },
    end: () => {
      isHeld = false;
    },
  };
}

/** Keeps the records of two places apart; home has none. */
function scopeOf(place: Place, places: readonly Place[]): string {
  return place === places[0] ? '' : `@${place.account}/${place.region}`;
}
