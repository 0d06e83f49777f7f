import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import {
  AttachVolumeCommand,
  CreateSnapshotCommand,
  CreateVolumeCommand,
  DeleteVolumeCommand,
  DetachVolumeCommand,
  EC2Client,
  RunInstancesCommand,
} from '@aws-sdk/client-ec2';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

import { stepsOf } from '#operations/restore/terraform-steps.ts';
import { predict } from '#operations/restore/terraform.ts';
import type { InstanceId, SnapshotId, VolumeId } from '#ports/ids.ts';
import { createTerraform } from '#terraform/states.ts';
import { motoImage } from '#test/support/moto.ts';
import { silentLog } from '#test/support/store.ts';

/**
 * The real Terraform with the real AWS provider on moto: that our predictions are what it plans, and our steps what it
 * wants. Without `terraform`, or without its provider (TERRAFORM_PLUGIN_DIR names a folder of plugins where there is no
 * network), it is left out, which is said.
 */
const folder = mkdtempSync(join(tmpdir(), 'deckhand-terraform-'));
const plugins = process.env['TERRAFORM_PLUGIN_DIR'];
const url = inject('motoUrl');
const region = 'us-east-1';
const device = '/dev/sdf';
/** Everything that has to be escaped in an address. */
const key = `it's "one" \${x} %{y}\\`;

function sh(command: string): { status: number; text: string } {
  const { status, stdout, stderr } = spawnSync('sh', ['-c', command], {
    cwd: folder,
    encoding: 'utf8',
    timeout: 120_000,
    env: { ...process.env, TF_CLI_CONFIG_FILE: '/dev/null', TF_IN_AUTOMATION: '1', CHECKPOINT_DISABLE: '1' },
  });
  return { status: status ?? 1, text: `${stdout}${stderr}` };
}
const plan = () => sh('terraform plan -no-color -input=false').text;

function isThere(): boolean {
  writeFileSync(join(folder, 'main.tf'), provider);
  const found = sh(`terraform init -no-color -input=false ${plugins === undefined ? '' : `-plugin-dir=${plugins}`}`);
  if (found.status === 0) return true;
  console.warn(
    `left out: terraform and its AWS provider are not here (set TERRAFORM_PLUGIN_DIR?). ${found.text.slice(-300)}`,
  );
  return false;
}

const provider = `
terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.0"
    }
  }
}
provider "aws" {
  region                      = "${region}"
  access_key                  = "testing"
  secret_key                  = "testing"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
  endpoints {
    ec2 = "${url}"
    sts = "${url}"
  }
  ignore_tags { key_prefixes = ["deckhand:"] }
}
`;

describe.skipIf(!isThere())('the real Terraform', () => {
  const ec2 = new EC2Client({
    region,
    endpoint: url,
    credentials: { accessKeyId: 'testing', secretAccessKey: 'testing' },
  });
  let instance: InstanceId;
  beforeAll(async () => {
    const launched = await ec2.send(
      new RunInstancesCommand({
        ImageId: motoImage.ami_id,
        MinCount: 1,
        MaxCount: 1,
        Placement: { AvailabilityZone: `${region}a` },
        BlockDeviceMappings: [{ DeviceName: motoImage.root_device_name, Ebs: { VolumeSize: 8 } }],
      }),
    );
    instance = launched.Instances![0]!.InstanceId as InstanceId;
    const disks = `
locals { disks = toset([${JSON.stringify(key)
      .replaceAll('${', () => '$${')
      .replaceAll('%{', () => '%%{')}]) }
resource "aws_ebs_volume" "data" {
  for_each          = local.disks
  availability_zone = "${region}a"
  size              = 8
  type              = "gp3"
}
resource "aws_volume_attachment" "data" {
  for_each    = local.disks
  device_name = "${device}"
  volume_id   = aws_ebs_volume.data[each.key].id
  instance_id = "${instance}"
}
`;
    writeFileSync(join(folder, 'main.tf'), provider + disks);
    const applied = sh('terraform apply -auto-approve -no-color -input=false');
    expect(applied.text).toMatch(/2 added/);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** What a restore does, in a hurry. */
  async function swap(old: VolumeId): Promise<{ now: VolumeId; snapshotId: SnapshotId }> {
    const { SnapshotId } = await ec2.send(new CreateSnapshotCommand({ VolumeId: old }));
    const made = await ec2.send(
      new CreateVolumeCommand({
        AvailabilityZone: `${region}a`,
        SnapshotId,
        VolumeType: 'gp3',
        Size: 8,
        TagSpecifications: [{ ResourceType: 'volume', Tags: [{ Key: 'deckhand:job', Value: 'r-0123456789' }] }],
      }),
    );
    await ec2.send(new DetachVolumeCommand({ VolumeId: old, InstanceId: instance }));
    await ec2.send(new AttachVolumeCommand({ VolumeId: made.VolumeId, InstanceId: instance, Device: device }));
    return { now: made.VolumeId as VolumeId, snapshotId: SnapshotId as SnapshotId };
  }

  it('plans what we predict, and takes our commands and import blocks as they are', async () => {
    const terraform = createTerraform({
      names: () => [join(folder, 'terraform.tfstate')],
      objects: () => ({ read: () => Promise.reject(new Error('never asked')) }),
      log: silentLog,
    });
    const states = await terraform.states();
    const volume = states.managed.find((one) => one.kind === 'volume')!;
    const old = volume.kind === 'volume' ? (volume.volumeId as VolumeId) : undefined!;
    expect(plan()).toMatch(/No changes/);

    const { now, snapshotId } = await swap(old);
    const predicted = predict(
      [{ server: instance, device, root: false, out: old, snapshotId, encrypted: false }],
      states,
    );

    expect(predicted?.disks).toMatchObject([{ style: 'separate' }]);
    expect(plan()).toMatch(/Plan: 1 to add, 0 to change, 0 to destroy/);

    const { text } = stepsOf(predicted, [{ server: instance, device, old, new: now }]);
    for (const line of text.match(/^# {4}terraform state rm .*$/gm) ?? []) {
      const removed = sh(line.slice(1));
      expect(removed.text).toMatch(/Successfully removed 2 resource/);
    }
    writeFileSync(join(folder, 'deckhand-import.tf'), text);
    expect(sh('terraform fmt -check deckhand-import.tf').status).toBe(0);
    expect(plan()).toMatch(/Plan: 2 to import, 0 to add, 0 to change, 0 to destroy/);

    sh('terraform apply -auto-approve -no-color -input=false');
    rmSync(join(folder, 'deckhand-import.tf'));
    expect(plan()).toMatch(/No changes/);

    // The next exchange, and this time nobody imports: once the old volume is gone, an empty one would be made.
    await swap(now);
    await ec2.send(new DeleteVolumeCommand({ VolumeId: now }));
    expect(plan()).toMatch(/Plan: 2 to add, 0 to change, 0 to destroy/);
  }, 300_000);
});
