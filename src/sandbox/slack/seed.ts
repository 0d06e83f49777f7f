import type { Channel, Group, Person, Seed } from './model.ts';

/** The credentials of the make-believe workspace. They work nowhere else. */
export const sandboxTokens = {
  bot: 'xoxb-sandbox-0000000000-deckhand',
  app: 'xapp-sandbox-1-A0DECKHAND-0000000000',
} as const;
export const sandboxSigningSecret = '5a4db0c5a4db0c5a4db0c5a4db0c5a4d';

/** The app inside the workspace. */
export const bot = {
  user: 'U0DECKHAND',
  id: 'B0DECKHAND',
  app: 'A0DECKHAND',
  name: 'deckhand',
  realName: 'Deckhand',
} as const;

/** Who tells people that the app did not answer. */
export const slackbot = 'USLACKBOT';

const home = 'T0SANDBOX';
const partner = 'T0PARTNER';

function person(id: string, name: string, realName: string, role: string, more: Partial<Person> = {}): Person {
  return {
    id,
    name,
    realName,
    role,
    teamId: home,
    isBot: false,
    isGuest: false,
    isDeleted: false,
    timeZone: 'Europe/London',
    ...more,
  };
}

const people: readonly Person[] = [
  person('U0REQUESTER', 'riley', 'Riley', 'requester'),
  person('U0APPROVER', 'avery', 'Avery', 'approver'),
  person('U0OUTSIDER', 'oli', 'Oli', 'outsider'),
  person('U0GUEST', 'gus', 'Gus', 'guest', { isGuest: true }),
  person('U0CONNECT', 'casey', 'Casey', 'external', { teamId: partner }),
  person('U0GONE', 'dana', 'Dana', 'deactivated', { isDeleted: true }),
  person(bot.user, bot.name, bot.realName, 'bot', { isBot: true }),
  person(slackbot, 'slackbot', 'Slackbot', 'slackbot', { isBot: true }),
];

const groups: readonly Group[] = [
  { id: 'S0OPERATORS', handle: 'operators', name: 'Operators', users: ['U0REQUESTER', 'U0APPROVER'] },
  { id: 'S0APPROVERS', handle: 'approvers', name: 'Approvers', users: ['U0APPROVER'] },
];

const staff = ['U0REQUESTER', 'U0APPROVER', 'U0OUTSIDER'];

function channel(id: string, name: string, members: readonly string[], more: Partial<Channel> = {}): Channel {
  return { id, name, members, isPrivate: false, isArchived: false, isShared: false, ...more };
}

const channels: readonly Channel[] = [
  channel('C0OPS', 'ops', [...staff, 'U0GUEST', bot.user]),
  channel('C0ALERTS', 'alerts', [...staff, bot.user]),
  channel('C0GENERAL', 'general', [...staff, 'U0GUEST', bot.user]),
  channel('C0SHARED', 'shared', [...staff, 'U0CONNECT', bot.user], { isShared: true }),
  channel('C0SECRET', 'secret', ['U0REQUESTER', 'U0APPROVER'], { isPrivate: true }),
  channel('C0NOBOT', 'nobot', staff),
  channel('C0OLD', 'old', [...staff, bot.user], { isArchived: true }),
];

/** People, user groups and channels that the sandbox starts with. */
export const seed: Seed = {
  team: { id: home, name: 'Deckhand Sandbox', domain: 'deckhand-sandbox' },
  people,
  groups,
  channels,
};
