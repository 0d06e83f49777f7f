import { duration } from '#lib/format.ts';
import type { IncidentRecord } from '#ports/history.ts';
import type { GroupId } from '#ports/ids.ts';
import { givenUp, type Report } from '#ports/incidents.ts';
import type { Button, Line, Message, Piece, Section } from '#ports/text.ts';

import { openSince } from './incident-care.ts';
import { markOf } from './remedy-mark.ts';
import { said } from './replies.ts';

const emoji = { critical: 'red_circle', warning: 'large_yellow_circle', info: 'large_blue_circle' } as const;

/** The one message of an incident, at any moment of its life. Pure. */
export function renderIncident(incident: IncidentRecord, now: number): Message {
  const report = incident.report as unknown as Report; // written by raise and resolve
  const over = incident.state === 'resolved';
  return {
    alert: over ? `Resolved: ${report.alert}` : `${report.severity.toUpperCase()}: ${report.alert}`,
    title: `${over ? 'Resolved' : report.severity.toUpperCase()} · ${report.title}`,
    sections: [
      { kind: 'text', lines: [status(incident, report, now)] },
      { kind: 'facts', facts: report.facts },
      ...(report.detail.length > 0 ? [{ kind: 'text', lines: report.detail.map(said) } satisfies Section] : []),
      ...(report.picture === undefined
        ? []
        : [{ kind: 'image', file: report.picture.file, alt: report.picture.alt } satisfies Section]),
      ...(report.tried === undefined
        ? []
        : [{ kind: 'list', items: report.tried.map(({ line }) => line) } satisfies Section]),
      { kind: 'note', line: [`${incident.id} · updated `, { at: incident.updatedAt, style: 'time' }] },
    ],
    buttons: over ? [] : buttons(incident, report, now),
  };
}

/** In the thread of an incident that nobody has taken. `group`: who is called. Pure. */
export function renderReminder(incident: IncidentRecord, of: { now: number; group: GroupId | undefined }): Message {
  const report = incident.report as unknown as Report; // written by raise and resolve
  const since = `for ${duration(of.now - openSince(incident))}`;
  const called: Piece[] = of.group === undefined ? [] : [{ group: of.group }, ' '];
  return {
    alert: `Nobody has taken it ${since}: ${report.alert}`,
    sections: [
      {
        kind: 'text',
        lines: [
          [
            ...called,
            `Open ${since}, and nobody has taken it. Press Acknowledge above, or Silence 1 h, to end these reminders.`,
          ],
          ...whatWasTried(report),
        ],
      },
    ],
  };
}

/** In another channel: that nobody has taken an incident, and where it is; edited when it is over. Pure. */
export function renderEscalation(
  incident: IncidentRecord,
  { now, group, link }: { now: number; group: GroupId | undefined; link: string | undefined },
): Message {
  const report = incident.report as unknown as Report; // written by raise and resolve
  const over = incident.state === 'resolved';
  const { acknowledgedBy: taker } = incident;
  const called: Piece[] = group === undefined ? [] : [{ group }, ' '];
  const where: Piece[] =
    link === undefined ? ['Look for it in ', { channel: incident.channel }, '.'] : [{ link, label: 'Open the alert' }];
  const open: Piece[] = [
    ...called,
    `Open for ${duration(now - openSince(incident))}, and nobody has taken it. `,
    ...where,
  ];
  const ended = incident.endedAt ?? incident.updatedAt;
  const done: Piece[] = [{ emoji: 'white_check_mark' }, ` Over after ${duration(ended - incident.startedAt)}.`];
  const taken: Piece[] = taker === undefined ? [] : ['Taken by ', { user: taker }, '. ', ...where];
  const [word, alert, lines]: [string, string, Line[]] = over
    ? ['Resolved', 'Resolved', [done]]
    : taker === undefined
      ? ['Not taken', 'Nobody has taken it', [open, ...whatWasTried(report)]]
      : ['Taken', 'Somebody has taken it', [taken]];
  return {
    alert: `${alert}: ${report.alert}`,
    title: `${word} · ${report.title}`,
    sections: [{ kind: 'text', lines: [report.alert, ...lines] }],
  };
}

/** Who is called then knows that Deckhand does nothing more. */
function whatWasTried({ tried = [] }: Report): readonly Line[] {
  return tried.flatMap(({ key, line }) => (key === givenUp ? [line] : []));
}

function status(incident: IncidentRecord, report: Report, now: number): Piece[] {
  const since: Piece[] = ['Since ', { at: incident.startedAt, style: 'datetime' }];
  if (incident.state === 'resolved') {
    const ended = incident.endedAt ?? incident.updatedAt;
    return [
      { emoji: 'white_check_mark' },
      ' ',
      { bold: `Over after ${duration(ended - incident.startedAt)}` },
      '. ',
      ...since,
      ' until ',
      { at: ended, style: 'time' },
      '.',
    ];
  }
  const by: Piece[] = report.assignedBy === undefined ? [] : [' by ', { user: report.assignedBy }];
  const acknowledged: Piece[] =
    incident.acknowledgedBy === undefined
      ? takenBefore(report)
      : [by.length === 0 ? ' Taken by ' : ' Assigned to ', { user: incident.acknowledgedBy }, ...by, '.'];
  const silenced: Piece[] =
    incident.silencedUntil === undefined || incident.silencedUntil <= now
      ? []
      : [' Silenced until ', { at: incident.silencedUntil, style: 'time' }, '.'];
  return [{ emoji: emoji[report.severity] }, ' ', ...since, '.', ...againSince(report), ...acknowledged, ...silenced];
}

function againSince({ again }: Report): readonly Piece[] {
  return again === undefined ? [] : [' Over meanwhile; again since ', { at: again.at, style: 'datetime' }, '.'];
}

function takenBefore({ again }: Report): Piece[] {
  if (again?.takenBy === undefined) return [' Nobody has taken it yet.'];
  return [' Taken by ', { user: again.takenBy }, ' in the outage before; nobody has taken it now.'];
}

function buttons(incident: IncidentRecord, report: Report, now: number): Button[] {
  const silenced = incident.silencedUntil !== undefined && incident.silencedUntil > now;
  const verbs = ['remedy-1', 'remedy-2', 'remedy-3'] as const;
  return [
    ...(incident.acknowledgedBy === undefined
      ? [{ verb: 'acknowledge', label: 'Acknowledge', style: 'primary' } satisfies Button]
      : []),
    ...(silenced ? [] : [{ verb: 'silence', label: 'Silence 1 h' } satisfies Button]),
    ...(silenced || (report.sites ?? report.servers) === undefined
      ? []
      : [{ verb: 'maintenance', label: 'Maintenance 1 h' } satisfies Button]),
    ...(report.closable === true ? [{ verb: 'close', label: 'Mark as done' } satisfies Button] : []),
    // One primary button: until somebody has taken it, that is Acknowledge.
    ...report.remedies.slice(0, verbs.length).map((remedy, at): Button => {
      const { label, style } = remedy;
      const shown = style === 'primary' && incident.acknowledgedBy === undefined ? undefined : style;
      return { verb: verbs[at]!, label, mark: markOf(remedy), ...(shown === undefined ? {} : { style: shown }) };
    }),
    { verb: 'assign', label: 'Assign to…', people: { chosen: incident.acknowledgedBy } },
  ];
}
