import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import {
  CreateSnapshotCommand,
  CreateTagsCommand,
  CreateVolumeCommand,
  DeleteSnapshotCommand,
  DescribeVolumesCommand,
  StopInstancesCommand,
} from '@aws-sdk/client-ec2';
import { describe, expect, onTestFinished, test, vi } from 'vitest';

import { createEc2 } from '#sandbox/ec2/index.ts';

import { problemOf, signedBy, startEc2 } from './support.ts';

function stateFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'deckhand-ec2-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'ec2.json');
}

describe('the first fleet', () => {
  test('has the same well-known servers with the same ids whatever its size', async () => {
    const small = await startEc2({ instances: 8 });
    const large = await startEc2({ instances: 300 });
    const names = small.dump().instances.map(({ name }) => name);

    expect(names).toEqual(['api-1', 'batch-1', 'db-1', 'db-2', 'vpn-1', 'web-1', 'web-2', 'web-3']);
    for (const name of names) expect(large.server(name)).toEqual(small.server(name));
    expect(new Set(large.dump().instances.map(({ name }) => name)).size).toBe(300);
  });

  test('depends on the seed alone', async () => {
    const one = await startEc2({ seed: 7 });
    const same = await startEc2({ seed: 7 });
    const other = await startEc2({ seed: 8 });

    expect(same.dump()).toEqual(one.dump());
    expect(other.server('web-1').id).not.toBe(one.server('web-1').id);
  });

  test('has data to restore: every data volume has completed snapshots, and nothing is half-done', async () => {
    const { dump } = await startEc2({ instances: 100 });
    const { instances, snapshots, volumes, invariants } = dump();

    expect(instances.every(({ mappings }) => mappings.length >= 2)).toBe(true);
    for (const { mappings } of instances)
      for (const { volumeId } of mappings.slice(1)) {
        const own = snapshots.filter((one) => one.volumeId === volumeId);
        const shared = volumes.find(({ id }) => id === volumeId)!.attachments.length > 1;
        expect(own.length).toBeGreaterThanOrEqual(shared ? 0 : 2);
      }
    expect(invariants).toEqual([]);
  });

  test('may have a thousand servers: a page of 500 is answered in milliseconds', async () => {
    const began = performance.now();
    const { raw, dump } = await startEc2({ instances: 1_000 });
    const startedMs = performance.now() - began;
    expect(dump().volumes.length).toBeGreaterThan(2_000);
    const ms: Record<string, number> = { start: Math.round(startedMs) };

    for (const [name, form] of Object.entries({
      instances: { Action: 'DescribeInstances', MaxResults: '500' },
      byTag: { Action: 'DescribeInstances', MaxResults: '500', 'Filter.1.Name': 'tag:role', 'Filter.1.Value.1': 'w*' },
      volumes: { Action: 'DescribeVolumes', MaxResults: '500' },
      snapshots: { Action: 'DescribeSnapshots', MaxResults: '500', 'Owner.1': 'self' },
      status: { Action: 'DescribeInstanceStatus', MaxResults: '500', IncludeAllInstances: 'true' },
    })) {
      const asked = performance.now();
      expect((await raw(form)).body).toContain('nextToken');
      ms[name] = Math.round(performance.now() - asked);
    }

    process.stdout.write(`ms per page of 500 with 1,000 servers: ${JSON.stringify(ms)}\n`);
  });
});

