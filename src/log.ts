import { pino } from 'pino';

import type { Log } from '#ports/clock.ts';

/** JSON lines on stdout; tokens never reach them, whatever is logged. */
export function createLog(level: string): Log {
  return pino({
    level,
    redact: ['token', 'headers.authorization', 'response_url'],
    hooks: { streamWrite: (line) => line.replace(/xox[a-z]-[\w-]+|xapp-[\w-]+/g, '[redacted]') },
  });
}
