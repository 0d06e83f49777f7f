import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { sandboxSettings } from '#sandbox/settings.ts';
import { tempFolder } from '#test/support/processes.ts';

import { type Sandbox, startSandbox } from './sandbox.ts';

/** The quota of gp2 that both the simulated EC2 and deckhand.yml hold: less than there is. */
const gp2Quota = 100;

let sandbox: Sandbox;
const folder = tempFolder('preflight');
const state = join(folder.path, 'a.tfstate');
beforeAll(async () => {
  const config = join(folder.path, 'deckhand.yml');
  const [settings] = sandboxSettings({ url: 'http://127.0.0.1:9', speed: 50, statusPage: false }).split('\nsites:');
  const quotas = `aws:\n  quotas: { storageGiB: { gp2: ${gp2Quota} } }`;
  writeFileSync(
    config,
    `${settings!.replace(/^aws:.*$/m, quotas)}\nterraform:\n  state: [${state}]\nrestore:\n  fillingQuota: 200\n`,
  );
  writeState([]);
  sandbox = await startSandbox('--config', config);
}, 90_000);
afterAll(async () => {
  await sandbox.stop();
  folder.remove();
});

function writeState(resources: readonly object[]): void {
  writeFileSync(state, JSON.stringify({ version: 4, terraform_version: '1.11.4', resources }));
}
const dataDiskOf = async (name: string) => (await sandbox.server(name)).mappings[1]!;

/** Everything that a restore would change: what there is, and what was asked of EC2 beyond looking and dry runs. */
async function world() {
  const { instances, volumes, snapshots, calls } = await sandbox.ec2();
  const mutating = Object.entries(calls.byAction).filter(
    ([action]) => !/^(?:Describe|List|Get|CreateTags)/.test(action),
  );
  return {
    servers: instances.map(({ name, state, mappings }) => ({ name, state, mappings })),
    volumes: volumes.map(({ id, state }) => ({ id, state })),
    snapshots: snapshots.length,
    mutating,
  };
}

type Injected = { what: string; break: object; mend: object; ask: string; says: RegExp };
const denied = [
  'CreateVolume',
  'DeleteVolume',
  'AttachVolume',
  'DetachVolume',
  'StopInstances',
  'StartInstances',
  'ModifyInstanceAttribute',
  'CreateTags',
];
const keyIn = (key: string) => ({ aws: { key: { id: 'alias/volumes', state: key } } });

describe('before anybody is asked', () => {
  it('at least 95 % of what the simulated AWS would refuse is refused, with the next move, and nothing was touched', async () => {
    const { snapshots } = await sandbox.ec2();
    const of = async (name: string) => snapshots.filter(({ volumeId }) => volumeId === name);
    const db1 = (await dataDiskOf('db-1')).volumeId;
    const archived = (await of(db1)).find((one) => (one as { tier?: string }).tier === 'archive');
    const foreign = (await of((await dataDiskOf('web-1')).volumeId))[0]!;
    const injected: readonly Injected[] = [
      ...denied.map((action) => ({
        what: `no permission for ${action}`,
        break: { ec2: { deny: [`ec2:${action}`] } },
        mend: { ec2: { allow: '*' } },
        ask: '/restore db-1',
        says: new RegExp(`ec2:${action} is missing.*IAM role`),
      })),
      ...['Disabled', 'PendingDeletion', 'PendingImport', 'Unavailable'].map((key) => ({
        what: `a key that is ${key}`,
        break: keyIn(key),
        mend: keyIn('Enabled'),
        ask: '/restore db-1',
        says: new RegExp(`KMS key is ${key}.*then ask again`),
      })),
      {
        what: 'a member of an Auto Scaling group',
        break: { ec2: { autoScaling: 'db-2', group: 'databases' } },
        mend: { ec2: { autoScaling: 'db-2', group: '' } },
        ask: '/restore db-2',
        says: /group databases \(InService\).*Standby/,
      },
      {
        what: 'stop protection',
        break: { ec2: { protect: { instance: 'db-2', stop: true } } },
        mend: { ec2: { protect: { instance: 'db-2', stop: false } } },
        ask: '/restore db-2',
        says: /stop protection is on.*Switch/,
      },
      {
        what: 'a quota of storage',
        break: { ec2: { storageQuota: { type: 'gp2', gib: gp2Quota } } },
        mend: { ec2: { storageQuota: { type: 'gp2', gib: null } } },
        ask: '/restore role=cache',
        says: /gp2.*your quota.*100 GiB.*fewer servers/,
      },
      {
        what: 'more filling than the Region has',
        break: { ec2: { rateQuota: 200 } },
        mend: { ec2: { rateQuota: null } },
        ask: '/restore db-2 --rate 300',
        says: /300 MiB\/s.*200 MiB\/s.*lower --rate/,
      },
      { what: 'a Marketplace product', break: {}, mend: {}, ask: '/restore vpn-1', says: /product code.*by hand/ },
      { what: 'a member since ever', break: {}, mend: {}, ask: '/restore api-1', says: /group api-prod.*Standby/ },
      {
        what: 'a volume of several servers',
        break: {},
        mend: {},
        ask: '/restore Name=team-share',
        says: /team-share|multi-attach|product code/,
      },
      {
        what: 'an archived snapshot',
        break: {},
        mend: {},
        ask: `/restore db-1 --from ${archived?.id}`,
        says: /archive/,
      },
      {
        what: "another volume's snapshot",
        break: {},
        mend: {},
        ask: `/restore db-1 --from ${foreign.id}`,
        says: /foreign data/,
      },
      {
        what: 'a snapshot that is not there',
        break: {},
        mend: {},
        ask: '/restore db-1 --from snap-00000000000000000',
        says: /snap-0/,
      },
    ];
    const before = await world();

    const missed: string[] = [];
    for (const one of injected) {
      if (Object.keys(one.break).length > 0) await sandbox.faults(one.break);
      const answer = await sandbox.command('requester', 'ops', one.ask);
      const told = await sandbox
        .see(
          'ops',
          (shown) =>
            shown.ephemeral === true && Number(shown.ts) > Number(answer['ts'] ?? 0) && one.says.test(shown.plain),
          10_000,
        )
        .catch(() => undefined);
      if (told === undefined) missed.push(one.what);
      if (Object.keys(one.mend).length > 0) await sandbox.faults(one.mend);
    }

    expect(missed).toEqual([]);
    expect(1 - missed.length / injected.length).toBeGreaterThanOrEqual(0.95);
    expect(await world()).toEqual(before);
  }, 240_000);

  it('what people should know stands on the card, shared warnings once', async () => {
    await sandbox.faults({ ec2: { placementGroup: { instance: 'db-2', group: 'near' } } });
    await sandbox.faults({ ec2: { event: { instance: 'db-2', code: 'system-reboot', inHours: 5 } } });
    await sandbox.command('requester', 'ops', '/restore role=db');

    const card = await sandbox.read('ops', /Restore \d+ volumes of \d+ servers/);

    expect(card.plain).toMatch(/placement group near/);
    expect(card.plain).toMatch(/AWS has planned system-reboot/);
    expect(card.plain).toMatch(/Down during the work: \d+ servers/);
    await sandbox.press('requester', card, 'cancel');
  });
});

