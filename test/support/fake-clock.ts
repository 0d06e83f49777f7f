import type { Cancel, Clock } from '#ports/clock.ts';

export type FakeClock = Clock & {
  /** Lets `ms` pass: every timer that falls due fires at its own instant, and what it started settles before the next. */
  advance: (ms: number) => Promise<void>;
  /** Moves the calendar alone, as when somebody sets the machine's clock; timers do not notice. */
  setNow: (now: number) => void;
  /** Timers that are armed. */
  pending: () => number;
};

/** A clock that stands still until a test moves it. Starts at 2026-01-05 09:00 UTC, a Monday. */
export function createFakeClock(startAt = Date.UTC(2026, 0, 5, 9)): FakeClock {
  const timers = new Map<number, { at: number; act: () => void }>();
  let shift = startAt;
  let passed = 0;
  let made = 0;

  function after(delayMs: number, act: () => void): Cancel {
    const id = made++;
    timers.set(id, { at: passed + Math.max(0, delayMs), act });
    return () => void timers.delete(id);
  }

  /** The next timer up to `until`; of those of one instant the one that was armed first. */
  function takeDue(until: number): { at: number; act: () => void } | undefined {
    let best: [number, { at: number; act: () => void }] | undefined;
    for (const entry of timers)
      if (entry[1].at <= until && (best === undefined || entry[1].at < best[1].at)) best = entry;
    if (best !== undefined) timers.delete(best[0]);
    return best?.[1];
  }

  async function advance(ms: number): Promise<void> {
    const until = passed + ms;
    await settled();
    for (let due = takeDue(until); due !== undefined; due = takeDue(until)) {
      passed = Math.max(passed, due.at);
      due.act();
      await settled();
    }
    passed = until;
  }

  return {
    now: () => shift + passed,
    monotonic: () => passed,
    after,
    sleep: (delayMs) => new Promise((resolve) => void after(delayMs, resolve)),
    advance,
    setNow: (now) => void (shift = now - passed),
    pending: () => timers.size,
  };
}

/** All promise chains that are ready have run by the next turn of the event loop. */
function settled(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}
