import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type Child, printed, startNode, tempFolder } from '#test/support/processes.ts';

import { createDriver, type Driver } from './sandbox.ts';

/** The make-believe Slack and EC2 outlive the bot, which is killed and started again. */
const folder = tempFolder('cleanup-kill');
let servers: Child;
let driver: Driver;
let environment: Record<string, string>;
let bot: Child;

beforeAll(async () => {
  const flags = ['--port', '0', '--speed', '20', '--data-dir', folder.path, '--servers-only'];
  servers = startNode(['src/sandbox/main.ts', ...flags]);
  const [, url] = await printed(servers, /Deckhand sandbox ready: (http:\S+)/, 60_000);
  const [, line] = await printed(servers, /\n(SLACK_BOT_TOKEN=.*) npm start/);
  environment = Object.fromEntries(
    line!.split(' ').map((part) => [part.slice(0, part.indexOf('=')), part.slice(part.indexOf('=') + 1)]),
  );
  driver = createDriver(url!);
  bot = await startBot();
});
afterAll(async () => {
  await bot.kill('SIGKILL');
  await servers.kill('SIGTERM');
  folder.remove();
});

async function startBot(): Promise<Child> {
  const child = startNode(['src/main.ts'], { ...environment, PORT: '0', LOG_LEVEL: 'info' });
  await printed(child, /Deckhand is ready/, 60_000);
  return child;
}

describe('kill -9 in the middle of a clean-up', () => {
  it.each([false, true])(
    '(the last call done: %s) ends done on the same card, with exact counts',
    async (afterWork) => {
      const selector = afterWork ? 'role=db' : 'role=web';
      const before = (await driver.ec2()).snapshots.length;
      await driver.command('requester', 'ops', `/deck cleanup snapshots ${selector} --keep 1`);
      const card = await driver.see(
        'ops',
        ({ text, buttons }) =>
          text.includes(`snapshots of ${selector}`) && buttons.some(({ action_id }) => action_id === 'approve'),
      );
      const count = Number(/Delete (\d+) snapshots/.exec(card.text)![1]);
      const calls = async () => (await driver.ec2()).calls.byAction['DeleteSnapshot'] ?? 0;
      const first = await calls();
      await driver.faults({
        ec2: { inject: { action: 'DeleteSnapshot', times: count - 5, hangMs: 60_000, afterWork } },
      });
      await driver.press('approver', card, 'approve');
      await driver.until(async () => (await calls()) >= first + count, 'all deletions being asked');

      await bot.kill('SIGKILL');
      const left = (await driver.ec2()).snapshots.length;
      expect(left).toBeLessThan(before);
      await driver.faults({ ec2: { clear: true } });
      bot = await startBot();
      const done = await driver.turn(card, /done: Deleted/, 60_000);

      expect(done.text).toContain(`Deleted ${count} of ${count} snapshots`);
      const { snapshots, invariants } = await driver.ec2();
      expect(before - snapshots.length).toBe(count);
      expect(invariants).toEqual([]);
    },
  );
});
