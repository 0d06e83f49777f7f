import { type Logger as SlackLogger, LogLevel } from '@slack/bolt';

import type { Log } from '#ports/clock.ts';

const longestLine = 500;

/** Bolt's console-like logger onto ours. Bolt's debug lines hold payloads with response_url, so they stay out. */
export function boltLogger(log: Log): SlackLogger {
  const write =
    (level: 'debug' | 'warn' | 'error') =>
    (...parts: unknown[]) => {
      const failure = parts.find((part) => part instanceof Error);
      const text = parts.filter((part) => typeof part === 'string').join(' ') || failure?.message || 'slack';
      log[level](
        {
          module: 'slack',
          ...(failure === undefined ? {} : { reason: withoutSecrets(`${failure.name}: ${failure.message}`) }),
        },
        withoutSecrets(text).slice(0, longestLine),
      );
    };
  return {
    debug: () => undefined,
    info: write('debug'),
    warn: write('warn'),
    error: write('error'),
    // Bolt would otherwise put its own level over LOG_LEVEL.
    setLevel: () => undefined,
    getLevel: () => LogLevel.INFO,
    setName: () => undefined,
  };
}

/** Tokens, addresses that let anybody answer in Deckhand's name, and the ticket of a socket. */
function withoutSecrets(text: string): string {
  return text
    .replaceAll(/\b(?:xox[a-z]|xoxe\.xox[a-z]|xapp)-[\w.-]+/g, '[token]')
    .replaceAll(/\bhttps?:\/\/hooks\.slack(?:-gov)?\.com\/[^\s"'<>]+/g, '[response url]')
    .replaceAll(/\bwss?:\/\/[^\s"'<>]+/g, '[socket address]');
}
