import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { type Child, printed, startNode, tempFolder } from '#test/support/processes.ts';

import { createDriver, type Driver } from './sandbox.ts';

export type Bot = Driver & {
  /** kill -9, then (after `meanwhile`) a new process on the same store, which is ready. */
  crash: (meanwhile?: () => Promise<unknown>) => Promise<void>;
  /** Ends the process; the code it ended with. */
  kill: (signal: 'SIGKILL' | 'SIGTERM') => Promise<number | null>;
  /** A new process on the same store; does not wait until it is ready when it cannot be. */
  start: (how?: { ready: boolean }) => Promise<void>;
  /** Another process beside it, which is ready; the test ends it. It needs a store of its own, or one on Postgres. */
  beside: (env: Readonly<Record<string, string>>) => Promise<Child>;
  /** Puts a section of deckhand.yml in place of what stands under its name; taken over by itself within seconds. */
  configure: (section: string, yaml: string) => void;
  /** Puts sections in place and waits until they are in force. Fails at once with what Deckhand says of them when it refuses. */
  reconfigure: (sections: Readonly<Record<string, string>>) => Promise<void>;
  settingsFile: string;
  /** What the newest process has printed. */
  output: () => string;
  stop: () => Promise<void>;
};

/** Make-believe Slack and AWS that outlive the bot, which can be killed and started again. */
export async function startBot({
  speed = 50,
  env = {},
}: { speed?: number; env?: Record<string, string> } = {}): Promise<Bot> {
  const folder = tempFolder('bot');
  const flags = ['--port', '0', '--speed', String(speed), '--data-dir', folder.path, '--servers-only'];
  const servers = startNode(['src/sandbox/main.ts', ...flags]);
  const [, url] = await printed(servers, /Deckhand sandbox ready: (http:\S+)/, 110_000);
  const [, line] = await printed(servers, /\n(SLACK_BOT_TOKEN=.*) npm start/);
  const environment = Object.fromEntries(
    line!.split(' ').map((part) => [part.slice(0, part.indexOf('=')), part.slice(part.indexOf('=') + 1)]),
  );
  const file = join(folder.path, 'deckhand.yml');
  const configure = (section: string, yaml: string): void => {
    const others = readFileSync(file, 'utf8').replace(new RegExp(`^${section}:.*\\n(?:[ -].*\\n)*`, 'm'), '');
    writeFileSync(file, `${others}${section}:\n${yaml}\n`);
  };
  // It names the sandbox's own site, which the tests replace.
  configure('statusPage', '  enabled: false');
  let bot: Child;
  const run = (more: Readonly<Record<string, string>>): Child =>
    startNode(['src/main.ts'], { ...environment, ...env, ...more, PORT: '0', LOG_LEVEL: 'info' });
  const start = async ({ ready } = { ready: true }): Promise<void> => {
    bot = run({});
    if (ready) await printed(bot, /Deckhand is ready/, 110_000);
  };
  const beside: Bot['beside'] = async (more) => {
    const other = run(more);
    await printed(other, /Deckhand is ready/, 110_000);
    return other;
  };
  const kill = (signal: 'SIGKILL' | 'SIGTERM') => bot.kill(signal);
  const verdicts = () => [...bot.output().matchAll(/^.*"changed settings (applied|refused).*$/gm)];
  const driver = createDriver(url!);
  const reconfigure = async (sections: Readonly<Record<string, string>>): Promise<void> => {
    const [text, before] = [readFileSync(file, 'utf8'), verdicts().length];
    for (const [section, yaml] of Object.entries(sections)) configure(section, yaml);
    if (readFileSync(file, 'utf8') === text) return;
    const verdict = await driver.until(async () => verdicts()[before], 'a verdict on the new settings', 110_000);
    if (verdict[1] === 'refused') throw new Error(`the new settings were refused:\n${verdict[0]}`);
  };
  const stop = async (): Promise<void> => {
    await kill('SIGKILL');
    await servers.kill('SIGTERM');
    folder.remove();
  };
  await start().catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  return {
    ...driver,
    crash: async (meanwhile) => {
      await kill('SIGKILL');
      await meanwhile?.();
      await start();
    },
    kill,
    start,
    beside,
    configure,
    reconfigure,
    settingsFile: file,
    output: () => bot.output(),
    stop,
  };
}
