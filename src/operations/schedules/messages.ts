import { count, duration } from '#lib/format.ts';
import type { ScheduleView } from '#operations/contract.ts';
import type { Button, Line, Message, Piece, Section } from '#ports/text.ts';

const pageSize = 8;

type Of = { now: number; page: number; snapshot: string };

/** Each schedule as a few facts, with how to run it now. Pure. */
export function answer(views: readonly ScheduleView[], of: Of): Message {
  if (views.length === 0)
    return {
      alert: 'There are no snapshot schedules',
      title: 'Snapshot schedules',
      sections: [
        { kind: 'text', lines: ['There are none yet. Add one under ', { code: 'schedules' }, ' in deckhand.yml.'] },
      ],
    };
  const late = views.filter(({ backups }) => (backups?.late ?? 0) > 0).length;
  const shown = views.slice(of.page * pageSize, (of.page + 1) * pageSize);
  return {
    alert: `${count(views.length, 'snapshot schedule')}, ${late === 0 ? 'none' : late} with a missed backup`,
    title: 'Snapshot schedules',
    sections: [
      ...shown.flatMap((view) => one(view, of)),
      {
        kind: 'note',
        line: [`Run one now: ${of.snapshot} --schedule ${shown[0]?.schedule.name ?? 'nightly'}`],
      },
    ],
    buttons: buttons(views.length, of.page),
  };
}

function one({ schedule, next, clockChanges, last, backups }: ScheduleView, { now }: Of): Section[] {
  const facts: (readonly [string, Line])[] = [
    ['Takes', schedule.selector],
    ['Line', [{ code: schedule.cron }, ` ${schedule.timezone}${schedule.quiet ? ' · quiet' : ''}`]],
    ['Next', nextLine(next, schedule.timezone)],
    ['Last run', lastLine(last)],
    ['Backups', backupLine(schedule.rpoMs, backups, now)],
    ...clockChanges
      .slice(0, 2)
      .map((change): readonly [string, Line] => ['Clock change', changeLine(change, schedule)]),
  ];
  return [{ kind: 'text', lines: [[{ bold: schedule.name }]] }, { kind: 'facts', facts }, { kind: 'divider' }];
}

/** In the schedule's own zone, as its line is written. */
function nextLine(next: readonly number[], timezone: string): Line {
  if (next.length === 0) return 'never';
  return `${next.map((at) => inZone(at, timezone)).join(', ')} (${timezone})`;
}

function lastLine(last: ScheduleView['last']): Line {
  if (last === undefined) return 'none yet';
  const at: Piece = { at: last.slot, style: 'datetime' };
  if (last.run === undefined) return [at, ': left out, too old or the one before still ran'];
  const { state, reason, order } = last.run;
  return [at, `: ${state}${reason === undefined ? '' : `, ${reason.slice(0, 200)}`} · `, { code: order.id }];
}

function backupLine(rpoMs: number | undefined, backups: ScheduleView['backups'], now: number): Line {
  if (rpoMs === undefined) return 'not watched (no rpo)';
  if (backups === undefined) return `at most ${duration(rpoMs)} old; not looked at yet`;
  const { late, volumes, oldestAt } = backups;
  const oldest =
    volumes === 0
      ? 'no volume'
      : oldestAt === undefined
        ? 'not every volume has a completed snapshot'
        : `the oldest of ${count(volumes, 'volume')} is ${duration(now - oldestAt)} old`;
  const inTime = oldestAt === undefined && volumes > 0 ? 'none is late yet' : 'in time';
  const state = late === 0 ? inTime : `${late} of ${count(volumes, 'volume')} LATE`;
  return [late === 0 ? '' : { bold: state }, `${late === 0 ? state : ''}: ${oldest}, allowed ${duration(rpoMs)}`];
}

function changeLine({ at, kind }: ScheduleView['clockChanges'][number], { timezone }: { timezone: string }): Line {
  const when = inZone(at, timezone);
  return kind === 'skipped'
    ? `the clock skips this time once: it runs at ${when} then. For the same time every day use UTC, or a time outside 01:00 to 03:59.`
    : `the clock shows this time twice once: it runs the first time, ${when}, and not again.`;
}

function buttons(total: number, page: number): Button[] {
  const pages = Math.ceil(total / pageSize);
  return [
    ...(page > 0 ? [{ verb: 'previous', label: `Page ${page}` } as const] : []),
    ...(page + 1 < pages ? [{ verb: 'next', label: `Page ${page + 2} of ${pages}` } as const] : []),
    { verb: 'refresh', label: 'Refresh' },
  ];
}

function inZone(at: number, timeZone: string): string {
  return new Intl.DateTimeFormat('en-GB', {
    timeZone,
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
  }).format(at);
}
