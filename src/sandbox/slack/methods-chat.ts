import { readContent } from './content.ts';
import { channelOf, isMember, ownChannelOf, threadOf } from './methods.ts';
import type { Call, Method } from './methods.ts';
import type { Channel, Message } from './model.ts';
import { rates } from './rates.ts';
import { ApiRefusal } from './refusal.ts';
import { bot } from './seed.ts';
import { messageJson } from './shapes.ts';

const writing = { tokens: ['bot'], scopes: ['chat:write'] } as const satisfies Partial<Method>;

/** chat.*: https://docs.slack.dev/reference/methods?family=chat */
export const chatMethods: Readonly<Record<string, Method>> = {
  'chat.postMessage': { ...writing, rate: rates.posting, rateKey: (args) => args.optional('channel') ?? '', run: post },
  'chat.update': { ...writing, rate: rates.tier3, run: update },
  'chat.delete': { ...writing, rate: rates.tier3, run: remove },
  'chat.postEphemeral': { ...writing, rate: rates.tier4, run: whisper },
  'chat.getPermalink': { tokens: ['bot'], scopes: [], rate: rates.tier4, run: permalink },
};

function post(call: Call): Record<string, unknown> {
  const { args, world } = call;
  const channel = destination(call);
  if (channel.isArchived) throw new ApiRefusal('is_archived');
  if (!isMember(channel)) throw new ApiRefusal('not_in_channel');
  const content = readContent(call, 'post');
  const threadTs = threadOf(call, channel);
  const message = world.state.post({
    channel: channel.id,
    user: bot.user,
    botId: bot.id,
    ...content,
    ...(threadTs === undefined ? {} : { threadTs }),
    ...(threadTs !== undefined && args.flag('reply_broadcast') ? { isBroadcast: true } : {}),
  });
  return { channel: channel.id, ts: message.ts, message: messageJson(message, world.state, true) };
}

/** By id, by name with or without #, or a person's direct message. */
function destination(call: Call): Channel {
  const { args, world } = call;
  const wanted = args.text('channel');
  const named = world.state.channels().find(({ name, isPrivate }) => !isPrivate && name === wanted.replace(/^#/, ''));
  if (named !== undefined) return named;
  const person = world.state.person(wanted);
  if (person !== undefined && !person.isBot && !person.isDeleted) return world.state.directWith(person.id);
  return channelOf(call);
}

/** The bot's own message of this ts. Ephemeral ones are not found, as in Slack. */
function ownMessage(call: Call, foreign: string): { channel: Channel; message: Message } {
  const channel = channelOf(call);
  const message = call.world.state.message(channel.id, call.args.text('ts'));
  if (message === undefined || message.ephemeralTo !== undefined) throw new ApiRefusal('message_not_found');
  if (message.user !== bot.user) throw new ApiRefusal(foreign);
  if (channel.isArchived) throw new ApiRefusal('is_inactive');
  return { channel, message };
}

function update(call: Call): Record<string, unknown> {
  const { args, world } = call;
  const { channel, message } = ownMessage(call, 'cant_update_message');
  const content = readContent(call, 'update');
  const { blocks: _blocks, attachments: _attachments, edited: _edited, metadata, ...kept } = message;
  const clearsMetadata = args.has('metadata') && content.metadata === undefined;
  const updated: Message = {
    ...kept,
    ...(clearsMetadata || metadata === undefined ? {} : { metadata }),
    ...content,
    // Slack shows no "edited" mark on messages with blocks.
    ...(content.blocks === undefined ? { edited: { user: bot.user, ts: world.state.newTs() } } : {}),
  };
  world.state.replace(updated);
  return { channel: channel.id, ts: message.ts, text: updated.text, message: messageJson(updated, world.state, true) };
}

function remove(call: Call): Record<string, unknown> {
  const { channel, message } = ownMessage(call, 'cant_delete_message');
  call.world.state.remove(channel.id, message.ts);
  return { channel: channel.id, ts: message.ts };
}

function whisper(call: Call): Record<string, unknown> {
  const { args, world } = call;
  const channel = ownChannelOf(call, 'is_archived');
  const user = args.text('user');
  const content = readContent(call, 'post');
  if (!channel.members.includes(user)) throw new ApiRefusal('user_not_in_channel');
  const threadTs = threadOf(call, channel);
  const message = world.state.post({
    channel: channel.id,
    user: bot.user,
    botId: bot.id,
    ephemeralTo: user,
    ...content,
    ...(threadTs === undefined ? {} : { threadTs }),
  });
  return { message_ts: message.ts };
}

function permalink(call: Call): Record<string, unknown> {
  const channel = channelOf(call);
  const ts = call.args.text('message_ts');
  const message = call.world.state.message(channel.id, ts);
  if (message === undefined || message.ephemeralTo !== undefined) throw new ApiRefusal('message_not_found');
  const origin = new URL(call.world.baseUrl()).origin;
  return { channel: channel.id, permalink: `${origin}/#${channel.id}/p${ts.replace('.', '')}` };
}
