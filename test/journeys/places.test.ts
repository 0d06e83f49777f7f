import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type Ec2, type Sandbox, type Shown, startSandbox } from './sandbox.ts';

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

describe('copies of snapshots to another account', () => {
  const inStaging = '--to us-east-1 --to-account staging';
  const ofHome = (arn: string | undefined) => arn?.startsWith('arn:aws:kms:us-east-1:123456789012:') === true;
  /** Asks for it and confirms; the copy that is there then. */
  async function copied(line: string, place: string) {
    const before = new Set((await sandbox.ec2(place)).snapshots.map(({ id }) => id));
    await ask(line);
    const card = await sandbox.see(
      'ops',
      ({ plain, buttons }) => /Copy 1 snapshot/.test(plain) && buttons.some(({ action_id }) => action_id === 'confirm'),
    );
    await sandbox.press('requester', card, 'confirm');
    await sandbox.turn(card, /done: 1 snapshot copied/, 60_000);
    const after = await sandbox.ec2(place);
    const made = after.snapshots.filter(({ id }) => !before.has(id));
    expect(made).toMatchObject([{ state: 'completed' }]);
    expect([...after.invariants, ...(await sandbox.ec2()).invariants]).toEqual([]);
    return { card, copy: made[0]! };
  }
  async function aSnapshot(wanted: (one: Ec2['snapshots'][number]) => boolean) {
    return (await sandbox.ec2()).snapshots.find(
      (one) => one.state === 'completed' && one.tier === 'standard' && one.tags['Name'] !== undefined && wanted(one),
    )!;
  }

  it('are made there, with their history, and the snapshot is shared only for as long', async () => {
    const source = await aSnapshot(({ kmsKeyId, volumeId }) => kmsKeyId === undefined && volumeId !== 'vol-ffffffff');

    const { card, copy } = await copied(`/deck copy ${source.id} ${inStaging}`, staging);

    expect(card.plain).toContain('account 210987654321 may read each snapshot');
    expect(copy.tags).toMatchObject({ Name: source.tags['Name'], 'deckhand:source-volume': source.volumeId });
    expect((await sandbox.ec2()).snapshots.find(({ id }) => id === source.id)?.sharedWith ?? []).toEqual([]);
  });

  it('of an encrypted one need the key: what to allow is said first, and then it works', async () => {
    const source = await aSnapshot(({ kmsKeyId }) => ofHome(kmsKeyId));
    await ask(`/deck copy ${source.id} ${inStaging}`);
    const refused = await whispered(/account staging \(210987654321\) may not use/);
    expect(refused.plain).toMatch(/arn:aws:iam::210987654321:root kms:DescribeKey, kms:Decrypt, kms:CreateGrant/);

    await sandbox.faults({ aws: { key: { id: 'alias/volumes', sharedWith: ['210987654321'] } } });
    const { copy } = await copied(`/deck copy ${source.id} ${inStaging}`, staging);

    expect(copy.kmsKeyId).toMatch(/^arn:aws:kms:us-east-1:210987654321:key\//);
    expect((await sandbox.ec2()).snapshots.find(({ id }) => id === source.id)?.sharedWith ?? []).toEqual([]);
  });

  it('of one under the key that AWS manages go by way of a key of our own, as Deckhand says', async () => {
    const source = await aSnapshot(({ kmsKeyId }) => ofHome(kmsKeyId));
    const { copy } = await copied(`/deck copy ${source.id} --to us-west-2`, west);
    await ask(`/deck copy ${copy.id} --region us-west-2 ${inStaging}`);
    const refused = await whispered(/key that AWS manages for EBS.*no other account/);
    const [way] = /\/deck copy snap-\w+ --region us-west-2 --to us-west-2 --key alias\//.exec(refused.plain)!;

    const { copy: own } = await copied(`${way}volumes`, west);
    await sandbox.faults({
      aws: { region: 'us-west-2', key: { id: 'alias/volumes', sharedWith: ['210987654321'] } },
    });
    const { copy: there } = await copied(`/deck copy ${own.id} --region us-west-2 ${inStaging}`, staging);

    expect(there.tags['deckhand:source-volume']).toBe(source.volumeId);
  });

  it('that AWS fails afterwards leave nothing behind, there and here', async () => {
    const source = await aSnapshot(({ kmsKeyId }) => ofHome(kmsKeyId));
    const before = (await sandbox.ec2(staging)).snapshots.length;
    await ask(`/deck copy ${source.id} ${inStaging}`);
    const card = await sandbox.see(
      'ops',
      ({ plain, buttons }) => /Copy 1 snapshot/.test(plain) && buttons.some(({ action_id }) => action_id === 'confirm'),
    );
    // AWS takes the request, and the copy fails: so it is with keys, which are looked at afterwards.
    await sandbox.faults({ ec2: { account: '210987654321', region: 'us-east-1', failNextSnapshot: 1 } });
    await sandbox.press('requester', card, 'confirm');

    await sandbox.turn(card, /failed and undone/, 60_000);

    const { snapshots, invariants } = await sandbox.ec2(staging);
    expect([snapshots.length, invariants]).toEqual([before, []]);
    expect((await sandbox.ec2()).snapshots.find(({ id }) => id === source.id)?.sharedWith ?? []).toEqual([]);
  });
});
