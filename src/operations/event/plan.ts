import { Refusal } from '#errors.ts';
import type { Checks } from '#lib/checks.ts';
import { utc } from '#lib/format.ts';
import type { MovedServer } from '#lib/hosts.ts';
import type { Server } from '#lib/servers.ts';
import type { ScheduledEvent } from '#ports/cloud.ts';

export type EventPlan = {
  server: Server & Omit<MovedServer, 'id' | 'name'>;
  event: { id: string; code: string; description: string; notBefore: number; deadline: number };
  how: { kind: 'later'; at: number } | { kind: 'move' | 'reboot' };
};

export type EventResult = { over: boolean; notBefore: number; checks: Checks };

/** The least notice of a new time. Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/reschedule-event.html */
export const leastNoticeMs = 60 * 60_000;

/**
 * How an event is over before AWS does it: a reboot of ours moves a server whose host is to be rebooted (system-reboot), and
 * changes nothing about one that is to be rebooted in place (instance-reboot).
 * Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/schedevents_actions_reboot.html
 */
export function doneBy(code: string): 'move' | 'reboot' {
  return code === 'system-reboot' ? 'reboot' : 'move';
}

/** The event that is meant: the next one still to come. Throws Refusal "not-found" when AWS plans none. Pure. */
export function nextEvent(events: readonly ScheduledEvent[], name: string): ScheduledEvent {
  const open = events.filter(({ completed }) => !completed);
  const [next] = open.toSorted((a, b) => (a.notBefore ?? Infinity) - (b.notBefore ?? Infinity));
  if (next === undefined) throw new Refusal('not-found', `AWS plans no event for ${name}, so there is nothing to do.`);
  return next;
}

/** Throws Refusal when the event cannot be moved to `at`. Pure. */
export function mustFit(event: ScheduledEvent, at: number, now: number): { id: string } {
  const { id, deadline, code } = event;
  if (id === undefined)
    throw new Refusal('unsuitable', `AWS lets nobody move this ${code}. Do it now instead: leave \`--at\` out.`);
  if (at < now + leastNoticeMs)
    throw new Refusal(
      'bad-input',
      'AWS wants at least an hour of notice. Name a later time, or leave `--at` out to do it now.',
    );
  if (deadline !== undefined && at > deadline)
    throw new Refusal('bad-input', `That is after the deadline of the event, ${utc(deadline)}. Name an earlier time.`);
  return { id };
}

/** `2026-12-01 03:00`, in UTC. Throws Refusal "bad-input". */
export function readAt(text: string, example: string): number {
  const found = /^(\d{4}-\d{2}-\d{2})[ T](\d{2}:\d{2})\s?(?:Z|UTC)?$/.exec(text.trim());
  const at = found === null ? Number.NaN : Date.parse(`${found[1]}T${found[2]}Z`);
  if (Number.isNaN(at))
    throw new Refusal('bad-input', `\`--at\` takes a time in UTC in quotes. For example: \`${example}\`.`);
  return at;
}
