import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type Child, printed, startNode, tempFolder } from '#test/support/processes.ts';

import { createDriver, type Driver } from './sandbox.ts';

/** The make-believe Slack and EC2 outlive the bot, which is killed and started again. */
const folder = tempFolder('kill');
let servers: Child;
let driver: Driver;
let environment: Record<string, string>;
let bot: Child;

beforeAll(async () => {
  servers = startNode([
    'src/sandbox/main.ts',
    '--port',
    '0',
    '--speed',
    '200',
    '--data-dir',
    folder.path,
    '--servers-only',
  ]);
  const [, url] = await printed(servers, /Deckhand sandbox ready: (http:\S+)/);
  const [, line] = await printed(servers, /\n(SLACK_BOT_TOKEN=.*) npm start/);
  environment = Object.fromEntries(
    line!.split(' ').map((part) => [part.slice(0, part.indexOf('=')), part.slice(part.indexOf('=') + 1)]),
  );
  driver = createDriver(url!);
  bot = await startBot();
});
afterAll(async () => {
  await bot.kill('SIGKILL');
  await servers.kill('SIGTERM');
  folder.remove();
});

function launchBot(): Child {
  return startNode(['src/main.ts'], { ...environment, PORT: '0', LOG_LEVEL: 'info' });
}

async function startBot(): Promise<Child> {
  const child = launchBot();
  await printed(child, /Deckhand is ready/, 40_000);
  return child;
}

const mappings = async (name: string) => (await driver.server(name)).mappings;
/** Each call of a restore that changes something, in order. */
const calls = [
  'CreateVolume',
  'StopInstances',
  'DetachVolume',
  'AttachVolume',
  'ModifyInstanceAttribute',
  'StartInstances',
  'CreateTags',
];

const home = { flags: '', query: '', place: {} };
const staging = {
  flags: ' --account staging',
  query: '?account=210987654321&region=us-east-1',
  place: { account: '210987654321', region: 'us-east-1' },
};

/** Asks for a restore of `name` and approves it; the next `action` hangs, before or after its work, until the bot is killed there. */
async function killInside(name: string, action: string, afterWork: boolean, at = home) {
  const before = (await driver.ec2(at.query)).calls.byAction[action] ?? 0;
  await driver.command('requester', 'ops', `/restore ${name}${at.flags}`);
  const card = await driver.see(
    'ops',
    ({ text, buttons }) =>
      new RegExp(`Restore 1 volume of ${name} `).test(text) && buttons.some(({ action_id }) => action_id === 'approve'),
  );
  await driver.faults({ ec2: { ...at.place, inject: { action, times: 1, hangMs: 60_000, afterWork } } });
  await driver.press('approver', card, 'approve');
  await driver.until(
    async () => ((await driver.ec2(at.query)).calls.byAction[action] ?? 0) > before,
    `the call of ${action}`,
  );
  await bot.kill('SIGKILL');
  await driver.faults({ ec2: { ...at.place, clear: true } });
  bot = await startBot();
  return card;
}

describe('kill -9 in the middle of a restore', () => {
  it.each(
    calls.flatMap(
      (action) =>
        [
          [action, false],
          [action, true],
        ] as const,
    ),
  )(
    'at %s (after its work: %s) ends done, on the same card, with nothing doubled or left over',
    async (action, afterWork) => {
      const [, before] = await mappings('db-1');
      const card = await killInside('db-1', action, afterWork);

      await driver.turn(card, /done: Restored 1 volume of db-1/, 40_000);

      const [root, after, ...more] = await mappings('db-1');
      const { volumes, invariants } = await driver.ec2();
      expect(root).toBeDefined();
      expect(more).toEqual([]);
      expect(after).toMatchObject({ device: before!.device, deleteOnTermination: before!.deleteOnTermination });
      const run = /r-[0-9a-z]{10}/.exec(card.plain)![0];
      const made = volumes.filter(({ tags }) => tags['deckhand:op']?.startsWith(run) === true);
      expect(made.map(({ id }) => id)).toEqual([after!.volumeId]);
      expect(volumes.find(({ id }) => id === before!.volumeId)).toMatchObject({ state: 'available' });
      expect(invariants).toEqual([]);
      expect((await driver.server('db-1')).state).toBe('running');
    },
  );

  it('in another account goes on there after the start, with a session of its own', async () => {
    const [, before] = (await driver.server('db-1', staging.query)).mappings;
    const card = await killInside('db-1', 'AttachVolume', true, staging);

    const done = await driver.turn(card, /done: Restored 1 volume of db-1/, 40_000);

    const [, after] = (await driver.server('db-1', staging.query)).mappings;
    const there = await driver.ec2(staging.query);
    expect(done.plain).toContain('staging (210987654321) · us-east-1');
    expect(after).toMatchObject({ device: before!.device });
    expect(after!.volumeId).not.toBe(before!.volumeId);
    expect(there.volumes.find(({ id }) => id === before!.volumeId)).toMatchObject({ state: 'available' });
    expect(there.invariants).toEqual([]);
  });

  it('while it is being undone ends undone, with the server as it was', async () => {
    const before = await driver.server('db-2');
    await driver.command('requester', 'ops', '/restore db-2');
    const card = await driver.read('ops', /Restore 1 volume of db-2/);
    const tries = (await driver.ec2()).calls.byAction['AttachVolume'] ?? 0;
    await driver.faults({
      ec2: {
        inject: { action: 'AttachVolume', code: 'AttachmentLimitExceeded', status: 400, message: 'limit', times: 1 },
      },
    });
    await driver.press('approver', card, 'approve');
    await driver.until(
      async () => ((await driver.ec2()).calls.byAction['AttachVolume'] ?? 0) > tries,
      'the failing attach',
    );
    await bot.kill('SIGKILL');
    bot = await startBot();

    await driver.turn(card, /failed and undone/, 40_000);

    const after = await driver.server('db-2');
    expect(after.mappings).toEqual(before.mappings);
    expect(after.state).toBe('running');
    expect((await driver.ec2()).invariants).toEqual([]);
  });
});

