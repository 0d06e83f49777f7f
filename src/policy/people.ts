import { isTransient, Refusal } from '#errors.ts';
import type { Chat, Person } from '#ports/chat.ts';
import type { UserId } from '#ports/ids.ts';
import { type Role, roles } from '#ports/roles.ts';
import type { SettingsSource } from '#ports/settings.ts';

export type Known = { person: Person; roles: ReadonlySet<Role> };

/**
 * Who somebody is and which roles they hold at this moment. Throws Transient while the chat system is busy
 * and Refusal "not-allowed" when it does not say (fail closed): nobody acts on an old answer.
 */
export function createPeople({
  chat,
  settings,
}: {
  chat: Pick<Chat, 'person' | 'groupMembers'>;
  settings: SettingsSource;
}) {
  return async function who(id: UserId): Promise<Known> {
    try {
      const person = await chat.person(id);
      const held = await Promise.all(roles.map(async (role) => ((await has(id, role)) ? [role] : [])));
      return { person, roles: new Set(held.flat()) };
    } catch (error) {
      // A moment without an answer is worth another try; nobody acts meanwhile.
      if (isTransient(error)) throw error;
      throw new Refusal(
        'not-allowed',
        'Slack did not say who you are or which groups you are in, so nothing was done. Try again in a minute.',
        {},
        { cause: error },
      );
    }
  };

  async function has(id: UserId, role: Role): Promise<boolean> {
    const { users, groups } = settings.current().roles[role];
    if (users.includes(id)) return true;
    const lists = await Promise.all(groups.map((group) => chat.groupMembers(group)));
    return lists.some((members) => members.includes(id));
  }
}
export type Who = ReturnType<typeof createPeople>;
