import { afterAll, beforeAll, expect, it } from 'vitest';

import { type Sandbox, type Shown, startSandbox } from './sandbox.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox('--instances', '1500');
});
afterAll(() => sandbox.stop());

const isRoot = ({ ts, thread_ts }: Shown) => thread_ts === undefined || thread_ts === ts;
/** Of all that stands in the channel, what is about status checks: the first fleet has events and backups to tell of too. */
const told = async () =>
  (await sandbox.messages('alerts')).filter((one) => isRoot(one) && /impaired|status check|fine again/.test(one.text));

it('five hundred servers of one zone that fail at once are one message, which ends when all are well', async () => {
  const zone = 'us-east-1a';
  await sandbox.faults({ ec2: { impairZone: zone, check: 'system' } });
  const isAlert = (one: Shown) => isRoot(one) && /impaired together \(zone us-east-1a\)/.test(one.text);
  const alert = await sandbox.see('alerts', isAlert, 90_000);
  const servers = Number(/(\d+) servers impaired together/.exec(alert.text)?.[1]);
  expect(servers).toBeGreaterThanOrEqual(490);
  expect(alert.plain).toMatch(/ and \d{3} more/);
  expect(alert.buttons.map(({ action_id }) => action_id)).toEqual(['acknowledge', 'silence', 'maintenance']);

  await sandbox.press('approver', alert, 'acknowledge');
  await sandbox.turn(alert, /Taken by/);
  await sandbox.faults({ ec2: { healZone: zone } });
  await sandbox.turn(alert, /Over after/, 90_000);
  expect((await told()).map(({ text }) => text)).toEqual([expect.stringMatching(/^Resolved: \d+ servers/)]);
}, 240_000);
