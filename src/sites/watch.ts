import type { SiteView } from '#operations/contract.ts';
import type { Fence } from '#ports/history.ts';

import { loadKept } from './book.ts';
import type { SiteWatchWorld } from './site-world.ts';
import { createTenure, type Tenure } from './tenure.ts';
import { viewOf } from './view.ts';

export type SiteWatch = {
  /**
   * Takes up what is stored and begins to check: every site within one interval, a minute at most. `fence`: the right to
   * do so, where several processes could; nothing is written once another one has it.
   */
  start: (fence?: Fence) => Promise<void>;
  /** Checks no more, stores what it knows. At most about 2 s and one write. May start again. */
  stop: () => Promise<void>;
  /** In the order of deckhand.yml; where another process watches, as it was stored. Throws Transient with the store. */
  views: () => Promise<readonly SiteView[]>;
  /** How the checks themselves go; undefined where another process watches. */
  figures: () => ReturnType<Tenure['figures']> | undefined;
};

/** Watches the sites of deckhand.yml: checks them in turn, judges, and tells what changed. */
export function createSiteWatch(world: SiteWatchWorld): SiteWatch {
  const { settings } = world;
  let tenure: Tenure | undefined;
  settings.onChange((changed) => tenure?.adopt(changed));

  return {
    async start(fence) {
      tenure = createTenure(world, fence);
      await tenure.start();
    },
    async stop() {
      const ending = tenure;
      tenure = undefined;
      await ending?.stop();
    },
    async views() {
      if (tenure !== undefined) return tenure.views();
      const kept = await loadKept(world);
      return settings.current().sites.map((site) => viewOf(site, { state: kept.get(site.name)?.state }));
    },
    figures: () => tenure?.figures(),
  };
}
