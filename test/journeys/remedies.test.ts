import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type Bot, startBot } from './bot.ts';

let sandbox: Bot;
beforeAll(async () => {
  sandbox = await startBot();
});
afterAll(() => sandbox.stop());

async function approved(command: string, plan: RegExp) {
  await sandbox.command('requester', 'ops', command);
  const card = await sandbox.read('ops', plan);
  const isAsked = card.buttons.some(({ action_id }) => action_id === 'approve');
  await sandbox.press(isAsked ? 'approver' : 'requester', card, isAsked ? 'approve' : 'confirm');
  return card;
}
const calls = async (action: string) => (await sandbox.ec2()).calls.byAction[action] ?? 0;

describe('remedies for servers', () => {
  it('move a server to another host, and see its checks become well', async () => {
    await sandbox.faults({ ec2: { impair: 'web-1', check: 'system' } });
    const card = await approved('/deck migrate web-1', /Move web-1/);
    await sandbox.turn(card, /done: Moved web-1.*status checks ok/, 60_000);

    expect((await sandbox.server('web-1')).status).toMatchObject({ system: 'ok' });
  });

  it('start a server that shut itself down', async () => {
    await sandbox.faults({ ec2: { stop: 'web-2' } });
    await sandbox.until(async () => (await sandbox.server('web-2')).state === 'stopped', 'the stop');
    const card = await approved('/deck start web-2', /Start web-2/);
    await sandbox.turn(card, /done: Started web-2.*status checks ok/, 60_000);
  });

  it('move a planned retirement to a better time, and do it now', async () => {
    await sandbox.faults({ ec2: { event: { instance: 'web-1', code: 'instance-retirement', inHours: 24 } } });
    const at = new Date(Date.now() + 48 * 3_600_000).toISOString().slice(0, 16).replace('T', ' ');
    const moved = await approved(`/deck event web-1 --at "${at}"`, /Move instance-retirement/);
    await sandbox.turn(moved, /done: Moved instance-retirement/, 30_000);

    const card = await approved('/deck event web-1', /Do instance-retirement of web-1.*now/);
    await sandbox.turn(card, /done: Did instance-retirement of web-1 \(i-[0-9a-f]+\)$/m, 60_000);
  });

  it('never stop a member of an Auto Scaling group: the group replaces it instead', async () => {
    await sandbox.faults({ ec2: { autoScaling: { instance: 'web-2', group: 'web' } } });
    const stops = await calls('StopInstances');
    await sandbox.command('requester', 'ops', '/deck migrate web-2');
    await sandbox.read('ops', /member of the Auto Scaling group web/);
    expect(await calls('StopInstances')).toBe(stops);

    const { id } = await sandbox.server('web-2');
    const aside = await approved(`/deck standby ${id}`, /out of service/);
    await sandbox.turn(aside, /done:.*out of service/, 30_000);
    const back = await approved(`/deck standby ${id} --back`, /Put web-2.*back into service/);
    await sandbox.turn(back, /done:.*in service again/, 30_000);
    const card = await approved(`/deck replace ${id}`, /Replace web-2/);
    await sandbox.turn(card, /done: web has replaced web-2/, 60_000);
    expect(await calls('StopInstances')).toBe(stops);
  });

  it('show the console of a server to operators only', async () => {
    await sandbox.command('requester', 'ops', '/deck console web-1');
    const shown = await sandbox.read('ops', /Console of web-1/);
    expect(shown.plain).toMatch(/Linux version|login:/);
  });

  it('leave a broken host to AWS first: the alert offers no move, and it ends by itself', async () => {
    const stops = await calls('StopInstances');
    await sandbox.faults({ ec2: { impair: 'web-1', check: 'system', recoversIn: 12 } });
    const alert = await sandbox.read('alerts', /^(CRITICAL|WARNING).*status check.*web-1/is, 30_000);
    expect(alert.plain).toMatch(/Wait: AWS often moves it by itself/);
    expect(alert.buttons.map(({ text }) => text).join()).not.toMatch(/Move|Reboot/);

    await sandbox.turn(alert, /Over after/, 40_000);
    expect(await calls('StopInstances')).toBe(stops);
  });

  it('cure by the button of the alert: a server that shut itself down is started, and the alert ends', async () => {
    await sandbox.faults({ ec2: { stop: 'db-1' } });
    const alert = await sandbox.read('alerts', /^(CRITICAL|WARNING).*stopped.*db-1/is, 30_000);
    const start = alert.buttons.find(({ text }) => text === 'Start')!;
    await sandbox.press('requester', alert, start.action_id);
    const card = await sandbox.read('alerts', /Start db-1/);
    await sandbox.press('requester', card, 'confirm');
    await sandbox.turn(card, /done: Started db-1.*ok/, 60_000);
    await sandbox.turn(alert, /Over after/, 40_000);
  });
});

