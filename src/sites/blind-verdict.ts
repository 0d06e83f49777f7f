import type { Monitoring } from '#ports/site-settings.ts';

/** Whether we see, and what makes us doubt it. Instants are monotonic ms. */
export type Sight = {
  /** asking: the well-known others are being asked whether they answer us. */
  phase: 'clear' | 'asking' | 'blind';
  /** No doubt before this: the others answered a moment ago. */
  quietUntil: number;
  /** When something last answered a check. */
  reachedAt: number;
  /** The checks of the last `withinMs`, by seconds, the oldest first. */
  seconds: readonly { second: number; checked: number; suspect: number }[];
};
/** One judged check. */
export type Seen = {
  /** It made its site suspect. */
  turned: boolean;
  /** Something answered, whatever it was. */
  reached: boolean;
  /** How long its site has failed by now; 0: it did not, or this was the first failure. */
  failingMs: number;
};
type Rules = Pick<Monitoring['blind'], 'sites' | 'share' | 'withinMs'>;

/** The rest after an answer, as part of `withinMs`: far shorter than it takes to take a site for down. */
const restPart = 1 / 3;

export const clearSight: Sight = { phase: 'clear', quietUntil: -Infinity, reachedAt: -Infinity, seconds: [] };

/** After one more check; it becomes `asking` when many sites turn suspect at once, or nothing at all is reached any more. Pure. */
export function afterCheck(sight: Sight, seen: Seen, { now, rules }: { now: number; rules: Rules }): Sight {
  const reachedAt = seen.reached ? now : sight.reachedAt;
  const seconds = counted(sight.seconds, seen.turned, { now, rules });
  const next = { ...sight, reachedAt, seconds };
  if (sight.phase !== 'clear' || now < sight.quietUntil) return next;
  const isMass = seen.turned && suspectsOf(next) > Math.max(rules.sites, checkedOf(next) * rules.share);
  // With few sites there is no mass; that none of them is reached is as good a reason to ask.
  const isAlone = !seen.reached && seen.failingMs > 0 && now - reachedAt >= seen.failingMs;
  return isMass || isAlone ? { ...next, phase: 'asking' } : next;
}

/** After the others were asked. Pure. */
export function afterAnswer(sight: Sight, answered: boolean, { now, rules }: { now: number; rules: Rules }): Sight {
  if (!answered) return { ...sight, phase: 'blind' };
  return { ...sight, phase: 'clear', quietUntil: now + rules.withinMs * restPart, seconds: [] };
}

export function suspectsOf({ seconds }: Sight): number {
  return seconds.reduce((total, { suspect }) => total + suspect, 0);
}

function checkedOf({ seconds }: Sight): number {
  return seconds.reduce((total, { checked }) => total + checked, 0);
}

function counted(seconds: Sight['seconds'], turned: boolean, { now, rules }: { now: number; rules: Rules }) {
  const second = Math.floor(now / 1_000);
  const last = seconds.at(-1);
  const more = turned ? 1 : 0;
  if (last?.second === second)
    return [...seconds.slice(0, -1), { second, checked: last.checked + 1, suspect: last.suspect + more }];
  const recent = seconds.filter((one) => one.second > second - rules.withinMs / 1_000);
  return [...recent, { second, checked: 1, suspect: more }];
}
