import { type Logger as SlackLogger, LogLevel } from '@slack/bolt';

import type { Log } from '#ports/clock.ts';

/** Bolt's console-like logger onto ours. Bolt's debug lines hold payloads with response_url, so they stay out. */
export function boltLogger(log: Log): SlackLogger {
  const write =
    (level: 'info' | 'warn' | 'error') =>
    (...parts: unknown[]) => {
      const err = parts.find((part) => part instanceof Error);
      const text = parts.filter((part) => typeof part === 'string').join(' ');
      log[level](
        { module: 'slack', ...(err === undefined ? {} : { err }) },
        text === '' ? 'slack' : text.slice(0, 500),
      );
    };
  return {
    debug: () => undefined,
    info: (...parts) =>
      log.debug(
        { module: 'slack' },
        parts
          .filter((part) => typeof part === 'string')
          .join(' ')
          .slice(0, 300),
      ),
    warn: write('warn'),
    error: write('error'),
    // Bolt would otherwise put its own level over LOG_LEVEL.
    setLevel: () => undefined,
    getLevel: () => LogLevel.INFO,
    setName: () => undefined,
  };
}
