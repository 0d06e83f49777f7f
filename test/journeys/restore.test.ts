import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type Sandbox, startSandbox } from './sandbox.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(() => sandbox.stop());

const dataDiskOf = async (name: string) => (await sandbox.server(name)).mappings[1]!;

describe('a restore', () => {
  it('shows its plan, waits for a second person, restores once in place, and can be undone', async () => {
    const before = await dataDiskOf('db-1');
    await sandbox.command('requester', 'ops', '/restore db-1');
    const card = await sandbox.read('ops', /Restore 1 volume of db-1/);
    expect(card.plain).toMatch(/Asked by/);
    expect(card.plain).toContain(before.volumeId);
    expect(card.buttons.map(({ action_id }) => action_id)).toEqual(['approve', 'deny', 'cancel']);
    expect((await sandbox.ec2()).calls.byAction['StopInstances'] ?? 0).toBe(0);

    await sandbox.press('approver', card, 'approve');
    const done = await sandbox.turn(card, /done: Restored 1 volume of db-1/);

    const after = await dataDiskOf('db-1');
    expect(after).toMatchObject({ device: before.device, deleteOnTermination: before.deleteOnTermination });
    expect(after.volumeId).not.toBe(before.volumeId);
    const { volumes, invariants } = await sandbox.ec2();
    expect(volumes.find(({ id }) => id === before.volumeId)).toMatchObject({
      state: 'available',
      tags: { 'deckhand:restore-hold-until': expect.stringMatching(/^20/) },
    });
    expect(invariants).toEqual([]);
    expect(done.buttons.map(({ action_id }) => action_id)).toEqual(['undo']);

    await sandbox.press('requester', done, 'undo');
    const undo = await sandbox.read('ops', /Undo the restore of 1 volume of db-1/);
    await sandbox.press('approver', undo, 'approve');
    await sandbox.turn(undo, /done: Undid the restore/);

    expect(await dataDiskOf('db-1')).toEqual(before);
    expect((await sandbox.turn(card, /Undone/)).buttons).toEqual([]);
  });

  it('is never approved by the person who asked, by an outsider, or twice', async () => {
    await sandbox.command('requester', 'ops', '/restore db-2');
    const card = await sandbox.read('ops', /Restore 1 volume of db-2/);

    await sandbox.press('requester', card, 'approve');
    await sandbox.see('ops', (shown) => shown.ephemeral === true && /somebody else must approve/.test(shown.plain));
    await sandbox.press('outsider', card, 'approve');
    await sandbox.see('ops', (shown) => shown.ephemeral === true && /need the approver role/.test(shown.plain));
    await sandbox.press('approver', card, 'deny');
    const denied = await sandbox.turn(card, /denied/);

    expect(denied.buttons).toEqual([]);
    expect((await sandbox.server('db-2')).state).toBe('running');
  });

  it('does nothing when the server changed after the plan was shown', async () => {
    const { id } = await sandbox.server('db-2');
    await sandbox.command('requester', 'ops', `/restore ${id}`);
    const card = await sandbox.see(
      'ops',
      (shown) => /Restore 1 volume of db-2/.test(shown.text) && shown.buttons.length > 0,
    );
    await sandbox.faults({ ec2: { stop: id } });
    await sandbox.until(async () => (await sandbox.server(id)).state === 'stopped', 'the stop');

    await sandbox.press('approver', card, 'approve');

    const changed = await sandbox.turn(card, /not run: things changed/);
    expect(changed.plain).toMatch(/was running and is now stopped/);
  });
});
