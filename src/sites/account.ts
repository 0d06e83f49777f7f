import { isAlone, type SiteState } from './state.ts';

/** Where the account of a site's time stands: since when nothing is booked, and what waits for a verdict. */
export type Account = { at: number; pendingMs: number };
export type Booked = { upMs: number; downMs: number; slowMs: number };

/** A check this much later than its interval says nothing of the time between. */
const lateMs = 60_000;

/**
 * The time since the check before, booked by the state it left: up, down, or, while that is unclear (suspect, recovering),
 * once the verdict is there. `account` undefined: nothing is known of the time before. Pure.
 */
export function book(
  account: Account | undefined,
  of: { before: SiteState; after: SiteState; at: number; intervalMs: number },
): { account: Account; booked: Booked } {
  const { before, after, at } = of;
  const spent = account === undefined ? 0 : at - account.at;
  const passed = spent < 0 || spent > 2 * of.intervalMs + lateMs ? 0 : spent;
  const booked = { upMs: 0, downMs: 0, slowMs: 0 };
  let pendingMs = account?.pendingMs ?? 0;
  if (isUnclear(before)) pendingMs += passed;
  else if (before.phase === 'down') booked.downMs += passed;
  else if (before.phase === 'up' || isAlone(before)) {
    booked.upMs += passed;
    if (before.slowSince !== undefined) booked.slowMs += passed;
  }
  if (after.phase === 'up' || isAlone(after)) booked.upMs += pendingMs;
  if (after.phase === 'down') booked.downMs += pendingMs;
  const isClear = after.phase === 'up' || after.phase === 'down' || isAlone(after);
  return { account: { at, pendingMs: isClear ? 0 : pendingMs }, booked };
}

/** What only we see as down was up. */
function isUnclear(state: SiteState): boolean {
  return state.phase === 'recovering' || (state.phase === 'suspect' && !isAlone(state));
}
