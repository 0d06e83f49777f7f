import type { Arguments } from './arguments.ts';
import type { Files } from './files.ts';
import type { Channel } from './model.ts';
import type { Rate } from './rates.ts';
import { ApiRefusal } from './refusal.ts';
import { bot } from './seed.ts';
import type { State } from './state.ts';
import type { Triggers } from './triggers.ts';
import type { Views } from './views.ts';

export type TokenKind = 'bot' | 'app';

/** What a method works on. */
export type ApiWorld = {
  state: State;
  views: Views;
  triggers: Triggers;
  /** `ws://…` of a fresh WebSocket. */
  newSocketUrl: () => string;
  /** `http://127.0.0.1:PORT/slack`. */
  baseUrl: () => string;
  files: Files;
  /** Ms from the completion of an upload until messages can show it. */
  processingMs: () => number;
};
export type Call = {
  args: Arguments;
  token: TokenKind | undefined;
  /** Throws ApiRefusal "missing_scope" unless the app has one of them. */
  need: (...anyOf: readonly string[]) => void;
  world: ApiWorld;
};
export type Method = {
  tokens: readonly TokenKind[] | 'none';
  /** One of them is needed; none = everybody with a token. */
  scopes: readonly string[];
  rate: Rate;
  /** Calls with different keys are counted apart. */
  rateKey?: (args: Arguments) => string;
  /** What is answered beside `ok`. Throws ApiRefusal. */
  run: (call: Call) => Record<string, unknown>;
};

/** The channel of this id. Throws channel_not_found also for private channels that the bot is not in. */
export function channelOf({ args, world }: Call, name = 'channel'): Channel {
  const channel = world.state.channel(args.text(name));
  if (channel === undefined || (channel.isPrivate && !isMember(channel))) throw new ApiRefusal('channel_not_found');
  return channel;
}

export function isMember(channel: Channel): boolean {
  return channel.members.includes(bot.user);
}

/** A channel that the bot is in. `archived` is the code when it is archived. */
export function ownChannelOf(call: Call, archived?: string, name = 'channel'): Channel {
  const channel = channelOf(call, name);
  if (archived !== undefined && channel.isArchived) throw new ApiRefusal(archived);
  if (!isMember(channel)) throw new ApiRefusal('not_in_channel');
  return channel;
}

/** The root of the thread that is answered, if any. */
export function threadOf({ args, world }: Call, channel: Channel): string | undefined {
  const threadTs = args.optional('thread_ts');
  if (threadTs === undefined) return undefined;
  const parent = world.state.message(channel.id, threadTs);
  if (parent === undefined || parent.ephemeralTo !== undefined) throw new ApiRefusal('thread_not_found');
  if (parent.threadTs !== undefined && parent.threadTs !== parent.ts) throw new ApiRefusal('cannot_reply_to_message');
  return threadTs;
}
