import type { Cancel, Clock } from '#ports/clock.ts';

import type { Announcer } from './announce.ts';
import type { createMaintenance } from './maintenance.ts';
import type { Entry } from './roll.ts';
import { afterMaintenance } from './state.ts';

/** How soon a window or a press is noticed. */
const workEveryMs = 5_000;

/** Notices when planned work and silences begin and end. */
export function createTender(world: {
  maintenance: ReturnType<typeof createMaintenance>;
  announcer: Pick<Announcer, 'tell' | 'tellAfterWork' | 'silence'>;
  all: () => Iterable<Entry>;
  save: (entry: Entry) => void;
  clock: Clock;
}) {
  const { maintenance, announcer, save, clock } = world;
  let running = false;
  let next: Cancel = () => {};

  function keepTending(): void {
    next = clock.after(workEveryMs, () => void tend().finally(() => running && keepTending()));
  }

  /** Work that ended: only what differs from before it is told. */
  async function tend(): Promise<void> {
    await maintenance.refresh();
    for (const entry of running ? world.all() : []) {
      const since = maintenance.of(entry.site.name)?.since;
      if (since === undefined && entry.workSince !== undefined) {
        entry.state = afterMaintenance(entry.state, entry.workSince);
        save(entry);
        announcer.tellAfterWork(entry);
      }
      entry.workSince = since;
      const silence = maintenance.silence(entry.site.name);
      if (silence === entry.silence) continue;
      entry.silence = silence;
      if (silence === undefined) announcer.tell(entry);
      else await announcer.silence(entry, silence);
    }
  }

  return {
    tend,
    start(): void {
      running = true;
      keepTending();
    },
    stop(): void {
      running = false;
      next();
    },
  };
}
