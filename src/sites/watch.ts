import type { Fence } from '#ports/history.ts';
import type { CheckFigures, SiteView } from '#ports/managed-sites.ts';
import type { Chart } from '#ports/pictures.ts';

import { loadKept } from './book.ts';
import { createMaintenance } from './maintenance.ts';
import { type Drawn, recentChart } from './recent-chart.ts';
import type { SiteWatchWorld } from './site-world.ts';
import { whyNotMend } from './standing.ts';
import { createTenure, saveEveryMs, type Tenure } from './tenure.ts';
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
  /** Why a site must not be mended now; undefined: it is down, looked at this moment. Throws Transient with the store. */
  whyNotMend: (name: string) => Promise<string | undefined>;
  /** How the sites of an incident were lately; undefined where there is nothing to draw. */
  chartOf: (incident: Drawn) => Chart | undefined;
  /** How the checks themselves go; undefined where another process watches. */
  figures: () => CheckFigures | undefined;
};

/** Watches the sites of deckhand.yml: checks them in turn, judges, and tells what changed. */
export function createSiteWatch(world: SiteWatchWorld): SiteWatch {
  const { settings } = world;
  /** For views where another process watches. */
  const maintenance = createMaintenance(world);
  let tenure: Tenure | undefined;
  settings.onChange((changed) => tenure?.adopt(changed));

  async function views(): Promise<readonly SiteView[]> {
    if (tenure !== undefined) return tenure.views();
    const [kept] = await Promise.all([loadKept(world), maintenance.refresh()]);
    // What is stored may be older than what that process knows; much older: nobody watches.
    const now = world.clock.now() - saveEveryMs;
    return settings
      .current()
      .sites.map((site) => viewOf(site, { state: kept.get(site.name)?.state, work: maintenance.of(site.name), now }));
  }

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
    views,
    async whyNotMend(name) {
      const site = settings.current().sites.find((one) => one.name === name);
      // A press of Maintenance counts at once, not when it is next looked for.
      await maintenance.refresh();
      const seen = (await views()).find((one) => one.name === name);
      const view = seen && maintenance.of(name) !== undefined ? { ...seen, state: 'maintenance' } : seen;
      const state = tenure === undefined ? (await loadKept(world)).get(name)?.state : tenure.stateOf(name);
      return whyNotMend(world, { site, name, known: { view, state } });
    },
    chartOf: (incident) => {
      const recent = tenure?.recent ?? (() => []);
      return recentChart(incident, { sites: settings.current().sites, recent, now: world.clock.now() });
    },
    figures: () => tenure?.figures(),
  };
}
