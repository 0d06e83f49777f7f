import { readPressed } from '#lib/pressed.ts';
import { createWindows, type Span } from '#lib/windows.ts';
import type { Calendar, Clock, Log } from '#ports/clock.ts';
import type { History } from '#ports/history.ts';
import { maintenancePrefix } from '#ports/incidents.ts';
import { silencePrefix } from '#ports/managed-sites.ts';
import type { SettingsSource } from '#ports/settings.ts';
import type { MaintenanceWindow } from '#ports/site-settings.ts';

/** Planned work on a site: `since` and `until` in epoch ms. */
export type Work = Span;

/** Which sites are in maintenance, by the windows of deckhand.yml and by the button. */
export type Maintenance = {
  /** Reads what people pressed and which windows began. Keeps what it knows when the store is away. */
  refresh: () => Promise<void>;
  of: (site: string) => Work | undefined;
  /** Until when nothing new is told of it. */
  silence: (site: string) => number | undefined;
};

export function createMaintenance(world: {
  history: Pick<History, 'watch'>;
  calendar: Pick<Calendar, 'last'>;
  settings: SettingsSource;
  clock: Clock;
  log: Log;
}): Maintenance {
  const { clock, settings, log } = world;
  const workOf = createWindows(world.calendar);
  let pressed: ReadonlyMap<string, Work> = new Map();
  let silenced: ReadonlyMap<string, Work> = new Map();
  let planned: readonly (Pick<MaintenanceWindow, 'sites'> & { work: Work })[] = [];

  async function refresh(): Promise<void> {
    const now = clock.now();
    planned = settings.current().maintenance.flatMap((window) => {
      const work = workOf(window, now);
      return work === undefined ? [] : [{ sites: window.sites, work }];
    });
    try {
      pressed = await readPressed(world.history, maintenancePrefix, now);
      silenced = await readPressed(world.history, silencePrefix, now);
    } catch (error) {
      log.warn({ err: error }, 'who is in maintenance could not be read; trying again');
    }
  }

  function of(site: string): Work | undefined {
    const now = clock.now();
    const works = [
      pressed.get(site),
      ...planned.filter(({ sites }) => sites === 'all' || sites.includes(site)).map(({ work }) => work),
    ].filter((work) => work !== undefined && now < work.until);
    return works.toSorted((a, b) => (b?.until ?? 0) - (a?.until ?? 0))[0];
  }

  function silence(site: string): number | undefined {
    const until = silenced.get(site)?.until;
    return until === undefined || until <= clock.now() ? undefined : until;
  }

  return { refresh, of, silence };
}
