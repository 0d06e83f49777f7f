import { isRefusal } from '#errors.ts';
import type { MessageRef } from '#ports/chat.ts';
import type { IncidentRecord } from '#ports/history.ts';
import type { Message } from '#ports/text.ts';

import { renderEscalation, renderIncident } from './incident-card.ts';
import { anew } from './incident-care.ts';
import { postCard } from './posting.ts';
import type { World } from './world.ts';

/** Subject of the card by which an incident is told further, each time that it is open anew. */
export function escalationOf(incident: IncidentRecord): string {
  return `${incident.id}:escalation${anew(incident)}`;
}

/**
 * Brings an incident's newest state onto its message. One at a time for each incident; new messages of one channel wait
 * for each other and are made when their turn comes, so that a storm posts what is true by then, not what was. Never
 * rejects: what could not be shown is shown later. Answers true.
 */
export function createShowing(world: World): (id: string) => Promise<true> {
  const showing = new Map<string, Promise<void>>();
  const posting = new Map<string, Promise<void>>();

  return async function show(id) {
    await inTurn(showing, id, () => showNewest(id));
    return true;
  };

  async function showNewest(id: string): Promise<void> {
    try {
      const incident = await world.history.incidents.get(id);
      if (incident === undefined || incident.shown === incident.version) return;
      const card = await world.history.cards.of('incident', id);
      if (card?.ts !== undefined) return await bring(incident);
      await inTurn(posting, incident.channel, async () => {
        const newest = await world.history.incidents.get(id);
        if (newest !== undefined) await bring(newest);
      });
    } catch (error) {
      world.log.warn({ incident: id, err: error }, 'an incident could not be shown; trying again soon');
    }
  }

  async function bring(incident: IncidentRecord): Promise<void> {
    const message = renderIncident(incident, world.clock.now());
    const of = { kind: 'incident', subject: incident.id, channel: incident.channel } as const;
    const ref = await postCard(world, of, message);
    if (!ref.fresh) await edit(ref, message);
    if (incident.state === 'resolved' || incident.acknowledgedBy !== undefined) await calmEscalation(incident, ref);
    await world.history.incidents.setShown(incident.id, {
      version: incident.version,
      ts: ref.ts,
      channel: ref.channel,
    });
  }

  /** Where somebody deleted the message, a new one takes its place. */
  async function edit(ref: MessageRef & { token: string }, message: Message): Promise<void> {
    try {
      await world.chat.update(ref, { message, token: ref.token }, { now: true });
    } catch (error) {
      if (!isRefusal(error)) throw error;
      await world.history.cards.setTs(ref.token, await world.chat.post(ref.channel, { message, token: ref.token }));
    }
  }

  /** Who was called elsewhere sees there that it is taken, or over. */
  async function calmEscalation(incident: IncidentRecord, alert: MessageRef): Promise<void> {
    const card = await world.history.cards.of('incident', escalationOf(incident));
    if (card?.ts === undefined) return;
    const link = incident.state === 'resolved' ? undefined : await world.chat.permalink(alert);
    const message = renderEscalation(incident, { now: world.clock.now(), group: undefined, link });
    await edit({ channel: card.channel, ts: card.ts, token: card.token }, message);
  }
}

/** After what was asked for before under this key. */
function inTurn(turns: Map<string, Promise<void>>, key: string, act: () => Promise<void>): Promise<void> {
  const before = turns.get(key)?.catch(() => undefined) ?? Promise.resolve();
  const turn = before.then(act);
  turns.set(key, turn);
  const forget = () => void (turns.get(key) === turn && turns.delete(key));
  turn.then(forget, forget);
  return turn;
}