describe('with a Terraform state', () => {
  const managed = (type: string, name: string, attributes: object, index?: string) => ({
    mode: 'managed',
    type,
    name,
    provider: 'provider["registry.terraform.io/hashicorp/aws"]',
    instances: [{ ...(index === undefined ? {} : { index_key: index }), attributes }],
  });

  it('the card says what the next plan would do, and the result brings the steps', async () => {
    const { volumeId, device } = await dataDiskOf('db-2');
    const { id } = await sandbox.server('db-2');
    writeState([
      managed('aws_ebs_volume', 'data', { id: volumeId, snapshot_id: '', encrypted: true }, 'db-2'),
      managed('aws_volume_attachment', 'data', { device_name: device, instance_id: id, volume_id: volumeId }, 'db-2'),
    ]);
    await sandbox.command('requester', 'ops', '/restore db-2');
    const card = await sandbox.read('ops', /Restore 1 volume of db-2/);
    expect(card.plain).toMatch(/1 disk: 1 to add.*2 to add: new EMPTY volume.*aws_ebs_volume\.data\["db-2"\]/s);

    await sandbox.press('approver', card, 'approve');
    const done = await sandbox.turn(card, /done: Restored 1 volume of db-2/, 60_000);

    const now = (await dataDiskOf('db-2')).volumeId;
    expect(done.plain).toContain(
      `terraform state rm 'aws_volume_attachment.data["db-2"]' 'aws_ebs_volume.data["db-2"]'`,
    );
    expect(done.plain).toContain(`import {\n  to = aws_ebs_volume.data["db-2"]\n  id = "${now}"\n}`);
    expect(done.plain).toContain(`id = "${device}:${now}:${id}"`);
    const { volumes } = await sandbox.ec2();
    expect(volumes.find((one) => one.id === volumeId)?.tags).toMatchObject({ 'deckhand:terraform': 'managed' });
  }, 120_000);

  it('the steps for many disks come as a file in the thread', async () => {
    const { instances } = await sandbox.ec2();
    const webs = instances.filter(({ tags, name }) => tags['role'] === 'web' && name !== 'web-3').slice(0, 3);
    writeState(
      webs.map(({ name, mappings }) =>
        managed('aws_ebs_volume', 'web', { id: mappings[1]!.volumeId, snapshot_id: '' }, name),
      ),
    );
    await sandbox.command('requester', 'ops', `/restore ${webs.map(({ id }) => id).join(' ')}`);
    const card = await sandbox.read('ops', /Restore 3 volumes of 3 servers/);

    await sandbox.press('approver', card, 'approve');
    await sandbox.turn(card, /done: Restored 3 volumes/, 90_000);
    const file = await sandbox.read('ops', /\[file deckhand-import\.tf: Terraform: 3 disks to import\]/, 30_000);

    expect(file.thread_ts).toBe(card.ts);
    for (const { name } of webs) expect(file.plain).toContain(`to = aws_ebs_volume.web["${name}"]`);
  }, 150_000);

  it('a state that cannot be read is told, and stops nothing', async () => {
    rmSync(state);
    await sandbox.command('requester', 'ops', '/restore db-1');

    const card = await sandbox.read('ops', /Restore \d volumes? of db-1/);

    expect(card.plain).toMatch(/a\.tfstate could not be read: there is no such file/);
    await sandbox.press('requester', card, 'cancel');
  });
});
