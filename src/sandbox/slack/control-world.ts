import { ControlRefusal } from './control-input.ts';
import type { Deliver, DeliveryError } from './delivery.ts';
import type { Logbook } from './logbook.ts';
import type { Channel, Manifest, Message, Person } from './model.ts';
import type { Names } from './plain.ts';
import type { Responses } from './responses.ts';
import { bot, slackbot } from './seed.ts';
import type { State } from './state.ts';
import type { Triggers } from './triggers.ts';
import type { Views } from './views.ts';

/** What the hands of the simulated people work on. */
export type ControlWorld = {
  state: State;
  views: Views;
  triggers: Triggers;
  responses: Responses;
  deliver: Deliver;
  logbook: Logbook;
  manifest: Manifest;
};

/** By id, name, @name, real name, or what the person is in the sandbox (`requester`, `approver`, `outsider`). Throws ControlRefusal 400 that lists the people. */
export function findPerson({ state }: Pick<ControlWorld, 'state'>, wanted: string): Person {
  const name = wanted.replace(/^@/, '').toLowerCase();
  const { people } = state.seed;
  const found = people.find(({ id, name: own, realName, role }) =>
    [id, own, realName, role].some((one) => one.toLowerCase() === name),
  );
  if (found !== undefined) return found;
  const all = people.map((one) => `${one.role} (${one.id}, @${one.name})`).join(', ');
  throw new ControlRefusal(400, `user: nobody is called "${wanted}". People: ${all}.`);
}

/** A person who can act now. Throws ControlRefusal 400 or 409. */
export function findActor(world: Pick<ControlWorld, 'state'>, wanted: string): Person {
  const person = findPerson(world, wanted);
  if (person.isDeleted)
    throw new ControlRefusal(409, `${person.name} is deactivated and cannot do anything. Use another person.`);
  if (person.isBot) throw new ControlRefusal(409, `${person.name} is a bot and presses nothing. Use a person.`);
  return person;
}

/** By id, name or #name; @deckhand is the person's direct message with the bot. Throws ControlRefusal 400 or 409. */
export function findChannel(world: Pick<ControlWorld, 'state'>, wanted: string, person: Person | undefined): Channel {
  const { state } = world;
  const name = wanted.replace(/^#/, '').toLowerCase();
  if (person !== undefined && [`@${bot.name}`, bot.user.toLowerCase()].includes(name))
    return state.directWith(person.id);
  const found = state.channels().find((one) => [one.id, one.name].some((own) => own.toLowerCase() === name));
  if (found === undefined) {
    const all = state
      .channels()
      .map((one) => `${one.id} (${one.directWith === undefined ? `#${one.name}` : 'direct message'})`);
    throw new ControlRefusal(400, `channel: there is no "${wanted}". Channels: ${all.join(', ')}, @${bot.name}.`);
  }
  if (person !== undefined && !found.members.includes(person.id))
    throw new ControlRefusal(
      409,
      `${person.name} is not in #${found.name} and cannot see it. Use another channel or person.`,
    );
  return found;
}

/** True when this person's screen shows the message. */
export function isVisibleTo(message: Message, person: string): boolean {
  return message.ephemeralTo === undefined || message.ephemeralTo === person;
}

/** What Slack shows to a person whose command or press went nowhere. */
export function tellFailure(
  { state }: ControlWorld,
  of: {
    channel: Channel;
    person: Person;
    what: string;
    error: DeliveryError | 'invalid_command_response';
    threadTs?: string;
  },
): Message {
  const { channel, person, what, error, threadTs } = of;
  return state.post({
    channel: channel.id,
    user: slackbot,
    ephemeralTo: person.id,
    text: `${what} failed with the error "${error}"`,
    ...(threadTs === undefined ? {} : { threadTs }),
  });
}

export function namesOf({ seed, channels }: State): Names {
  return {
    user: (id) => seed.people.find((one) => one.id === id)?.name ?? id,
    channel: (id) => channels().find((one) => one.id === id)?.name ?? id,
    group: (id) => seed.groups.find((one) => one.id === id)?.handle ?? id,
  };
}
