import { label } from '#lib/format.ts';
import type { Suggestion } from '#ports/chat.ts';
import type { Instance, Volume } from '#ports/cloud.ts';

import type { World } from './world.ts';

/** Slack waits 3 s for options and shows at most 100. Source: https://docs.slack.dev/reference/block-kit/block-elements/select-menu-element */
const waitMs = 1_500;
const mostShown = 100;
const freshMs = 60_000;

type Known = { at: number; instances: readonly Instance[]; volumes: readonly Volume[] };

/** Menus of what exists, from a copy at most a minute old; while it is being read for the first time the menu may be empty. */
export function createSuggest(world: Pick<World, 'cloud' | 'clock' | 'log'>) {
  let known: Known = { at: Number.NEGATIVE_INFINITY, instances: [], volumes: [] };
  let reading: Promise<void> | undefined;

  return async function suggest(
    of: 'servers' | 'volumes' | 'snapshots',
    typed: string,
  ): Promise<readonly Suggestion[]> {
    if (world.clock.now() - known.at > freshMs) {
      reading ??= read().finally(() => (reading = undefined));
      await Promise.race([reading, world.clock.sleep(waitMs)]);
    }
    const servers = known.instances.map((one) => ({ value: one.id, label: `${label(one)} · ${one.state}` }));
    const volumes = known.volumes.map((one) => ({
      value: one.id,
      label: `${label(one)} · ${one.sizeGiB} GiB · ${one.state}`,
    }));
    const wanted = typed.trim().toLowerCase();
    const all = of === 'volumes' ? volumes : of === 'servers' ? [...servers, ...volumes] : [];
    return all.filter((one) => one.label.toLowerCase().includes(wanted)).slice(0, mostShown);
  };

  async function read(): Promise<void> {
    try {
      const [instances, volumes] = await Promise.all([world.cloud.instances({}), world.cloud.volumes({})]);
      known = { at: world.clock.now(), instances, volumes };
    } catch (error) {
      world.log.warn({ err: error }, 'the menus could not be filled');
    }
  }
}
