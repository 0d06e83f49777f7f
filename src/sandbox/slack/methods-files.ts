import { type StoredFile, typeOf } from './files.ts';
import { ownChannelOf, threadOf } from './methods.ts';
import type { ApiWorld, Call, Method } from './methods.ts';
import type { Attached } from './model.ts';
import { rates } from './rates.ts';
import { ApiRefusal, badArgument } from './refusal.ts';
import { bot } from './seed.ts';

const writing = { tokens: ['bot'], scopes: ['files:write'], rate: rates.tier4 } as const satisfies Partial<Method>;

/** files.*: https://docs.slack.dev/reference/methods?family=files */
export const fileMethods: Readonly<Record<string, Method>> = {
  'files.getUploadURLExternal': { ...writing, run: getUploadUrl },
  'files.completeUploadExternal': { ...writing, run: complete },
  'files.info': { ...writing, scopes: ['files:read'], run: info },
};

/** In characters. Source: https://docs.slack.dev/reference/methods/files.getUploadURLExternal (alt_txt_too_large) */
const longestAlt = 1_000;
const largest = 1_000_000_000;

function getUploadUrl({ args, world }: Call): Record<string, unknown> {
  const name = args.text('filename');
  const length = Number(args.text('length'));
  if (!Number.isInteger(length) || length < 1) throw badArgument('must be a positive integer', '/length');
  if (length > largest) throw new ApiRefusal('file_upload_size_restricted');
  const alt = args.optional('alt_txt');
  if ((alt ?? '').length > longestAlt) throw new ApiRefusal('alt_txt_too_large');
  const { file, ticket } = world.files.begin({ name, length, alt });
  return { file_id: file.id, upload_url: `${world.baseUrl()}/upload/${ticket}` };
}

/** Without a channel only the bot has the file. The message that shares it comes later than the answer, and has no ts in it. */
function complete(call: Call): Record<string, unknown> {
  const { args, world } = call;
  const wanted = filesIn(args.json('files', 'invalid_arguments'));
  const found = wanted.map(({ id, title }) => {
    const file = world.files.get(id);
    if (file?.bytes === undefined) throw new ApiRefusal('file_not_found');
    return { id, title: title ?? file.name };
  });
  const channel = args.has('channel_id') ? ownChannelOf(call, 'is_archived', 'channel_id') : undefined;
  if (args.has('thread_ts') && channel === undefined)
    throw badArgument('thread_ts needs exactly one channel', '/thread_ts');
  const threadTs = channel === undefined ? undefined : threadOf(call, channel);
  const readyAt = world.state.now() + world.processingMs();
  const files = found.map(({ id, title }) => world.files.complete(id, { title, channel: channel?.id, readyAt }));
  if (channel !== undefined)
    world.state.post({
      channel: channel.id,
      user: bot.user,
      botId: bot.id,
      text: args.optional('initial_comment') ?? '',
      files: files.map((file) => attached(file, world)),
      ...(threadTs === undefined ? {} : { threadTs }),
    });
  return { files: files.map(({ id, title }) => ({ id, title })) };
}

function filesIn(value: unknown): readonly { id: string; title?: string }[] {
  if (!Array.isArray(value) || value.length === 0) throw badArgument('must be a list of files', '/files');
  return value.map((one: unknown, at) => {
    const { id, title } = (one ?? {}) as Record<string, unknown>;
    if (typeof id !== 'string') throw badArgument('missing required field: id', `/files/${at}/id`);
    return { id, ...(typeof title === 'string' && title !== '' ? { title } : {}) };
  });
}

function info({ args, world }: Call): Record<string, unknown> {
  const file = world.files.get(args.text('file'));
  if (file?.readyAt === undefined) throw new ApiRefusal('file_not_found');
  const known = attached(file, world);
  return { file: world.state.now() < file.readyAt ? { ...known, mimetype: '', filetype: '' } : known };
}

function attached(file: StoredFile, world: Pick<ApiWorld, 'baseUrl'>): Attached {
  const { filetype, mimetype, isPicture } = typeOf(file.name);
  const address = `${world.baseUrl()}/files/${file.id}/${encodeURIComponent(file.name)}`;
  return {
    id: file.id,
    name: file.name,
    title: file.title,
    filetype,
    mimetype,
    size: file.length,
    mode: isPicture ? 'hosted' : 'snippet',
    user: bot.user,
    url_private: address,
    url_private_download: address,
    ...(file.alt === undefined ? {} : { alt_txt: file.alt }),
    ...(isPicture ? {} : { preview: (file.bytes ?? Buffer.alloc(0)).subarray(0, previewBytes).toString('utf8') }),
  };
}

/** What the chat shows of a text without opening it. */
const previewBytes = 2_000;
