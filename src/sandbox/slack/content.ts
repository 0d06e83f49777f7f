import { findViolations } from '#slack/limits.ts';

import type { Arguments } from './arguments.ts';
import { withIds } from './blocks.ts';
import { typeOf } from './files.ts';
import type { ApiWorld } from './methods.ts';
import type { Block, Message } from './model.ts';
import { ApiRefusal } from './refusal.ts';

/** What a message shows. */
export type Content = Pick<Message, 'text' | 'blocks' | 'attachments' | 'metadata'>;

/** Longest `text` of a new message and of an update, longest `markdown_text`.
 *  Source: https://docs.slack.dev/reference/methods/chat.postMessage and …/chat.update (msg_too_long) */
const longestText = { post: 40_000, update: 4_000 } as const;
const longestMarkdown = 12_000;
/** In bytes of JSON. */
const largestMetadata = 8_000;

/** Reads and checks what a message is to show. Throws ApiRefusal with Slack's codes. */
export function readContent(
  { args, world }: { args: Arguments; world: Pick<ApiWorld, 'files' | 'state'> },
  of: 'post' | 'update',
): Content {
  const text = args.optional('text') ?? '';
  const markdown = args.optional('markdown_text');
  const blocks = args.json('blocks', 'invalid_blocks_format');
  const attachments = args.json('attachments', 'invalid_attachments');
  if (markdown !== undefined && (text !== '' || args.has('blocks'))) throw new ApiRefusal('markdown_text_conflict');
  const hasBlocks = Array.isArray(blocks) && blocks.length > 0;
  const hasAttachments = Array.isArray(attachments) && attachments.length > 0;
  if (text === '' && markdown === undefined && !hasBlocks && !hasAttachments) throw new ApiRefusal('no_text');
  if (text.length > longestText[of] || (markdown ?? '').length > longestMarkdown) throw new ApiRefusal('msg_too_long');
  if (hasAttachments && attachments.length > 100) throw new ApiRefusal('too_many_attachments');
  const metadata = readMetadata(args);
  return {
    text: markdown ?? text,
    ...(args.has('blocks') ? { blocks: checkedBlocks(blocks, world) } : {}),
    ...(hasAttachments ? { attachments } : {}),
    ...(metadata === undefined ? {} : { metadata }),
  };
}

/** Blocks with all ids filled in. Throws ApiRefusal "invalid_blocks" that names each fault. */
function checkedBlocks(blocks: unknown, world: Pick<ApiWorld, 'files' | 'state'>): readonly Block[] {
  if (!Array.isArray(blocks)) throw new ApiRefusal('invalid_blocks_format');
  const errors = [...findViolations('message', blocks), ...unseenPictures(blocks, world)].map(
    ({ message, pointer }) => `${message} [json-pointer:${pointer}]`,
  );
  if (errors.length > 0)
    throw new ApiRefusal('invalid_blocks', {
      errors,
      response_metadata: { messages: errors.map((text) => `[ERROR] ${text}`) },
    });
  return withIds(blocks as Block[]);
}

/** Image blocks whose file does not exist, is no picture, or is not processed yet. */
function unseenPictures(blocks: readonly unknown[], { files, state }: Pick<ApiWorld, 'files' | 'state'>) {
  return blocks.flatMap((block, at) => {
    const { type, slack_file: of } = (block ?? {}) as { type?: unknown; slack_file?: { id?: unknown } };
    if (type !== 'image' || typeof of?.id !== 'string') return [];
    const file = files.get(of.id);
    const isThere = file?.readyAt !== undefined && file.readyAt <= state.now() && typeOf(file.name).isPicture;
    return isThere ? [] : [{ message: 'invalid slack file', pointer: `/blocks/${at}/slack_file` }];
  });
}

function readMetadata(args: Arguments): Message['metadata'] {
  const metadata = args.json('metadata', 'invalid_metadata_format');
  if (metadata === undefined) return undefined;
  if (typeof metadata !== 'object' || metadata === null) throw new ApiRefusal('invalid_metadata_format');
  if (Object.keys(metadata).length === 0) return undefined;
  const { event_type: type, event_payload: payload } = metadata as Record<string, unknown>;
  if (typeof type !== 'string' || typeof payload !== 'object' || payload === null)
    throw new ApiRefusal('invalid_metadata_schema');
  if (JSON.stringify(metadata).length > largestMetadata) throw new ApiRefusal('metadata_too_large');
  return { event_type: type, event_payload: payload as Record<string, unknown> };
}
