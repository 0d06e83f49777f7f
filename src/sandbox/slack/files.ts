import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';

import { sendJson } from './web.ts';

/** A file of the workspace. Its bytes are there once they were sent, and it counts once it was completed. */
export type StoredFile = {
  id: string;
  name: string;
  title: string;
  alt: string | undefined;
  length: number;
  bytes: Buffer | undefined;
  /** Epoch ms from which a message can show it; undefined before it is complete. */
  readyAt: number | undefined;
  channels: readonly string[];
};
export type Files = {
  /** A new file without bytes, and the ticket of the address to send them to. */
  begin: (of: Pick<StoredFile, 'name' | 'length' | 'alt'>) => { file: StoredFile; ticket: string };
  get: (id: string) => StoredFile | undefined;
  complete: (id: string, of: { title: string; channel: string | undefined; readyAt: number }) => StoredFile;
  /** `POST /slack/upload/TICKET`: raw bytes or the first part of a multipart form, exactly as many as were announced. */
  upload: (ticket: string, request: IncomingMessage, response: ServerResponse) => Promise<void>;
  /** `GET /slack/files/ID/NAME`. */
  download: (id: string, response: ServerResponse) => void;
};

/** Bytes kept in all; the oldest files lose theirs first. They do not outlive the process. */
const mostKept = 64_000_000;
/** Slack itself takes 1 GB. */
const largest = 32_000_000;

/** The files of the workspace, in memory. */
export function createFiles(newId: (prefix: string) => string): Files {
  const files = new Map<string, StoredFile>();
  const tickets = new Map<string, string>();

  function change(id: string, more: Partial<StoredFile>): StoredFile {
    const file = { ...files.get(id)!, ...more };
    files.set(id, file);
    return file;
  }
  function forgetOld(): void {
    let size = [...files.values()].reduce((sum, { bytes }) => sum + (bytes?.length ?? 0), 0);
    for (const { id, bytes } of files.values()) {
      if (size <= mostKept) return;
      size -= bytes?.length ?? 0;
      files.delete(id);
    }
  }
  return {
    begin: (of) => {
      const file: StoredFile = {
        ...of,
        id: newId('F'),
        title: of.name,
        bytes: undefined,
        readyAt: undefined,
        channels: [],
      };
      files.set(file.id, file);
      const ticket = randomBytes(16).toString('hex');
      tickets.set(ticket, file.id);
      return { file, ticket };
    },
    get: (id) => files.get(id),
    complete: (id, { title, channel, readyAt }) =>
      change(id, {
        title,
        readyAt: files.get(id)?.readyAt ?? readyAt,
        channels: [...(files.get(id)?.channels ?? []), ...(channel === undefined ? [] : [channel])],
      }),
    upload: async (ticket, request, response) => {
      const id = tickets.get(ticket);
      const file = id === undefined ? undefined : files.get(id);
      const bytes = await bytesOf(request);
      if (file === undefined || bytes === undefined || bytes.length !== file.length)
        return sendText(
          response,
          file === undefined ? 404 : 400,
          'The upload was not taken: no such ticket, or not as many bytes as announced.',
        );
      change(file.id, { bytes });
      forgetOld();
      sendText(response, 200, `OK - ${bytes.length}`);
    },
    download: (id, response) => {
      const file = files.get(id);
      if (file?.bytes === undefined || file.readyAt === undefined)
        return sendJson(response, 404, { ok: false, error: 'file_not_found' });
      response.writeHead(200, {
        'content-type': typeOf(file.name).mimetype,
        'content-length': file.bytes.length,
        'content-disposition': `${typeOf(file.name).isPicture ? 'inline' : 'attachment'}; filename*=UTF-8''${encodeURIComponent(file.name)}`,
        'x-content-type-options': 'nosniff',
        'content-security-policy': "default-src 'none'; sandbox",
      });
      response.end(file.bytes);
    },
  };
}

async function bytesOf(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= largest) chunks.push(chunk);
  }
  if (request.method !== 'POST' || size > largest) return undefined;
  const raw = Buffer.concat(chunks);
  const type = request.headers['content-type'] ?? '';
  return type.startsWith('multipart/form-data') ? firstPart(raw, type) : raw;
}

async function firstPart(raw: Buffer, type: string): Promise<Buffer | undefined> {
  const form = await new Response(new Uint8Array(raw), { headers: { 'content-type': type } })
    .formData()
    .catch(() => undefined);
  const part = form === undefined ? undefined : [...form.values()][0];
  if (part === undefined) return undefined;
  return typeof part === 'string' ? Buffer.from(part) : Buffer.from(await part.arrayBuffer());
}

function sendText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' });
  response.end(text);
}

const pictures: Readonly<Record<string, string>> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  gif: 'image/gif',
};
const texts: Readonly<Record<string, string>> = { csv: 'text/csv', json: 'application/json' };

/** By the ending of the name; what is not known is text, as Slack makes snippets of it. */
export function typeOf(name: string): { filetype: string; mimetype: string; isPicture: boolean } {
  const ending = /\.([a-z0-9]+)$/i.exec(name)?.[1]?.toLowerCase() ?? '';
  const picture = Object.hasOwn(pictures, ending) ? pictures[ending] : undefined;
  const text = Object.hasOwn(texts, ending) ? texts[ending] : undefined;
  return {
    filetype: ending === '' ? 'text' : ending,
    mimetype: picture ?? text ?? 'text/plain',
    isPicture: picture !== undefined,
  };
}
