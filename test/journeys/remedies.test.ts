import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type Bot, startBot } from './bot.ts';
import type { Shown } from './sandbox.ts';

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
/** The open alert about a server, when it says so. */
async function alertOf(name: string, what: RegExp): Promise<Shown> {
  const { id } = await sandbox.server(name);
  return sandbox.see(
    'alerts',
    ({ text, buttons }) =>
      /^(CRITICAL|WARNING)/.test(text) && text.includes(id) && what.test(text) && buttons.length > 0,
    60_000,
  );
}
/** From the button of an alert, through plan and approval, to the end of the work. */
async function cure(alert: Shown, label: string, plan: RegExp, done: RegExp): Promise<void> {
  await press(alert, label);
  await carriedOut(plan, done);
}
async function press(alert: Shown, label: string): Promise<void> {
  const button = alert.buttons.find(({ text }) => text === label);
  expect(alert.buttons.map(({ text }) => text)).toContain(label);
  await sandbox.press('requester', alert, button!.action_id);
}
async function carriedOut(plan: RegExp, done: RegExp): Promise<void> {
  const card = await sandbox.see(
    'alerts',
    ({ text, plain, buttons }) =>
      (plan.test(text) || plan.test(plain)) &&
      buttons.some(({ action_id }) => action_id === 'approve' || action_id === 'confirm'),
  );
  const isAsked = card.buttons.some(({ action_id }) => action_id === 'approve');
  await sandbox.press(isAsked ? 'approver' : 'requester', card, isAsked ? 'approve' : 'confirm');
  await sandbox.turn(card, done, 90_000);
}
const calls = async (action: string) => (await sandbox.ec2()).calls.byAction[action] ?? 0;

