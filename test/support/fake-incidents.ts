import type { Incidents, Report } from '#ports/incidents.ts';
import type { Line } from '#ports/text.ts';

export type FakeIncident = {
  key: string;
  open: boolean;
  startedAt: number;
  endedAt: number | undefined;
  report: Report;
  notes: Line[];
};

/** Incidents in memory: one open per key, as the runtime keeps them. `fail` makes every call throw until it is unset. */
export function createFakeIncidents() {
  const all: FakeIncident[] = [];
  let failure: Error | undefined;
  const openOf = (key: string) => all.find((one) => one.key === key && one.open);
  const note = (incident: FakeIncident, line: Line | undefined) =>
    void (line !== undefined && incident.notes.push(line));

  const incidents: Incidents = {
    raise: async (key, { startedAt, report, note: line }) => {
      if (failure !== undefined) throw failure;
      const known = openOf(key);
      if (known !== undefined && JSON.stringify(known.report) === JSON.stringify(report)) return;
      const incident = known ?? { key, open: true, startedAt, endedAt: undefined, report, notes: [] };
      if (known === undefined) all.push(incident);
      incident.report = report;
      note(incident, line);
    },
    resolve: async (key, { endedAt, report, note: line }) => {
      if (failure !== undefined) throw failure;
      const known = openOf(key);
      if (known === undefined) return;
      Object.assign(known, { open: false, endedAt, report });
      note(known, line);
    },
    silence: async (key, until) => {
      const known = openOf(key);
      if (known !== undefined) note(known, `silenced until ${until}`);
    },
    tried: async () => undefined,
    isOpen: async (key) => openOf(key) !== undefined,
  };
  return {
    incidents,
    all,
    open: () => all.filter(({ open }) => open),
    fail: (error?: Error) => void (failure = error),
  };
}
