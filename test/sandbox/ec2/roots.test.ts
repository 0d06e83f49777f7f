import {
  AttachVolumeCommand,
  CopySnapshotCommand,
  CreateReplaceRootVolumeTaskCommand,
  CreateSnapshotCommand,
  CreateVolumeCommand,
  DescribeReplaceRootVolumeTasksCommand,
  DescribeVolumesCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { describe, expect, test } from 'vitest';

import { problemOf, type Running, startEc2 } from './support.ts';

/** A server, its root volume and a completed snapshot of it. */
async function withSnapshot(running: Running, name: string) {
  const { id, mappings } = running.server(name);
  const root = mappings.find(({ device }) => device === '/dev/xvda')!.volumeId;
  const { SnapshotId } = await running.client.send(new CreateSnapshotCommand({ VolumeId: root }));
  running.advance(90);
  return { id, root, snapshotId: SnapshotId! };
}

function rootOf(running: Running, name: string): string | undefined {
  return running.server(name).mappings.find(({ device }) => device === '/dev/xvda')?.volumeId;
}

async function stateOf(running: Running, id: string): Promise<string> {
  const { ReplaceRootVolumeTasks } = await running.client.send(
    new DescribeReplaceRootVolumeTasksCommand({ ReplaceRootVolumeTaskIds: [id] }),
  );
  return ReplaceRootVolumeTasks![0]!.TaskState!;
}

describe('a root volume', () => {
  test('is replaced while the machine runs; it reboots, and the old root keeps its data', async () => {
    const running = await startEc2();
    const { id, root, snapshotId } = await withSnapshot(running, 'web-1');
    const ask = new CreateReplaceRootVolumeTaskCommand({
      InstanceId: id,
      SnapshotId: snapshotId,
      ClientToken: 'once',
      DeleteReplacedRootVolume: false,
      TagSpecifications: [{ ResourceType: 'replace-root-volume-task', Tags: [{ Key: 'a', Value: 'b' }] }],
    });

    const { ReplaceRootVolumeTask: task } = await running.client.send(ask);
    const again = await running.client.send(ask);
    const states = [task!.TaskState as string];
    for (const seconds of [10, 30, 30]) {
      running.advance(seconds);
      states.push(await stateOf(running, task!.ReplaceRootVolumeTaskId!));
    }

    expect(again.ReplaceRootVolumeTask!.ReplaceRootVolumeTaskId).toBe(task!.ReplaceRootVolumeTaskId);
    expect(task).toMatchObject({ InstanceId: id, SnapshotId: snapshotId, Tags: [{ Key: 'a', Value: 'b' }] });
    expect(states).toEqual(['pending', 'in-progress', 'in-progress', 'succeeded']);
    const { Volumes } = await running.client.send(
      new DescribeVolumesCommand({ VolumeIds: [root, rootOf(running, 'web-1')!] }),
    );
    const [old, next] = [root, rootOf(running, 'web-1')].map((one) =>
      Volumes!.find(({ VolumeId }) => VolumeId === one)!,
    );
    expect(old).toMatchObject({ State: 'available', Attachments: [] });
    expect(next).toMatchObject({
      State: 'in-use',
      SnapshotId: snapshotId,
      Size: old!.Size,
      VolumeType: old!.VolumeType,
      Attachments: [{ Device: '/dev/xvda', DeleteOnTermination: true }],
    });
    expect(next!.Tags ?? []).toEqual([]);
    expect(running.server('web-1')).toMatchObject({ state: 'running', status: { instance: 'initializing' } });
  });

  test('goes back to an earlier root, by a snapshot of it and by the volume itself', async () => {
    const running = await startEc2();
    const { id, root, snapshotId } = await withSnapshot(running, 'web-1');
    for (const ClientToken of ['one', 'two']) {
      const ask = { InstanceId: id, SnapshotId: snapshotId, ClientToken };
      await running.client.send(new CreateReplaceRootVolumeTaskCommand(ask));
      running.advance(61);
      expect(running.dump().rootTasks.map(({ state }) => state)).not.toContain('failed');
    }

    await running.client.send(new CreateReplaceRootVolumeTaskCommand({ InstanceId: id, VolumeId: root }));
    running.advance(61);

    expect(rootOf(running, 'web-1')).toBe(root);
  });

  test('is deleted at the end if that was asked for', async () => {
    const running = await startEc2();
    const { id, root, snapshotId } = await withSnapshot(running, 'web-1');

    await running.client.send(
      new CreateReplaceRootVolumeTaskCommand({
        InstanceId: id,
        SnapshotId: snapshotId,
        DeleteReplacedRootVolume: true,
      }),
    );
    running.advance(70);

    expect(running.dump().volumes.map((one) => one.id)).not.toContain(root);
  });

  test('stays when the task fails, and the new one goes', async () => {
    const running = await startEc2();
    const { id, root, snapshotId } = await withSnapshot(running, 'web-1');
    running.ec2.faults({ failNextRootTask: 1 });

    const { ReplaceRootVolumeTask: task } = await running.client.send(
      new CreateReplaceRootVolumeTaskCommand({ InstanceId: id, SnapshotId: snapshotId }),
    );
    running.advance(45);
    expect(await stateOf(running, task!.ReplaceRootVolumeTaskId!)).toBe('failing');
    running.advance(30);

    expect(await stateOf(running, task!.ReplaceRootVolumeTaskId!)).toBe('failed');
    expect(rootOf(running, 'web-1')).toBe(root);
    expect(running.dump().volumes.map((one) => one.id)).not.toContain(running.dump().rootTasks[0]!.newVolumeId);
    expect(running.dump().invariants).toEqual([]);
  });

  test('can be lost altogether, which is told as what must never be', async () => {
    const running = await startEc2();
    const { id, root, snapshotId } = await withSnapshot(running, 'web-1');
    running.ec2.faults({ failNextRootTask: { outcome: 'failed-detached' } });

    const { ReplaceRootVolumeTask: task } = await running.client.send(
      new CreateReplaceRootVolumeTaskCommand({ InstanceId: id, SnapshotId: snapshotId }),
    );
    running.advance(50);
    expect(await stateOf(running, task!.ReplaceRootVolumeTaskId!)).toBe('failing-detached');
    running.advance(15);

    expect(await stateOf(running, task!.ReplaceRootVolumeTaskId!)).toBe('failed-detached');
    expect(rootOf(running, 'web-1')).toBeUndefined();
    expect(running.server('web-1').status['instance']).toBe('impaired');
    expect(running.dump().invariants).toEqual([expect.stringMatching(/web-1 .* has no root volume/)]);
    // The way back.
    await running.client.send(new AttachVolumeCommand({ InstanceId: id, VolumeId: root, Device: '/dev/xvda' }));
    expect(rootOf(running, 'web-1')).toBe(root);
  });

  test('of an instance that was terminated meanwhile is not replaced', async () => {
    const running = await startEc2();
    const { id, snapshotId } = await withSnapshot(running, 'web-1');

    const { ReplaceRootVolumeTask: task } = await running.client.send(
      new CreateReplaceRootVolumeTaskCommand({ InstanceId: id, SnapshotId: snapshotId }),
    );
    await running.client.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
    running.advance(61);

    expect(await stateOf(running, task!.ReplaceRootVolumeTaskId!)).toBe('failed');
  });

  test('survives a new start of the sandbox in the middle', async () => {
    const file = `${process.env['TMPDIR'] ?? '/tmp'}/ec2-roots-${process.pid}-${Math.random()}.json`;
    const running = await startEc2({ stateFile: file });
    const { id, root, snapshotId } = await withSnapshot(running, 'web-1');
    await running.client.send(new CreateReplaceRootVolumeTaskCommand({ InstanceId: id, SnapshotId: snapshotId }));
    await running.close();

    const later = await startEc2({ stateFile: file, startAt: running.now() + 61_000 });

    expect(later.dump().rootTasks).toMatchObject([{ instanceId: id, state: 'succeeded' }]);
    expect(rootOf(later, 'web-1')).not.toBe(root);
  });
});

describe('replacing a root volume is refused', () => {
  test('from a copy, and from a snapshot of another lineage', async () => {
    const running = await startEc2();
    const { id, snapshotId } = await withSnapshot(running, 'web-1');
    const other = await withSnapshot(running, 'web-2');
    const { SnapshotId: copy } = await running.client.send(
      new CopySnapshotCommand({ SourceRegion: 'us-east-1', SourceSnapshotId: snapshotId }),
    );
    running.advance(90);

    for (const SnapshotId of [copy, other.snapshotId]) {
      const refused = await problemOf(
        running.client.send(new CreateReplaceRootVolumeTaskCommand({ InstanceId: id, SnapshotId })),
      );
      expect(refused).toMatchObject({ code: 'InvalidParameterValue', message: expect.stringContaining(SnapshotId!) });
    }
  });

  test('while the machine is stopped, and while another replacement goes on', async () => {
    const running = await startEc2();
    const { id, snapshotId } = await withSnapshot(running, 'web-1');
    const ask = () =>
      problemOf(
        running.client.send(new CreateReplaceRootVolumeTaskCommand({ InstanceId: id, SnapshotId: snapshotId })),
      );
    await running.client.send(new CreateReplaceRootVolumeTaskCommand({ InstanceId: id, SnapshotId: snapshotId }));

    expect((await ask()).code).toBe('IncorrectState');
    running.advance(61);
    await running.client.send(new StopInstancesCommand({ InstanceIds: [id] }));
    expect((await ask()).code).toBe('IncorrectInstanceState');
  });

  test('with a volume of another zone, one in use, and a plain one for an encrypted root', async () => {
    const running = await startEc2();
    const { id } = running.server('web-1');
    const ask = (VolumeId: string) =>
      problemOf(running.client.send(new CreateReplaceRootVolumeTaskCommand({ InstanceId: id, VolumeId })));
    const { VolumeId: elsewhere } = await running.client.send(
      new CreateVolumeCommand({ AvailabilityZone: 'us-east-1b', Size: 20 }),
    );
    running.advance(10);

    expect((await ask(elsewhere!)).code).toBe('InvalidVolume.ZoneMismatch');
    expect((await ask(running.volumeNamed('web-1-data'))).code).toBe('IncorrectState');
    const both = { InstanceId: id, VolumeId: elsewhere, SnapshotId: 'snap-00000000' };
    expect((await problemOf(running.client.send(new CreateReplaceRootVolumeTaskCommand(both)))).code).toBe(
      'InvalidParameterCombination',
    );
  });

  test('beyond the storage that may exist, since both roots exist for a while', async () => {
    const running = await startEc2();
    const { id, snapshotId } = await withSnapshot(running, 'web-1');
    running.ec2.faults({ storageQuota: { type: 'gp3', gib: 10 } });

    const refused = await problemOf(
      running.client.send(new CreateReplaceRootVolumeTaskCommand({ InstanceId: id, SnapshotId: snapshotId })),
    );

    expect(refused.code).toBe('VolumeLimitExceeded');
  });

  test('tasks are listed by instance, fifty at most, and have no filter for tags', async () => {
    const running = await startEc2();
    const { id, snapshotId } = await withSnapshot(running, 'web-1');
    await running.client.send(new CreateReplaceRootVolumeTaskCommand({ InstanceId: id, SnapshotId: snapshotId }));
    const list = (more: object) => running.client.send(new DescribeReplaceRootVolumeTasksCommand(more));

    const mine = await list({ MaxResults: 50, Filters: [{ Name: 'instance-id', Values: [id] }] });
    expect(mine.ReplaceRootVolumeTasks).toHaveLength(1);
    expect((await problemOf(list({ MaxResults: 51 }))).code).toBe('InvalidParameterValue');
    expect((await problemOf(list({ Filters: [{ Name: 'tag:a', Values: ['b'] }] }))).code).toBe('InvalidParameterValue');
  });
});