describe('remedies for servers', () => {
  it('let a disk go on that AWS has stopped, and its alert ends', { timeout: 120_000 }, async () => {
    await sandbox.faults({ ec2: { impairVolume: 'db-1-data' } });
    const alert = await sandbox.see(
      'alerts',
      ({ text, buttons }) => /^(CRITICAL|WARNING).*db-1-data.*no I\/O/.test(text) && buttons.length > 0,
      60_000,
    );
    await cure(alert, 'Enable I/O…', /[Ee]nable I\/O/, /done: Enabled/);
    await sandbox.turn(alert, /Over after/, 60_000);
  });

  it('move a server to another host, and its alert ends', { timeout: 120_000 }, async () => {
    await sandbox.faults({ ec2: { impair: 'web-1', check: 'ebs' } });
    const alert = await alertOf('web-1', /EBS status check/);
    await cure(alert, 'Move to another host…', /Move web-1/, /done: Moved web-1.*status checks ok/);
    await sandbox.turn(alert, /Over after/, 60_000);

    expect((await sandbox.server('web-1')).status).toMatchObject({ ebs: 'ok' });
  });

  it(
    'restore the disks of a server from the last good snapshots, and its alert ends',
    { timeout: 180_000 },
    async () => {
      await sandbox.faults({ ec2: { impair: 'db-1', check: 'ebs' } });
      const alert = await alertOf('db-1', /EBS status check/);
      await cure(alert, 'Restore…', /Restore.*db-1/, /done: Restored/);
      await sandbox.turn(alert, /Over after/, 60_000);

      // The restored disks have the history of those before them.
      await sandbox.faults({ ec2: { impair: 'db-1', check: 'instance' } });
      const next = await alertOf('db-1', /instance status check/);
      expect(next.plain).toMatch(/Last good snapshot[^]{0,20}\d+ (?:h|min).* old/);
      expect(next.plain).not.toMatch(/without any|NONE/);
      expect(next.buttons.map(({ text }) => text)).toContain('Restore…');
      await sandbox.faults({ ec2: { heal: 'db-1' } });
      await sandbox.turn(next, /Over after/, 60_000);
    },
  );

  it('start a server that shut itself down', async () => {
    await sandbox.faults({ ec2: { stop: 'web-2' } });
    await sandbox.until(async () => (await sandbox.server('web-2')).state === 'stopped', 'the stop');
    const card = await approved('/deck start web-2', /Start web-2/);
    await sandbox.turn(card, /done: Started web-2.*status checks ok/, 60_000);
  });

  it('move a planned retirement to a better time, and do it now', { timeout: 120_000 }, async () => {
    await sandbox.faults({ ec2: { event: { instance: 'web-1', code: 'instance-retirement', inHours: 24 } } });
    await press(await alertOf('web-1', /instance-retirement/), 'Another time…');
    const form = await sandbox.until(async () => {
      const { body } = await sandbox.call('GET', 'views?user=requester');
      return (body as { views: { id: string }[] }).views.at(-1);
    }, 'the form');
    const at = String(Math.floor(Date.now() / 60_000) * 60 + 48 * 3_600);
    const sent = await sandbox.call('POST', 'views/submit', { user: 'requester', view_id: form.id, values: { at } });
    expect(sent.body).toMatchObject({ closed: true });
    await carriedOut(/Move instance-retirement of web-1/, /done: Moved instance-retirement/);

    const alert = await alertOf('web-1', /instance-retirement/);
    await cure(alert, 'Do it now…', /Do instance-retirement of web-1.*now/, /done: Did instance-retirement of web-1/);
    await sandbox.turn(alert, /Over after/, 60_000);
  });

  it('never stop a member of an Auto Scaling group: the group replaces it instead', { timeout: 180_000 }, async () => {
    await sandbox.faults({ ec2: { autoScaling: { instance: 'web-2', group: 'web' } } });
    const stops = await calls('StopInstances');
    await sandbox.command('requester', 'ops', '/deck migrate web-2');
    await sandbox.read('ops', /member of the Auto Scaling group web/);
    expect(await calls('StopInstances')).toBe(stops);

    const { id } = await sandbox.server('web-2');
    await sandbox.faults({ ec2: { impair: id, check: 'instance' } });
    const alert = await alertOf(id, /instance status check/);
    await cure(alert, 'Take out of service', /out of service/, /done:.*out of service/);
    const back = await approved(`/deck standby ${id} --back`, /Put web-2.*back into service/);
    await sandbox.turn(back, /done:.*in service again/, 30_000);
    const still = await alertOf(id, /instance status check/);
    await cure(still, 'Let the group replace it…', /Replace web-2/, /done: web has replaced web-2/);
    await sandbox.turn(still, /Over after/, 60_000);
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

  it(
    'cure by the button of the alert: a server that shut itself down is started, and the alert ends',
    { timeout: 120_000 },
    async () => {
      await sandbox.faults({ ec2: { stop: 'db-1' } });
      const alert = await alertOf('db-1', /shut itself down/);
      const people = { user: 'requester', channel: 'alerts', ts: alert.ts, action_id: 'assign' };
      await sandbox.call('POST', 'actions', { ...people, value: 'U0APPROVER' });
      await sandbox.turn(alert, /Assigned to @\S.* by @\S/);
      await sandbox.see('alerts', ({ thread_ts, plain }) => thread_ts === alert.ts && /Assigned to @/.test(plain));
      await sandbox.command('requester', 'ops', '/deck incidents assign db-1 @riley');
      await sandbox.turn(alert, /Assigned to @riley/i);
      await sandbox.command('requester', 'ops', '/deck incidents silence db-1 2h');
      await sandbox.turn(alert, /Silenced until/);
      await cure(alert, 'Start', /Start db-1/, /done: Started db-1.*ok/);
      await sandbox.turn(alert, /Over after/, 40_000);
    },
  );
});

describe('remedies for servers without a person', () => {
  const inThread = async (alert: { ts: string }) =>
    (await sandbox.messages('alerts')).filter(({ ts, thread_ts }) => thread_ts === alert.ts && ts !== alert.ts);
  /** So many more looks of the watch, which come every few seconds. */
  async function looks(many: number): Promise<void> {
    const before = await calls('DescribeInstanceStatus');
    await sandbox.until(async () => (await calls('DescribeInstanceStatus')) >= before + many, 'more looks', 60_000);
  }
  const rule = (more: string) =>
    sandbox.reconfigure({
      remediation: `  - { name: by-rule, after: 0ms, coolDown: 1s, perDay: 10, ${more} }`,
    });

  it('reboot what does not answer, say so, and the alert ends by itself', { timeout: 120_000 }, async () => {
    const { id } = await sandbox.server('web-1');
    await rule('select: web-1, remedy: reboot, approval: none');
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
    await rule(`select: ${id}, remedy: event, approval: none, window: { cron: '0 0 1 1 *', duration: 1m }`);
    await sandbox.faults({ ec2: { event: { instance: 'web-1', code: 'instance-retirement', inHours: 24 } } });
    const alert = await sandbox.see(
      'alerts',
      ({ text }) => /^(CRITICAL|WARNING)/.test(text) && text.includes(id) && /instance-retirement/.test(text),
      60_000,
    );
    await looks(2);
    expect(await calls('StopInstances')).toBe(stops);

    await rule(`select: ${id}, remedy: event, approval: none, window: { cron: '* * * * *', duration: 1h }`);
    await sandbox.turn(alert, /Over after/, 90_000);
    await sandbox.turn(alert, /By itself · Did instance-retirement of web-1/, 60_000);
    expect(await calls('StopInstances')).toBe(stops + 1);
  });
});
