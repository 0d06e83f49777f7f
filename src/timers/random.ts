import { randomBytes } from 'node:crypto';

import type { RandomText } from '#ports/clock.ts';

/** Text of the operating system's random source: 6 unpredictable bits per character. */
export function createRandomText(): RandomText {
  return (length) =>
    randomBytes(Math.ceil((length * 6) / 8))
      .toString('base64url')
      .slice(0, length);
}
