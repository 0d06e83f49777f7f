import { webApi } from '@slack/bolt';

import type { Clock } from '#ports/clock.ts';

import type { Rendered } from './render.ts';

/** Slack looks at an uploaded picture after it has said that the upload is complete; until then a message that shows it is
 *  refused. About a second. Source: https://github.com/slackapi/python-slack-sdk/issues/1521 */
const waitsMs = [500, 1_000, 2_000];

/** Sends a message once its pictures can be shown; when they cannot, their words stand in: late news is no news. */
export async function onceReady<T>(
  clock: Pick<Clock, 'sleep'>,
  message: Rendered,
  send: (message: Rendered) => Promise<T>,
): Promise<T> {
  for (const waitMs of waitsMs) {
    try {
      return await send(message);
    } catch (error) {
      if (!isPictureRefused(error)) throw error;
      await clock.sleep(waitMs);
    }
  }
  return send({ ...message, blocks: message.blocks.map(inWords) });
}

type Block = Rendered['blocks'][number];

function inWords(block: Block): Block {
  if (block.type !== 'image') return block;
  return { type: 'context', elements: [{ type: 'plain_text', text: block.alt_text, emoji: false }] };
}

/** The words are Slack's: "invalid slack file [json-pointer:/blocks/0/slack_file]". */
function isPictureRefused(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  if (!(cause instanceof webApi.WebAPIPlatformError) || cause.data.error !== 'invalid_blocks') return false;
  return cause.data.response_metadata?.messages?.some((text) => text.includes('slack_file')) === true;
}
