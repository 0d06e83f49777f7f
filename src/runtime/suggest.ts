import { label } from '#lib/format.ts';
import { placeFlags } from '#lib/places.ts';
import type { MenuSource, Suggestion } from '#ports/chat.ts';
import type { Instance, Place, Volume } from '#ports/cloud.ts';

import type { World } from './world.ts';

/** Slack waits 3 s for options and shows at most 100. Source: https://docs.slack.dev/reference/block-kit/block-elements/select-menu-element */
const waitMs = 1_500;
const mostShown = 100;
const freshMs = 60_000;

/** `flags`: what leads to the place of what is chosen, when typed behind it. */
type Found = { flags: string; where: string; instances: readonly Instance[]; volumes: readonly Volume[] };
type Known = { at: number; found: readonly Found[] };

/** Menus of what exists, from a copy at most a minute old; while it is being read for the first time the menu may be empty. */
export function createSuggest(world: Pick<World, 'clouds' | 'clock' | 'log' | 'settings'>) {
  let known: Known = { at: Number.NEGATIVE_INFINITY, found: [] };
  let reading: Promise<void> | undefined;

  return async function suggest(of: MenuSource, typed: string): Promise<readonly Suggestion[]> {
    if (of === 'sites') return sites(typed);
    if (world.clock.now() - known.at > freshMs) {
      reading ??= read().finally(() => (reading = undefined));
      await Promise.race([reading, world.clock.sleep(waitMs)]);
    }
    const servers = known.found.flatMap(({ flags, where, instances }) =>
      instances.map((one) => ({ value: `${one.id}${flags}`, label: `${label(one)} · ${one.state}${where}` })),
    );
    const volumes = known.found.flatMap(({ flags, where, volumes }) =>
      volumes.map((one) => ({
        value: `${one.id}${flags}`,
        label: `${label(one)} · ${one.sizeGiB} GiB · ${one.state}${where}`,
      })),
    );
    const wanted = typed.trim().toLowerCase();
    const all = of === 'volumes' ? volumes : of === 'servers' ? [...servers, ...volumes] : [];
    return all.filter((one) => one.label.toLowerCase().includes(wanted)).slice(0, mostShown);
  };

  /** Also those that are paused. Without the query, which may hold more than a menu should show. */
  function sites(typed: string): readonly Suggestion[] {
    const all = world.settings.current().sites.map(({ name, url }) => ({
      value: name,
      label: `${name} · ${url.replace(/[?#].*$/, '')}`,
    }));
    const wanted = typed.trim().toLowerCase();
    return all
      .filter(({ label }) => label.toLowerCase().includes(wanted))
      .toSorted((a, b) => names.compare(a.label, b.label))
      .slice(0, mostShown);
  }

  async function read(): Promise<void> {
    const places = world.clouds.places();
    const found = await Promise.all(places.map((place) => readOne(place, places)));
    known = { at: world.clock.now(), found: found.filter((one) => one !== undefined) };
  }

  /** One place that does not answer leaves the others in the menu. */
  async function readOne(place: Place, places: readonly Place[]): Promise<Found | undefined> {
    const cloud = world.clouds.at(place);
    try {
      const [instances, volumes] = await Promise.all([cloud.instances({}), cloud.volumes({})]);
      // Without the number of the account: Slack cuts a line at 75 characters.
      const where = places.length === 1 ? '' : ` · ${place.name ?? place.account} ${place.region}`;
      return {
        flags: placeFlags(place, places),
        where,
        instances: instances.toSorted(byName),
        volumes: volumes.toSorted(byName),
      };
    } catch (error) {
      world.log.warn({ ...place, err: error }, 'the menus could not be filled');
      return undefined;
    }
  }
}

const names = new Intl.Collator('en', { numeric: true });

/** What has no name comes last. */
function byName(a: { name: string; id: string }, b: { name: string; id: string }): number {
  return Number(a.name === '') - Number(b.name === '') || names.compare(a.name, b.name) || names.compare(a.id, b.id);
}
