import type { Cancel, Clock } from '#ports/clock.ts';

/** Knows how long our own event loop stood still: what a check missed meanwhile is not the site's fault. */
export type Stalls = {
  /** Begins to watch; `standstillMs` tells how long the loop stood still since. Call `end` when done. */
  begin: () => { standstillMs: () => number; end: () => void };
};

/** Gap of the beats, and the lateness of one that counts. Ordinary lateness is a few ms. */
const beatMs = 100;
const lateMs = 50;

/** One beat for all checks together, only while there are any. */
export function createStalls({ clock }: { clock: Clock }): Stalls {
  let watchers = 0;
  let total = 0;
  let due = 0;
  let cancel: Cancel = () => {};

  function arm(): void {
    due = clock.monotonic() + beatMs;
    cancel = clock.after(beatMs, () => {
      total += lateness();
      arm();
    });
  }

  function lateness(): number {
    const late = clock.monotonic() - due;
    return late > lateMs ? late : 0;
  }

  return {
    begin() {
      if (watchers++ === 0) arm();
      const before = total + lateness();
      let over = false;
      return {
        standstillMs: () => Math.max(0, total + lateness() - before),
        end: () => {
          if (over) return;
          over = true;
          if (--watchers === 0) cancel();
        },
      };
    },
  };
}
