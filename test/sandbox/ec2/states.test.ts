import {
  AttachVolumeCommand,
  CreateVolumeCommand,
  DeleteVolumeCommand,
  DescribeInstancesCommand,
  DescribeInstanceStatusCommand,
  DescribeVolumesCommand,
  DetachVolumeCommand,
  ModifyInstanceAttributeCommand,
  RebootInstancesCommand,
  RunInstancesCommand,
  StartInstancesCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { describe, expect, test } from 'vitest';

import { problemOf, type Running, startEc2 } from './support.ts';

async function instance({ client }: Running, id: string) {
  const { Reservations } = await client.send(new DescribeInstancesCommand({ InstanceIds: [id] }));
  return Reservations![0]!.Instances![0]!;
}
async function volume({ client }: Running, id: string) {
  return (await client.send(new DescribeVolumesCommand({ VolumeIds: [id] }))).Volumes![0]!;
}
async function checks({ client }: Running, id: string) {
  const reply = await client.send(new DescribeInstanceStatusCommand({ InstanceIds: [id], IncludeAllInstances: true }));
  const { SystemStatus, InstanceStatus, AttachedEbsStatus } = reply.InstanceStatuses![0]!;
  return [SystemStatus?.Status, InstanceStatus?.Status, AttachedEbsStatus?.Status];
}

describe('an instance', () => {
  test('stops in 25 s and starts in 10 s, and its checks take two minutes more', async () => {
    const running = await startEc2();
    const { client, advance } = running;
    const { id } = running.server('web-1');
    expect(await checks(running, id)).toEqual(['ok', 'ok', 'ok']);
    const before = (await instance(running, id)).PublicIpAddress;

    const stop = await client.send(new StopInstancesCommand({ InstanceIds: [id] }));
    expect(stop.StoppingInstances).toMatchObject([
      { PreviousState: { Name: 'running', Code: 16 }, CurrentState: { Name: 'stopping', Code: 64 } },
    ]);
    advance(24);
    expect((await instance(running, id)).State?.Name).toBe('stopping');
    advance(1);
    const stopped = await instance(running, id);
    expect(stopped).toMatchObject({
      State: { Name: 'stopped', Code: 80 },
      StateReason: { Code: 'Client.UserInitiatedShutdown' },
    });
    expect(stopped.PublicIpAddress).toBeUndefined();
    expect(await checks(running, id)).toEqual(['not-applicable', 'not-applicable', 'not-applicable']);

    await client.send(new StartInstancesCommand({ InstanceIds: [id] }));
    expect((await instance(running, id)).State).toMatchObject({ Name: 'pending', Code: 0 });
    advance(10);
    const started = await instance(running, id);
    expect(started.State?.Name).toBe('running');
    expect(started.PublicIpAddress).toMatch(/^198\.51\./);
    expect(started.PublicIpAddress).not.toBe(before);
    expect(started.LaunchTime?.getTime()).toBe(running.now() - 10_000);
    expect(await checks(running, id)).toEqual(['initializing', 'initializing', 'initializing']);
    advance(120);
    expect(await checks(running, id)).toEqual(['ok', 'ok', 'ok']);
  });

  test('keeps an Elastic IP while it is stopped', async () => {
    const running = await startEc2();
    const { id } = running.server('web-3');

    await running.client.send(new StopInstancesCommand({ InstanceIds: [id] }));
    running.advance(25);

    const stopped = await instance(running, id);
    expect(stopped.PublicIpAddress).toMatch(/^203\.0\./);
    expect(stopped.NetworkInterfaces![0]!.Association?.IpOwnerId).toBe('123456789012');
  });

  test('is cured of a failing instance check by a reboot, of a failing system check by a stop and start only', async () => {
    const running = await startEc2();
    const { client, advance, ec2 } = running;
    const { id } = running.server('web-2');
    const reboot = async (): Promise<void> => {
      await client.send(new RebootInstancesCommand({ InstanceIds: [id] }));
      expect((await instance(running, id)).State?.Name).toBe('running');
      advance(120);
    };
    ec2.faults({ impair: 'web-2', check: 'instance' });
    expect(await checks(running, id)).toEqual(['ok', 'impaired', 'ok']);
    const { InstanceStatuses } = await client.send(new DescribeInstanceStatusCommand({ InstanceIds: [id] }));
    expect(InstanceStatuses![0]!.InstanceStatus!.Details![0]!.ImpairedSince?.getTime()).toBe(running.now());

    await reboot();
    expect(await checks(running, id)).toEqual(['ok', 'ok', 'ok']);
    ec2.faults({ impair: id, check: 'system' });
    await reboot();
    expect(await checks(running, id)).toEqual(['impaired', 'ok', 'ok']);
    await client.send(new StopInstancesCommand({ InstanceIds: [id] }));
    advance(25);
    await client.send(new StartInstancesCommand({ InstanceIds: [id] }));
    advance(130);
    expect(await checks(running, id)).toEqual(['ok', 'ok', 'ok']);
  });

  test('that is terminated takes along the volumes that are to go with it, and stays visible for an hour', async () => {
    const running = await startEc2();
    const { client, advance } = running;
    const { id, mappings } = running.server('web-1');

    await client.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
    expect((await instance(running, id)).State?.Name).toBe('shutting-down');
    advance(31);

    expect((await instance(running, id)).State?.Name).toBe('terminated');
    expect(mappings.map((mapping) => mapping.deleteOnTermination)).toEqual([true, false]);
    expect((await problemOf(volume(running, mappings[0]!.volumeId))).code).toBe('InvalidVolume.NotFound');
    expect(await volume(running, mappings[1]!.volumeId)).toMatchObject({ State: 'available', Attachments: [] });
    advance(3_600);
    expect((await problemOf(instance(running, id))).code).toBe('InvalidInstanceID.NotFound');
  });

  test('in an Auto Scaling group that is stopped is replaced by another one', async () => {
    const running = await startEc2();
    const { id } = running.server('api-1');

    await running.client.send(new StopInstancesCommand({ InstanceIds: [id] }));
    running.advance(24);
    expect((await instance(running, id)).State?.Name).toBe('stopping');
    running.advance(61);

    expect((await instance(running, id)).State?.Name).toBe('terminated');
    const members = running.dump().instances.filter(({ name, state }) => name === 'api-1' && state !== 'terminated');
    expect(members).toMatchObject([{ state: 'pending', tags: { 'aws:autoscaling:groupName': 'api-prod' } }]);
    expect(members[0]!.id).not.toBe(id);
    expect(members[0]!.mappings.map(({ device }) => device)).toEqual(['/dev/xvda', '/dev/sdf']);
  });

  test('can be launched with disks and tags, once for each token', async () => {
    const running = await startEc2();
    const [image] = (await running.raw({ Action: 'DescribeImages', 'Owner.1': 'self' })).body.match(
      /ami-0[0-9a-f]{16}/,
    )!;
    const launch = new RunInstancesCommand({
      ImageId: image,
      MinCount: 1,
      MaxCount: 2,
      ClientToken: 'launch-1',
      Placement: { AvailabilityZone: 'us-east-1b' },
      BlockDeviceMappings: [{ DeviceName: '/dev/sdf', Ebs: { VolumeSize: 5, DeleteOnTermination: false } }],
      TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'Name', Value: 'fresh' }] }],
    });

    const first = await running.client.send(launch);
    const second = await running.client.send(launch);

    expect(first.Instances).toHaveLength(2);
    expect(second.Instances?.map((one) => one.InstanceId)).toEqual(first.Instances?.map((one) => one.InstanceId));
    running.advance(10);
    const one = await instance(running, first.Instances![0]!.InstanceId!);
    expect(one).toMatchObject({ State: { Name: 'running' }, Placement: { AvailabilityZone: 'us-east-1b' } });
    expect(one.BlockDeviceMappings?.map((at) => [at.DeviceName, at.Ebs?.DeleteOnTermination])).toEqual([
      ['/dev/xvda', true],
      ['/dev/sdf', false],
    ]);
  });
});

