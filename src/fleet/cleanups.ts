import { elsewhere } from '#lib/places.ts';
import type { Place } from '#ports/cloud.ts';
import type { Settings } from '#ports/settings.ts';

import type { TimedRequest } from './timed.ts';

/** A clean-up that nobody watched is only made up for within a day: tomorrow's does the same. */
const catchUpMs = 24 * 3_600_000;

/** The rules of retention that have a time, as work by the clock: one in each place, home first. Pure. */
export function scheduledCleanups(
  { retention, channels }: Pick<Settings, 'retention' | 'channels'>,
  places: readonly Place[],
): TimedRequest[] {
  return retention.rules.flatMap(({ name, cron, rules, channel, approval }): TimedRequest[] => {
    const where = channel ?? channels.alerts;
    if (cron === undefined || where === undefined) return [];
    const line = { cron, timezone: rules.timezone };
    const common = {
      operation: 'cleanup',
      args: { kind: 'rule', name },
      channel: where,
      ...(approval === 'none' ? { approval: { kind: 'none' } as const } : {}),
    };
    return places.map((place, at): TimedRequest => {
      const { account, region } = place;
      const key = at === 0 ? `retention:${name}` : `retention:${name}@${account}/${region}`;
      const because = `retention ${name}${elsewhere(place, places)}`;
      return { key, line, catchUpMs, request: { ...common, because, ...(at > 0 && { place: { account, region } }) } };
    });
  });
}
