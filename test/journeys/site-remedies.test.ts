import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { type Bot, startBot } from './bot.ts';
import { watchShop } from './shop.ts';

/** The demo site of the sandbox, which a restarted container, a new deployment or a script mends. */
let bot: Bot;
let shop: ReturnType<typeof watchShop>;
const noKeys = ['ec2:DescribeInstances', 'ec2:DescribeSnapshots', 'ec2:DescribeRegions'];

beforeAll(async () => {
  bot = await startBot();
  shop = watchShop(bot);
  const three = ['ecs: { cluster: default, service: shop }', 'unit: shop', 'script: again'];
  await bot.reconfigure({ ...shop.settings, ...shop.remedies(...three.map((one) => `${one}, within: 20s`)) });
}, 240_000);
afterEach(async () => {
  await bot.faults({ ec2: { clear: true }, site: { up: true, status: 200, cure: 'restart' } });
});
afterAll(() => bot.stop());

describe('a remedy by its button', () => {
  it.each([
    ['an ECS service', 'Redeploy shop'],
    ['a systemd unit', 'Restart unit shop'],
    ['a script', 'Run again'],
    ['a container while AWS refuses our keys', 'Restart container shop'],
  ])('mends by %s, and the alert says so', { timeout: 180_000 }, async (what, label) => {
    // A new process knows nothing of AWS from before.
    if (/refuses/.test(what)) {
      await bot.reconfigure(shop.remedies(shop.container));
      await bot.crash(async () => void (await bot.faults({ ec2: { deny: noKeys } })));
      await bot.command('requester', 'ops', '/deck sites');
      await bot.see('ops', ({ plain, ephemeral }) => ephemeral === true && /demo-shop/.test(plain), 30_000);
    }
    const alert = await shop.down();
    const button = alert.buttons.find(({ text }) => text === label);
    expect(alert.buttons.map(({ text }) => text)).toContain(label);

    await bot.press('requester', alert, button!.action_id);
    const card = await bot.see('alerts', ({ plain, buttons }) => /Mend demo-shop/.test(plain) && buttons.length > 0);
    await bot.press('requester', card, 'confirm');

    await bot.turn(alert, /Over after/, 60_000);
    const over = await bot.turn(alert, /demo-shop is up again · r-/, 60_000);
    expect(over.plain).toMatch(/Over after/);
  });
});

describe('a site in maintenance', () => {
  it('is left alone, whoever asks', { timeout: 180_000 }, async () => {
    const later = 'auto: { after: 8s, coolDown: 1s, perDay: 10, approval: none }';
    await bot.reconfigure(shop.remedies(`${shop.container}, ${later}`));
    const before = await shop.dockerCalls('restart');
    const alert = await shop.down();
    await bot.press('requester', alert, 'maintenance');
    await bot.turn(alert, /could not start: demo-shop is in maintenance/, 60_000);

    await bot.command('requester', 'ops', '/deck fix demo-shop container:shop');
    await bot.read('ops', /demo-shop is in maintenance\. Nothing was done/);
    expect(await shop.dockerCalls('restart')).toBe(before);
  });
});
