import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createContainers } from '#docker/containers.ts';

import { type Bot, startBot } from './bot.ts';

/** The demo site of the sandbox, which a restarted container, a new deployment or a script mends, unless it is not mendable. */
let bot: Bot;
const containers = createContainers();
const engine = () => ({ address: `${bot.url}/docker` });
const startedAt = async () => (await containers.container(engine(), 'shop')).startedAt;

function remedies(...list: string[]): void {
  const quick = 'interval: 1s, deadline: 1s, recheck: [250ms, 250ms, 250ms], recover: { every: 250ms }';
  const wanted = list.map((one) => `      - { ${one} }`).join('\n');
  bot.configure(
    'sites',
    `  - name: demo-shop\n    url: ${bot.url}/demo-site\n    instance: web-1\n    remedies:\n${wanted}`,
  );
  bot.configure('sitesDefaults', `  { ${quick} }`);
}
const container = 'container: shop, on: local, within: 20s';
const noKeys = ['ec2:DescribeInstances', 'ec2:DescribeSnapshots', 'ec2:DescribeRegions'];
const auto = (more = '') => `auto: { after: 0ms, coolDown: 1s, perDay: 10, approval: none${more} }`;
const requests = async () => (await bot.call('GET', 'site')).body['requests'] as number;

/** The settings are in force, and everything is well. */
async function well(): Promise<void> {
  await bot.site({ up: true, status: 200, cure: 'restart' });
  await bot.until(async () => (await open()).length === 0, 'the end of every alert', 60_000);
  const seen = await requests();
  await bot.until(async () => (await requests()) > seen + 2, 'two checks', 60_000);
}
const open = async () => (await bot.messages('alerts')).filter(({ text }) => text.startsWith('CRITICAL: demo-shop'));
const by = async () =>
  (await bot.messages('alerts')).filter(
    ({ thread_ts, ts, plain }) => thread_ts !== undefined && thread_ts !== ts && /By itself/.test(plain),
  );

beforeAll(async () => {
  bot = await startBot();
  bot.configure('alerts', '  reopen: 1s\n  escalate: { after: 1d, channel: C0OPS }');
  bot.configure('docker', `  - { name: local, url: "${bot.url}/docker" }`);
  bot.configure('scripts', '  - { name: again, lines: [systemctl restart shop] }');
});
afterAll(async () => {
  await containers.close();
  await bot.stop();
});

describe('a remedy by its button', () => {
  it.each([
    ['an ECS service', 'ecs: { cluster: default, service: shop }, within: 20s', 'Redeploy shop'],
    ['a systemd unit', 'unit: shop, within: 20s', 'Restart unit shop'],
    ['a script', 'script: again, within: 20s', 'Run again'],
    ['a container while AWS refuses our keys', container, 'Restart container shop'],
  ])('mends by %s, and the alert says so', { timeout: 120_000 }, async (what, remedy, label) => {
    remedies(remedy);
    // A new process knows nothing of AWS from before.
    if (/refuses/.test(what)) {
      await bot.crash(async () => void (await bot.faults({ ec2: { deny: noKeys } })));
      await bot.command('requester', 'ops', '/deck sites');
      await bot.see('ops', ({ plain, ephemeral }) => ephemeral === true && /demo-shop/.test(plain), 30_000);
    }
    await well();
    await bot.site({ status: 500 });
    const alert = await bot.read('alerts', /CRITICAL: demo-shop is down/, 30_000);
    expect(alert.buttons.map(({ text }) => text)).toContain(label);

    await bot.press('requester', alert, 'remedy-1');
    const card = await bot.see('alerts', ({ plain, buttons }) => /Mend demo-shop/.test(plain) && buttons.length > 0);
    await bot.press('requester', card, 'confirm');

    await bot.turn(alert, /Over after/, 60_000);
    const over = await bot.turn(alert, /demo-shop is up again · r-/, 60_000);
    expect(over.plain).toMatch(/Over after/);
    await bot.faults({ ec2: { clear: true } });
  });
});

