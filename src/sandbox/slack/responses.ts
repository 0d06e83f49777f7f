import { randomBytes } from 'node:crypto';

import { createArguments } from './arguments.ts';
import type { Arguments } from './arguments.ts';
import { readContent } from './content.ts';
import type { Files } from './files.ts';
import type { Message } from './model.ts';
import { ApiRefusal } from './refusal.ts';
import { bot } from './seed.ts';
import type { State } from './state.ts';

/** How often and how long a response_url works.
 *  Source: https://docs.slack.dev/interactivity/handling-user-interaction#message_responses */
const mostUses = 5;
const lastsMs = 30 * 60_000;
const mostKept = 2_000;

/** Where an answer goes: to whom it belongs and, for a press, which message it came from. */
type ResponsePlace = { channel: string; user: string; source?: string; threadTs?: string };
export type Responses = {
  /** A fresh response_url. */
  issue: (place: ResponsePlace) => string;
  /** A POST to it. */
  use: (id: string, values: Readonly<Record<string, unknown>>) => { status: number; body: unknown };
  /** Shows what an ack says, as if it had been posted to a response_url. Throws ApiRefusal. */
  show: (place: ResponsePlace, values: Readonly<Record<string, unknown>>) => Message | undefined;
};

export function createResponses(of: { state: State; files: Files; baseUrl: () => string }): Responses {
  const { state, baseUrl } = of;
  const issued = new Map<string, ResponsePlace & { at: number; uses: number }>();

  function show(place: ResponsePlace, values: Readonly<Record<string, unknown>>): Message | undefined {
    const args = createArguments(values);
    const source = place.source === undefined ? undefined : state.message(place.channel, place.source);
    if (args.flag('delete_original')) {
      if (source === undefined) throw new ApiRefusal('message_not_found');
      state.remove(place.channel, source.ts);
      return undefined;
    }
    const content = readContent({ args, world: of }, 'post');
    if (args.flag('replace_original') && source !== undefined) {
      const { blocks: _blocks, attachments: _attachments, ...kept } = source;
      const replaced: Message = { ...kept, ...content };
      state.replace(replaced);
      return replaced;
    }
    const threadTs = args.optional('thread_ts') ?? place.threadTs;
    return state.post({
      channel: place.channel,
      user: bot.user,
      botId: bot.id,
      ...content,
      ...(isForAll(args) ? {} : { ephemeralTo: place.user }),
      ...(threadTs === undefined ? {} : { threadTs }),
    });
  }

  return {
    show,
    issue: (place) => {
      const id = randomBytes(18).toString('base64url');
      issued.set(id, { ...place, at: state.now(), uses: 0 });
      const oldest = issued.keys().next().value;
      if (issued.size > mostKept && oldest !== undefined) issued.delete(oldest);
      return `${baseUrl()}/response/${id}`;
    },
    use: (id, values) => {
      const place = issued.get(id);
      if (place === undefined) return { status: 404, body: { ok: false, error: 'no_such_url' } };
      if (state.now() - place.at > lastsMs) return { status: 404, body: { ok: false, error: 'expired_url' } };
      if (place.uses >= mostUses) return { status: 404, body: { ok: false, error: 'used_url' } };
      place.uses++;
      try {
        show(place, values);
        return { status: 200, body: { ok: true } };
      } catch (error) {
        if (error instanceof ApiRefusal) return { status: 400, body: { ok: false, error: error.code, ...error.more } };
        throw error;
      }
    },
  };
}

function isForAll(args: Arguments): boolean {
  const type = args.optional('response_type') ?? 'ephemeral';
  if (type !== 'ephemeral' && type !== 'in_channel') throw new ApiRefusal('invalid_response_type');
  return type === 'in_channel';
}
