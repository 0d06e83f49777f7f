import type { ChangeOperation } from '#operations/contract.ts';
import type { Order } from '#ports/history.ts';
import type { Incidents, Report } from '#ports/incidents.ts';
import type { Line } from '#ports/text.ts';

import type { Ending } from './card.ts';

/** One incident for each cause, however often it fails. */
export function incidentKey(because: string): string {
  return `automatic:${because}`;
}

type Words = { report: Report; note: Line };

/** What Deckhand asked of itself was refused, so nothing was done. */
export function notStarted(of: { operation: string; because: string }, why: string): Words {
  return words({
    because: of.because,
    state: 'could not start',
    facts: [['Operation', of.operation]],
    detail: [why, 'Nothing was done. This ends by itself when the next one is well.'],
  });
}

/** Brings how a run without a person ended to the incident of its cause: opened, updated or over. Repeatable. */
export async function tellAutomaticEnd(
  incidents: Incidents,
  of: { order: Order; operation: ChangeOperation; ending: Ending; at: number },
): Promise<void> {
  const { order, ending, at } = of;
  const because = order.because ?? 'automatic work';
  const key = incidentKey(because);
  const wrong = whatWentWrong(of);
  if (wrong !== undefined)
    return incidents.raise(key, {
      channel: order.channel,
      startedAt: at,
      ...words({
        because,
        state: wrong.state,
        facts: [
          ['Run', [{ code: order.id }]],
          ['Operation', order.operation],
        ],
        detail: [
          ...wrong.lines,
          ['More with ', { code: `/deck runs ${order.id}` }, '. This ends by itself when the next one is well.'],
        ],
      }),
    });
  if (ending.state !== 'done') return;
  return incidents.resolve(key, {
    endedAt: at,
    ...words({ because, state: 'is well again', facts: [['Run', [{ code: order.id }]]], detail: [] }),
  });
}

/** A person's no is no failure, and what is stuck has an alarm of its own. */
function whatWentWrong({
  order,
  operation,
  ending,
}: {
  order: Order;
  operation: ChangeOperation;
  ending: Ending;
}): { state: string; lines: readonly Line[] } | undefined {
  switch (ending.state) {
    case 'done': {
      const failures = operation.failures?.(order.plan, ending.result) ?? [];
      return failures.length === 0 ? undefined : { state: 'failed in part', lines: failures };
    }
    case 'undone':
      return { state: 'failed', lines: [ending.reason ?? 'No reason is known.', 'Everything is as it was before.'] };
    case 'changed':
      return { state: 'was not run', lines: [ending.reason ?? 'It is no longer what was planned.'] };
    case 'expired':
      return { state: 'was not run', lines: ['Nobody approved it in time.'] };
    case 'waiting':
    case 'running':
    case 'denied':
    case 'cancelled':
    case 'stuck':
      return undefined;
  }
}

function words(of: { because: string; state: string; facts: Report['facts']; detail: readonly Line[] }): Words {
  const name = of.because.slice(0, 1).toUpperCase() + of.because.slice(1);
  return {
    report: {
      severity: 'warning',
      title: `${name} ${of.state}`,
      alert: `${name} ${of.state}`,
      facts: of.facts,
      detail: of.detail,
      remedies: [],
      closable: true,
    },
    note: `${name} ${of.state}.`,
  };
}
