import type { RespondFn } from '@slack/bolt';

import type { Chat, Post } from '#ports/chat.ts';
import type { Log } from '#ports/clock.ts';

import type { Naming } from './naming.ts';
import { renderMessage } from './render.ts';

type Needs = { chat: Chat; log: Log; named: Naming };
type To = { channel: string; user: string; respond: RespondFn | undefined };

/**
 * Tells one person: through the request's own response_url, else as an ephemeral message, else directly. Never throws:
 * what reaches nobody is logged.
 */
export function createAnswer({ chat, log, named }: Needs, { channel, user, respond }: To) {
  return async function answer(post: Post): Promise<void> {
    const { text, blocks } = renderMessage(named(post));
    const ways = [
      async () => {
        if (respond === undefined) throw new Error('no response_url');
        await respond({ response_type: 'ephemeral', replace_original: false, text, blocks });
      },
      async () => chat.whisper(channel, user, post),
      async () => void (await chat.tell(user, post)),
    ];
    for (const way of ways) {
      try {
        await way();
        return;
      } catch (error) {
        log.debug({ channel, reason: reasonOf(error) }, 'an answer could not be given this way');
      }
    }
    log.error({ channel, user, text }, 'an answer reached nobody');
  };
}

/** Replaces the ephemeral message that was pressed; where Slack no longer allows it, answers anew. */
export function createReplace(needs: Needs, to: To) {
  const answer = createAnswer(needs, to);
  return async function replace(post: Post): Promise<void> {
    const { text, blocks } = renderMessage(needs.named(post));
    try {
      if (to.respond === undefined) throw new Error('no response_url');
      await to.respond({ replace_original: true, text, blocks });
    } catch (error) {
      needs.log.debug({ reason: reasonOf(error) }, 'a message could not be replaced');
      await answer(post);
    }
  };
}

/** Names only: an error of response_url can hold the secret address itself. */
function reasonOf(error: unknown): string {
  return error instanceof Error ? error.name : 'unknown';
}
