import type { Settings } from '#ports/settings.ts';

import type { TimedRequest } from './timed.ts';

/** A clean-up that nobody watched is only made up for within a day: tomorrow's does the same. */
const catchUpMs = 24 * 3_600_000;

/** The rules of retention that have a time, as work by the clock. Pure. */
export function scheduledCleanups({ retention, channels }: Pick<Settings, 'retention' | 'channels'>): TimedRequest[] {
  return retention.rules.flatMap(({ name, cron, rules, channel, approval }): TimedRequest[] => {
    const where = channel ?? channels.alerts;
    if (cron === undefined || where === undefined) return [];
    const request = {
      operation: 'cleanup',
      args: { kind: 'rule', name },
      channel: where,
      ...(approval === 'none' ? { approval: { kind: 'none' } as const } : {}),
      because: `retention ${name}`,
    };
    return [{ key: `retention:${name}`, line: { cron, timezone: rules.timezone }, catchUpMs, request }];
  });
}
