import { readPressed } from '#lib/pressed.ts';
import { chosenBy } from '#lib/tag-coverage.ts';
import { createWindows } from '#lib/windows.ts';
import type { Calendar, Clock } from '#ports/clock.ts';
import type { Instance, Volume } from '#ports/cloud.ts';
import type { Where } from '#ports/clouds.ts';
import type { History } from '#ports/history.ts';
import { serverMaintenancePrefix } from '#ports/incidents.ts';
import type { SettingsSource } from '#ports/settings.ts';

type World = {
  history: Pick<History, 'watch'>;
  calendar: Pick<Calendar, 'last'>;
  settings: SettingsSource;
  clock: Pick<Clock, 'now'>;
};
type Stock = { instances: readonly Instance[]; volumes: readonly Volume[] };

/** Ids of the servers, and of their disks, that people work on: by the windows of deckhand.yml, or by the button. */
export type InMaintenance = (read: () => Promise<Stock>) => Promise<ReadonlySet<string>>;

/** `read` is asked only while somebody works. Throws Transient with the store. */
export function createServerMaintenance({ history, calendar, settings, clock }: World): InMaintenance {
  const spanOf = createWindows(calendar);

  return async function inMaintenance(read) {
    const now = clock.now();
    const windows = settings.current().maintenance.filter((window) => spanOf(window, now) !== undefined);
    const selectors = windows.flatMap(({ select }) => select ?? []);
    const pressed = await readPressed(history, serverMaintenancePrefix, now);
    if (selectors.length === 0 && pressed.size === 0) return new Set();
    const stock = await read();
    const chosen = selectors.map((selector) => chosenBy({ selector }, { place: nowhere, ...stock }));
    const servers = new Set([...pressed.keys(), ...chosen.flatMap(({ instances }) => idsOf(instances))]);
    const theirs = stock.volumes.filter(({ attachments }) => attachments.some((at) => servers.has(at.instanceId)));
    return new Set([...servers, ...chosen.flatMap(({ volumes }) => idsOf(volumes)), ...idsOf(theirs)]);
  };
}

const nowhere: Where = { account: '', region: '' };

function idsOf(things: readonly { id: string }[]): readonly string[] {
  return things.map(({ id }) => id);
}
