import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { type Bot, startBot } from './bot.ts';
import type { Shown } from './sandbox.ts';

/** The demo site of the sandbox stands on web-1, and each of its troubles has another cure. */
let bot: Bot;
beforeAll(async () => {
  bot = await startBot();
  await bot.reconfigure({
    alerts: '  reopen: 1s',
    sitesDefaults: '  { interval: 1s, deadline: 1s, recheck: [250ms, 250ms, 250ms], recover: { every: 250ms } }',
    sites: `  - name: demo-shop
    url: ${bot.url}/demo-site
    instance: web-1
    remedies: [{ server: reboot }, { server: migrate }, { server: restore }]`,
  });
}, 240_000);
afterEach(async () => {
  await bot.site({ up: true, status: 200, cure: 'restart' });
});
afterAll(() => bot.stop());

const calls = async (action: string) => (await bot.ec2()).calls.byAction[action] ?? 0;
async function alertOf(trouble: object): Promise<Shown> {
  await bot.site(trouble);
  return bot.see(
    'alerts',
    ({ text, buttons }) => text.startsWith('CRITICAL: demo-shop is down') && buttons.length > 0,
    60_000,
  );
}
/** Presses the remedy of that label; the card that asks then. */
async function asked(alert: Shown, label: string, plan: RegExp): Promise<Shown> {
  const button = alert.buttons.find(({ text }) => text === label);
  expect(alert.buttons.map(({ text }) => text)).toContain(label);
  await bot.press('requester', alert, button!.action_id);
  return bot.see(
    'alerts',
    ({ plain, buttons }) => plan.test(plain) && buttons.some(({ action_id }) => /^(confirm|approve)$/.test(action_id)),
    30_000,
  );
}
/** The site is up again, and its alert says so and what was done. */
async function over(alert: Shown, done: RegExp): Promise<void> {
  const told = await bot.turn(alert, done, 90_000);
  expect(told.ts).toBe(alert.ts);
  const end = await bot.turn(alert, /demo-shop is up again after/, 60_000);
  expect(end.plain).toMatch(/Over after/);
  expect((await bot.ec2()).invariants).toEqual([]);
}

describe('a site on a server', () => {
  it('is mended by a reboot of it, from the button of its alert', { timeout: 180_000 }, async () => {
    const before = await calls('RebootInstances');
    const alert = await alertOf({ status: 500, cure: 'reboot' });

    const card = await asked(alert, 'Restart web-1', /Restart web-1/);
    await bot.press('requester', card, 'confirm');

    await over(alert, /Restarted web-1.* · r-/);
    expect(await calls('RebootInstances')).toBe(before + 1);
  });

  it('that a reboot does not help is mended by a stop and a start', { timeout: 180_000 }, async () => {
    const alert = await alertOf({ status: 500, cure: 'start' });
    const first = await asked(alert, 'Restart web-1', /Restart web-1/);
    await bot.press('requester', first, 'confirm');
    const still = await bot.turn(alert, /Restarted web-1.* · r-/, 60_000);
    expect(still.text).toMatch(/^CRITICAL: demo-shop is down/);

    const card = await asked(still, 'Stop and start web-1…', /Move web-1/);
    await bot.press('approver', card, 'approve');

    await over(alert, /Moved web-1.* · r-/);
  });

  it('is mended by a restore of its disks, once another person has approved it', { timeout: 180_000 }, async () => {
    const disks = (await bot.server('web-1')).mappings;
    const alert = await alertOf({ status: 500, cure: 'restore' });

    const card = await asked(alert, 'Restore…', /Restore.*web-1/);
    await bot.press('requester', card, 'approve');
    await bot.see('alerts', ({ ephemeral, plain }) => ephemeral === true && /approve/.test(plain));
    expect((await bot.server('web-1')).mappings).toEqual(disks);
    await bot.press('approver', card, 'approve');

    await over(alert, /Restored .*web-1.* · r-/);
    const after = (await bot.server('web-1')).mappings;
    expect(after.map(({ device }) => device)).toEqual(disks.map(({ device }) => device));
    expect(after).not.toEqual(disks);
  });
});