describe('a volume', () => {
  test('is replaced step by step, each taking its time', async () => {
    const running = await startEc2();
    const { client, advance } = running;
    const { id, mappings } = running.server('db-1');
    const old = await volume(running, mappings[1]!.volumeId);
    const snapshotId = running.dump().snapshots.find((one) => one.volumeId === old.VolumeId)!.id;

    const made = await client.send(
      new CreateVolumeCommand({
        AvailabilityZone: old.AvailabilityZone!,
        SnapshotId: snapshotId,
        Size: 10,
        VolumeType: 'gp3',
        Iops: old.Iops!,
        Throughput: old.Throughput!,
        ClientToken: 'restore-1',
      }),
    );
    // The size of the snapshot, although less was asked for, and encrypted as it is.
    expect(made).toMatchObject({ State: 'creating', Size: 100, Iops: 6_000, Throughput: 250, Encrypted: true });
    expect(made.KmsKeyId).toBe(old.KmsKeyId);
    await client.send(new StopInstancesCommand({ InstanceIds: [id] }));
    advance(25);
    const detach = await client.send(new DetachVolumeCommand({ VolumeId: old.VolumeId!, InstanceId: id }));
    expect(detach.State).toBe('detaching');
    expect((await volume(running, old.VolumeId!)).State).toBe('in-use');
    advance(5);
    expect(await volume(running, old.VolumeId!)).toMatchObject({ State: 'available', Attachments: [] });
    const attach = await client.send(
      new AttachVolumeCommand({ VolumeId: made.VolumeId!, InstanceId: id, Device: '/dev/sdf' }),
    );
    expect(attach).toMatchObject({ State: 'attaching', DeleteOnTermination: false });
    advance(3);
    expect((await volume(running, made.VolumeId!)).Attachments).toMatchObject([{ State: 'attached', InstanceId: id }]);
    await client.send(
      new ModifyInstanceAttributeCommand({
        InstanceId: id,
        BlockDeviceMappings: [{ DeviceName: '/dev/sdf', Ebs: { DeleteOnTermination: true } }],
      }),
    );
    expect((await volume(running, made.VolumeId!)).Attachments![0]!.DeleteOnTermination).toBe(true);
    expect(running.dump().invariants).toEqual([]);
  });

  test('that is mounted on a running machine stays busy until that stops', async () => {
    const running = await startEc2();
    const { client, advance } = running;
    const { id, mappings } = running.server('web-1');
    const data = mappings[1]!.volumeId;

    await client.send(new DetachVolumeCommand({ VolumeId: data }));
    advance(3_600);
    expect((await volume(running, data)).Attachments).toMatchObject([{ State: 'busy' }]);
    await client.send(new StopInstancesCommand({ InstanceIds: [id] }));
    advance(30);

    expect((await volume(running, data)).State).toBe('available');
  });

  test('that was attached to a running machine, or is torn off by force, leaves without a stop', async () => {
    const running = await startEc2();
    const { client, advance } = running;
    const { id, mappings } = running.server('web-1');
    const loose = running.volumeNamed('legacy-export');

    await client.send(new AttachVolumeCommand({ VolumeId: loose, InstanceId: id, Device: '/dev/sdh' }));
    advance(3);
    await client.send(new DetachVolumeCommand({ VolumeId: loose, InstanceId: id }));
    await client.send(new DetachVolumeCommand({ VolumeId: mappings[1]!.volumeId, Force: true }));
    advance(5);

    expect((await volume(running, loose)).State).toBe('available');
    expect((await volume(running, mappings[1]!.volumeId)).State).toBe('available');
  });

  test('is deleted in a few seconds, and told to be so again is no error', async () => {
    const running = await startEc2();
    const loose = running.volumeNamed('legacy-export');
    const remove = new DeleteVolumeCommand({ VolumeId: loose });

    await running.client.send(remove);
    await running.client.send(remove);
    expect((await volume(running, loose)).State).toBe('deleting');
    running.advance(5);

    expect(await problemOf(running.client.send(remove))).toMatchObject({ code: 'InvalidVolume.NotFound', status: 400 });
  });

  test('may be shared by several machines when its type allows it', async () => {
    const running = await startEc2();
    const shared = await volume(running, running.volumeNamed('team-share'));

    expect(shared).toMatchObject({ VolumeType: 'io2', MultiAttachEnabled: true, State: 'in-use' });
    expect(shared.Attachments).toHaveLength(2);
    expect(running.dump().invariants).toEqual([]);
    const ambiguous = running.client.send(new DetachVolumeCommand({ VolumeId: shared.VolumeId! }));
    expect((await problemOf(ambiguous)).code).toBe('InvalidParameterCombination');
  });
});