describe('a remedy without a person', () => {
  it('mends the site and says so', { timeout: 120_000 }, async () => {
    remedies(`${container}, ${auto()}`);
    await well();
    const before = (await by()).length;
    await bot.site({ status: 500 });
    const alert = await bot.read('alerts', /CRITICAL: demo-shop is down/, 30_000);

    await bot.turn(alert, /Over after/, 60_000);
    await bot.turn(alert, /By itself · Restart container shop on local: demo-shop is up again/, 60_000);
    await bot.until(async () => (await by()).length > before, 'a line in the thread');
    expect(await by()).toHaveLength(before + 1);
  });

  it('is tried once each, then left to people, who are told at once', { timeout: 180_000 }, async () => {
    remedies(
      `container: shop, on: local, within: 1s, ${auto()}`,
      `ecs: { cluster: default, service: shop }, within: 1s, ${auto()}`,
    );
    await well();
    const before = (await by()).length;
    await bot.site({ status: 500, cure: 'nothing' });
    const alert = await bot.read('alerts', /CRITICAL: demo-shop is down/, 30_000);

    await bot.turn(alert, /By itself · gives up: two tries were no help/, 60_000);
    await bot.read('ops', /Nobody has taken it: demo-shop is down/, 60_000);
    const touched = await startedAt();
    const seen = await requests();
    await bot.until(async () => (await requests()) > seen + 5, 'five checks', 60_000);
    expect(await startedAt()).toBe(touched);
    expect((await by()).length - before).toBe(3);
  });

  it('waits while automatic work is paused, and goes on afterwards', { timeout: 180_000 }, async () => {
    remedies(`${container}, ${auto()}`);
    await well();
    await bot.command('requester', 'ops', '/deck pause');
    await bot.see('ops', ({ plain }) => /approver role for `?pause/.test(plain));
    await bot.command('approver', 'ops', '/deck pause big sale');
    await bot.read('ops', /Automatic work is paused/);
    const touched = await startedAt();
    await bot.site({ status: 500 });
    const alert = await bot.read('alerts', /CRITICAL: demo-shop is down/, 30_000);
    const seen = await requests();
    await bot.until(async () => (await requests()) > seen + 5, 'five checks', 60_000);
    expect(await startedAt()).toBe(touched);

    await bot.command('approver', 'ops', '/deck resume');
    const over = await bot.turn(alert, /By itself · Restart container shop on local: demo-shop is up again/, 60_000);
    expect(over.buttons).toEqual([]);
  });

  it('does nothing while nothing may change, nor for a cause that no restart cures', { timeout: 180_000 }, async () => {
    const at = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString().slice(0, 16);
    bot.configure('freeze', `  - { name: big sale, from: "${at(-1)}", to: "${at(1)}" }`);
    remedies(`${container}, ${auto()}`);
    await well();
    const touched = await startedAt();
    await bot.site({ status: 500 });
    const frozen = await bot.read('alerts', /^CRITICAL: demo-shop is down/, 30_000);
    expect(frozen.buttons.map(({ text }) => text)).toContain('Restart container shop');
    const seen = await requests();
    await bot.until(async () => (await requests()) > seen + 7, 'seven checks', 60_000);
    expect(await startedAt()).toBe(touched);

    await well();
    bot.configure('freeze', '  []');
    await well();
    await bot.site({ status: 404 });
    const alert = await bot.read('alerts', /^CRITICAL: demo-shop is down: HTTP 404/, 30_000);
    expect(alert.buttons.map(({ text }) => text).join()).not.toMatch(/Restart|Redeploy/);
    await bot.command('requester', 'ops', '/deck fix demo-shop container:shop');
    await bot.read('ops', /fails for a cause that no restart cures/);
    expect(await startedAt()).toBe(touched);
  });

  it('is left alone in maintenance', { timeout: 180_000 }, async () => {
    remedies(`container: shop, on: local, within: 20s, auto: { after: 8s, coolDown: 1s, perDay: 10, approval: none }`);
    await well();
    const touched = await startedAt();
    await bot.site({ status: 500 });
    const alert = await bot.read('alerts', /CRITICAL: demo-shop is down/, 30_000);
    await bot.press('requester', alert, 'maintenance');
    await bot.turn(alert, /could not start: demo-shop is in maintenance/, 60_000);
    expect(await startedAt()).toBe(touched);

    await bot.command('requester', 'ops', '/deck fix demo-shop container:shop');
    await bot.read('ops', /demo-shop is in maintenance\. Nothing was done/);
  });
});
