import { z } from 'zod';

import { Refusal } from '#errors.ts';
import type { Objects } from '#ports/platform.ts';

import { translate } from './failures.ts';
import { given, instant, text } from './reading.ts';
import { createSender, type SenderOptions, within } from './sender.ts';
import { s3 } from './services.ts';

/** A Terraform state of 10,000 resources has about 20 MB. */
const usualMostBytes = 32 * 1_024 * 1_024;
/** 32 MiB at 5 Mbit/s. The socket's own time-out cuts a reply that stands still much earlier. */
const readWithinMs = 60_000;

/**
 * S3, from any Region that the bucket is in. Buckets go into the path, because other endpoints have no host for each of
 * them; directory buckets and access points need the host form, so they are refused by S3.
 */
export function createObjects(options: SenderOptions): Objects & { close: () => void } {
  const { send, endpoint, close } = createSender(
    { service: s3, load: () => import('./s3-sdk.ts'), config: { forcePathStyle: true, followRegionRedirects: true } },
    options,
  );

  const read: Objects['read'] = async ({ bucket, key, mostBytes = usualMostBytes }) => {
    const input = { Bucket: bucket, Key: key };
    const object = await send(
      { action: 'GetObject', command: (sdk) => new sdk.GetObjectCommand(input) },
      z.object({ Body, LastModified: instant, VersionId: text, ContentLength: z.number().optional() }),
    );
    const name = `s3://${bucket}/${key}`;
    if ((object.ContentLength ?? 0) > mostBytes) {
      object.Body.destroy();
      throw tooLarge(name, mostBytes);
    }
    try {
      const bytes = await within(options.clock, readWithinMs, collect(object.Body, mostBytes));
      if (bytes === undefined) throw tooLarge(name, mostBytes);
      return { bytes, modifiedAt: object.LastModified, ...given('version', object.VersionId) };
    } catch (error) {
      throw translate(error, { service: s3, action: 'GetObject', once: false, endpoint: endpoint() });
    } finally {
      object.Body.destroy();
    }
  };
  return { read, close };
}

type Body = AsyncIterable<Uint8Array> & { destroy: () => void };
const Body = z.custom<Body>((body) => typeof body === 'object' && body !== null && Symbol.asyncIterator in body);

/** Undefined when it is larger than allowed, whatever its header said. */
async function collect(body: Body, mostBytes: number): Promise<Uint8Array | undefined> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of body) {
    size += part.length;
    if (size > mostBytes) return undefined;
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function tooLarge(name: string, mostBytes: number): Refusal {
  return new Refusal(
    'over-limit',
    `${name} is larger than ${Math.floor(mostBytes / 1_024 / 1_024)} MiB, which is more than Deckhand reads. Name a smaller object.`,
    { action: 's3:GetObject' },
  );
}
