import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type Sandbox, startSandbox } from './sandbox.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox('--agents');
});
afterAll(() => sandbox.stop());

const requests = async () => (await sandbox.call('GET', 'site')).body['requests'] as number;
const publicPage = async () => (await fetch(`${sandbox.url}/status`, { signal: AbortSignal.timeout(10_000) })).text();
const roots = async () =>
  (await sandbox.messages('alerts')).filter(({ ts, thread_ts }) => thread_ts === undefined || thread_ts === ts);

describe('a site', () => {
  it('that goes down is one message: confirmed, taken, and over with its duration', async () => {
    const agents = async () => {
      await sandbox.command('requester', 'ops', '/deck sites');
      return (await sandbox.read('ops', /Confirmed from/)).plain.includes('frankfurt, connected · tokyo, connected');
    };
    await sandbox.until(agents, 'the connection of both agents');
    await sandbox.site({ up: false });
    const alert = await sandbox.read('alerts', /CRITICAL.*demo-shop/s, 30_000);
    expect(alert.buttons.map(({ text }) => text)).toEqual(
      expect.arrayContaining([
        'Acknowledge',
        'Silence 1 h',
        expect.stringMatching(/^Restart/),
        expect.stringMatching(/^Restore/),
      ]),
    );

    expect(alert.plain).toMatch(/from 3 of 3: here, frankfurt and tokyo/);
    // Drawn once it has been told; a reader of the screen hears the same.
    const drawn = /\[demo-shop: response time, and when it failed\. p50: .* down [\d.]+ % \(1 time\)\.\]/;
    await sandbox.turn(alert, drawn, 30_000);
    // What customers read meanwhile: neither the site's own name nor the cause.
    await sandbox.until(async () => /Web shop is down/.test(await publicPage()), 'a public page that says so');
    expect(await publicPage()).not.toMatch(/demo-shop|127\.0\.0\.1|reset/);
    await sandbox.press('approver', alert, 'acknowledge');
    await sandbox.turn(alert, /Taken by/);
    await sandbox.site({ up: true });
    const over = await sandbox.turn(alert, /Over after/, 30_000);

    expect(over.buttons).toEqual([]);
    expect(over.plain).toMatch(drawn);
    await sandbox.until(
      async () => /is operational[^]*Past incidents[^]*Web shop was down/.test(await publicPage()),
      'a public page that tells of it as past',
    );
    expect((await roots()).filter(({ text }) => /demo-shop/.test(text))).toHaveLength(1);
    expect((await sandbox.messages('alerts')).some(({ thread_ts }) => thread_ts === alert.ts)).toBe(true);
  });

  it("that misses one check is nobody's alarm", async () => {
    const before = (await roots()).length;
    const seen = await requests();
    await sandbox.site({ status: 500 });
    await sandbox.until(async () => (await requests()) > seen, 'a failing check');
    await sandbox.site({ status: 200 });
    const later = await requests();
    await sandbox.until(async () => (await requests()) >= later + 3, 'three more checks');

    expect((await roots()).length).toBe(before);
  });
});

describe('a server with an impaired status check', () => {
  it('is told once, and its Reboot button goes through plan and confirmation and cures it', async () => {
    await sandbox.faults({ ec2: { impair: 'web-2', check: 'instance' } });
    const alert = await sandbox.read('alerts', /^(CRITICAL|WARNING).*status check.*web-2/is, 30_000);
    const reboot = alert.buttons.find(({ text }) => /Reboot/.test(text))!;

    await sandbox.press('requester', alert, reboot.action_id);
    const card = await sandbox.read('alerts', /Restart web-2/);
    await sandbox.press('requester', card, 'confirm');
    await sandbox.turn(card, /done: Restarted web-2/, 40_000);

    await sandbox.turn(alert, /Over after/, 40_000);
    expect((await sandbox.ec2()).calls.byAction['RebootInstances']).toBeGreaterThanOrEqual(1);
    expect((await roots()).filter(({ text }) => /web-2/.test(text) && !/Restart/.test(text))).toHaveLength(1);
  });
});
