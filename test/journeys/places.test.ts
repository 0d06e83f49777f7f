import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type Sandbox, type Shown, startSandbox } from './sandbox.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(() => sandbox.stop());

const staging = '?account=210987654321&region=us-east-1';
const west = '?region=us-west-2';

const whispered = (pattern: RegExp) =>
  sandbox.see('ops', (shown) => shown.ephemeral === true && (pattern.test(shown.text) || pattern.test(shown.plain)));
const ask = (line: string) => sandbox.command('requester', 'ops', line);
const runOf = (shown: Shown) => /r-[0-9a-z]{10}/.exec(shown.plain)![0];

describe('several accounts and Regions', () => {
  it('shows another Region of the home account, and says at home how to see others', async () => {
    await ask('/fleet all --region us-west-2');
    const other = await whispered(/6 servers/);
    await ask('/fleet all');
    const home = await whispered(/24 servers/);

    expect(other.plain).toContain('production (123456789012) · us-west-2');
    expect(home.plain).toContain('production (123456789012) · us-east-1');
    expect(home.plain).toContain('2 more places: --account all --region all');
  });

  it('shows every place at once, and one that lets nobody in hides no other', async () => {
    await sandbox.faults({ ec2: { sts: { deny: ['210987654321'], expire: true } } });
    await ask('/fleet all --account all --region all');
    const shown = await whispered(/in 3 places\. 1 place could not be read/);
    await sandbox.faults({ ec2: { clear: true } });
    await sandbox.press('requester', shown, 'refresh');
    const again = await whispered(/36 servers .*in 3 places\.$/m);

    expect(shown.plain).toMatch(/production.*us-west-2.*6 servers/);
    expect(shown.plain).toMatch(/staging.*us-east-1.*could not be read/);
    expect(shown.plain).toContain('arn:aws:iam::210987654321:role/deckhand');
    expect(again.plain).toMatch(/staging.*us-east-1.*6 servers/);
  });

  it('refuses what it does not know and says what there is', async () => {
    await ask('/fleet all --account nowhere');
    await whispered(/`?nowhere`? is no account.*production \(us-east-1, us-west-2\); staging \(us-east-1\)/);
    await ask('/snapshot web-1 --account staging --region us-west-2');
    await whispered(/does not work in account staging in the Region `?us-west-2/);
    await ask('/snapshot web-1 --account all');
    await whispered(/works in one account and Region at a time/);
    await ask('/deck runs --region us-west-2');
    await whispered(/`?--region`? is no option of `?runs/);
  });

  it('names the role that does not let it in, and what its trust policy needs', async () => {
    await sandbox.faults({ ec2: { sts: { denySourceIdentity: true, expire: true } } });
    await ask('/snapshot web-1 --account staging');
    const shown = await whispered(/may not assume the role/);
    await sandbox.faults({ ec2: { clear: true, sts: { denySourceIdentity: false } } });

    expect(shown.plain).toContain('arn:aws:iam::210987654321:role/deckhand of account staging');
    expect(shown.plain).toContain('sts:SetSourceIdentity with the external id');
  });

  it('snapshots in another account as the person who asked, though the keys end in the middle', async () => {
    const web = await sandbox.server('web-1', staging);
    const before = await sandbox.ec2(staging);
    const atHome = await sandbox.ec2();
    await ask('/snapshot web-1 --account staging');
    const card = await sandbox.read('ops', /confirm\?: .*web-1/);
    await sandbox.press('requester', card, 'confirm');
    await sandbox.until(
      async () => (await sandbox.ec2(staging)).calls.byAction['CreateSnapshots'] === 1,
      'the start of the snapshots',
    );
    await sandbox.faults({ ec2: { sts: { expire: true } } });
    await sandbox.turn(card, /done/);

    const after = await sandbox.ec2(staging);
    const made = after.snapshots.filter(({ id }) => !before.snapshots.some((one) => one.id === id));
    expect(card.plain).toContain('staging (210987654321) · us-east-1');
    expect(made.map(({ volumeId }) => volumeId).toSorted()).toEqual(
      web.mappings.map(({ volumeId }) => volumeId).toSorted(),
    );
    expect((await sandbox.ec2()).snapshots).toHaveLength(atHome.snapshots.length);
    const sessions = after.sts.assumed.filter(({ name }) => name === `deckhand.U0REQUESTER.${runOf(card)}`);
    expect(sessions.length).toBeGreaterThan(1); // renewed in the middle
    expect(new Set(sessions.map(({ sourceIdentity }) => sourceIdentity))).toEqual(new Set(['U0REQUESTER']));
    expect(after.invariants).toEqual([]);
  });

  it('undoes a change where it was made, without being told where', async () => {
    await ask('/tag web-2 owner=west --region us-west-2');
    const card = await sandbox.read('ops', /Change tags of web-2.*confirm\?/);
    await sandbox.press('requester', card, 'confirm');
    const done = await sandbox.turn(card, /done: Changed tags of web-2/);
    expect((await sandbox.server('web-2', west)).tags['owner']).toBe('west');
    expect((await sandbox.server('web-2')).tags['owner']).toBe('shop');

    await ask(`/deck undo ${runOf(done)}`);
    const undo = await sandbox.see('ops', (shown) => shown.ts !== card.ts && /confirm\?/.test(shown.text));
    await sandbox.press('requester', undo, 'confirm');
    await sandbox.turn(undo, /done/);

    await ask('/deck runs');
    const runs = await whispered(/The last \d+ runs/);

    expect(runs.plain).toMatch(/tags of web-2.* · production us-west-2 · /);
    expect(undo.plain).toContain('production (123456789012) · us-west-2');
    expect((await sandbox.server('web-2', west)).tags['owner']).toBe('shop');
    expect((await sandbox.server('web-2')).tags['owner']).toBe('shop');
  });

  it('alerts for a server elsewhere, with a button that acts there', async () => {
    const { id } = await sandbox.server('web-3', staging);
    await sandbox.faults({
      ec2: { account: '210987654321', region: 'us-east-1', impair: 'web-3', check: 'instance' },
    });
    const alert = await sandbox.read('alerts', /^(CRITICAL|WARNING).*web-3 .*staging \(210987654321\)/s);
    const reboot = alert.buttons.find(({ text }) => text === 'Reboot')!;
    await sandbox.press('requester', alert, reboot.action_id);
    const card = await sandbox.see('alerts', (shown) => /Restart/.test(shown.text) && shown.plain.includes(id));

    expect(card.plain).toContain('staging (210987654321) · us-east-1');
  });
});
