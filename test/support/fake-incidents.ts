import type { Care, Incidents, Report } from '#ports/incidents.ts';
import type { Line } from '#ports/text.ts';

export type FakeIncident = {
  key: string;
  open: boolean;
  startedAt: number;
  endedAt: number | undefined;
  report: Report;
  notes: Line[];
  /** What people did with it, or with those that it took in. */
  care: Care;
};

/** Incidents in memory: one open per key, as the runtime keeps them. `fail` makes every call (for keys of a prefix) throw until it is unset. */
export function createFakeIncidents() {
  const all: FakeIncident[] = [];
  let failure: Error | undefined;
  let failing = '';
  const mayFail = (key: string) => {
    if (failure !== undefined && key.startsWith(failing)) throw failure;
  };
  const openOf = (key: string) => all.find((one) => one.key === key && one.open);
  const note = (incident: FakeIncident, line: Line | undefined) =>
    void (line !== undefined && incident.notes.push(line));

  const incidents: Incidents = {
    raise: async (key, { startedAt, report, note: line, care = {} }) => {
      mayFail(key);
      const known = openOf(key);
      if (known !== undefined) known.care = { ...care, ...known.care };
      if (known !== undefined && JSON.stringify(known.report) === JSON.stringify(report)) return;
      const incident = known ?? { key, open: true, startedAt, endedAt: undefined, report, notes: [], care };
      if (known === undefined) all.push(incident);
      incident.report = report;
      note(incident, line);
    },
    resolve: async (key, { endedAt, report, note: line }) => {
      mayFail(key);
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
    careOf: async (key) => openOf(key)?.care ?? {},
    isOpen: async (key) => openOf(key) !== undefined,
  };
  return {
    incidents,
    all,
    open: () => all.filter(({ open }) => open),
    fail: (error?: Error, prefix = '') => void ([failure, failing] = [error, prefix]),
  };
}
