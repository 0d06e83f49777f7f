import { Refusal } from '#errors.ts';
import { readWords } from '#lib/words.ts';
import { authorize, outsider } from '#policy/authorize.ts';
import type { Who } from '#policy/people.ts';
import type { Press } from '#ports/chat.ts';
import type { AuditKind, CardRecord, IncidentRecord } from '#ports/history.ts';
import { maintenancePrefix, type Report } from '#ports/incidents.ts';
import type { Role } from '#ports/roles.ts';

import { type Ask, byName } from './ask.ts';
import type { IncidentBook } from './incidents.ts';
import { markOf } from './remedy-mark.ts';
import { plain, say } from './replies.ts';
import type { World } from './world.ts';

const silenceMs = 60 * 60_000;
const maintenanceMs = 60 * 60_000;

const answers = {
  acknowledged: 'You have taken this incident.',
  assigned: 'Assigned. The card and its thread say so; nobody is reminded any more.',
  silenced: 'Silenced for 1 hour. The card keeps following; nobody is notified.',
  maintenance: 'In maintenance for 1 hour. Checks go on; afterwards only what has changed is told.',
} as const;

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
      case 'assign':
        await allow(press, 'assign', 'operator');
        return assign(press, incident);
      case 'silence':
        await allow(press, 'silence', 'operator');
        await incidents.amend(incident.id, { silencedUntil: world.clock.now() + silenceMs }, [
          'Silenced for 1 h by ',
          actor.name,
          '.',
        ]);
        return audit(press, incident, 'silenced');
      case 'maintenance':
        await allow(press, 'maintenance', 'operator');
        return maintain(press, incident);
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
        return remedy(press, incident);
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

  /** As if that person had taken it: reminders, escalation and what is done without a person end. */
  async function assign(press: Press, incident: IncidentRecord): Promise<void> {
    if (press.person === undefined) throw new Refusal('bad-input', 'Nobody was chosen. Choose a person in the menu.');
    const { person } = await who(press.person);
    const why = outsider(person);
    if (why !== undefined) throw new Refusal('not-allowed', `${person.name} cannot take it. ${why}`);
    const { actor } = press;
    await incidents.amend(incident.id, { acknowledgedBy: person.id, assignedBy: actor.id }, [
      'Assigned to ',
      { user: person.id },
      ' by ',
      actor.name,
      '.',
    ]);
    return audit(press, incident, 'assigned');
  }

  /** Checks go on; until it is over nothing is told of these sites, and nobody is reminded. */
  async function maintain(press: Press, incident: IncidentRecord): Promise<void> {
    const { sites } = incident.report as unknown as Report; // written by the incident book
    if (sites === undefined || sites.length === 0)
      throw new Refusal('bad-input', 'This incident is about no site, so there is nothing to put into maintenance.');
    const since = world.clock.now();
    const until = since + maintenanceMs;
    const rows = sites.map((site) => [`${maintenancePrefix}${site}`, { since, until, by: press.actor.id }] as const);
    await world.history.watch.save(new Map(rows));
    await incidents.amend(incident.id, { silencedUntil: until }, [
      `In maintenance for 1 h, by `,
      press.actor.name,
      '. Afterwards only what has changed is told.',
    ]);
    return audit(press, incident, 'maintenance');
  }

  /** What the pressed card offered, whatever has become the first remedy since. */
  async function remedy(press: Press, incident: IncidentRecord): Promise<void> {
    const { remedies } = incident.report as unknown as Report; // written by the incident book
    const offered = remedies.find((one) => markOf(one) === press.mark);
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

  async function audit(press: Press, incident: IncidentRecord, kind: keyof typeof answers): Promise<void> {
    await record(press, incident, kind);
    await press.answer(plain(say(answers[kind])));
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
