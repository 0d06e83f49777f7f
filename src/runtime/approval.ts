import { isEnough } from '#policy/decide.ts';
import type { Durable } from '#ports/engine.ts';
import type { Decision, Order } from '#ports/history.ts';
import type { ApprovalRule } from '#ports/roles.ts';

export type Verdict =
  | { kind: 'go'; at: number; given: readonly Heard[] }
  | { kind: 'denied' | 'cancelled'; by: string; at: number }
  | { kind: 'expired'; at: number };
/** What the waiting run hears of a decision. */
export type Heard = Pick<Decision, 'verdict' | 'by' | 'at' | 'planHash'>;

/**
 * Waits, durably, until the rule is met, somebody says no, or the time is over. Decisions about another plan than the
 * order's do not count. `onHeard` is told of each that counts.
 */
export async function approval(
  durable: Durable,
  order: Order,
  rule: ApprovalRule,
  onHeard: (given: readonly Heard[]) => void,
): Promise<Verdict> {
  if (rule.kind === 'none') return { kind: 'go', at: order.requestedAt, given: [] };
  const deadline = order.requestedAt + rule.expiresMs;
  const given: Heard[] = [];
  for (;;) {
    const left = deadline - (await durable.now());
    const heard = left > 0 ? await durable.receive<Heard>('decision', left) : undefined;
    if (heard === undefined) return { kind: 'expired', at: deadline };
    if (heard.planHash !== order.planHash) continue;
    if (heard.verdict === 'denied' || heard.verdict === 'cancelled')
      return { kind: heard.verdict, by: heard.by, at: heard.at };
    given.push(heard);
    if (isEnough(rule, given)) return { kind: 'go', at: heard.at, given };
    onHeard(given);
  }
}
