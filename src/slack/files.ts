import type { webApi } from '@slack/bolt';

import { Refusal, Transient } from '#errors.ts';
import { type Chat, largestFile } from '#ports/chat.ts';

import { clip, visible } from './literal.ts';

/** Longest wait for the bytes to arrive: `largestFile` at 2 Mbit/s takes 40 s. */
const uploadWithinMs = 45_000;
/** Source: https://docs.slack.dev/reference/methods/files.getUploadURLExternal (alt_txt_too_large) */
const longestAlt = 1_000;
const longestName = 200;

type Files = webApi.WebClient['files'];
type Complete = Parameters<Files['completeUploadExternal']>[0];
type Call = <T>(method: string, repeatable: boolean, act: () => Promise<T>) => Promise<T>;

/**
 * Uploads as Slack wants it: ask for an address, send the bytes there (without the token), say that it is complete.
 * Source: https://docs.slack.dev/messaging/working-with-files#upload
 */
export function createFiles(of: { files: Files; call: Call; apiUrl: string | undefined }): Chat['file'] {
  const { files, call, apiUrl } = of;

  return async (file) => {
    const bytes = 'text' in file ? Buffer.from(file.text, 'utf8') : file.bytes;
    mustFit(file.name, bytes.length);
    const asked = {
      filename: clip(visible(file.name), longestName),
      length: bytes.length,
      // The SDK's types call it alt_text; Slack's page and the method call it alt_txt.
      ...(file.alt === undefined ? {} : { alt_txt: clip(visible(file.alt), longestAlt) }),
    };
    const given = await call('files.getUploadURLExternal', true, () => files.getUploadURLExternal(asked));
    if (given.file_id === undefined || given.upload_url === undefined)
      throw new Transient('Slack gave no address to upload a file to.');
    await send(bytes, mustBeSafe(given.upload_url, apiUrl));
    const done = {
      files: [{ id: given.file_id, title: clip(visible(file.title), longestName) }],
      ...(file.channel === undefined ? {} : { channel_id: file.channel }),
      ...(file.threadTs === undefined ? {} : { thread_ts: file.threadTs }),
    } as Complete; // its type wants to know at compile time whether there is a thread
    await call('files.completeUploadExternal', file.channel === undefined, () => files.completeUploadExternal(done));
    return { id: given.file_id };
  };
}

function mustFit(name: string, size: number): void {
  if (size > 0 && size <= largestFile) return;
  const why = size === 0 ? 'is empty' : `has ${size} bytes, more than the ${largestFile} that are sent to the chat`;
  throw new Refusal('bad-input', `The file ${clip(visible(name), 100)} ${why}. Ask for less, then try again.`);
}

/** Slack names the address; over anything but TLS the bytes go only where the Web API itself is (the sandbox). */
function mustBeSafe(address: string, apiUrl: string | undefined): URL {
  const url = URL.parse(address);
  if (url !== null && (url.protocol === 'https:' || url.origin === URL.parse(apiUrl ?? '')?.origin)) return url;
  throw new Refusal(
    'not-permitted',
    'Slack named an upload address that is not https. Ask an admin to look at the proxy.',
  );
}

/** Repeatable: the file is nothing before it is complete. */
async function send(bytes: Uint8Array, url: URL): Promise<void> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/octet-stream' },
    body: bytes as Uint8Array<ArrayBuffer>,
    redirect: 'error',
    signal: AbortSignal.timeout(uploadWithinMs),
  }).catch((error: unknown) => {
    throw new Transient('The file could not be sent to Slack.', { cause: error });
  });
  await answer.body?.cancel();
  if (answer.status !== 200) throw new Transient(`Slack did not take the bytes of a file (HTTP ${answer.status}).`);
}
