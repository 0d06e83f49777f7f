import { Refusal } from '#errors.ts';
import { readWords } from '#lib/words.ts';
import { authorize } from '#policy/authorize.ts';
import type { Who } from '#policy/people.ts';
import type { Press } from '#ports/chat.ts';
import type { AuditKind, CardRecord, IncidentRecord } from '#ports/history.ts';
import type { Report } from '#ports/incidents.ts';
import type { Role } from '#ports/settings.ts';

import { type Ask, byName } from './ask.ts';
import type { IncidentBook } from './incidents.ts';
import { plain, say } from './replies.ts';
import type { World } from './world.ts';

const silenceMs = 60 * 60_000;

type Needs = { world: World; who: Who; ask: Ask; incidents: IncidentBook };

/** The buttons of an incident: take it, silence it, or ask for a remedy (which then goes its ordinary way). */
export function createIncidentPress({ world, who, ask, incidents }: Needs) {
  return async function onIncident(press: Press, card: CardRecord): Promise<void> {
    const incident = await world.history.incidents.get(card.subject);
    if (incident === undefined || incident.state !== 'open')
      throw new Refusal('bad-input', 'This incident is over, so there is nothing left to do here.');
    const { actor } = press;
    switch (press.verb) {
      case 'acknowledge':
        await allow(press, 'acknowledge', 'viewer');
        await incidents.amend(incident.id, { acknowledgedBy: actor.id }, ['Taken by ', actor.name, '.']);
        return audit(press, incident, 'acknowledged');
      case 'silence':
        await allow(press, 'silence', 'operator');
        await incidents.amend(incident.id, { silencedUntil: world.clock.now() + silenceMs }, [
          'Silenced for 1 h by ',
          actor.name,
          '.',
        ]);
        return audit(press, incident, 'silenced');
      case 'close':
        await allow(press, 'close', 'operator');
        await record(press, incident, 'resolved');
        return incidents.resolve(incident.key, {
          endedAt: world.clock.now(),
          report: incident.report as unknown as Report, // written by the incident book
          note: ['Marked as done by ', actor.name, '.'],
        });
      case 'remedy-1':
      case 'remedy-2':
      case 'remedy-3':
        return remedy(press, incident, Number(press.verb.slice(-1)) - 1);
      case 'confirm':
      case 'cancel':
      case 'approve':
      case 'deny':
      case 'undo':
      case 'previous':
      case 'next':
      case 'details':
      case 'refresh':
        throw new Refusal('bad-input', 'This button does nothing on an incident.');
    }
  };

  async function remedy(press: Press, incident: IncidentRecord, index: number): Promise<void> {
    if (incident.shown !== incident.version)
      throw new Refusal('conflict', 'This card is just being updated. Look at it again, then press.');
    const offered = (incident.report as unknown as Report).remedies[index];
    if (offered === undefined)
      throw new Refusal('bad-input', 'This remedy is no longer offered: the incident has changed. Look at its card.');
    const words = readWords(offered.line, ['from']);
    const asked = await ask.ask({
      ...press,
      ask: { operation: byName(world, offered.operation), words },
      incident: incident.id,
      anywhere: true,
    });
    if (!asked) return;
    await incidents.amend(incident.id, {}, [press.actor.name, ` pressed "${offered.label}".`]);
  }

  /** The same question as for a command: a button gives nobody more than a line would. */
  async function allow(press: Press, name: string, role: Role): Promise<void> {
    const channel = await world.chat.channel(press.channel);
    const ruling = authorize({
      ...(await who(press.actor.id)),
      operation: { name, role, kind: 'change' },
      channel,
      settings: { ...world.settings.current(), channels: { ...world.settings.current().channels, commands: [] } },
    });
    if (!ruling.allowed) throw new Refusal('not-allowed', ruling.why);
  }

  async function audit(press: Press, incident: IncidentRecord, kind: 'acknowledged' | 'silenced'): Promise<void> {
    await record(press, incident, kind);
    const told =
      kind === 'silenced'
        ? 'Silenced for 1 hour. The card keeps following; nobody is notified.'
        : 'You have taken this incident.';
    await press.answer(plain(say(told)));
  }

  async function record(press: Press, incident: IncidentRecord, kind: AuditKind): Promise<void> {
    const at = world.clock.now();
    await world.history.audit.append({
      key: `${incident.id}:${kind}:${press.actor.id}:${at}`,
      at,
      kind,
      actor: press.actor.id,
      run: undefined,
      operation: undefined,
      channel: press.channel,
      targets: [incident.key],
      detail: '',
    });
  }
}
