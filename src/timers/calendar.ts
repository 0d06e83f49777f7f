import { createTask, parse } from 'node-cron';

import type { Calendar, CronLine } from '#ports/clock.ts';

import { mustBeReadable } from './readable.ts';

const dayMs = 86_400_000;
/** 29 February comes after at most eight years (1896–1904, 2096–2104); what does not come in that time never does. */
const farthestDays = 8 * 366 + 1;
/** Every zone changes its clock at most a few times a year. */
const yearDays = 366;

/** Reads cron lines with node-cron and puts their times of day into a zone, each as exactly one instant. */
export function createCalendar(): Calendar {
  return {
    next(line, count, after) {
      const due: number[] = [];
      for (const { at } of slots(line, after, farthestDays)) {
        if (at > after && !due.includes(at)) due.push(at);
        if (due.length === count) break;
      }
      return due;
    },
    last(line, notAfter) {
      for (const { at } of slots(line, notAfter, -farthestDays)) if (at <= notAfter) return at;
    },
    clockChanges(line, from) {
      const found: { at: number; kind: 'skipped' | 'repeated' }[] = [];
      for (const { at, kind } of slots(line, from, yearDays))
        if (kind !== 'plain' && at > from) found.push({ at, kind });
      return found;
    },
  };
}

type Slot = { at: number; kind: 'plain' | 'skipped' | 'repeated' };

/** In the order of time, or backwards when `days` is negative; begins a day early, as a zone may be ahead. */
function* slots({ cron, timezone }: CronLine, from: number, days: number): Generator<Slot> {
  mustBeReadable(cron, timezone);
  const { month, hour, minute, second } = parse(cron);
  const times = hour.flatMap((h) => minute.flatMap((m) => second.map((s) => ((h * 60 + m) * 60 + s) * 1_000)));
  const step = days < 0 ? -1 : 1;
  const ordered = times.toSorted((a, b) => (a - b) * step);
  // Times of day are matched as if they were UTC, where no clock ever changes.
  const task = createTask(cron, () => undefined, { timezone: 'UTC' });
  const zone = zoneOf(timezone);
  try {
    const first = Math.floor(zone.wallOf(from) / dayMs) - step;
    for (let nr = 0; nr <= Math.abs(days) + 1; nr++) {
      const day = (first + nr * step) * dayMs;
      if (!month.includes(new Date(day).getUTCMonth() + 1) || !task.match(new Date(day + times[0]!))) continue;
      const offset = zone.offsetOn(day);
      if (offset === undefined)
        yield* ordered.map((time) => zone.instantOf(day + time)).toSorted((a, b) => (a.at - b.at) * step);
      else for (const time of ordered) yield { at: day + time - offset, kind: 'plain' };
    }
  } finally {
    void task.destroy();
  }
}

/** A zone's clock. `wall`: the time of day there, written as if it were UTC. */
function zoneOf(timezone: string) {
  const format = new Intl.DateTimeFormat('en', {
    timeZone: timezone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  function wallOf(instant: number): number {
    const part = Object.fromEntries(format.formatToParts(instant).map(({ type, value }) => [type, Number(value)]));
    return Date.UTC(part['year']!, part['month']! - 1, part['day'], part['hour'], part['minute'], part['second']);
  }

  /** One that the clock skips comes as much later as it was put forward; one that it repeats comes the first time. */
  function instantOf(wall: number): Slot {
    const offsets = [wall - dayMs, wall + dayMs].map((near) => wallOf(near) - near);
    const instants = [...new Set(offsets)].map((offset) => wall - offset);
    const there = instants.filter((instant) => wallOf(instant) === wall);
    if (there.length === 0) return { at: wall - offsets[0]!, kind: 'skipped' };
    return { at: Math.min(...there), kind: there.length > 1 ? 'repeated' : 'plain' };
  }

  /** How far the clock is ahead of UTC on that day and the days beside it; undefined when it changes there. */
  function offsetOn(day: number): number | undefined {
    const [before, after] = [day - dayMs, day + 2 * dayMs].map((near) => wallOf(near) - near);
    return before === after ? before : undefined;
  }
  return { wallOf, instantOf, offsetOn };
}
