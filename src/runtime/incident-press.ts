import { Refusal } from '#errors.ts';
import { readWords } from '#lib/words.ts';
import type { Press } from '#ports/chat.ts';
import type { CardRecord } from '#ports/history.ts';
import { type IncidentVerb, incidentVerbs, type Report } from '#ports/incidents.ts';

import type { Ask } from './ask.ts';
import { byName } from './find.ts';
import { type IncidentActs, mustBeOpen } from './incident-acts.ts';
import type { IncidentBook } from './incidents.ts';
import { markOf } from './remedy-mark.ts';
import type { World } from './world.ts';

type Needs = { world: World; ask: Ask; act: IncidentActs; incidents: IncidentBook };

/** The buttons of an incident: what people do with it, or a remedy (which then goes its ordinary way). */
export function createIncidentPress({ world, ask, act, incidents }: Needs) {
  return async function onIncident(press: Press, { subject }: CardRecord): Promise<void> {
    const { verb, person } = press;
    if (isVerb(verb)) return act(press, { incident: subject, verb, person });
    if (verb.startsWith('remedy-')) return remedy(press, subject);
    throw new Refusal('bad-input', 'This button does nothing on an incident. Look at its card.');
  };

  /** What the pressed card offered, whatever has become the first remedy since. */
  async function remedy(press: Press, id: string): Promise<void> {
    const incident = await mustBeOpen(world, id);
    const { remedies } = incident.report as unknown as Report; // written by the incident book
    const offered = remedies.find((one) => markOf(one) === press.mark);
    if (offered === undefined)
      throw new Refusal('bad-input', 'This remedy is no longer offered: the incident has changed. Look at its card.');
    const words = readWords(offered.line, ['from']);
    const asked = await ask.ask({
      ...press,
      ask: { operation: byName(world, offered.operation), words },
      incident: id,
      anywhere: true,
    });
    if (!asked) return;
    await incidents.amend(id, {}, [press.actor.name, ` pressed "${offered.label}".`]);
  }
}

function isVerb(verb: string): verb is IncidentVerb {
  return Object.hasOwn(incidentVerbs, verb);
}
