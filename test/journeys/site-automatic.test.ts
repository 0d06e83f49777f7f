import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { type Bot, startBot } from './bot.ts';
import { watchShop } from './shop.ts';

let bot: Bot;
let shop: ReturnType<typeof watchShop>;
const restarts = () => shop.dockerCalls('restart');
const byContainer = () => shop.remedies(`${shop.container}, ${shop.auto()}`);

beforeAll(async () => {
  bot = await startBot();
  shop = watchShop(bot);
  await bot.reconfigure({ ...shop.settings, ...byContainer() });
}, 240_000);
afterEach(async () => {
  await bot.faults({ ec2: { clear: true }, site: { up: true, status: 200, cure: 'restart' } });
});
afterAll(() => bot.stop());

describe('a remedy without a person', () => {
  it('mends the site and says so', { timeout: 120_000 }, async () => {
    const before = (await shop.byItself()).length;
    const alert = await shop.down();

    await bot.turn(alert, /Over after/, 60_000);
    await bot.turn(alert, /By itself · Restart container shop on local: demo-shop is up again/, 60_000);
    await bot.until(async () => (await shop.byItself()).length > before, 'a line in the thread');
    expect(await shop.byItself()).toHaveLength(before + 1);
  });

  it('waits while it is paused, then while our own network is down, and then acts', { timeout: 180_000 }, async () => {
    await bot.command('requester', 'ops', '/deck pause');
    await bot.see('ops', ({ plain }) => /approver role for `?pause/.test(plain));
    await bot.command('approver', 'ops', '/deck pause big sale');
    await bot.read('ops', /Automatic work is paused/);
    const before = await restarts();
    const alert = await shop.down();
    // It decides every 5 s, and checks every second.
    await shop.checks(7);
    expect(await restarts()).toBe(before);

    await bot.faults({ ec2: { inject: { action: 'DescribeInstances', hangMs: 60_000, times: 1_000 } } });
    await bot.site({ up: false });
    const blind = await bot.read('alerts', /CRITICAL: Site checks are blind/, 60_000);
    await bot.command('approver', 'ops', '/deck resume');
    await bot.read('ops', /Automatic work goes on/);
    await shop.checks(8);
    expect(await restarts()).toBe(before);
    expect((await bot.turn(alert, /demo-shop/)).plain).not.toMatch(/By itself/);

    await bot.faults({ ec2: { clear: true } });
    await bot.site({ up: true, status: 500 });
    await bot.turn(blind, /Over after/, 60_000);
    await bot.turn(alert, /Over after/, 60_000);
    const over = await bot.turn(alert, /By itself · Restart container shop on local: demo-shop is up again/, 60_000);
    expect(over.buttons).toEqual([]);
    expect(over.plain.match(/By itself/g)).toHaveLength(1);
    expect(await restarts()).toBe(before + 1);
  });

  it('does nothing while nothing may change, nor for a cause that no restart cures', { timeout: 180_000 }, async () => {
    const at = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString().slice(0, 16);
    await bot.reconfigure({ freeze: `  - { name: big sale, from: "${at(-1)}", to: "${at(1)}" }` });
    const before = await restarts();
    const frozen = await shop.down();
    expect(frozen.buttons.map(({ text }) => text)).toContain('Restart container shop');
    await shop.checks(7);
    expect(await restarts()).toBe(before);

    await shop.well();
    await bot.reconfigure({ freeze: '  []' });
    const alert = await shop.down({ status: 404 });
    expect(alert.text).toMatch(/HTTP 404/);
    expect(alert.buttons.map(({ text }) => text).join()).not.toMatch(/Restart|Redeploy/);
    await bot.command('requester', 'ops', '/deck fix demo-shop container:shop');
    await bot.read('ops', /fails for a cause that no restart cures/);
    expect(await restarts()).toBe(before);
  });

  it('is tried once each, then left to people, who are told at once', { timeout: 180_000 }, async () => {
    await bot.reconfigure(
      shop.remedies(
        `container: shop, on: local, within: 1s, ${shop.auto()}`,
        `ecs: { cluster: default, service: shop }, within: 1s, ${shop.auto()}`,
      ),
    );
    const [before, said] = [await restarts(), (await shop.byItself()).length];
    const alert = await shop.down({ status: 500, cure: 'nothing' });

    await bot.turn(alert, /By itself · gives up: two tries were no help/, 60_000);
    await bot.read('ops', /Nobody has taken it: demo-shop is down/, 60_000);
    await shop.checks(7);
    expect(await restarts()).toBe(before + 1);
    expect((await shop.byItself()).length - said).toBe(3);
  });
});
