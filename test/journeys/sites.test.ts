import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type Bot, startBot } from './bot.ts';

/** Fifty quick sites on one host, which all are the sandbox's demo site; each outage is an incident of its own. */
let bot: Bot;
beforeAll(async () => {
  bot = await startBot();
  const sites = Array.from({ length: 50 }, (_, nr) => `  - { name: shop-${nr}, url: "${bot.url}/demo-site?${nr}" }`);
  await bot.reconfigure({
    alerts: '  reopen: 1s',
    monitoring: `  group: { wait: 1s }\n  blind: { within: 3s, canaries: ["${bot.url}/demo-site"] }`,
    sitesDefaults: '  { interval: 3s, deadline: 2s, recheck: [500ms, 1s, 1s], recover: { every: 500ms } }',
    sites: sites.join('\n'),
  });
}, 240_000);
afterAll(() => bot.stop());

const roots = async () =>
  (await bot.messages('alerts')).filter(({ ts, thread_ts }) => thread_ts === undefined || thread_ts === ts);
const about = async (pattern: RegExp) => (await roots()).filter(({ text }) => pattern.test(text));
const requests = async () => (await bot.call('GET', 'site')).body['requests'] as number;
const rounds = async (count: number) => {
  const seen = await requests();
  await bot.until(async () => (await requests()) > seen + 50 * count, `${count} rounds of checks`, 60_000);
};
/** Everything is well again, and was checked long enough for every recovery. */
async function well(): Promise<void> {
  await bot.faults({ ec2: { clear: true }, slack: { clear: true } });
  await bot.site({ up: true, status: 200 });
  await rounds(3);
  await bot.until(async () => (await about(/CRITICAL/)).length === 0, 'the end of every alert', 60_000);
}

describe('fifty sites behind one dead host', () => {
  it('are one message that lists them, until all are up again', { timeout: 120_000 }, async () => {
    await rounds(1);
    await bot.command('requester', 'ops', '/deck sites');
    await bot.read('ops', /50 sites watched · start lag p99 [\d,]+ ms · \d+ skipped · event loop [\d,]+ ms/);
    await bot.site({ status: 500 });

    // The severity stands on the message alone: lines in its thread say the same number of sites, and come later.
    const alert = await bot.read('alerts', /^CRITICAL: 50 sites are down/, 60_000);
    expect(alert.plain).toMatch(/shop-\d+, shop-\d+.* and 30 more/);
    expect(await about(/shop/)).toHaveLength(1);

    await bot.site({ status: 200 });
    await bot.turn(alert, /Over after/, 60_000);
    expect((await about(/shop/)).map(({ ts }) => ts)).toEqual([alert.ts]);
  });
});

describe('our own network down', () => {
  it('is one message that says so, and no site is told', { timeout: 120_000 }, async () => {
    await well();
    const before = (await about(/shop/)).length;
    await bot.faults({ ec2: { inject: { action: 'DescribeInstances', hangMs: 60_000, times: 1_000 } } });
    await bot.site({ up: false });

    const alert = await bot.read('alerts', /CRITICAL: Site checks are blind/, 60_000);
    await rounds(4);
    expect(await about(/blind/)).toHaveLength(1);
    expect(await about(/shop/)).toHaveLength(before);

    await well();
    await bot.turn(alert, /Over after/, 60_000);
    expect(await about(/shop/)).toHaveLength(before);
  });
});

describe('kill -9 between an incident and its message', () => {
  it('before Slack took the post: the next start posts it, once', { timeout: 120_000 }, async () => {
    await well();
    const before = (await about(/shop/)).length;
    await bot.faults({ slack: { api: { method: 'chat.postMessage', drop: true, times: 10_000 } } });
    await bot.site({ status: 500 });
    await rounds(6);
    expect(await about(/shop/)).toHaveLength(before);

    await bot.crash(async () => void (await bot.faults({ slack: { clear: true } })));

    await bot.until(async () => (await about(/CRITICAL: 50 sites are down/)).length === 1, 'the alert', 60_000);
    await well();
    expect(await about(/shop/)).toHaveLength(before + 1);
  });

  it('after its record: the next start edits it and posts no other', { timeout: 120_000 }, async () => {
    await well();
    const before = (await about(/shop/)).length;
    await bot.site({ status: 500 });
    await bot.until(async () => (await about(/CRITICAL: .*down/)).length === 1, 'the alert', 60_000);
    // The line in the thread follows the record of the post.
    await bot.read('alerts', /Down: HTTP 500/, 60_000);

    await bot.crash();

    await bot.until(async () => (await about(/CRITICAL: 50 sites are down/)).length === 1, 'all fifty on it', 60_000);
    await well();
    expect(await about(/shop/)).toHaveLength(before + 1);
  });
});

describe('the Maintenance button', () => {
  it('asks for an operator, and keeps the card as it is while the work lasts', { timeout: 120_000 }, async () => {
    await well();
    await bot.site({ status: 500 });
    const alert = await bot.read('alerts', /CRITICAL: 50 sites are down/, 60_000);
    expect(alert.buttons.map(({ text }) => text)).toContain('Maintenance 1 h');

    await bot.press('outsider', alert, 'maintenance');
    await bot.see('alerts', ({ ephemeral, plain }) => ephemeral === true && /operator|may/i.test(plain));
    await bot.press('requester', alert, 'maintenance');
    await bot.turn(alert, /Silenced until/);
    await bot.read('alerts', /In maintenance for 1 h, by/);
    await rounds(3);
    await bot.site({ status: 200 });
    await rounds(5);

    expect((await about(/CRITICAL: 50 sites are down/)).map(({ ts }) => ts)).toEqual([alert.ts]);
  });
});

describe('the weekly report', () => {
  it('comes at its time with uptime, a chart and every day as a file', { timeout: 120_000 }, async () => {
    await bot.site({ up: true, status: 200 });
    bot.configure('siteReport', "  cron: '*/5 * * * * *'");
    const report = await bot.read('alerts', /^The week of 50 sites/, 60_000);
    bot.configure('siteReport', '  enabled: false');

    // Minutes count once they are over, so that early in the first one nothing is judged yet.
    expect(report.plain).toMatch(
      /Uptime \| Down \| p50 \| p95 \| Budget left\nshop-\d+ \| (?:[\d.]+ %|not judged) \| /,
    );
    expect(report.plain).toMatch(/\[The last 7 days\. shop-\d+: (?:up [\d.]+ %|nothing known)/);
    await bot.until(
      async () => (await bot.messages('alerts')).some(({ thread_ts }) => thread_ts === report.ts),
      'the file in its thread',
    );
  });
});
