import type { Clock } from '#ports/clock.ts';
import type { Phases } from '#ports/web.ts';

import type { Stage } from './failures.ts';

/** One check on its way, over all its redirects: where it is, where its time went, what must be closed at its end. */
export type Trip = {
  stage: () => Stage;
  /** Leaves the stage before, whose time is booked, for the next. Throws when the trip is over. */
  enter: (stage: Stage) => void;
  onEnd: (close: () => void) => void;
  /** Closes everything. Safe to repeat. */
  end: () => void;
  phases: () => Phases;
};

const bookedAs = {
  dns: 'dnsMs',
  connect: 'connectMs',
  tls: 'tlsMs',
  request: 'firstByteMs',
  body: 'downloadMs',
} as const satisfies Record<Stage, keyof Phases>;

export function createTrip(clock: Clock): Trip {
  const startedAt = clock.monotonic();
  const spent = { dnsMs: 0, connectMs: 0, tlsMs: 0, firstByteMs: 0, downloadMs: 0 };
  const closes: (() => void)[] = [];
  let stage: Stage = 'dns';
  let mark = startedAt;
  let totalMs: number | undefined;

  function book(): void {
    const now = clock.monotonic();
    spent[bookedAs[stage]] += now - mark;
    mark = now;
  }

  return {
    stage: () => stage,
    enter(next) {
      if (totalMs !== undefined) throw new Error('this check is over');
      book();
      stage = next;
    },
    onEnd: (close) => void closes.push(close),
    end() {
      if (totalMs === undefined) {
        book();
        totalMs = mark - startedAt;
      }
      for (const close of closes.splice(0)) close();
    },
    phases: () => ({ ...spent, totalMs: totalMs ?? clock.monotonic() - startedAt }),
  };
}
