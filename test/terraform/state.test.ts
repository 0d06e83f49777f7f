import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { Refusal } from '#errors.ts';
import { readState } from '#terraform/state.ts';
import { createTerraform } from '#terraform/states.ts';
import { silentLog } from '#test/support/store.ts';

const secret = 'hunter2-never-shown';
const resource = (type: string, attributes: object, more: object = {}) => ({
  mode: 'managed',
  type,
  name: 'data',
  provider: 'provider["registry.terraform.io/hashicorp/aws"]',
  instances: [
    { schema_version: 0, attributes: { ...attributes, user_data: secret, password: secret }, sensitive_attributes: [] },
  ],
  ...more,
});
const state = (...resources: object[]) =>
  JSON.stringify({
    version: 4,
    terraform_version: '1.11.4',
    outputs: { token: { value: secret, sensitive: true } },
    resources,
  });
const volume = (instance: object, more: object = {}) =>
  resource(
    'aws_ebs_volume',
    {},
    { instances: [{ attributes: { id: 'vol-1', snapshot_id: 'snap-1', encrypted: true }, ...instance }], ...more },
  );

describe('the disks of a state', () => {
  // The addresses are those that `terraform state list` (1.11.4) prints for these states.
  it.each([
    ['a plain one', volume({}), 'aws_ebs_volume.data'],
    ['one of a count', volume({ index_key: 2 }), 'aws_ebs_volume.data[2]'],
    ['one of for_each', volume({ index_key: 'a' }), 'aws_ebs_volume.data["a"]'],
    [
      'one with a key that needs escaping',
      volume({ index_key: `it's "x" \${y} %{z}\\ ü` }),
      `aws_ebs_volume.data["it's \\"x\\" $\${y} %%{z}\\\\ ü"]`,
    ],
    [
      'one in nested modules',
      volume({ index_key: 0 }, { module: 'module.env["prod"].module.db' }),
      'module.env["prod"].module.db.aws_ebs_volume.data[0]',
    ],
  ])('have real addresses: %s', (_what, one, address) => {
    expect(readState(state(one))).toEqual([
      { kind: 'volume', address, volumeId: 'vol-1', snapshotId: 'snap-1', encrypted: true },
    ]);
  });

  it('are found in attachments and instances, and nothing else of the file is kept', () => {
    const found = readState(
      state(
        resource('aws_volume_attachment', { device_name: '/dev/sdf', instance_id: 'i-1', volume_id: 'vol-1' }),
        resource('aws_instance', {
          id: 'i-1',
          ebs_block_device: [
            {
              device_name: '/dev/sdg',
              volume_id: 'vol-2',
              snapshot_id: 'snap-2',
              encrypted: false,
              kms_key_id: secret,
            },
          ],
          root_block_device: [{ device_name: '/dev/xvda', volume_id: 'vol-0', encrypted: true }],
        }),
        resource('aws_db_instance', { id: 'db', password: secret }),
      ),
    );

    expect(found).toEqual([
      {
        kind: 'attachment',
        address: 'aws_volume_attachment.data',
        volumeId: 'vol-1',
        instanceId: 'i-1',
        device: '/dev/sdf',
      },
      {
        kind: 'instance',
        address: 'aws_instance.data',
        instanceId: 'i-1',
        disks: [{ device: '/dev/sdg', volumeId: 'vol-2', snapshotId: 'snap-2', encrypted: false }],
        root: { device: '/dev/xvda', volumeId: 'vol-0', snapshotId: '', encrypted: true },
      },
    ]);
    expect(JSON.stringify(found)).not.toContain(secret);
  });

  it('are only those that Terraform manages and is not about to delete', () => {
    expect(
      readState(state(volume({}, { mode: 'data' }), volume({ deposed: 'abcd1234' }), volume({ index_key: 'a\u0000' }))),
    ).toHaveLength(0);
  });

  it.each([
    ['no JSON', `{"secret": "${secret}`],
    ['no state', `{"password": "${secret}"}`],
    ['an old state', JSON.stringify({ version: 3, modules: [{ secret }] })],
    ['a list', JSON.stringify([secret])],
  ])('cannot be read from %s, which is said without its content', (_what, content) => {
    expect(() => readState(content)).toThrow(/state|version 3/);
    expect(() => readState(content)).not.toThrow(secret);
  });
});

describe('the states that the settings name', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'states-'));
    writeFileSync(join(folder, 'good.tfstate'), state(volume({})));
    writeFileSync(join(folder, 'bad.tfstate'), secret);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('are read from files and from S3; one that cannot be read hides no other', async () => {
    const asked: object[] = [];
    const names = [
      join(folder, 'good.tfstate'),
      join(folder, 'bad.tfstate'),
      join(folder, 'none.tfstate'),
      folder,
      's3://states/prod/a.tfstate',
      's3://states/denied',
    ];
    const terraform = createTerraform({
      names: () => names,
      objects: () => ({
        read: async (of) => {
          asked.push(of);
          if (of.key === 'denied')
            throw new Refusal('not-permitted', 's3:GetObject is missing. Ask whoever owns the role.');
          return { bytes: new TextEncoder().encode(state(volume({ index_key: 7 }))), modifiedAt: 0 };
        },
      }),
      log: silentLog,
    });

    const { managed, read, problems } = await terraform.states();

    expect(managed.map(({ address }) => address)).toEqual(['aws_ebs_volume.data', 'aws_ebs_volume.data[7]']);
    expect(read).toEqual([names[0], names[4]]);
    expect(problems).toEqual([
      { state: names[1], why: expect.stringMatching(/^it is no Terraform state.*deckhand\.yml/) },
      { state: names[2], why: expect.stringMatching(/no such file.*deckhand\.yml/) },
      { state: names[3], why: expect.stringMatching(/no file.*deckhand\.yml/) },
      { state: names[5], why: expect.stringMatching(/s3:GetObject/) },
    ]);
    expect(JSON.stringify(problems)).not.toContain(secret);
    expect(asked).toEqual([
      { bucket: 'states', key: 'prod/a.tfstate', mostBytes: 64 * 1024 * 1024 },
      { bucket: 'states', key: 'denied', mostBytes: 64 * 1024 * 1024 },
    ]);
  });

  it('are none when none is named', async () => {
    const terraform = createTerraform({
      names: () => [],
      objects: () => {
        throw new Error('never asked');
      },
      log: silentLog,
    });

    expect(await terraform.states()).toEqual({ managed: [], read: [], problems: [] });
  });
});
