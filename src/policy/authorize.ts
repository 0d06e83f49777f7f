import type { Operation } from '#operations/contract.ts';
import type { Channel, Person } from '#ports/chat.ts';
import type { Role } from '#ports/roles.ts';
import type { Settings } from '#ports/settings.ts';

/** Everything the question "may this person do this here?" is decided from. Read just before it is asked. */
export type Question = {
  person: Person;
  /** Roles the person holds now, by id or group. */
  roles: ReadonlySet<Role>;
  operation: Pick<Operation, 'name' | 'role' | 'kind'>;
  channel: Pick<Channel, 'id' | 'isExternallyShared'>;
  settings: Pick<Settings, 'roles' | 'channels'>;
};
export type Ruling = { allowed: true; rule: string } | { allowed: false; rule: string; why: string };

/**
 * The one place that says who may run what. Default is no. Guests, bots, deactivated people and people from other
 * workspaces are refused whatever roles they were given; changes are refused in channels shared with other companies.
 */
export function authorize({ person, roles, operation, channel, settings }: Question): Ruling {
  const stranger = outsider(person);
  if (stranger !== undefined) return no('own-people-only', stranger);
  if (channel.isExternallyShared && operation.kind !== 'answer') {
    return no(
      'own-channels-only',
      'This channel is shared with another company, so nothing may be changed from here. Type it in an internal channel.',
    );
  }
  if (settings.channels.commands.length > 0 && !settings.channels.commands.includes(channel.id)) {
    return no(
      'listed-channels-only',
      'Deckhand does not take commands in this channel. Use one of the channels listed under `channels.commands` in deckhand.yml.',
    );
  }
  if (holds(roles, operation.role)) return { allowed: true, rule: `role:${operation.role}` };
  return no(
    `role:${operation.role}`,
    `You need the ${operation.role} role for \`${operation.name}\`. ${whoHas(settings, operation.role)}`,
  );
}

/** viewer is part of every role; operator and approver stand apart, so that four eyes can be two people. */
export function holds(roles: ReadonlySet<Role>, needed: Role): boolean {
  return roles.has(needed) || (needed === 'viewer' && roles.size > 0);
}

/** Why this person can never act here, or undefined. */
export function outsider(person: Person): string | undefined {
  if (person.isBot) return 'Bots and apps may not use Deckhand.';
  if (person.isDeleted) return 'This account is deactivated.';
  if (person.isExternal)
    return 'People from other workspaces may not use Deckhand, not even in shared channels. Ask somebody of the owning team.';
  if (person.isGuest) return 'Guests may not use Deckhand. Ask a full member of this workspace.';
  return undefined;
}

function whoHas(settings: Pick<Settings, 'roles'>, role: Role): string {
  // Every role may look.
  const holders = role === 'viewer' ? Object.values(settings.roles) : [settings.roles[role]];
  if (holders.every(({ users, groups }) => users.length + groups.length === 0))
    return `Nobody has it yet: an admin adds people under \`roles.${role}\` in deckhand.yml.`;
  return `Ask an admin to add you under \`roles.${role}\` in deckhand.yml${role === 'viewer' ? '' : ', or somebody who has it to do it'}.`;
}

function no(rule: string, why: string): Ruling {
  return { allowed: false, rule, why };
}
