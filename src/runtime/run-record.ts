import type { Asking, ChangeOperation } from '#operations/contract.ts';
import type { AuditKind, Order, RunState } from '#ports/history.ts';
import type { Json } from '#ports/json.ts';

import type { World } from './world.ts';

/** What a run writes down of itself: its state, what it holds, and the audit log. All of it may be repeated. */
export function createRunRecord(world: World) {
  return { asked, claim, move };

  async function asked(order: Order, operation: ChangeOperation, place: Asking['place']): Promise<void> {
    await world.history.audit.append({
      key: `${order.id}:asked`,
      at: order.requestedAt,
      kind: 'asked',
      actor: order.requester,
      run: order.id,
      operation: order.operation,
      channel: order.channel,
      targets: [...operation.resources(order.plan)],
      detail: operation.words.planned(order.plan, { now: order.requestedAt, place }).summary,
    });
  }

  async function claim(order: Order, operation: ChangeOperation): Promise<string> {
    const conflicts = await world.history.claims.take(order.id, operation.resources(order.plan));
    const first = conflicts[0];
    return first === undefined ? '' : `Run ${first.run} is working on ${first.resource}. Wait for it, then ask again.`;
  }

  async function move(
    order: Order,
    from: readonly RunState[],
    to: RunState,
    more: { at: number; result?: Json; reason?: string },
    by?: string,
  ): Promise<void> {
    const moved = await world.history.runs.move(order.id, from, to, more);
    // A step that is repeated finds the state it made itself, and still writes its entry.
    if (!moved && (await world.history.runs.get(order.id))?.state !== to) return;
    // Who said no stands in the record already, with the answer itself.
    if (to === 'denied' || to === 'cancelled') return;
    const kind: AuditKind = to === 'running' ? 'started' : (to as AuditKind); // every end state is an audit kind too
    await world.history.audit.append({
      key: `${order.id}:${kind}`,
      at: more.at,
      kind,
      actor: by ?? 'deckhand',
      run: order.id,
      operation: order.operation,
      channel: order.channel,
      targets: [...findChange(world, order.operation).resources(order.plan)],
      detail: more.reason ?? '',
    });
  }
}

export function findChange(world: Pick<World, 'operations'>, name: string): ChangeOperation {
  const found = world.operations.find((operation) => operation.name === name);
  if (found?.kind !== 'change') throw new Error(`no such change: ${name}`);
  return found;
}
