import { LogLevel } from '@slack/bolt';
import { describe, expect, it } from 'vitest';

import { boltLogger } from '#slack/logger.ts';

const secrets = [
  ['xoxb', '1-2-abcDEF'].join('-'),
  ['xapp', '1-A1-2-abc'].join('-'),
  'https://hooks.slack.com/commands/T1/2/secret',
  'https://hooks.slack.com/actions/T1/2/secret',
  'wss://wss-primary.slack.com/link/?ticket=secret&app_id=1',
];

function logged(use: (logger: ReturnType<typeof boltLogger>) => void): string[] {
  const lines: string[] = [];
  const write = (level: string) => (data: object, text: string) =>
    void lines.push(`${level} ${text} ${JSON.stringify(data)}`);
  use(boltLogger({ debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') }));
  return lines;
}

describe("Bolt's log lines", () => {
  it.each(secrets)('never hold %s', (secret) => {
    const lines = logged((logger) => {
      for (const level of ['debug', 'info', 'warn', 'error'] as const) {
        logger[level](`failed for ${secret}: gone`, { response_url: secret });
        logger[level](new Error(`cannot reach "${secret}"`));
      }
    });

    expect(lines.length).toBe(6);
    expect(lines.join('\n')).not.toContain(secret);
    expect(lines.join('\n')).not.toContain('secret');
  });

  it('keep their level, and its information is our detail', () => {
    const lines = logged((logger) => {
      logger.debug('payloads');
      logger.info('started');
      logger.warn('odd', 'thing');
      logger.error(new TypeError('broken'));
    });

    expect(lines).toEqual([
      'debug started {"module":"slack"}',
      'warn odd thing {"module":"slack"}',
      'error broken {"module":"slack","reason":"TypeError: broken"}',
    ]);
  });

  it('do not change LOG_LEVEL, whatever Bolt asks for', () => {
    logged((logger) => {
      logger.setLevel(LogLevel.DEBUG);
      logger.setName('socket');

      expect(logger.getLevel()).toBe(LogLevel.INFO);
    });
  });
});
