import type { CheckFigures } from '#ports/managed-sites.ts';

import { amount, duration } from './format.ts';

/**
 * One line on how the checks of so many sites go: `10,000 sites watched · start lag p99 12 ms · 0 skipped · event loop 3 ms`.
 * `of` undefined: another replica makes them.
 */
export function checksGo(sites: number, of: CheckFigures | undefined): string {
  const watched = `${amount(sites)} site${sites === 1 ? '' : 's'} watched`;
  if (of === undefined) return watched;
  const overdue = of.overdueMs < 1_000 ? '' : ` · one is overdue by ${duration(of.overdueMs)}`;
  return `${watched} · start lag p99 ${amount(of.lagP99)} ms · ${amount(of.skipped)} skipped · event loop ${amount(of.loopMs)} ms${overdue}`;
}
