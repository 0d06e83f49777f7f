import { parseArgs } from 'node:util';

import { Refusal } from '#errors.ts';

/** How the sandbox was asked to start. */
export type Flags = {
  /** 0 = any free port. */
  port: number;
  instances: number;
  /** Undefined = a fresh one that is removed at the end. */
  dataDir: string | undefined;
  /** Simulated AWS delays are divided by it. */
  speed: number;
  /** A deckhand.yml of one's own; undefined = the sandbox's. */
  config: string | undefined;
  /** Only the make-believe Slack and EC2; Deckhand is started apart. */
  serversOnly: boolean;
  /** Two agents look at the demo site as well. */
  agents: boolean;
  /** HTTP mode: where signed requests go when nobody is connected by Socket Mode. */
  requestUrl: string | undefined;
};

const usage =
  'Usage: npm run sandbox -- [--port 4747] [--instances 24] [--data-dir DIR] [--speed 10] [--config FILE] [--agents] [--servers-only] [--request-url URL]';

/** Reads the command line. Throws Refusal "bad-input" that shows the usage. */
export function readFlags(args: readonly string[]): Flags {
  const { values } = parse(args);
  return {
    port: number('port', values.port ?? '4747', 0, 65_535),
    instances: number('instances', values.instances ?? '24', 8, 10_000),
    dataDir: values['data-dir'],
    speed: number('speed', values.speed ?? '10', 1, 10_000),
    config: values.config,
    serversOnly: values['servers-only'] ?? false,
    agents: values.agents ?? false,
    requestUrl: address(values['request-url']),
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        port: { type: 'string' },
        instances: { type: 'string' },
        'data-dir': { type: 'string' },
        speed: { type: 'string' },
        config: { type: 'string' },
        agents: { type: 'boolean' },
        'servers-only': { type: 'boolean' },
        'request-url': { type: 'string' },
      },
    });
  } catch (error) {
    throw new Refusal('bad-input', `${(error as Error).message}\n${usage}`, {}, { cause: error });
  }
}

/** Loopback only: nothing of the sandbox leaves this machine. */
function address(text: string | undefined): string | undefined {
  const url = text === undefined ? undefined : URL.parse(text);
  if (url === undefined) return undefined;
  const isLoopback =
    url?.protocol === 'http:' && ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname) && url.port !== '';
  if (isLoopback) return text;
  throw new Refusal(
    'bad-input',
    `--request-url takes an address such as http://127.0.0.1:3000/slack/events, not "${text}".\n${usage}`,
  );
}

function number(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  const whole = name === 'speed' || Number.isInteger(value);
  if (text.trim() !== '' && whole && value >= least && value <= most) return value;
  throw new Refusal('bad-input', `--${name} takes a number from ${least} to ${most}, not "${text}".\n${usage}`);
}
