import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type Bot, startBot } from './bot.ts';

let bot: Bot;
beforeAll(async () => {
  bot = await startBot({ speed: 200 });
});
afterAll(() => bot.stop());

const mappings = async (name: string) => (await bot.server(name)).mappings;
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
  const before = (await bot.ec2(at.query)).calls.byAction[action] ?? 0;
  await bot.command('requester', 'ops', `/restore ${name}${at.flags}`);
  const card = await bot.see(
    'ops',
    ({ text, buttons }) =>
      new RegExp(`Restore 1 volume of ${name} `).test(text) && buttons.some(({ action_id }) => action_id === 'approve'),
  );
  await bot.faults({ ec2: { ...at.place, inject: { action, times: 1, hangMs: 60_000, afterWork } } });
  await bot.press('approver', card, 'approve');
  await bot.until(
    async () => ((await bot.ec2(at.query)).calls.byAction[action] ?? 0) > before,
    `the call of ${action}`,
  );
  await bot.crash(() => bot.faults({ ec2: { ...at.place, clear: true } }));
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

      await bot.turn(card, /done: Restored 1 volume of db-1/, 40_000);

      const [root, after, ...more] = await mappings('db-1');
      const { volumes, invariants } = await bot.ec2();
      expect(root).toBeDefined();
      expect(more).toEqual([]);
      expect(after).toMatchObject({ device: before!.device, deleteOnTermination: before!.deleteOnTermination });
      const run = /r-[0-9a-z]{10}/.exec(card.plain)![0];
      const made = volumes.filter(({ tags }) => tags['deckhand:op']?.startsWith(run) === true);
      expect(made.map(({ id }) => id)).toEqual([after!.volumeId]);
      expect(volumes.find(({ id }) => id === before!.volumeId)).toMatchObject({ state: 'available' });
      expect(invariants).toEqual([]);
      expect((await bot.server('db-1')).state).toBe('running');
    },
  );

  it('in another account goes on there after the start, with a session of its own', async () => {
    const [, before] = (await bot.server('db-1', staging.query)).mappings;
    const card = await killInside('db-1', 'AttachVolume', true, staging);

    const done = await bot.turn(card, /done: Restored 1 volume of db-1/, 40_000);

    const [, after] = (await bot.server('db-1', staging.query)).mappings;
    const there = await bot.ec2(staging.query);
    expect(done.plain).toContain('staging (210987654321) · us-east-1');
    expect(after).toMatchObject({ device: before!.device });
    expect(after!.volumeId).not.toBe(before!.volumeId);
    expect(there.volumes.find(({ id }) => id === before!.volumeId)).toMatchObject({ state: 'available' });
    expect(there.invariants).toEqual([]);
  });

  it('while it is being undone ends undone, with the server as it was', async () => {
    const before = await bot.server('db-2');
    const attaches = async () => (await bot.ec2()).calls.byAction['AttachVolume'] ?? 0;
    await bot.command('requester', 'ops', '/restore db-2');
    const card = await bot.read('ops', /Restore 1 volume of db-2/);
    const tries = await attaches();
    const old = { VolumeId: before.mappings[1]!.volumeId };
    await bot.faults({
      ec2: { inject: { action: 'AttachVolume', match: old, times: 1, hangMs: 60_000, afterWork: true } },
    });
    await bot.faults({
      ec2: { inject: { action: 'AttachVolume', code: 'AttachmentLimitExceeded', status: 400, times: 1 } },
    });
    await bot.press('approver', card, 'approve');
    // The new disk is refused, then the old one comes back: the process dies before it hears of that.
    await bot.until(async () => (await attaches()) >= tries + 2, 'the old disk attached again');
    await bot.crash(() => bot.faults({ ec2: { clear: true } }));

    await bot.turn(card, /failed and undone/, 40_000);

    const after = await bot.server('db-2');
    expect(after.mappings).toEqual(before.mappings);
    expect(after.state).toBe('running');
    expect((await bot.ec2()).invariants).toEqual([]);
  });
});

