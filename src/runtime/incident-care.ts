import type { IncidentRecord } from '#ports/history.ts';
import type { Care, Report } from '#ports/incidents.ts';
import type { Line, Piece } from '#ports/text.ts';

/** What people did with an incident. Pure. */
export function careOf({ acknowledgedBy, silencedUntil, report }: IncidentRecord): Care {
  const { assignedBy } = report as unknown as Report; // written by the incident book
  return {
    ...(acknowledgedBy === undefined ? {} : { takenBy: acknowledgedBy }),
    ...(assignedBy === undefined ? {} : { assignedBy }),
    ...(silencedUntil === undefined ? {} : { silencedUntil }),
  };
}

/** Since when it is open without a break. */
export function openSince({ startedAt, report }: IncidentRecord): number {
  return (report as unknown as Report).again?.at ?? startedAt; // written by the incident book
}

/** Behind the key of what comes once, and again each time that it begins anew. */
export function anew(incident: IncidentRecord): string {
  const since = openSince(incident);
  return since === incident.startedAt ? '' : ` since ${since}`;
}

/** One that was over, and begins anew at `at`: whoever had taken it before may sleep by now. Pure. */
export function reopened(incident: IncidentRecord, at: number): IncidentRecord {
  const { assignedBy: _before, ...report } = incident.report as unknown as Report; // written by the incident book
  const takenBy = incident.acknowledgedBy ?? report.again?.takenBy;
  const again = { at: Math.max(at, incident.endedAt ?? 0), ...(takenBy === undefined ? {} : { takenBy }) };
  return { ...incident, state: 'open', endedAt: undefined, acknowledgedBy: undefined, report: { ...report, again } };
}

/** What the thread says of it. */
export function reopenedLine({ acknowledgedBy }: IncidentRecord, note: Line | undefined): Line | undefined {
  if (acknowledgedBy === undefined) return note;
  return [...begun(note), 'Taken by ', { user: acknowledgedBy }, ' in the outage before; nobody has taken it now.'];
}

/** As if people had done with it what they did with those that it takes in; what was done with it itself goes before. Pure. */
export function withCare(incident: IncidentRecord, care: Care): IncidentRecord {
  const { takenBy, assignedBy, silencedUntil } = care;
  const isTaken = incident.acknowledgedBy === undefined && takenBy !== undefined;
  const report = incident.report as unknown as Report; // written by the incident book
  return {
    ...incident,
    ...(isTaken ? { acknowledgedBy: takenBy } : {}),
    ...(isTaken && assignedBy !== undefined ? { report: { ...report, assignedBy } } : {}),
    ...(incident.silencedUntil === undefined ? { silencedUntil } : {}),
  };
}

/** In the thread, where whoever had taken one of them sees that there are more now. */
export function careLine(
  before: IncidentRecord,
  { acknowledgedBy }: IncidentRecord,
  note: Line | undefined,
): Line | undefined {
  if (acknowledgedBy === undefined || before.acknowledgedBy === acknowledgedBy) return note;
  return [...begun(note), 'Counts as taken by ', { user: acknowledgedBy }, ', who had taken one of them before.'];
}

function begun(note: Line | undefined): readonly Piece[] {
  if (note === undefined) return [];
  return typeof note === 'object' && 'length' in note ? [...note, ' '] : [note, ' '];
}
