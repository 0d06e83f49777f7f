import { duration } from '#lib/format.ts';
import type { IncidentRecord } from '#ports/history.ts';
import type { Report } from '#ports/incidents.ts';
import type { Button, Message, Piece, Section } from '#ports/text.ts';

const emoji = { critical: 'red_circle', warning: 'large_yellow_circle', info: 'large_blue_circle' } as const;

/** The one message of an incident, at any moment of its life. Pure. */
export function renderIncident(incident: IncidentRecord, now: number): Message {
  const report = incident.report as unknown as Report; // written by raise and resolve
  const over = incident.state === 'resolved';
  return {
    alert: over ? `Resolved: ${report.alert}` : `${report.severity.toUpperCase()}: ${report.alert}`,
    title: `${over ? 'Resolved' : report.severity.toUpperCase()} · ${report.title}`,
    sections: [
      { kind: 'text', lines: [status(incident, report, over)] },
      { kind: 'facts', facts: report.facts },
      ...(report.detail.length > 0 ? [{ kind: 'text', lines: report.detail } satisfies Section] : []),
      { kind: 'note', line: [`${incident.id} · updated `, { at: incident.updatedAt, style: 'time' }] },
    ],
    buttons: over ? [] : buttons(incident, report, now),
  };
}

function status(incident: IncidentRecord, report: Report, over: boolean): Piece[] {
  const since: Piece[] = ['Since ', { at: incident.startedAt, style: 'datetime' }];
  if (over) {
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
  const acknowledged: Piece[] =
    incident.acknowledgedBy === undefined
      ? [' Nobody has taken it yet.']
      : [' Taken by ', { user: incident.acknowledgedBy }, '.'];
  const silenced: Piece[] =
    incident.silencedUntil === undefined
      ? []
      : [' Silenced until ', { at: incident.silencedUntil, style: 'time' }, '.'];
  return [{ emoji: emoji[report.severity] }, ' ', ...since, '.', ...acknowledged, ...silenced];
}

function buttons(incident: IncidentRecord, report: Report, now: number): Button[] {
  const silenced = incident.silencedUntil !== undefined && incident.silencedUntil > now;
  const verbs = ['remedy-1', 'remedy-2', 'remedy-3'] as const;
  return [
    ...(incident.acknowledgedBy === undefined
      ? [{ verb: 'acknowledge', label: 'Acknowledge', style: 'primary' } satisfies Button]
      : []),
    ...(silenced ? [] : [{ verb: 'silence', label: 'Silence 1 h' } satisfies Button]),
    ...(report.closable === true ? [{ verb: 'close', label: 'Mark as done' } satisfies Button] : []),
    // One primary button: until somebody has taken it, that is Acknowledge.
    ...report.remedies.slice(0, verbs.length).map(({ label, style }, at): Button => {
      const shown = style === 'primary' && incident.acknowledgedBy === undefined ? undefined : style;
      return { verb: verbs[at]!, label, ...(shown === undefined ? {} : { style: shown }) };
    }),
  ];
}
