/** Runs jobs with bounds on how many run at once, in all and per host; urgent ones go first. */
export type Lanes = {
  add: (job: Job) => void;
  counts: () => { running: number; waiting: number };
  /** Forgets what waits; what runs goes on. */
  clear: () => void;
};
/** `act` never rejects. `parked`: it could begin, but for other jobs of its host. */
export type Job = { host: string; urgent: boolean; act: () => Promise<void>; parked?: () => void };

type Host = { running: number; urgent: Job[]; routine: Job[] };

export function createLanes(bounds: () => { total: number; perHost: number }): Lanes {
  const hosts = new Map<string, Host>();
  let urgent: Job[] = [];
  let routine: Job[] = [];
  let running = 0;
  let parked = 0;

  function add(job: Job): void {
    (job.urgent ? urgent : routine).push(job);
    drain();
  }

  function drain(): void {
    const most = bounds();
    while (running < most.total) {
      const job = urgent.shift() ?? routine.shift();
      if (job === undefined) return;
      const host = hostOf(job.host);
      if (host.running < most.perHost) void start(job, host);
      else {
        parked++;
        job.parked?.();
        (job.urgent ? host.urgent : host.routine).push(job);
      }
    }
  }

  async function start(job: Job, host: Host): Promise<void> {
    running++;
    host.running++;
    await job.act();
    running--;
    host.running--;
    const next = host.urgent.shift() ?? host.routine.shift();
    if (next !== undefined) {
      parked--;
      (next.urgent ? urgent : routine).unshift(next);
    } else if (host.running === 0) hosts.delete(job.host);
    drain();
  }

  function hostOf(name: string): Host {
    const known = hosts.get(name);
    if (known !== undefined) return known;
    const host: Host = { running: 0, urgent: [], routine: [] };
    hosts.set(name, host);
    return host;
  }

  function clear(): void {
    urgent = [];
    routine = [];
    parked = 0;
    for (const host of hosts.values()) {
      host.urgent = [];
      host.routine = [];
    }
  }

  return { add, clear, counts: () => ({ running, waiting: urgent.length + routine.length + parked }) };
}
