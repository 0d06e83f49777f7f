import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type Sandbox, startSandbox } from './sandbox.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(() => sandbox.stop());

const snapshotsOf = async (run: string) =>
  (await sandbox.ec2()).snapshots.filter(({ tags }) => tags['deckhand:job'] === run);
const runOf = (text: string) => /r-[0-9a-z]{10}/.exec(text)![0];

describe('a snapshot', () => {
  it('takes all disks of a server as one set after a confirmation, and waits until AWS has completed them', async () => {
    await sandbox.command('requester', 'ops', '/snapshot web-1');
    const card = await sandbox.read('ops', /Snapshot \d+ volumes? of web-1/);

    await sandbox.press('requester', card, 'confirm');
    const done = await sandbox.turn(card, /done: \d+ snapshots? of web-1 .*completed/);

    const made = await snapshotsOf(runOf(done.plain));
    expect(made).toHaveLength((await sandbox.server('web-1')).mappings.length);
    expect(made.every(({ state }) => state === 'completed')).toBe(true);
    expect((await sandbox.ec2()).calls.byAction['CreateSnapshots']).toBe(1);
  });

  it('deletes the members of a failed set, tries the whole set again, and leaves nothing behind', async () => {
    await sandbox.faults({ ec2: { failNextSnapshot: 1 } });
    await sandbox.command('requester', 'ops', '/snapshot web-2');
    const card = await sandbox.read('ops', /Snapshot \d+ volumes? of web-2/);

    await sandbox.press('requester', card, 'confirm');
    const done = await sandbox.turn(card, /done: .*completed/, 40_000);

    expect(done.plain).toMatch(/attempt 2/);
    const made = await snapshotsOf(runOf(done.plain));
    expect(made).toHaveLength((await sandbox.server('web-2')).mappings.length);
    expect(made.map(({ state }) => state)).toEqual(made.map(() => 'completed'));
  });

  it('gives up after three attempts, says why, and leaves nothing behind', async () => {
    await sandbox.faults({ ec2: { failNextSnapshot: 3 } });
    await sandbox.command('requester', 'ops', '/snapshot web-3');
    const card = await sandbox.read('ops', /Snapshot \d+ volumes? of web-3/);

    await sandbox.press('requester', card, 'confirm');
    const failed = await sandbox.turn(card, /No snapshot could be completed/, 60_000);

    expect(await snapshotsOf(runOf(failed.plain))).toEqual([]);
  });

  it('is made once although the same request was delivered twice', async () => {
    await sandbox.command('requester', 'ops', '/snapshot db-2', { redeliver: { times: 2 } });
    await sandbox.read('ops', /Snapshot \d+ volumes? of db-2/);

    const cards = (await sandbox.messages('ops')).filter(
      ({ ts, text, thread_ts }) =>
        /Snapshot \d+ volumes? of db-2/.test(text) && (thread_ts === undefined || thread_ts === ts),
    );
    expect(cards).toHaveLength(1);
  });
});

describe('a tag change', () => {
  it('shows the difference, changes the tags after a confirmation, and is undone to what was there', async () => {
    const before = (await sandbox.server('web-1')).tags;
    await sandbox.command('requester', 'ops', '/tag web-1 owner=night-shift purpose=\u201ctwo words\u201d -env');
    const card = await sandbox.read('ops', /Change tags of web-1/);
    expect(card.plain).toContain('purpose=two words');
    expect(card.plain).toMatch(/- env=/);

    await sandbox.press('requester', card, 'confirm');
    const done = await sandbox.turn(card, /done: Changed tags of web-1/);

    const { env: _env, ...kept } = before;
    expect((await sandbox.server('web-1')).tags).toEqual({ ...kept, owner: 'night-shift', purpose: 'two words' });

    await sandbox.press('requester', done, 'undo');
    const undo = await sandbox.read('ops', /Undo the tag change of web-1/);
    await sandbox.press('requester', undo, 'confirm');
    await sandbox.turn(undo, /done: Undid the tag change/);

    expect((await sandbox.server('web-1')).tags).toEqual(before);
  });

  it('is undone by a typed line as well, once', async () => {
    const before = (await sandbox.server('web-2')).tags;
    await sandbox.command('requester', 'ops', '/tag web-2 owner=night-shift');
    const card = await sandbox.read('ops', /Change tags of web-2/);
    await sandbox.press('requester', card, 'confirm');
    const run = runOf((await sandbox.turn(card, /done: Changed tags of web-2/)).plain);

    await sandbox.command('requester', 'ops', `/deck undo ${run}`);
    const undo = await sandbox.read('ops', /Undo the tag change of web-2/);
    await sandbox.press('requester', undo, 'confirm');
    await sandbox.turn(undo, /done: Undid the tag change/);
    expect((await sandbox.server('web-2')).tags).toEqual(before);

    await sandbox.command('requester', 'ops', `/deck undo ${run}`);
    await sandbox.see('ops', ({ plain, ephemeral }) => ephemeral === true && /was already undone by r-/.test(plain));
  });
});

describe('required tags', () => {
  it('are reported by tag and owner, filled by a plan, passed on to disks and snapshots, and undone', async () => {
    const costCenters = async () => {
      const { instances, volumes, snapshots } = await sandbox.ec2();
      const disks = new Set((await sandbox.server('db-1')).mappings.map(({ volumeId }) => volumeId));
      const of = (list: readonly { tags: Record<string, string> }[]) => list.map(({ tags }) => tags['cost-center']);
      return {
        server: instances.find(({ name }) => name === 'db-1')?.tags['cost-center'],
        disks: of(volumes.filter(({ id }) => disks.has(id))),
        snapshots: of(snapshots.filter(({ volumeId }) => disks.has(volumeId))),
      };
    };
    await sandbox.command('requester', 'ops', '/deck tags --csv');
    const report = await sandbox.see(
      'ops',
      ({ plain, ephemeral }) => ephemeral === true && /Required tags/.test(plain),
    );
    expect(report.plain).toMatch(/cost-center[^]*0 %[^]*\/tag --rule billing --propagate/);

    await sandbox.command('requester', 'ops', '/tag --rule billing cost-center=42');
    await sandbox.see('ops', ({ plain, ephemeral }) => ephemeral === true && /is not allowed there/.test(plain));
    await sandbox.command('requester', 'ops', '/tag db-1 cost-center=cc-42');
    const first = await sandbox.read('ops', /Change tags of db-1/);
    await sandbox.press('requester', first, 'confirm');
    await sandbox.turn(first, /done: Changed tags/);

    await sandbox.command('requester', 'ops', '/tag --rule billing --propagate');
    const card = await sandbox.see(
      'ops',
      ({ plain, ts }) => ts > first.ts && /Change tags of \d+ resources/.test(plain),
    );
    await sandbox.press('requester', card, 'confirm');
    const done = await sandbox.turn(card, /done: Changed tags/);
    const filled = await costCenters();
    expect(new Set([filled.server, ...filled.disks, ...filled.snapshots])).toEqual(new Set(['cc-42']));
    expect(filled.snapshots.length).toBeGreaterThan(0);

    await sandbox.press('requester', done, 'undo');
    const undo = await sandbox.see('ops', ({ plain, ts }) => ts > card.ts && /Undo the tag change of/.test(plain));
    await sandbox.press('requester', undo, 'confirm');
    await sandbox.turn(undo, /done: /);
    const undone = await costCenters();
    expect(undone.server).toBe('cc-42');
    expect(new Set([...undone.disks, ...undone.snapshots])).toEqual(new Set([undefined]));
  });
});
