import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type Bot, startBot } from './bot.ts';
import type { Shown } from './sandbox.ts';

let bot: Bot;
beforeAll(async () => {
  bot = await startBot({ speed: 200 });
  // Every server ends by itself, whatever becomes of the others.
  await bot.reconfigure({ restore: '  failures: 100%' });
});
afterAll(() => bot.stop());

const web = ['web-1', 'web-2', 'web-3'];
const calls = [
  'CreateVolume',
  'StopInstances',
  'DetachVolume',
  'AttachVolume',
  'ModifyInstanceAttribute',
  'StartInstances',
  'CreateTags',
];
const disks = async () => (await Promise.all(web.map((name) => bot.server(name)))).map(({ mappings }) => mappings[1]!);
const countOf = async (action: string) => (await bot.ec2()).calls.byAction[action] ?? 0;
const runOf = (card: Shown) => /r-[0-9a-z]{10}/.exec(card.plain)![0];

async function planned(): Promise<Shown> {
  await bot.command('requester', 'ops', `/restore ${web.join(' ')}`);
  return bot.see(
    'ops',
    ({ text, buttons }) =>
      /Restore 3 volumes of 3 servers/.test(text) && buttons.some(({ action_id }) => action_id === 'approve'),
  );
}

/** What holds however a run ended: nothing made is left over, nothing is attached twice, all servers run. */
async function mustBeWhole(run: string, restored: number): Promise<void> {
  const { volumes, invariants } = await bot.ec2();
  const now = (await disks()).map(({ volumeId }) => volumeId);
  const made = volumes.filter(({ tags }) => tags['deckhand:op']?.startsWith(run) === true).map(({ id }) => id);
  expect(made.toSorted()).toEqual(now.filter((id) => made.includes(id)).toSorted());
  expect(made).toHaveLength(restored);
  expect(invariants).toEqual([]);
  for (const name of web) expect((await bot.server(name)).state).toBe('running');
}

describe('kill -9 in the middle of a restore of three servers', () => {
  it.each([
    ...calls.map((action) => [action, 1] as const),
    ...['DetachVolume', 'AttachVolume', 'ModifyInstanceAttribute'].map((action) => [action, 3] as const),
  ])('after %s (server %i) ends with all three restored, each once', { timeout: 90_000 }, async (action, nth) => {
    const before = await disks();
    const card = await planned();
    const already = await countOf(action);
    const match = nth === 1 ? {} : { InstanceId: (await bot.server(web[nth - 1]!)).id };
    await bot.faults({ ec2: { inject: { action, match, times: 1, hangMs: 60_000, afterWork: true } } });
    await bot.press('approver', card, 'approve');
    await bot.until(async () => (await countOf(action)) > already, `the call of ${action}`);
    await bot.crash(() => bot.faults({ ec2: { clear: true } }));

    await bot.turn(card, /done: Restored 3 volumes of 3 servers/, 60_000);

    const after = await disks();
    expect(after.map(({ device }) => device)).toEqual(before.map(({ device }) => device));
    expect(after.filter(({ volumeId }, at) => volumeId !== before[at]!.volumeId)).toHaveLength(3);
    await mustBeWhole(runOf(card), 3);
  });

  it('and again while one of them is put back: two restored, one as before', { timeout: 120_000 }, async () => {
    const before = await disks();
    const card = await planned();
    const match = { InstanceId: (await bot.server('web-2')).id };
    const old = { VolumeId: before[1]!.volumeId };
    const attaches = await countOf('AttachVolume');
    const putBack = { action: 'AttachVolume', match: old, times: 1, hangMs: 60_000, afterWork: true };
    await bot.faults({ ec2: { inject: putBack } });
    await bot.faults({
      ec2: { inject: { action: 'AttachVolume', match, code: 'AttachmentLimitExceeded', status: 400, times: 1 } },
    });
    await bot.press('approver', card, 'approve');
    // Three new disks, of which one is refused, and then the old one: the process dies before it hears of that.
    await bot.until(async () => (await countOf('AttachVolume')) >= attaches + 4, 'the old disk attached again');
    await bot.crash(() => bot.faults({ ec2: { clear: true } }));

    await bot.turn(card, /done: Restored 2 volumes of 2 servers; 1 failed and put back/, 60_000);

    const after = await disks();
    expect(after[1]).toEqual(before[1]);
    await mustBeWhole(runOf(card), 2);
  });

  it(
    'or with replies that get lost all along ends with every server restored or as before',
    { timeout: 120_000 },
    async () => {
      const before = await disks();
      const card = await planned();
      for (const action of calls)
        await bot.faults({ ec2: { inject: { action, times: 2, status: 500, afterWork: true } } });
      await bot.press('approver', card, 'approve');
      const end = await bot.turn(card, /^(done|failed)/, 90_000);

      const changed = (await disks()).filter(({ volumeId }, at) => volumeId !== before[at]!.volumeId).length;
      expect(end.text).toMatch(changed === 3 ? /Restored 3 volumes of 3 servers/ : /put back|undone/);
      await mustBeWhole(runOf(card), changed);
    },
  );
});

const rootOf = async (name: string) => (await bot.server(name)).mappings[0]!;
async function plannedRoot(): Promise<Shown> {
  const { volumeId } = await rootOf('db-2');
  await bot.command('requester', 'ops', '/restore db-2 --root');
  return bot.see(
    'ops',
    ({ plain, buttons }) => plain.includes(volumeId) && buttons.some(({ action_id }) => action_id === 'approve'),
  );
}

describe('a root volume that AWS replaces', () => {
  it.each(['CreateReplaceRootVolumeTask', 'CreateTags'])(
    'is replaced once when the process dies after %s',
    { timeout: 90_000 },
    async (action) => {
      const before = await rootOf('db-2');
      const card = await plannedRoot();
      const already = await countOf(action);
      await bot.faults({ ec2: { inject: { action, times: 1, hangMs: 60_000, afterWork: true } } });
      await bot.press('approver', card, 'approve');
      await bot.until(async () => (await countOf(action)) > already, `the call of ${action}`);
      await bot.crash(() => bot.faults({ ec2: { clear: true } }));

      await bot.turn(card, /done: Restored 1 volume of db-2/, 60_000);

      expect(await rootOf('db-2')).toMatchObject({ device: before.device });
      expect((await rootOf('db-2')).volumeId).not.toBe(before.volumeId);
      expect((await bot.ec2()).invariants).toEqual([]);
    },
  );

  it.each(['failed', 'failed-detached'])(
    'comes back when AWS ends with %s, also over a crash',
    { timeout: 90_000 },
    async (outcome) => {
      const before = await bot.server('db-2');
      const card = await plannedRoot();
      await bot.faults({ ec2: { failNextRootTask: { outcome, times: 1 } } });
      await bot.press('approver', card, 'approve');
      await bot.until(async () => (await bot.ec2()).rootTasks.some(({ state }) => state === outcome), outcome);
      await bot.crash();

      await bot.turn(card, /^failed/, 60_000);

      const after = await bot.server('db-2');
      expect(after.mappings).toEqual(before.mappings);
      expect(after.state).toBe('running');
      expect((await bot.ec2()).invariants).toEqual([]);
    },
  );
});
