import type { Json } from '#ports/json.ts';
import type { ControlAnswer } from '#sandbox/parts.ts';

import { commandsOf } from './control-commands.ts';
import { findChannel, findPerson, isVisibleTo, namesOf } from './control-world.ts';
import type { ControlWorld } from './control-world.ts';
import type { Message } from './model.ts';
import { buttonsOf, plainMessage } from './plain.ts';
import { bot } from './seed.ts';
import { messageJson } from './shapes.ts';
import type { Sockets } from './sockets.ts';
import type { State } from './state.ts';

/** Messages of a channel, oldest first: `?channel=`, with `?user=` only what that person sees, with `?thread=` one thread. */
export function listMessages(world: ControlWorld, query: URLSearchParams): ControlAnswer {
  const { state } = world;
  const wanted = query.get('user');
  const person = wanted === null || wanted === '' ? undefined : findPerson(world, wanted);
  const channel = findChannel(world, query.get('channel') ?? '', person);
  const thread = query.get('thread');
  const messages = state
    .messages(channel.id)
    .filter((message) => person === undefined || isVisibleTo(message, person.id))
    .filter(({ ts, threadTs }) => thread === null || thread === '' || ts === thread || threadTs === thread)
    .map((message) => shown(message, state));
  return { status: 200, body: { messages } };
}

function shown(message: Message, state: State): Record<string, unknown> {
  const to = message.ephemeralTo;
  return {
    ...messageJson(message, state, true),
    reactions: message.reactions,
    ...(to === undefined ? {} : { ephemeral: true, to, ephemeral_to: to }),
    plain: plainMessage(message, namesOf(state)),
    buttons: buttonsOf(message.blocks ?? []),
  };
}

/** Everything of the workspace but its messages. */
export function describeWorkspace(world: ControlWorld, sockets: Sockets, hasRequestUrl: boolean): Json {
  const { state, logbook, manifest } = world;
  const { team, people, groups } = state.seed;
  return {
    team: { id: team.id, name: team.name, domain: team.domain },
    bot: { user: bot.user, id: bot.id, app: bot.app, name: bot.realName },
    connections: sockets.count() > 0 ? sockets.count() : hasRequestUrl ? 1 : 0,
    mode: sockets.count() > 0 || !hasRequestUrl ? 'socket' : 'http',
    channels: state.channels().map((channel) => ({
      id: channel.id,
      name: channel.name,
      members: channel.members,
      is_im: channel.directWith !== undefined,
      is_private: channel.isPrivate,
      is_archived: channel.isArchived,
      is_ext_shared: channel.isShared,
      is_member: channel.members.includes(bot.user),
      ...(channel.directWith === undefined ? {} : { user: channel.directWith }),
    })),
    people: people.map((person) => ({
      id: person.id,
      name: person.name,
      real_name: person.realName,
      role: person.role,
      team_id: person.teamId,
      is_bot: person.isBot,
      is_restricted: person.isGuest,
      deleted: person.isDeleted,
    })),
    groups: groups.map(({ id, handle, name, users }) => ({ id, handle, name, users })),
    commands: commandsOf(manifest).map((one) => ({
      command: one.command,
      description: one.description ?? '',
      ...(one.usage_hint === undefined ? {} : { usage_hint: one.usage_hint }),
    })),
    scopes: manifest.oauth_config?.scopes?.bot ?? [],
    apiCalls: logbook.calls(),
    refused: logbook.incidents().map((one) => ({ ...one })),
  };
}
