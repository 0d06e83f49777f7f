import type { ScheduledEvent } from '#ports/cloud.ts';

/** From here on people are reminded of an event until somebody has taken it. */
const soonMs = 24 * 3_600_000;

/** Those still to come, the first to begin first. Pure. */
export function openOf(events: readonly ScheduledEvent[]): readonly ScheduledEvent[] {
  return events
    .filter(({ completed }) => !completed)
    .toSorted((a, b) => (a.notBefore ?? Infinity) - (b.notBefore ?? Infinity) || a.code.localeCompare(b.code));
}

/**
 * When AWS may begin with the first of them. The deadline is no begin: it is how late the begin can be moved to.
 * Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_InstanceStatusEvent.html
 */
export function beginOf(events: readonly ScheduledEvent[]): number | undefined {
  return openOf(events)[0]?.notBefore;
}

/** It begins within a day. Pure. */
export function isSoon(events: readonly ScheduledEvent[], now: number): boolean {
  return (beginOf(events) ?? Infinity) - now < soonMs;
}
