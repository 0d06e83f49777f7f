import type { Cancel, Clock } from '#ports/clock.ts';
import type { Monitoring } from '#ports/site-settings.ts';

import { afterAnswer, afterCheck, clearSight, type Seen, suspectsOf } from './blind-verdict.ts';

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
/** Gap between two rounds of questions while blind. */
const askAgainMs = 10_000;
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
  let sight = clearSight;
  let isStopped = false;
  let cancel: Cancel = () => {};
  const here = () => ({ now: clock.monotonic(), rules: world.rules() });

  function saw(seen: Seen): void {
    const before = sight.phase;
    sight = afterCheck(sight, seen, here());
    if (before !== sight.phase && !isStopped) void ask(Math.max(suspectsOf(sight), 1));
  }

  async function ask(suspects: number): Promise<void> {
    const answered = await world.canaries();
    if (isStopped) return;
    const before = sight.phase;
    sight = afterAnswer(sight, answered, here());
    if (answered) return world.onSight(before === 'blind');
    if (before !== 'blind') world.onBlind(suspects);
    cancel = clock.after(askAgainMs, () => void ask(suspects));
  }

  return {
    saw,
    isFrozen: () => !isStopped && sight.phase !== 'clear',
    isBlind: () => !isStopped && sight.phase === 'blind',
    stop: () => {
      isStopped = true;
      cancel();
    },
  };
}
