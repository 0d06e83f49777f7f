import { createWindows } from '#lib/windows.ts';
import type { Calendar, Clock } from '#ports/clock.ts';
import type { SettingsSource } from '#ports/settings.ts';

/** A time in which nothing should change: its name in deckhand.yml, and its end. */
export type Freeze = { name: string; until: number };

/** The freeze of deckhand.yml that lasts now, if any. */
export function createFreeze(world: { calendar: Pick<Calendar, 'last'>; clock: Clock; settings: SettingsSource }) {
  const spanOf = createWindows(world.calendar);
  return function freeze(): Freeze | undefined {
    const now = world.clock.now();
    return world.settings.current().freeze.flatMap((window) => {
      const span = spanOf(window, now);
      return span === undefined ? [] : [{ name: window.name, until: span.until }];
    })[0];
  };
}
