import { paginate } from './arguments.ts';
import { channelOf, isMember } from './methods.ts';
import type { Call, Method } from './methods.ts';
import type { Channel } from './model.ts';
import { rates } from './rates.ts';
import { ApiRefusal, badArgument } from './refusal.ts';
import { bot } from './seed.ts';
import { channelJson, messageJson } from './shapes.ts';

/** Slack may answer fewer items than asked for; here it always does, so that nobody forgets the next page. */
const pages = { lists: { standard: 3, most: 3 }, messages: { standard: 15, most: 15 } } as const;

const reading = { tokens: ['bot'] } as const;
const anyRead = ['channels:read', 'groups:read', 'im:read', 'mpim:read'] as const;

/** conversations.*: https://docs.slack.dev/reference/methods?family=conversations */
export const conversationMethods: Readonly<Record<string, Method>> = {
  'conversations.list': { ...reading, scopes: anyRead, rate: rates.tier2, run: list },
  'conversations.info': { ...reading, scopes: anyRead, rate: rates.tier3, run: info },
  'conversations.members': { ...reading, scopes: anyRead, rate: rates.tier4, run: members },
  'conversations.open': { ...reading, scopes: ['im:write', 'mpim:write'], rate: rates.tier3, run: open },
  'conversations.history': {
    ...reading,
    scopes: ['channels:history', 'groups:history', 'im:history'],
    rate: rates.tier3,
    run: history,
  },
  'conversations.replies': {
    ...reading,
    scopes: ['channels:history', 'groups:history', 'im:history'],
    rate: rates.tier3,
    run: replies,
  },
};

const kinds = {
  public_channel: 'channels:read',
  private_channel: 'groups:read',
  im: 'im:read',
  mpim: 'mpim:read',
} as const;
type Kind = keyof typeof kinds;

function kindOf(channel: Channel): Kind {
  return channel.directWith !== undefined ? 'im' : channel.isPrivate ? 'private_channel' : 'public_channel';
}

function list(call: Call): Record<string, unknown> {
  const { args, need, world } = call;
  const asked = (args.optional('types') ?? 'public_channel').split(',').map((type) => type.trim());
  for (const type of asked) {
    if (!Object.hasOwn(kinds, type)) throw new ApiRefusal('invalid_types');
    need(kinds[type as Kind]);
  }
  const seen = world.state
    .channels()
    .filter((channel) => asked.includes(kindOf(channel)))
    .filter((channel) => !channel.isPrivate || isMember(channel))
    .filter((channel) => !channel.isArchived || !args.flag('exclude_archived'));
  const { page, response_metadata } = paginate(seen, args, { method: 'conversations.list', ...pages.lists });
  return { channels: page.map((channel) => channelJson(channel, world.state)), response_metadata };
}

/** The channel, when the app may read channels of its kind. */
function readable(call: Call, ending: 'read' | 'history'): Channel {
  const channel = channelOf(call);
  call.need(kinds[kindOf(channel)].replace('read', ending));
  return channel;
}

function info(call: Call): Record<string, unknown> {
  const channel = readable(call, 'read');
  const { num_members: count, ...json } = channelJson(channel, call.world.state);
  return { channel: { ...json, ...(call.args.flag('include_num_members') ? { num_members: count } : {}) } };
}

function members(call: Call): Record<string, unknown> {
  const channel = readable(call, 'read');
  const { page, response_metadata } = paginate(channel.members, call.args, {
    method: 'conversations.members',
    ...pages.lists,
  });
  return { members: page, response_metadata };
}

function open(call: Call): Record<string, unknown> {
  const { args, need, world } = call;
  if (args.has('channel')) return { channel: { id: channelOf(call).id } };
  const users = args
    .text('users')
    .split(',')
    .map((user) => user.trim());
  need(users.length > 1 ? 'mpim:write' : 'im:write');
  if (users.length > 1) throw badArgument('the sandbox opens direct messages with one person only', '/users');
  const person = world.state.person(users[0] ?? '');
  if (person === undefined) throw new ApiRefusal('user_not_found');
  if (person.isDeleted) throw new ApiRefusal('user_disabled');
  if (person.isBot) throw new ApiRefusal('cannot_dm_bot');
  const channel = world.state.directWith(person.id);
  return { channel: args.flag('return_im') ? channelJson(channel, world.state) : { id: channel.id } };
}

function history(call: Call): Record<string, unknown> {
  const channel = readable(call, 'history');
  if (!channel.members.includes(bot.user)) throw new ApiRefusal('not_in_channel');
  const { args, world } = call;
  const [oldest, latest] = [args.optional('oldest') ?? '0', args.optional('latest') ?? '99999999999'];
  const inclusive = args.flag('inclusive');
  const seen = world.state
    .messages(channel.id)
    .filter(({ ephemeralTo }) => ephemeralTo === undefined)
    .filter(({ threadTs, isBroadcast }) => threadTs === undefined || isBroadcast === true)
    .filter(({ ts }) => (inclusive ? ts >= oldest && ts <= latest : ts > oldest && ts < latest))
    .toReversed();
  const { page, response_metadata } = paginate(seen, args, { method: 'conversations.history', ...pages.messages });
  const withMetadata = args.flag('include_all_metadata');
  return {
    messages: page.map((message) => messageJson(message, world.state, withMetadata)),
    has_more: response_metadata.next_cursor !== '',
    pin_count: 0,
    response_metadata,
  };
}

function replies(call: Call): Record<string, unknown> {
  const channel = readable(call, 'history');
  if (!channel.members.includes(bot.user)) throw new ApiRefusal('not_in_channel');
  const { args, world } = call;
  const parent = args.text('ts');
  const seen = world.state
    .messages(channel.id)
    .filter(({ ephemeralTo, ts, threadTs }) => ephemeralTo === undefined && (ts === parent || threadTs === parent));
  if (seen.length === 0) throw new ApiRefusal('thread_not_found');
  const { page, response_metadata } = paginate(seen, args, { method: 'conversations.replies', ...pages.messages });
  const withMetadata = args.flag('include_all_metadata');
  return {
    messages: page.map((message) => messageJson(message, world.state, withMetadata)),
    has_more: response_metadata.next_cursor !== '',
    response_metadata,
  };
}
