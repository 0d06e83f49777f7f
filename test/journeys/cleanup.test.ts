import { readFileSync, writeFileSync } from 'node:fs';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type Sandbox, startSandbox } from './sandbox.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(() => sandbox.stop());

const snapshotIds = async () => (await sandbox.ec2()).snapshots.map(({ id }) => id).toSorted();
const calls = async (action: string) => (await sandbox.ec2()).calls.byAction[action] ?? 0;

/** The lines of the plan's file: what goes and what stays. */
async function fileOf(pattern: RegExp) {
  const file = await sandbox.read('ops', pattern);
  const rows = file.plain.split('\n').filter((line) => /^(snap|vol)-/.test(line));
  const ids = (what: string) =>
    rows
      .filter((row) => row.includes(`,${what},`))
      .map((row) => row.split(',')[0]!)
      .toSorted();
  return { going: ids('delete'), staying: ids('keep') };
}

describe('a clean-up of snapshots', () => {
  it('shows what goes and why the rest stays, waits for another person, and deletes exactly that', async () => {
    const before = await snapshotIds();
    await sandbox.command('requester', 'ops', '/deck cleanup snapshots role=web --older 3d');
    const card = await sandbox.read(
      'ops',
      /Delete \d+ snapshots: snapshots of role=web: keep what is younger than 3 d/,
    );
    expect(card.plain).toMatch(/the newest backup of their disk/);
    expect(card.plain).toMatch(/This cannot be undone/);
    expect(card.plain).toMatch(/at most \$[\d.,]+ a month \(estimated/);
    const { going } = await fileOf(/cleanup-plan\.csv/);
    expect(await snapshotIds()).toEqual(before);

    await sandbox.press('requester', card, 'approve');
    await sandbox.see('ops', ({ plain, ephemeral }) => ephemeral === true && /somebody else must approve/.test(plain));
    await sandbox.press('approver', card, 'approve');
    const done = await sandbox.turn(card, /done: Deleted/);

    expect(done.text).toContain(`Deleted ${going.length} of ${going.length} snapshots`);
    const after = new Set(await snapshotIds());
    expect(before.filter((id) => !after.has(id))).toEqual(going);
    expect(await calls('DeleteSnapshot')).toBe(going.length);
    expect((await sandbox.ec2()).invariants).toEqual([]);
  });

  it('touches nothing that is locked, shared, used, archived or managed by others, and names each', async () => {
    const before = await snapshotIds();
    await sandbox.command('requester', 'ops', '/deck cleanup snapshots Name=legacy-export --keep 1');
    await sandbox.see('ops', ({ plain, ephemeral }) => ephemeral === true && /No server is named/.test(plain));
    await sandbox.command('requester', 'ops', '/deck cleanup snapshots all --older 10d');
    const card = await sandbox.read('ops', /Delete \d+ snapshots: snapshots of all/);
    for (const why of [
      /locked/,
      /launch template/,
      /shared with another account/,
      /AWS Backup/,
      /DLM/,
      /image \(AMI\)/,
    ])
      expect(card.plain).toMatch(why);

    await sandbox.press('approver', card, 'approve');
    await sandbox.turn(card, /done: Deleted (\d+) of \1 snapshots/);

    expect((await snapshotIds()).length).toBeLessThan(before.length);
    expect((await sandbox.ec2()).invariants).toEqual([]);
  });

  it('tells the one that AWS refused and deletes all others; the rest of a second try is nothing', async () => {
    await sandbox.command('requester', 'ops', '/deck cleanup snapshots role=db --keep 1');
    const card = await sandbox.read('ops', /Delete \d+ snapshots: snapshots of role=db/);
    await sandbox.faults({
      ec2: {
        inject: {
          action: 'DeleteSnapshot',
          code: 'InvalidSnapshot.InUse',
          status: 400,
          message: 'The snapshot is currently in use by ami-0123456789abcdef0',
          times: 1,
        },
      },
    });

    await sandbox.press('approver', card, 'approve');
    const done = await sandbox.turn(card, /done: Deleted \d+ of \d+ snapshots, 1 FAILED/);

    expect(done.plain).toMatch(/ami-0123456789abcdef0/);
    await sandbox.command('requester', 'ops', '/deck cleanup snapshots role=db --keep 1');
    await sandbox.read('ops', /Delete 1 snapshot: snapshots of role=db/);
    expect((await sandbox.ec2()).invariants).toEqual([]);
  });

  it('says until when the Recycle Bin keeps what is gone', async () => {
    await sandbox.faults({ ec2: { recycleBin: { snapshots: 7, volumes: 7 } } });
    await sandbox.command('requester', 'ops', '/deck cleanup snapshots role=worker --keep 1');
    const card = await sandbox.read('ops', /Delete \d+ snapshots?: snapshots of role=worker/);
    await sandbox.press('approver', card, 'approve');

    const done = await sandbox.turn(card, /done: Deleted/);

    expect(done.plain).toMatch(/\d+ can be taken out of the Recycle Bin in the AWS console, at least until 20\d\d-/);
  });

  it('is asked by Deckhand itself at the time of a rule, once while it is open, and approved like any other', async () => {
    const path = `${sandbox.dataDir}/deckhand.yml`;
    const rule =
      "retention: { rules: [{ name: nights, selector: role=api, older: 102d, cron: '*/5 * * * * *', channel: C0OPS }] }";
    await sandbox.faults({ ec2: { nights: 5 } });
    writeFileSync(path, `${readFileSync(path, 'utf8')}\n${rule}\n`);
    const card = await sandbox.read('ops', /Delete \d+ snapshots: rule nights, snapshots of role=api/, 40_000);
    expect(card.plain).toMatch(/Asked by Deckhand \(retention nights\)/);

    await sandbox.press('requester', card, 'approve');
    await sandbox.see('ops', ({ plain, ephemeral }) => ephemeral === true && /You need the approver role/.test(plain));
    await sandbox.press('approver', card, 'approve');
    await sandbox.turn(card, /done: Deleted (\d+) of \1 snapshots/);

    const cards = (await sandbox.messages('ops')).filter(({ text }) => text.includes('rule nights'));
    expect(new Set(cards.map(({ thread_ts, ts }) => thread_ts ?? ts)).size).toBe(1);
    expect((await sandbox.ec2()).invariants).toEqual([]);
  });

  it('is refused when it is wider than the bound, with the setting to raise, and when there is nothing to do', async () => {
    await sandbox.command('requester', 'ops', '/deck cleanup rule nightly');
    await sandbox.see('ops', ({ plain, ephemeral }) => ephemeral === true && /There is no rule `?nightly/.test(plain));
    await sandbox.command('requester', 'ops', '/deck cleanup held');
    await sandbox.see('ops', ({ plain, ephemeral }) => ephemeral === true && /There is nothing to delete/.test(plain));
    await sandbox.faults({ ec2: { nights: 30 } });
    await sandbox.command('requester', 'ops', '/deck cleanup snapshots all --keep 1');
    await sandbox.see(
      'ops',
      ({ plain, ephemeral }) => ephemeral === true && /at most 1000 are allowed.*limits\.deletions/.test(plain),
    );
  });
});
