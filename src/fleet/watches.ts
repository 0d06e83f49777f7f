import { placeFlags } from '#lib/places.ts';
import type { Place } from '#ports/cloud.ts';
import type { Clouds } from '#ports/clouds.ts';

import { createHealthWatch, type HealthWatch, type WatchWorld } from './watch.ts';

/** The watch of every account and Region: each place has a watch of its own, so that one that cannot be read hides no other. */
export function createHealthWatches(world: Omit<WatchWorld, 'cloud' | 'at'> & { clouds: Clouds }): HealthWatch {
  const { clouds } = world;
  const watches = new Map<string, HealthWatch>();
  // The way into a place may have changed with them.
  world.settings.onChange(() => watches.clear());

  function watchOf(place: Place, places: readonly Place[]): HealthWatch {
    const scope = place === places[0] ? '' : `@${place.account}/${place.region}`;
    const known = watches.get(scope);
    if (known !== undefined) return known;
    const cloud = clouds.at(place, { lane: 'low' });
    const watch = createHealthWatch({ ...world, cloud, at: { scope, flags: placeFlags(place, places) } });
    watches.set(scope, watch);
    return watch;
  }

  return {
    run: async (slot) => {
      const places = clouds.places();
      await Promise.all(places.map((place) => watchOf(place, places).run(slot)));
    },
  };
}
