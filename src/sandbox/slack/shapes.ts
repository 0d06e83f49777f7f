import type { Channel, Group, Message, Person } from './model.ts';
import { bot } from './seed.ts';
import type { State } from './state.ts';

/** People, channels and messages as Slack's answers and payloads show them. */

/** Epoch seconds at which everything of the seed was made. */
const madeAt = 1_764_000_000;

export function userJson(person: Person, homeTeam: string): Record<string, unknown> {
  return {
    id: person.id,
    team_id: person.teamId,
    name: person.name,
    deleted: person.isDeleted,
    real_name: person.realName,
    tz: person.timeZone,
    profile: {
      real_name: person.realName,
      display_name: person.name,
      team: person.teamId,
      ...(person.isBot ? { bot_id: bot.id } : {}),
    },
    is_admin: false,
    is_owner: false,
    is_primary_owner: false,
    is_restricted: person.isGuest,
    is_ultra_restricted: false,
    is_bot: person.isBot,
    is_app_user: false,
    ...(person.teamId === homeTeam ? {} : { is_stranger: true }),
    updated: madeAt,
  };
}

export function channelJson(channel: Channel, state: State): Record<string, unknown> {
  const { team } = state.seed;
  const common = { id: channel.id, created: madeAt, is_archived: channel.isArchived, is_org_shared: false };
  if (channel.directWith !== undefined)
    return {
      ...common,
      is_im: true,
      user: channel.directWith,
      is_user_deleted: state.person(channel.directWith)?.isDeleted ?? false,
    };
  return {
    ...common,
    name: channel.name,
    name_normalized: channel.name,
    is_channel: true,
    is_group: false,
    is_im: false,
    is_mpim: false,
    is_private: channel.isPrivate,
    is_general: channel.name === 'general',
    is_member: channel.members.includes(bot.user),
    is_shared: channel.isShared,
    is_ext_shared: channel.isShared,
    is_pending_ext_shared: false,
    context_team_id: team.id,
    shared_team_ids: [...new Set([team.id, ...channel.members.flatMap((id) => state.person(id)?.teamId ?? [])])],
    num_members: channel.members.length,
    topic: { value: '', creator: '', last_set: 0 },
    purpose: { value: '', creator: '', last_set: 0 },
  };
}

export function groupJson(group: Group, team: string, withUsers: boolean): Record<string, unknown> {
  return {
    id: group.id,
    team_id: team,
    is_usergroup: true,
    is_external: false,
    name: group.name,
    handle: group.handle,
    description: '',
    date_delete: 0,
    user_count: group.users.length,
    ...(withUsers ? { users: group.users } : {}),
  };
}

export function messageJson(message: Message, state: State, withMetadata = false): Record<string, unknown> {
  const isParent = message.threadTs === undefined && message.ephemeralTo === undefined;
  const replies = !isParent
    ? []
    : state
        .messages(message.channel)
        .filter(({ threadTs, ephemeralTo }) => threadTs === message.ts && ephemeralTo === undefined);
  const last = replies.at(-1);
  const threadTs = message.threadTs ?? (last === undefined ? undefined : message.ts);
  return {
    type: 'message',
    user: message.user,
    ts: message.ts,
    team: state.seed.team.id,
    text: message.text,
    ...(message.botId === undefined
      ? {}
      : {
          bot_id: message.botId,
          app_id: bot.app,
          bot_profile: { id: message.botId, app_id: bot.app, name: bot.realName, team_id: state.seed.team.id },
        }),
    ...(message.blocks === undefined ? {} : { blocks: message.blocks }),
    ...(message.attachments === undefined ? {} : { attachments: message.attachments }),
    ...(message.files === undefined ? {} : { files: message.files }),
    ...(threadTs === undefined ? {} : { thread_ts: threadTs }),
    ...(message.isBroadcast === true ? { subtype: 'thread_broadcast' } : {}),
    ...(last === undefined ? {} : { reply_count: replies.length, latest_reply: last.ts }),
    ...(message.edited === undefined ? {} : { edited: message.edited }),
    ...(message.reactions.length === 0
      ? {}
      : { reactions: message.reactions.map(({ name, users }) => ({ name, users, count: users.length })) }),
    ...(withMetadata && message.metadata !== undefined ? { metadata: message.metadata } : {}),
  };
}
