import type { Calendar, CronLine } from '#ports/clock.ts';

/** What is kept of a cron line's work between two looks; plain JSON. */
export type Remembered = CronLine & {
  /** When the work was first seen; a changed line does not change it. */
  first: number;
  /** Since when the line is as it is: what was due before was never meant. */
  since: number;
  /** The newest slot that was dealt with, and the run it became; without a run it was left out. */
  slot?: number | undefined;
  run?: string | undefined;
  /** The newest run that was asked, also when later slots were left out because of it. */
  asked?: string | undefined;
};
export type Due = { slot: number; why: 'due' | 'made up for' | 'too old' };

/** A slot younger than this is on time: one look and a busy machine lie in between. */
const onTimeMs = 90_000;

/**
 * What of a line is due now: the newest slot that nobody has dealt with, however many were missed; `too old` when it is
 * older than `catchUpMs`. A line that is new or was changed begins now. Pure.
 */
export function dueNow(
  known: Remembered | undefined,
  of: { line: CronLine; catchUpMs: number | undefined; now: number; calendar: Pick<Calendar, 'last'> },
): { memory: Remembered; due: Due | undefined } {
  const { line, now, catchUpMs } = of;
  const { cron, timezone } = line;
  if (known?.cron !== cron || known.timezone !== timezone)
    return { memory: { ...known, cron, timezone, first: known?.first ?? now, since: now }, due: undefined };
  const slot = of.calendar.last(line, now);
  if (slot === undefined || slot <= known.since || slot <= (known.slot ?? 0)) return { memory: known, due: undefined };
  const age = now - slot;
  if (age <= onTimeMs) return { memory: known, due: { slot, why: 'due' } };
  return { memory: known, due: { slot, why: age > (catchUpMs ?? Infinity) ? 'too old' : 'made up for' } };
}