/** Asks for a change that a confirmation starts, and kills the bot when `action` was done but not yet answered. */
async function killAfter(line: string, title: RegExp, action: string) {
  const before = (await driver.ec2()).calls.byAction[action] ?? 0;
  await driver.command('requester', 'ops', line);
  const card = await driver.see(
    'ops',
    ({ text, buttons }) => title.test(text) && buttons.some(({ action_id }) => action_id === 'confirm'),
  );
  await driver.faults({ ec2: { inject: { action, times: 1, hangMs: 60_000, afterWork: true } } });
  await driver.press('requester', card, 'confirm');
  await driver.until(async () => ((await driver.ec2()).calls.byAction[action] ?? 0) > before, `the call of ${action}`);
  await bot.kill('SIGKILL');
  await driver.faults({ ec2: { clear: true } });
  bot = await startBot();
  return { card, before };
}

describe('kill -9 while Slack is away as well', () => {
  it('finishes the work on the servers first, and tells when Slack is back', { timeout: 180_000 }, async () => {
    const [, before] = await mappings('db-1');
    const stops = (await driver.ec2()).calls.byAction['StopInstances'] ?? 0;
    await driver.command('requester', 'ops', '/restore db-1');
    const card = await driver.see(
      'ops',
      ({ text, buttons }) =>
        /Restore 1 volume of db-1 /.test(text) && buttons.some(({ action_id }) => action_id === 'approve'),
    );
    await driver.faults({ ec2: { inject: { action: 'StopInstances', times: 1, hangMs: 60_000, afterWork: true } } });
    await driver.press('approver', card, 'approve');
    await driver.until(async () => ((await driver.ec2()).calls.byAction['StopInstances'] ?? 0) > stops, 'the stop');
    await bot.kill('SIGKILL');
    await driver.faults({ ec2: { clear: true }, slack: { api: { method: '*', drop: true, times: 10_000 } } });

    bot = launchBot();
    await driver.until(
      async () => {
        const { state, mappings: disks } = await driver.server('db-1');
        return state === 'running' && disks[1]?.volumeId !== undefined && disks[1].volumeId !== before!.volumeId;
      },
      'the restore',
      60_000,
    );
    await driver.faults({ slack: { clear: true } });

    await driver.turn(card, /done: Restored 1 volume of db-1/, 90_000);
  });
});

describe('kill -9 where AWS takes no token', () => {
  it('finds the snapshots it had made and makes no second set', async () => {
    const { card, before } = await killAfter('/snapshot db-1', /Snapshot \d+ volumes of db-1/, 'CreateSnapshots');

    const done = await driver.turn(card, /done: \d+ snapshots of db-1 .*completed/, 40_000);

    const run = /r-[0-9a-z]{10}/.exec(done.plain)![0];
    const { snapshots, calls } = await driver.ec2();
    expect(snapshots.filter(({ tags }) => tags['deckhand:job'] === run)).toHaveLength((await mappings('db-1')).length);
    expect(calls.byAction['CreateSnapshots']).toBe(before + 1);
  });

  it('does not reboot a second time', async () => {
    const { card, before } = await killAfter('/deck restart web-1', /Restart web-1/, 'RebootInstances');

    await driver.turn(card, /done: Restarted web-1/, 40_000);

    expect((await driver.ec2()).calls.byAction['RebootInstances']).toBe(before + 1);
  });
});

describe('kill -9 while people are asked', () => {
  it('keeps the approval waiting, and the old card still works', async () => {
    await driver.command('requester', 'ops', '/restore db-2');
    const card = await driver.see(
      'ops',
      ({ text, buttons }) =>
        /Restore 1 volume of db-2/.test(text) && buttons.some(({ action_id }) => action_id === 'approve'),
    );
    await bot.kill('SIGKILL');
    bot = await startBot();

    await driver.press('approver', card, 'approve');

    await driver.turn(card, /done: Restored 1 volume of db-2/, 40_000);
  });
});

describe('SIGTERM', () => {
  it('drains, exits 0 and leaves waiting runs to the next start', async () => {
    await driver.command('requester', 'ops', '/restore db-1');
    const card = await driver.see(
      'ops',
      ({ text, buttons }) =>
        /Restore 1 volume of db-1/.test(text) && buttons.some(({ action_id }) => action_id === 'approve'),
    );

    expect(await bot.kill('SIGTERM')).toBe(0);
    bot = await startBot();
    await driver.press('approver', card, 'deny');

    await driver.turn(card, /denied/);
  });
});
