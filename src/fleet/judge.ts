import type { Instance, InstanceHealth, ScheduledEvent } from '#ports/cloud.ts';

import { type Act, since as newer } from './acts.ts';
import { caseOf } from './cases.ts';
import { type Confirmation, diagnose, freshCourse, proceed, type Trouble } from './diagnosis.ts';
import { isSoon, openOf } from './events.ts';
import { isBadNow } from './looks.ts';
import type { HealthRecord } from './records.ts';

/** One look at one server. `busy`: a run works on it, so what it shows is our own doing. */
export type Look = {
  id: string;
  /** Absent when EC2 no longer lists it. */
  instance: Instance | undefined;
  health: InstanceHealth | undefined;
  wasRunning: boolean;
  busy: boolean;
  /** What our runs did to it lately. */
  acts?: readonly Act[] | undefined;
  /** Is there, but `health.tags` leaves it out. */
  leftOut?: Instance;
};
export type Due =
  | {
      topic: 'checks';
      act: 'raise';
      mark: string;
      trouble: Trouble;
      since: number;
      first: boolean;
      /** It was well in between. */
      flaps: boolean;
    }
  | { topic: 'checks'; act: 'resolve'; trouble: Trouble; since: number; endedAt: number }
  | { topic: 'events'; act: 'raise'; mark: string; events: readonly ScheduledEvent[] }
  | { topic: 'events'; act: 'resolve'; endedAt: number };

export const noRecord: HealthRecord = { course: freshCourse, missing: 0 };

/** The record after one more look. Pure. */
export function judge(record: HealthRecord, look: Look, of: { now: number; settings: Confirmation }): HealthRecord {
  if (look.instance === undefined) return { ...record, missing: record.missing + 1 };
  const seen = { ...record, missing: 0 };
  if (look.busy) return seen;
  const finding = diagnose({ ...look, instance: look.instance, wasRunning: look.wasRunning || isStopOpen(record) });
  const bad = finding.kind === 'impaired' || finding.kind === 'stopped';
  // Its end is not told yet: what it was is still needed.
  if (!bad && !record.course.open && record.checks !== undefined) return seen;
  const since = look.health?.impairedSince;
  return { ...seen, course: proceed(record.course, finding, { at: of.now, since, ...of.settings }) };
}

/** What people must be told by now, given what they were told. Pure. */
export function due(record: HealthRecord, look: Look, of: { now: number; recover: number }): readonly Due[] {
  const gone = look.instance === undefined;
  if (gone && record.missing < of.recover) return [];
  return [...dueChecks(record, look, gone, of.now), ...dueEvents(record, look, gone, of.now)];
}

/** Nothing to remember: neither trouble nor anything told that is still open. */
export function isPlain({ course, checks, events }: HealthRecord): boolean {
  return course.looks === '' && !course.open && checks === undefined && events === undefined;
}

/** What is still to be remembered after everything due was told; undefined: nothing. */
export function restOf(record: HealthRecord, { instance }: Look): HealthRecord | undefined {
  const over = record.checks === undefined && record.events === undefined;
  return isPlain(record) || (instance === undefined && over) ? undefined : record;
}

function dueChecks({ course, checks }: HealthRecord, look: Look, gone: boolean, now: number): readonly Due[] {
  const { open, trouble, since = now } = course;
  if (open && !gone && trouble !== undefined) {
    const mark = `${since}|${trouble.kind === 'impaired' ? trouble.checks.join(' ') : trouble.reason}${phaseOf(look, trouble, since, now)}`;
    if (checks?.sent === true && checks.mark === mark) return [];
    return [
      {
        topic: 'checks',
        act: 'raise',
        mark,
        trouble,
        since,
        first: checks === undefined,
        flaps: course.looks.includes('+'),
      },
    ];
  }
  if (checks === undefined) return [];
  const endedAt = gone ? now : (course.firstGoodAt ?? now);
  return [{ topic: 'checks', act: 'resolve', trouble: trouble ?? { kind: 'impaired', checks: [] }, since, endedAt }];
}

/** What changes the buttons of the card: AWS's time to recover it is over, and what was tried since. */
function phaseOf({ instance, health, acts }: Look, trouble: Trouble, since: number, now: number): string {
  if (instance === undefined) return '';
  const { recovering } = caseOf(trouble, instance, { since, now, events: health?.events ?? [] });
  // What was tried and did not help: the card then proposes something else, and says so.
  const tried = [...new Set(newer(acts, since).map(({ kind, failed }) => `${kind}${failed ? ' failed' : ''}`))];
  return [...(recovering ? ['recovering'] : []), ...tried.toSorted()].map((one) => `|${one}`).join('');
}

function dueEvents({ events: told }: HealthRecord, look: Look, gone: boolean, now: number): readonly Due[] {
  const planned = gone ? [] : openOf(look.health?.events ?? []);
  if (planned.length === 0)
    // A list that was not read says nothing about events.
    return told === undefined || (!gone && look.health === undefined)
      ? []
      : [{ topic: 'events', act: 'resolve', endedAt: now }];
  const mark = planned
    .map(({ code, notBefore, deadline }) => `${code} ${notBefore ?? ''} ${deadline ?? ''}`)
    .toSorted()
    .concat(isSoon(planned, now) ? 'soon' : [])
    .join('|');
  if (told?.sent === true && told.mark === mark) return [];
  return [{ topic: 'events', act: 'raise', mark, events: planned }];
}

function isStopOpen({ course }: HealthRecord): boolean {
  return course.trouble?.kind === 'stopped' && isBadNow(course.looks);
}
