/** What the workspace saw the app do, for the page and for tests. */
type Incident = { method: string; error: string; at: number; detail?: string };
export type Logbook = {
  called: (method: string) => void;
  refused: (method: string, error: string, detail?: string) => void;
  calls: () => Readonly<Record<string, number>>;
  /** Latest refused calls and wrong deliveries, newest last. */
  incidents: () => readonly Incident[];
};

const mostKept = 200;

export function createLogbook(now: () => number, changed: () => void): Logbook {
  const calls = new Map<string, number>();
  const incidents: Incident[] = [];
  return {
    called: (method) => void calls.set(method, (calls.get(method) ?? 0) + 1),
    refused: (method, error, detail) => {
      incidents.push({ method, error, at: now(), ...(detail === undefined ? {} : { detail }) });
      if (incidents.length > mostKept) incidents.shift();
      changed();
    },
    calls: () => Object.fromEntries(calls),
    incidents: () => [...incidents],
  };
}
