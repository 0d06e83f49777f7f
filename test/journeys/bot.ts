import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { type Child, printed, startNode, tempFolder } from '#test/support/processes.ts';

import { createDriver, type Driver } from './sandbox.ts';

export type Bot = Driver & {
  /** kill -9, then (after `meanwhile`) a new process on the same store. */
  crash: (meanwhile?: () => Promise<void>) => Promise<void>;
  /** Puts a section of deckhand.yml in place of what stands under its name; taken over by itself within seconds. */
  configure: (section: string, yaml: string) => void;
  settingsFile: string;
  stop: () => Promise<void>;
};

/** Make-believe Slack and AWS that outlive the bot, which can be killed and started again. */
export async function startBot({ speed = 50 } = {}): Promise<Bot> {
  const folder = tempFolder('bot');
  const flags = ['--port', '0', '--speed', String(speed), '--data-dir', folder.path, '--servers-only'];
  const servers = startNode(['src/sandbox/main.ts', ...flags]);
  const [, url] = await printed(servers, /Deckhand sandbox ready: (http:\S+)/, 60_000);
  const [, line] = await printed(servers, /\n(SLACK_BOT_TOKEN=.*) npm start/);
  const environment = Object.fromEntries(
    line!.split(' ').map((part) => [part.slice(0, part.indexOf('=')), part.slice(part.indexOf('=') + 1)]),
  );
  const launch = async (): Promise<Child> => {
    const child = startNode(['src/main.ts'], { ...environment, PORT: '0', LOG_LEVEL: 'info' });
    await printed(child, /Deckhand is ready/, 60_000);
    return child;
  };
  let bot = await launch();
  const file = join(folder.path, 'deckhand.yml');
  return {
    ...createDriver(url!),
    crash: async (meanwhile) => {
      await bot.kill('SIGKILL');
      await meanwhile?.();
      bot = await launch();
    },
    configure: (section, yaml) => {
      const others = readFileSync(file, 'utf8').replace(new RegExp(`^${section}:\\n(?:[ -].*\\n)*`, 'm'), '');
      writeFileSync(file, `${others}${section}:\n${yaml}\n`);
    },
    settingsFile: file,
    stop: async () => {
      await bot.kill('SIGKILL');
      await servers.kill('SIGTERM');
      folder.remove();
    },
  };
}
