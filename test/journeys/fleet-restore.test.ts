import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type Sandbox, startSandbox } from './sandbox.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(() => sandbox.stop());

const web = ['web-1', 'web-2', 'web-3'];
const rootOf = async (name: string) => (await sandbox.server(name)).mappings[0]!;
const dataOf = async (name: string) => (await sandbox.server(name)).mappings[1]!;
const stops = async () => (await sandbox.ec2()).calls.byAction['StopInstances'] ?? 0;
const dataOfAll = () => Promise.all(web.map(dataOf));

describe('a restore of many servers', () => {
  it('is one plan, one approval and one message, and is undone as one', { timeout: 90_000 }, async () => {
    const before = await dataOfAll();
    await sandbox.command('requester', 'ops', '/restore web-1 web-2 web-3');
    const card = await sandbox.read('ops', /Restore 3 volumes of 3 servers/);
    expect(card.plain).toMatch(/no further server is touched/);
    expect(card.plain).toMatch(/Takes about/);

    await sandbox.press('approver', card, 'approve');
    const done = await sandbox.turn(card, /done: Restored 3 volumes of 3 servers/, 40_000);

    const after = await dataOfAll();
    expect(after.map(({ device }) => device)).toEqual(before.map(({ device }) => device));
    expect(after.every(({ volumeId }, at) => volumeId !== before[at]!.volumeId)).toBe(true);
    expect((await sandbox.ec2()).invariants).toEqual([]);

    await sandbox.press('requester', done, 'undo');
    const undo = await sandbox.read('ops', /Undo the restore of 3 volumes/);
    await sandbox.press('approver', undo, 'approve');
    await sandbox.turn(undo, /done: Undid the restore of 3 volumes/, 40_000);

    expect(await dataOfAll()).toEqual(before);
  });

  it('puts back the one that fails, and restores the others', { timeout: 90_000 }, async () => {
    const before = await dataOfAll();
    await sandbox.command('requester', 'ops', '/restore web-1 web-2 web-3 --max-failures 1');
    const card = await sandbox.see(
      'ops',
      ({ text, buttons }) => /Restore 3 volumes of 3 servers/.test(text) && buttons.length > 1,
    );
    const match = { InstanceId: (await sandbox.server('web-2')).id };
    await sandbox.faults({
      ec2: { inject: { action: 'AttachVolume', match, code: 'AttachmentLimitExceeded', status: 400, times: 1 } },
    });
    await sandbox.press('approver', card, 'approve');
    const done = await sandbox.turn(card, /done: Restored 2 volumes of 2 servers; 1 failed and put back/, 60_000);

    expect(done.plain).toMatch(/web-2 \(.*failed and is as it was before: .*AttachmentLimitExceeded/);
    const after = await dataOfAll();
    expect(after[1]).toEqual(before[1]);
    expect(after[0]!.volumeId).not.toBe(before[0]!.volumeId);
    expect((await sandbox.server('web-2')).state).toBe('running');
    expect((await sandbox.ec2()).invariants).toEqual([]);
  });

  it('leaves out, and says so before it is approved, what cannot be restored', async () => {
    await sandbox.command('requester', 'ops', '/restore web-1 api-1');
    const card = await sandbox.read('ops', /Restore 1 volume of web-1/);

    expect(card.plain).toMatch(/Left as they are: 1 server[\s\S]*api-1 .*Auto Scaling group/);
    await sandbox.press('requester', card, 'cancel');
  });
});
describe('a restore of a root volume', () => {
  it('is done by AWS on the running server, and undone by putting the old root back', { timeout: 90_000 }, async () => {
    const before = await rootOf('web-1');
    const stopsBefore = await stops();
    await sandbox.command('requester', 'ops', '/restore web-1 --root');
    const card = await sandbox.see(
      'ops',
      ({ text, plain, buttons }) =>
        /Restore 1 volume of web-1/.test(text) && plain.includes(before.volumeId) && buttons.length > 1,
    );
    await sandbox.press('approver', card, 'approve');
    const done = await sandbox.turn(card, /done: Restored 1 volume of web-1/, 40_000);

    const after = await rootOf('web-1');
    expect(after).toMatchObject({ device: before.device, deleteOnTermination: before.deleteOnTermination });
    expect(after.volumeId).not.toBe(before.volumeId);
    expect(await stops()).toBe(stopsBefore);
    const { volumes, invariants } = await sandbox.ec2();
    expect(volumes.find(({ id }) => id === before.volumeId)).toMatchObject({
      state: 'available',
      tags: { 'deckhand:restore-hold-until': expect.stringMatching(/^20/) },
    });
    expect(invariants).toEqual([]);

    await sandbox.press('requester', done, 'undo');
    const undo = await sandbox.read('ops', /Undo the restore of 1 volume of web-1/);
    await sandbox.press('approver', undo, 'approve');
    await sandbox.turn(undo, /done: Undid the restore/, 40_000);

    expect(await rootOf('web-1')).toEqual(before);
    expect((await sandbox.server('web-1')).state).toBe('running');
  });
});
