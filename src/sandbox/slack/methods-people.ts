import { paginate } from './arguments.ts';
import type { Call, Method } from './methods.ts';
import { rates } from './rates.ts';
import { ApiRefusal } from './refusal.ts';
import { bot, sandboxTokens } from './seed.ts';
import { groupJson, userJson } from './shapes.ts';

const byBot = { tokens: ['bot'] } as const;

/** Who the app is, people, user groups, the workspace. */
export const peopleMethods: Readonly<Record<string, Method>> = {
  'api.test': { tokens: 'none', scopes: [], rate: rates.free, run: test },
  'auth.test': { tokens: ['bot', 'app'], scopes: [], rate: rates.free, run: whoAmI },
  'apps.connections.open': {
    tokens: ['app'],
    scopes: [],
    rate: rates.tier3,
    run: ({ world }) => ({ url: world.newSocketUrl() }),
  },
  'bots.info': { ...byBot, scopes: ['users:read'], rate: rates.tier3, run: botInfo },
  'team.info': {
    ...byBot,
    scopes: ['team:read'],
    rate: rates.tier3,
    run: ({ world: { state } }) => ({ team: { ...state.seed.team, email_domain: '', icon: {}, is_verified: false } }),
  },
  'users.info': { ...byBot, scopes: ['users:read'], rate: rates.tier4, run: userInfo },
  'users.list': { ...byBot, scopes: ['users:read'], rate: rates.tier2, run: userList },
  'usergroups.list': { ...byBot, scopes: ['usergroups:read'], rate: rates.tier2, run: groupList },
  'usergroups.users.list': { ...byBot, scopes: ['usergroups:read'], rate: rates.tier2, run: groupUsers },
};

function test({ args }: Call): Record<string, unknown> {
  const error = args.optional('error');
  if (error !== undefined) throw new ApiRefusal(error, { args: args.raw });
  const { token: _token, ...shown } = args.raw;
  return Object.keys(shown).length === 0 ? {} : { args: shown };
}

function whoAmI({ token, world: { state } }: Call): Record<string, unknown> {
  if (token === 'app') return { app_name: bot.realName, app_id: bot.app };
  const { team } = state.seed;
  return {
    url: `https://${team.domain}.slack.com/`,
    team: team.name,
    user: bot.name,
    team_id: team.id,
    user_id: bot.user,
    bot_id: bot.id,
    is_enterprise_install: false,
  };
}

function botInfo({ args }: Call): Record<string, unknown> {
  const id = args.optional('bot') ?? bot.id;
  if (id !== bot.id) throw new ApiRefusal('bot_not_found');
  return {
    bot: {
      id: bot.id,
      deleted: false,
      name: bot.realName,
      updated: 1_764_000_000,
      app_id: bot.app,
      user_id: bot.user,
      icons: {},
    },
  };
}

function userInfo({ args, world: { state } }: Call): Record<string, unknown> {
  const person = state.person(args.text('user'));
  if (person === undefined) throw new ApiRefusal('user_not_found');
  const { team } = state.seed;
  const meets = state.channels().some(({ members }) => members.includes(person.id) && members.includes(bot.user));
  if (person.teamId !== team.id && !meets) throw new ApiRefusal('user_not_visible');
  return { user: userJson(person, team.id) };
}

/** Own people only: strangers of shared channels are not listed. */
function userList({ args, world: { state } }: Call): Record<string, unknown> {
  const { team, people } = state.seed;
  const own = people.filter(({ teamId }) => teamId === team.id);
  const { page, response_metadata } = paginate(own, args, { method: 'users.list', standard: 3, most: 3 });
  return {
    members: page.map((person) => userJson(person, team.id)),
    cache_ts: Math.floor(state.now() / 1_000),
    response_metadata,
  };
}

function groupList({ args, world: { state } }: Call): Record<string, unknown> {
  const { team, groups } = state.seed;
  return { usergroups: groups.map((group) => groupJson(group, team.id, args.flag('include_users'))) };
}

function groupUsers({ args, world: { state } }: Call): Record<string, unknown> {
  const group = state.seed.groups.find(({ id }) => id === args.text('usergroup'));
  if (group === undefined) throw new ApiRefusal('no_such_subteam');
  return { users: group.users };
}

/** Which of the two tokens it is. */
export function kindOfToken(token: string): 'bot' | 'app' | undefined {
  return token === sandboxTokens.bot ? 'bot' : token === sandboxTokens.app ? 'app' : undefined;
}
