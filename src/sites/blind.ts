import type { Cancel, Clock } from '#ports/clock.ts';

/**
 * Guards against our own blindness: when many sites turn suspect at once, well-known others are asked. While nobody of
 * them answers, the fault is taken to be here, and nothing is judged.
 */
export type BlindGuard = {
  /** One judged check; `suspect`: it made its site suspect. */
  saw: (suspect: boolean) => void;
  /** True while the others are being asked and while they do not answer: judge nothing. */
  isFrozen: () => boolean;
  stop: () => void;
};

/** More than five sites, and more than a fifth of those that were checked, turned suspect within 30 s. */
const windowSeconds = 30;
const fewSites = 5;
const partOfSites = 0.2;
/** Gap between two rounds of questions while blind, and the rest after a round that was answered. */
const askAgainMs = 10_000;
const restMs = 60_000;

export function createBlindGuard(world: {
  clock: Clock;
  /** True when any of the well-known others answers. Never rejects, answers within seconds. */
  canaries: () => Promise<boolean>;
  onBlind: (suspects: number) => void;
  /** `wasBlind` false: the others answered at once, so the sites really fail. */
  onSight: (wasBlind: boolean) => void;
}): BlindGuard {
  const { clock } = world;
  const seconds = new Map<number, { checked: number; suspect: number }>();
  let state: 'open' | 'asking' | 'blind' | 'stopped' = 'open';
  let quietUntil = 0;
  let cancel: Cancel = () => {};

  function saw(suspect: boolean): void {
    const second = Math.floor(clock.monotonic() / 1_000);
    const now = seconds.get(second) ?? { checked: 0, suspect: 0 };
    now.checked++;
    if (suspect) now.suspect++;
    seconds.set(second, now);
    for (const old of seconds.keys()) if (old <= second - windowSeconds) seconds.delete(old);
    if (!suspect || state !== 'open' || clock.monotonic() < quietUntil) return;
    const [checked, suspects] = [sum('checked'), sum('suspect')];
    if (suspects > Math.max(fewSites, checked * partOfSites)) void ask(suspects);
  }

  function sum(of: 'checked' | 'suspect'): number {
    return [...seconds.values()].reduce((total, one) => total + one[of], 0);
  }

  async function ask(suspects: number): Promise<void> {
    if (state === 'open') state = 'asking';
    const answered = await world.canaries();
    if (state === 'stopped') return;
    if (answered) {
      const wasBlind = state === 'blind';
      state = 'open';
      quietUntil = clock.monotonic() + restMs;
      seconds.clear();
      return world.onSight(wasBlind);
    }
    if (state === 'asking') {
      state = 'blind';
      world.onBlind(suspects);
    }
    cancel = clock.after(askAgainMs, () => void ask(suspects));
  }

  return {
    saw,
    isFrozen: () => state === 'asking' || state === 'blind',
    stop: () => {
      state = 'stopped';
      cancel();
    },
  };
}
