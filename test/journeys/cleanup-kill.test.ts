import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type Bot, startBot } from './bot.ts';

let bot: Bot;
beforeAll(async () => {
  bot = await startBot({ speed: 20 });
});
afterAll(() => bot.stop());

describe('kill -9 in the middle of a clean-up', () => {
  it.each([false, true])(
    '(the last call done: %s) ends done on the same card, with exact counts',
    async (afterWork) => {
      const selector = afterWork ? 'role=db' : 'role=web';
      const before = (await bot.ec2()).snapshots.length;
      await bot.command('requester', 'ops', `/deck cleanup snapshots ${selector} --keep 1`);
      const card = await bot.see(
        'ops',
        ({ text, buttons }) =>
          text.includes(`snapshots of ${selector}`) && buttons.some(({ action_id }) => action_id === 'approve'),
      );
      const count = Number(/Delete (\d+) snapshots/.exec(card.text)![1]);
      const calls = async () => (await bot.ec2()).calls.byAction['DeleteSnapshot'] ?? 0;
      const first = await calls();
      await bot.faults({
        ec2: { inject: { action: 'DeleteSnapshot', times: count - 5, hangMs: 60_000, afterWork } },
      });
      await bot.press('approver', card, 'approve');
      await bot.until(async () => (await calls()) >= first + count, 'all deletions being asked');

      await bot.kill('SIGKILL');
      const left = (await bot.ec2()).snapshots.length;
      expect(left).toBeLessThan(before);
      await bot.faults({ ec2: { clear: true } });
      await bot.start();
      const done = await bot.turn(card, /done: Deleted/, 60_000);

      expect(done.text).toContain(`Deleted ${count} of ${count} snapshots`);
      const { snapshots, invariants } = await bot.ec2();
      expect(before - snapshots.length).toBe(count);
      expect(invariants).toEqual([]);
    },
  );
});
