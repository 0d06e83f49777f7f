import type { Cancel, Clock } from '#ports/clock.ts';
import type { Monitoring } from '#ports/site-settings.ts';

/**
 * Guards against our own blindness: when many sites turn suspect at once, or nothing at all is reached any more,
 * well-known others are asked. While none of them answers, the fault is taken to be here, and nothing is judged.
 */
export type BlindGuard = {
  saw: (check: Seen) => void;
  /** True while the others are being asked and while they do not answer: judge nothing. */
  isFrozen: () => boolean;
  isBlind: () => boolean;
  stop: () => void;
};
/** One judged check. */
type Seen = {
  /** It made its site suspect. */
  turned: boolean;
  /** Something answered, whatever it was. */
  reached: boolean;
  /** How long its site has failed by now; 0: it did not, or this was the first failure. */
  failingMs: number;
};

/** Gap between two rounds of questions while blind. */
const askAgainMs = 10_000;
/** The rest after a round that was answered, as part of `withinMs`: far shorter than it takes to take a site for down. */
const restPart = 1 / 3;

export function createBlindGuard(world: {
  clock: Clock;
  rules: () => Monitoring['blind'];
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
  let reachedAt = -Infinity;
  let cancel: Cancel = () => {};

  function saw({ turned, reached, failingMs }: Seen): void {
    const now = clock.monotonic();
    if (reached) reachedAt = now;
    count(now, turned);
    if (state !== 'open' || now < quietUntil) return;
    const [checked, suspects] = [sum('checked'), sum('suspect')];
    const { sites, share } = world.rules();
    const isMass = turned && suspects > Math.max(sites, checked * share);
    // With few sites there is no mass; that none of them is reached is as good a reason to ask.
    const isAlone = !reached && failingMs > 0 && now - reachedAt >= failingMs;
    if (isMass || isAlone) void ask(Math.max(suspects, 1));
  }

  function count(now: number, turned: boolean): void {
    const second = Math.floor(now / 1_000);
    const here = seconds.get(second) ?? { checked: 0, suspect: 0 };
    here.checked++;
    if (turned) here.suspect++;
    seconds.set(second, here);
    const { withinMs } = world.rules();
    for (const old of seconds.keys()) if (old <= second - withinMs / 1_000) seconds.delete(old);
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
      quietUntil = clock.monotonic() + world.rules().withinMs * restPart;
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
    isBlind: () => state === 'blind',
    stop: () => {
      state = 'stopped';
      cancel();
    },
  };
}