/** Asks for a change that a confirmation starts, and kills the bot when `action` was done but not yet answered. */
async function killAfter(line: string, title: RegExp, action: string) {
  const before = (await bot.ec2()).calls.byAction[action] ?? 0;
  await bot.command('requester', 'ops', line);
  const card = await bot.see(
    'ops',
    ({ text, buttons }) => title.test(text) && buttons.some(({ action_id }) => action_id === 'confirm'),
  );
  await bot.faults({ ec2: { inject: { action, times: 1, hangMs: 60_000, afterWork: true } } });
  await bot.press('requester', card, 'confirm');
  await bot.until(async () => ((await bot.ec2()).calls.byAction[action] ?? 0) > before, `the call of ${action}`);
  await bot.crash(() => bot.faults({ ec2: { clear: true } }));
  return { card, before };
}

describe('kill -9 while Slack is away as well', () => {
  it('finishes the work on the servers first, and tells when Slack is back', { timeout: 180_000 }, async () => {
    const [, before] = await mappings('db-1');
    const stops = (await bot.ec2()).calls.byAction['StopInstances'] ?? 0;
    await bot.command('requester', 'ops', '/restore db-1');
    const card = await bot.see(
      'ops',
      ({ text, buttons }) =>
        /Restore 1 volume of db-1 /.test(text) && buttons.some(({ action_id }) => action_id === 'approve'),
    );
    await bot.faults({ ec2: { inject: { action: 'StopInstances', times: 1, hangMs: 60_000, afterWork: true } } });
    await bot.press('approver', card, 'approve');
    await bot.until(async () => ((await bot.ec2()).calls.byAction['StopInstances'] ?? 0) > stops, 'the stop');
    await bot.kill('SIGKILL');
    await bot.faults({ ec2: { clear: true }, slack: { api: { method: '*', drop: true, times: 10_000 } } });

    await bot.start({ ready: false });
    await bot.until(
      async () => {
        const { state, mappings: disks } = await bot.server('db-1');
        return state === 'running' && disks[1]?.volumeId !== undefined && disks[1].volumeId !== before!.volumeId;
      },
      'the restore',
      60_000,
    );
    await bot.faults({ slack: { clear: true } });

    await bot.turn(card, /done: Restored 1 volume of db-1/, 90_000);
  });
});

describe('kill -9 where AWS takes no token', () => {
  it('finds the snapshots it had made and makes no second set', async () => {
    const { card, before } = await killAfter('/snapshot db-1', /Snapshot \d+ volumes of db-1/, 'CreateSnapshots');

    const done = await bot.turn(card, /done: \d+ snapshots of db-1 .*completed/, 40_000);

    const run = /r-[0-9a-z]{10}/.exec(done.plain)![0];
    const { snapshots, calls } = await bot.ec2();
    expect(snapshots.filter(({ tags }) => tags['deckhand:job'] === run)).toHaveLength((await mappings('db-1')).length);
    expect(calls.byAction['CreateSnapshots']).toBe(before + 1);
  });

  it('does not reboot a second time', async () => {
    const { card, before } = await killAfter('/deck restart web-1', /Restart web-1/, 'RebootInstances');

    await bot.turn(card, /done: Restarted web-1/, 40_000);

    expect((await bot.ec2()).calls.byAction['RebootInstances']).toBe(before + 1);
  });
});

describe('kill -9 while people are asked', () => {
  it('keeps the approval waiting, and the old card still works', { timeout: 90_000 }, async () => {
    await bot.command('requester', 'ops', '/restore db-2');
    const card = await bot.see(
      'ops',
      ({ text, buttons }) =>
        /Restore 1 volume of db-2/.test(text) && buttons.some(({ action_id }) => action_id === 'approve'),
    );
    // It answers only once it is written down where the card stands: killed before that, it would post another one.
    await bot.press('requester', card, 'approve');
    await bot.see('ops', ({ plain, ephemeral }) => ephemeral === true && /asked for this yourself/.test(plain));
    await bot.crash();

    await bot.press('approver', card, 'approve');

    await bot.turn(card, /done: Restored 1 volume of db-2/, 40_000);
  });
});

describe('SIGTERM', () => {
  it('drains, exits 0 and leaves waiting runs to the next start', async () => {
    await bot.command('requester', 'ops', '/restore db-1');
    const card = await bot.see(
      'ops',
      ({ text, buttons }) =>
        /Restore 1 volume of db-1/.test(text) && buttons.some(({ action_id }) => action_id === 'approve'),
    );

    expect(await bot.kill('SIGTERM')).toBe(0);
    await bot.start();
    await bot.press('approver', card, 'deny');

    await bot.turn(card, /denied/);
  });
});
