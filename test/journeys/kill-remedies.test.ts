import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { type Bot, startBot } from './bot.ts';
import type { Shown } from './sandbox.ts';
import { watchShop } from './shop.ts';

/** What Deckhand does without a person, killed between its decision and its act, and between the act and its telling. */
let bot: Bot;
let shop: ReturnType<typeof watchShop>;
const reboots = async () => (await bot.ec2()).calls.byAction['RebootInstances'] ?? 0;

beforeAll(async () => {
  bot = await startBot();
  shop = watchShop(bot);
  await bot.reconfigure({ ...shop.settings, ...shop.remedies(`${shop.container}, ${shop.auto()}`) });
}, 240_000);
afterEach(async () => {
  const none = { clear: true };
  await bot.faults({ ec2: none, docker: none, slack: none, site: { up: true, status: 200, cure: 'restart' } });
});
afterAll(() => bot.stop());

/** It is said on the card, and a moment later in the thread; each once, also when the next checks are through. */
async function saidOnce(alert: Shown, outcome: RegExp): Promise<void> {
  await expect.poll(() => outcomes(alert, outcome)).toEqual({ card: 1, thread: 1 });
  await shop.checks(3);
  expect(await outcomes(alert, outcome)).toEqual({ card: 1, thread: 1 });
}
/** How often the alert says how it went, and how often its thread. */
async function outcomes(alert: Shown, outcome: RegExp): Promise<{ card: number; thread: number }> {
  const count = (text: string) => text.match(new RegExp(outcome, 'g'))?.length ?? 0;
  const all = await bot.messages('alerts');
  const thread = all.filter(({ ts, thread_ts }) => thread_ts === alert.ts && ts !== alert.ts);
  return {
    card: count(all.find(({ ts }) => ts === alert.ts)?.plain ?? ''),
    thread: thread.filter(({ plain }) => count(plain) > 0).length,
  };
}
const restarted = /By itself · Restart container shop on local: demo-shop is up again/;

describe('kill -9 of a remedy of a site without a person', () => {
  it('before it acts: it acts once, and says so once', { timeout: 180_000 }, async () => {
    const [before, looks] = [await shop.dockerCalls('restart'), await shop.dockerCalls('inspect')];
    await bot.faults({ docker: { inject: { action: 'inspect', times: 1, hangMs: 60_000 } } });
    const alert = await shop.down();
    await bot.until(async () => (await shop.dockerCalls('inspect')) > looks, 'the look at the container', 60_000);

    await bot.crash(() => bot.faults({ docker: { clear: true } }));

    await bot.turn(alert, restarted, 90_000);
    await bot.turn(alert, /demo-shop is up again after/, 60_000);
    expect(await shop.dockerCalls('restart')).toBe(before + 1);
    await saidOnce(alert, restarted);
  });

  it('after its act: it does not act again, and says so once', { timeout: 180_000 }, async () => {
    const before = await shop.dockerCalls('restart');
    await bot.faults({ docker: { inject: { action: 'restart', times: 1, hangMs: 60_000, afterWork: true } } });
    const alert = await shop.down();
    await bot.until(async () => (await shop.dockerCalls('restart')) > before, 'the restart', 60_000);

    await bot.crash(() => bot.faults({ docker: { clear: true } }));

    await bot.turn(alert, restarted, 90_000);
    await bot.turn(alert, /demo-shop is up again after/, 60_000);
    expect(await shop.dockerCalls('restart')).toBe(before + 1);
    await saidOnce(alert, restarted);
  });

  it('before Slack has taken how it went: the alert says it once', { timeout: 180_000 }, async () => {
    const before = await shop.dockerCalls('restart');
    const alert = await shop.down({ status: 500, cure: 'nothing' });
    await bot.until(async () => (await shop.dockerCalls('restart')) > before, 'the restart', 60_000);
    await bot.faults({ slack: { api: { method: '*', drop: true, times: 10_000 } } });
    await bot.site({ status: 200 });
    await shop.checks(8);

    await bot.crash(() => bot.faults({ slack: { clear: true } }));

    await bot.turn(alert, restarted, 90_000);
    await bot.turn(alert, /demo-shop is up again after/, 60_000);
    expect(await shop.dockerCalls('restart')).toBe(before + 1);
    // A line in the thread gets lost when nobody knows whether Slack took it; it never comes twice.
    await shop.checks(3);
    const { card, thread } = await outcomes(alert, restarted);
    expect([card, thread <= 1]).toEqual([1, true]);
  });
});

describe('kill -9 of a remedy of a server without a person', () => {
  it('before it is asked for, and again after its act: it reboots once', { timeout: 240_000 }, async () => {
    const { id } = await bot.server('web-1');
    const before = await reboots();
    await bot.faults({ ec2: { impair: 'web-1', check: 'instance' } });
    const alert = await bot.see(
      'alerts',
      ({ text }) => text.startsWith('CRITICAL') && text.includes(id) && /instance status check/.test(text),
      60_000,
    );
    await bot.see('alerts', ({ ts, thread_ts }) => thread_ts === alert.ts && ts !== alert.ts);
    const posts = async () =>
      ((await bot.call('GET', 'workspace')).body['apiCalls'] as Record<string, number>)['chat.postMessage'] ?? 0;
    const posted = await posts();
    // What it begins is said after the decision is written down, and before the work is asked for.
    await bot.faults({ slack: { api: { method: 'chat.postMessage', delayMs: 60_000, times: 100 } } });
    await bot.reconfigure({
      remediation:
        '  - { name: by-rule, select: web-1, remedy: reboot, after: 0ms, coolDown: 1s, perDay: 10, approval: none }',
    });
    await bot.until(async () => (await posts()) > posted, 'what it begins', 60_000);
    await bot.crash(async () => {
      expect(await reboots()).toBe(before);
      await bot.faults({ slack: { clear: true } });
      await bot.faults({
        ec2: { inject: { action: 'RebootInstances', times: 1, hangMs: 60_000, afterWork: true } },
      });
    });
    await bot.until(async () => (await reboots()) > before, 'the reboot', 90_000);
    await bot.crash(() => bot.faults({ ec2: { clear: true } }));

    await bot.turn(alert, /By itself · Restarted web-1/, 90_000);
    const over = await bot.turn(alert, /Over after/, 60_000);
    expect(await reboots()).toBe(before + 1);
    expect(over.plain.match(/By itself · begins: Reboot \(rule by-rule\)/g)).toHaveLength(1);
    await saidOnce(alert, /By itself · Restarted web-1/);
  });
});