describe('the state file', () => {
  test('keeps everything over a restart, in the middle of what is going on', async () => {
    const file = stateFile();
    const first = await startEc2({ stateFile: file });
    const { id, mappings } = first.server('web-1');
    const token = { AvailabilityZone: 'us-east-1a', Size: 3, ClientToken: 'kept' };
    const { VolumeId } = await first.client.send(new CreateVolumeCommand(token));
    await first.client.send(new CreateTagsCommand({ Resources: [id], Tags: [{ Key: '__proto__', Value: 'odd' }] }));
    await first.client.send(new CreateSnapshotCommand({ VolumeId: mappings[1]!.volumeId }));
    const gone = first.dump().snapshots.find((one) => one.volumeId === mappings[1]!.volumeId)!.id;
    await first.client.send(new DeleteSnapshotCommand({ SnapshotId: gone }));
    first.ec2.faults({ impair: 'web-2' });
    await first.client.send(new StopInstancesCommand({ InstanceIds: [id] }));
    first.advance(10);
    const before = first.dump();
    await first.close();

    const second = await startEc2({ stateFile: file, startAt: first.now() });

    const { instances, volumes, snapshots } = second.dump();
    expect({ instances, volumes, snapshots }).toEqual({
      instances: before.instances,
      volumes: before.volumes,
      snapshots: before.snapshots,
    });
    expect(second.server('web-1').state).toBe('stopping');
    expect(snapshots.some((one) => one.id === gone)).toBe(false);
    expect((await second.client.send(new CreateVolumeCommand(token))).VolumeId).toBe(VolumeId);
    const made = await second.client.send(new CreateVolumeCommand({ ...token, ClientToken: 'new' }));
    expect(made.VolumeId).not.toBe(VolumeId);
    second.advance(100);
    expect(second.server('web-1').state).toBe('stopped');
    expect(second.dump().snapshots.every(({ state }) => state === 'completed')).toBe(true);
  });

  test('is written within a moment of each change, so that a sudden death loses nothing', async () => {
    const file = stateFile();
    const first = await startEc2({ stateFile: file });
    const { VolumeId } = await first.client.send(new CreateVolumeCommand({ AvailabilityZone: 'us-east-1a', Size: 3 }));

    await vi.waitFor(() => expect(readFileSync(file, 'utf8')).toContain(VolumeId!), { timeout: 1_000, interval: 10 });

    // Nobody has closed the first one.
    const second = await startEc2({ stateFile: file, startAt: first.now() });
    const { Volumes } = await second.client.send(new DescribeVolumesCommand({ VolumeIds: [VolumeId!] }));
    expect(Volumes).toHaveLength(1);
  });

  test('holds only what differs from the first fleet, and lets it grow', async () => {
    const file = stateFile();
    const first = await startEc2({ stateFile: file, instances: 1_000 });
    await first.client.send(new StopInstancesCommand({ InstanceIds: [first.server('web-1').id] }));
    await first.close();
    expect(readFileSync(file).length).toBeLessThan(10_000);

    const smaller = await startEc2({ stateFile: file, instances: 8, startAt: first.now() });
    expect(smaller.dump().instances).toHaveLength(1_000);
    await smaller.close();
    const larger = await startEc2({ stateFile: file, instances: 1_200, startAt: first.now() });

    expect(larger.dump().instances).toHaveLength(1_200);
    expect(larger.server('web-1').state).toBe('stopping');
  });

  test('that cannot be read is refused with what to do', () => {
    const file = stateFile();
    writeFileSync(file, '{"version": 99}');

    expect(() => createEc2({ speed: 1, now: Date.now, stateFile: file })).toThrow(
      /Delete that file, or start with another/,
    );
  });

  test('that cannot be written is told when the sandbox ends', async () => {
    const ec2 = createEc2({
      speed: 1,
      now: Date.now,
      stateFile: join(tmpdir(), 'no-such-folder', 'deeper', 'ec2.json'),
    });
    ec2.faults({ stop: 'web-1' });

    await expect(ec2.close()).rejects.toThrow(/ENOENT/);
  });
});

describe('another account and Region', () => {
  test('are in every id, and keys of a different Region are refused', async () => {
    const running = await startEc2({ account: '999999999999', region: 'eu-central-1' });
    const made = await running.client.send(new CreateVolumeCommand({ AvailabilityZone: 'eu-central-1b', Size: 1 }));

    expect(made).toMatchObject({
      AvailabilityZone: 'eu-central-1b',
      VolumeArn: expect.stringContaining('999999999999'),
    });
    expect(running.dump().account).toBe('999999999999');
    const foreign = running.raw({ Action: 'DescribeVolumes' }, { authorization: signedBy('k', 'us-east-1') });
    expect((await foreign).body).toContain('Use eu-central-1.');
    const zone = running.client.send(new CreateVolumeCommand({ AvailabilityZone: 'us-east-1a', Size: 1 }));
    expect((await problemOf(zone)).code).toBe('InvalidZone.NotFound');
  });
});
