import { asker } from '#lib/asker.ts';
import { home } from '#ports/clouds.ts';
import type { Order } from '#ports/history.ts';
import type { Incidents, Report } from '#ports/incidents.ts';
import type { Line } from '#ports/text.ts';

import { tellAutomaticEnd } from './automatic-report.ts';
import type { Ending } from './card.ts';
import { plain, say } from './replies.ts';
import { findChange } from './run-record.ts';
import type { World } from './world.ts';

/** Whom a run tells about itself beside its card: the requester, the incident it was for, the people on call. */
export function createRunTell(world: World, incidents: Incidents) {
  return { requester: tellRequester, incident: tellIncident, automatic: tellAutomatic, alarm };

  async function tellRequester(order: Order, reason: string): Promise<void> {
    const message = say(
      `Run ${order.id} (${order.operation}) stopped and changed nothing more: ${reason}`,
      'Ask again; if it repeats, give an admin the run id.',
    );
    await world.chat
      .tell(order.requester, plain(message))
      .catch((error: unknown) =>
        world.log.error({ run: order.id, err: error }, 'nobody could be told that a run stopped'),
      );
  }

  /** What was tried for an incident stands on its card and in its thread, whoever asked for it. */
  async function tellIncident(id: string, order: Order, ending: Ending): Promise<void> {
    const { words } = findChange(world, order.operation);
    const { summary } =
      ending.state === 'done'
        ? words.done(order.plan, ending.result)
        : words.planned(order.plan, { now: order.requestedAt, place: order.place ?? home });
    await incidents.tried(id, { key: order.id, line: triedLine(order, ending, summary) });
  }

  async function tellAutomatic(order: Order, ending: Ending, at: number): Promise<void> {
    await tellAutomaticEnd(incidents, { order, operation: findChange(world, order.operation), ending, at });
  }

  /** What could not be undone is told loudly, apart from the card. */
  async function alarm(order: Order, ending: Ending, at: number): Promise<void> {
    const channel = world.settings.current().channels.alerts ?? order.channel;
    await incidents.raise(`stuck:${order.id}`, { channel, startedAt: at, report: stuckReport(order, ending) });
  }
}

function stuckReport(order: Order, ending: Ending): Report {
  const failed = ending.failedUndo ?? [];
  return {
    severity: 'critical',
    title: `A ${order.operation} could not be put back`,
    alert: `Run ${order.id} (${order.operation}) failed and could not be put back: a person must`,
    facts: [
      ['Run', [{ code: order.id }]],
      ['Asked by', [asker(order)]],
      ['Why', ending.reason ?? 'unknown'],
    ],
    detail: failed.flatMap(({ name, why, manual }) => [`Could not ${name}: ${why}`, [{ code: manual }]]),
    remedies: [],
    closable: true,
  };
}

function triedLine(order: Order, ending: Ending, summary: string): Line {
  const who = order.because === undefined ? [asker(order)] : ['By itself'];
  const end =
    ending.state === 'done' ? '' : ` · ${ending.state}${ending.reason === undefined ? '' : `: ${ending.reason}`}`;
  return [...who, ` · ${summary}${end} · `, { code: order.id }];
}
