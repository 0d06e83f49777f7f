import type { IncidentRecord } from '#ports/history.ts';
import type { Care, Report } from '#ports/incidents.ts';
import type { Line } from '#ports/text.ts';

/** What people did with an incident. Pure. */
export function careOf({ acknowledgedBy, silencedUntil, report }: IncidentRecord): Care {
  const { assignedBy } = report as unknown as Report; // written by the incident book
  return {
    ...(acknowledgedBy === undefined ? {} : { takenBy: acknowledgedBy }),
    ...(assignedBy === undefined ? {} : { assignedBy }),
    ...(silencedUntil === undefined ? {} : { silencedUntil }),
  };
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
  const said = note === undefined ? [] : typeof note === 'object' && 'length' in note ? [...note, ' '] : [note, ' '];
  return [...said, 'Counts as taken by ', { user: acknowledgedBy }, ', who had taken one of them before.'];
}
