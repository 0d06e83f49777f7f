import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';

import { Found } from './failures.ts';

/** What of a body is read, and what of it after unpacking; the rest cannot hold the text that is looked for. */
export const mostBodyBytes = 262_144;

/**
 * The first 256 KiB of the text, unpacked when the server packed it although it was asked not to. A body that was cut
 * off by us is unpacked as far as it goes. Throws Found (`body`) on an unknown or broken packing.
 */
export async function readText(chunks: readonly Buffer[], encoding: string): Promise<string> {
  const bytes = Buffer.concat(chunks);
  if (encoding === '' || encoding === 'identity') return bytes.subarray(0, mostBodyBytes).toString('utf8');
  return (await unpack(bytes, encoding)).toString('utf8');
}

function unpack(bytes: Buffer, encoding: string): Promise<Buffer> {
  const unpacker = unpackers[encoding]?.();
  if (unpacker === undefined)
    return Promise.reject(new Found({ class: 'body', detail: 'the answer is packed in a way Deckhand cannot read' }));
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let size = 0;
    unpacker.on('data', (part: Buffer) => {
      parts.push(part);
      size += part.length;
      // Never more than the cap, however small the packed body was.
      if (size >= mostBodyBytes) finish();
    });
    unpacker.once('end', finish);
    unpacker.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'Z_BUF_ERROR' || error.code === 'ERR_BROTLI_UNEXPECTED_END') return finish(); // cut off by us
      reject(new Found({ class: 'body', detail: 'the packed answer is broken' }));
    });
    unpacker.end(bytes);

    function finish(): void {
      resolve(Buffer.concat(parts).subarray(0, mostBodyBytes));
      unpacker?.destroy();
    }
  });
}

const unpackers: Readonly<Record<string, () => NodeJS.ReadWriteStream & { destroy: () => void }>> = {
  gzip: () => createGunzip(),
  'x-gzip': () => createGunzip(),
  deflate: () => createInflate(),
  br: () => createBrotliDecompress(),
};
