import { Problem } from '#sandbox/ec2/problems.ts';

import type { Surroundings } from './service.ts';

export type Found = { bytes: Buffer; modifiedAt: number };

/** The object at `/bucket/key` of S3. Throws as S3 does for what is not there. */
export function objectAt({ state }: Surroundings, path: string): Found {
  const [bucket = '', ...rest] = path.replace(/^\//, '').split('/').map(decodeURIComponent);
  const { objects } = state();
  if (!objects.some((one) => one.bucket === bucket))
    throw new Problem('NoSuchBucket', 'The specified bucket does not exist', 404);
  const found = objects.find((one) => one.bucket === bucket && one.key === rest.join('/'));
  if (found === undefined) throw new Problem('NoSuchKey', 'The specified key does not exist.', 404);
  return { bytes: Buffer.from(found.text), modifiedAt: found.modifiedAt };
}