describe('remedies for servers without a person', () => {
  const inThread = async (alert: { ts: string }) =>
    (await sandbox.messages('alerts')).filter(({ ts, thread_ts }) => thread_ts === alert.ts && ts !== alert.ts);
  /** So many more looks of the watch, which come every few seconds. */
  async function looks(many: number): Promise<void> {
    const before = await calls('DescribeInstanceStatus');
    await sandbox.until(async () => (await calls('DescribeInstanceStatus')) >= before + many, 'more looks', 60_000);
  }
  let changes = 0;
  function rule(more: string): void {
    changes++;
    sandbox.configure('remediation', `  - { name: by-rule, after: 0ms, coolDown: 1s, perDay: 10, ${more} }`);
  }
  /** The settings as they stand are in force. */
  async function taken(): Promise<void> {
    await sandbox.until(
      async () => {
        await sandbox.command('approver', 'ops', '/deck audit');
        return (await sandbox.messages('ops')).some(
          ({ plain }) => (plain.match(/was changed and applied/g) ?? []).length >= changes,
        );
      },
      'the new settings',
      60_000,
    );
  }

  it('reboot what does not answer, say so, and the alert ends by itself', { timeout: 120_000 }, async () => {
    const { id } = await sandbox.server('web-1');
    rule('select: web-1, remedy: reboot, approval: none');
    await taken();
    const reboots = await calls('RebootInstances');
    await sandbox.faults({ ec2: { impair: 'web-1', check: 'instance' } });
    const alert = await sandbox.see(
      'alerts',
      ({ text }) => text.startsWith('CRITICAL') && text.includes(id) && /instance status check/.test(text),
      60_000,
    );

    await sandbox.turn(alert, /Over after/, 60_000);
    const over = await sandbox.turn(alert, /By itself · Restarted web-1/, 60_000);
    expect(over.plain).toMatch(/By itself · begins: Reboot \(rule by-rule\)/);
    expect((await inThread(alert)).map(({ plain }) => plain).join('\n')).toMatch(
      /begins: Reboot[^]*By itself · Restarted web-1/,
    );
    expect(await calls('RebootInstances')).toBe(reboots + 1);
  });

  it('do a planned retirement in a window, and not before it', { timeout: 120_000 }, async () => {
    const { id } = await sandbox.server('web-1');
    const stops = await calls('StopInstances');
    rule(`select: ${id}, remedy: event, approval: none, window: { cron: '0 0 1 1 *', duration: 1m }`);
    await taken();
    await sandbox.faults({ ec2: { event: { instance: 'web-1', code: 'instance-retirement', inHours: 24 } } });
    const alert = await sandbox.see(
      'alerts',
      ({ text }) => text.startsWith('WARNING') && text.includes(id) && /instance-retirement/.test(text),
      60_000,
    );
    await looks(2);
    expect(await calls('StopInstances')).toBe(stops);

    rule(`select: ${id}, remedy: event, approval: none, window: { cron: '* * * * *', duration: 1h }`);
    await sandbox.turn(alert, /Over after/, 90_000);
    await sandbox.turn(alert, /By itself · Did instance-retirement of web-1/, 60_000);
    expect(await calls('StopInstances')).toBe(stops + 1);
  });
});
