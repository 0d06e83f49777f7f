import type { IncidentRecord } from '#ports/history.ts';
import { givenUp, type Report } from '#ports/incidents.ts';

import { renderEscalation, renderReminder } from './incident-card.ts';
import { anew, openSince } from './incident-care.ts';
import { escalationOf } from './incident-show.ts';
import { note, postCard } from './posting.ts';
import type { World } from './world.ts';

/** Open incidents looked at in one round. */
const most = 1_000;

/**
 * Of what nobody has taken: reminds of critical incidents and tells them further, and any that Deckhand has given up, at once.
 * Repeatable: each reminder comes once.
 */
export function createReminders(world: World): () => Promise<void> {
  return async function remind() {
    for (const incident of await world.history.incidents.list({ limit: most, state: 'open' })) {
      const isCritical = reportOf(incident).severity === 'critical';
      if (!isForgotten(incident, world.clock.now()) || (!isCritical && !isGivenUp(incident))) continue;
      try {
        if (isCritical) await remindOf(incident);
        await tellFurther(incident);
      } catch (error) {
        world.log.warn({ incident: incident.id, err: error }, 'a reminder could not be sent; trying again soon');
      }
    }
  };

  /** Of several that are due only the newest is sent: nobody needs three at once. */
  async function remindOf(incident: IncidentRecord): Promise<void> {
    const now = world.clock.now();
    const due = world.settings.current().alerts.remindMs.filter((ms) => now - openSince(incident) >= ms).length;
    if (due === 0) return;
    const card = await world.history.cards.of('incident', incident.id);
    if (card?.ts === undefined) return;
    const ref = { channel: card.channel, ts: card.ts };
    await note(
      world,
      incident.id,
      `remind ${due}${anew(incident)}`,
      ref,
      renderReminder(incident, { now, group: undefined }),
    );
  }

  async function tellFurther(incident: IncidentRecord): Promise<void> {
    const { afterMs, channel, group } = world.settings.current().alerts.escalate;
    const now = world.clock.now();
    if ((channel === undefined && group === undefined) || (now - openSince(incident) < afterMs && !isGivenUp(incident)))
      return;
    const card = await world.history.cards.of('incident', incident.id);
    if (card?.ts === undefined) return;
    const ref = { channel: card.channel, ts: card.ts };
    if (channel === undefined) {
      const reminder = renderReminder(incident, { now, group });
      await note(world, incident.id, `escalate${anew(incident)}`, ref, reminder);
      return;
    }
    const of = { kind: 'incident', subject: escalationOf(incident), channel } as const;
    if ((await world.history.cards.of(of.kind, of.subject))?.ts !== undefined) return;
    const link = await world.chat.permalink(ref);
    await postCard(world, of, renderEscalation(incident, { now, group, link }));
  }
}

/** Deckhand has tried what it may: people are needed now. */
function isGivenUp(incident: IncidentRecord): boolean {
  return reportOf(incident).tried?.some(({ key }) => key === givenUp) === true;
}

function isForgotten({ silencedUntil, acknowledgedBy }: IncidentRecord, now: number): boolean {
  const isQuiet = silencedUntil !== undefined && silencedUntil > now;
  return acknowledgedBy === undefined && !isQuiet;
}

function reportOf(incident: IncidentRecord): Report {
  return incident.report as unknown as Report; // written by the incident book
}
