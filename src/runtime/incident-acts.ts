import { Refusal } from '#errors.ts';
import { duration } from '#lib/format.ts';
import { authorize, outsider } from '#policy/authorize.ts';
import type { Who } from '#policy/people.ts';
import type { Press } from '#ports/chat.ts';
import type { AuditKind, IncidentRecord } from '#ports/history.ts';
import type { UserId } from '#ports/ids.ts';
import {
  type IncidentAct,
  incidentVerbs,
  maintenancePrefix,
  type Report,
  serverMaintenancePrefix,
} from '#ports/incidents.ts';

import type { IncidentBook } from './incidents.ts';
import { plain, say } from './replies.ts';
import type { World } from './world.ts';

const silenceMs = 60 * 60_000;
const maintenanceMs = 60 * 60_000;

/** Who does it and where, and how that person is answered: a press on a card (`ts`), or a typed command. */
type By = Pick<Press, 'actor' | 'channel' | 'answer' | 'ts'>;
/** Does to an open incident what a person wants. Throws Refusal when it is over, or the person may not. */
export type IncidentActs = (by: By, act: IncidentAct) => Promise<void>;
type Needs = { world: World; who: Who; incidents: IncidentBook };

/** Take an incident, assign or silence it, put its sites into maintenance, or close it: by a button and by a command alike. */
export function createIncidentActs({ world, who, incidents }: Needs): IncidentActs {
  return async function act(by, { incident: id, verb, person, forMs = silenceMs }) {
    const incident = await mustBeOpen(world, id);
    await allow(by, verb);
    const { actor } = by;
    switch (verb) {
      case 'acknowledge':
        await incidents.amend(id, { acknowledgedBy: actor.id }, ['Taken by ', actor.name, '.']);
        return done(by, incident, 'acknowledged', 'You have taken it.');
      case 'assign':
        return assign(by, incident, person);
      case 'silence': {
        const until = world.clock.now() + forMs;
        await incidents.amend(id, { silencedUntil: until }, [
          'Silenced until ',
          { at: until, style: 'datetime' },
          ' by ',
          actor.name,
          '.',
        ]);
        return done(
          by,
          incident,
          'silenced',
          `Silenced for ${duration(forMs)}. The card keeps following; nobody is notified.`,
        );
      }
      case 'maintenance':
        return maintain(by, incident);
      case 'close':
        await record(by, incident, 'resolved');
        return incidents.resolve(incident.key, {
          endedAt: world.clock.now(),
          report: reportOf(incident),
          note: ['Marked as done by ', actor.name, '.'],
        });
    }
  };

  /** As if that person had taken it: reminders, escalation and what is done without a person end. */
  async function assign(by: By, incident: IncidentRecord, chosen: UserId | undefined): Promise<void> {
    if (chosen === undefined) throw new Refusal('bad-input', 'Nobody was chosen. Choose a person in the menu.');
    const { person } = await who(chosen);
    const why = outsider(person);
    if (why !== undefined) throw new Refusal('not-allowed', `${person.name} cannot take it. ${why}`);
    const { actor } = by;
    await incidents.amend(incident.id, { acknowledgedBy: person.id, assignedBy: actor.id }, [
      'Assigned to ',
      { user: person.id },
      ' by ',
      actor.name,
      '.',
    ]);
    return done(
      by,
      incident,
      'assigned',
      `Assigned to ${person.name}. The card and its thread say so; nobody is reminded any more.`,
    );
  }

  /** Checks go on; until it is over nothing is told of these sites and servers, and nobody is reminded. */
  async function maintain(by: By, incident: IncidentRecord): Promise<void> {
    const { sites = [], servers = [] } = reportOf(incident);
    if (sites.length + servers.length === 0)
      throw new Refusal(
        'bad-input',
        'This incident is about no site and no server, so there is nothing to put into maintenance.',
      );
    const since = world.clock.now();
    const until = since + maintenanceMs;
    const keys = [
      ...sites.map((site) => `${maintenancePrefix}${site}`),
      ...servers.map((id) => `${serverMaintenancePrefix}${id}`),
    ];
    const rows = keys.map((key) => [key, { since, until, by: by.actor.id }] as const);
    await world.history.watch.save(new Map(rows));
    const after = 'Afterwards only what has changed is told.';
    await incidents.amend(incident.id, { silencedUntil: until }, [
      `In maintenance for 1 h, by `,
      by.actor.name,
      `. ${after}`,
    ]);
    return done(by, incident, 'maintenance', `In maintenance for 1 hour. Checks go on. ${after}`);
  }

  /** The same question as for any command; the card stands where it stands, whatever channels take commands. */
  async function allow({ actor, channel }: By, verb: IncidentAct['verb']): Promise<void> {
    const settings = world.settings.current();
    const ruling = authorize({
      ...(await who(actor.id)),
      operation: { name: verb, role: incidentVerbs[verb], kind: 'press' },
      channel: await world.chat.channel(channel),
      settings: { ...settings, channels: { ...settings.channels, commands: [] } },
    });
    if (!ruling.allowed) throw new Refusal('not-allowed', ruling.why);
  }

  async function done(by: By, incident: IncidentRecord, kind: AuditKind, text: string): Promise<void> {
    await record(by, incident, kind);
    // Beside its card it is clear which one is meant.
    await by.answer(plain(say(by.ts === undefined ? `${reportOf(incident).title}: ${text}` : text)));
  }

  async function record({ actor, channel }: By, incident: IncidentRecord, kind: AuditKind): Promise<void> {
    const at = world.clock.now();
    await world.history.audit.append({
      key: `${incident.id}:${kind}:${actor.id}:${at}`,
      at,
      kind,
      actor: actor.id,
      run: undefined,
      operation: undefined,
      channel,
      targets: [incident.key],
      detail: '',
    });
  }
}

/** Throws Refusal when it is over. */
export async function mustBeOpen({ history }: Pick<World, 'history'>, id: string): Promise<IncidentRecord> {
  const incident = await history.incidents.get(id);
  if (incident?.state === 'open') return incident;
  throw new Refusal('bad-input', 'This incident is over, so there is nothing left to do here.');
}

function reportOf(incident: IncidentRecord): Report {
  return incident.report as unknown as Report; // written by the incident book
}
