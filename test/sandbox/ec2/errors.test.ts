import {
  AttachVolumeCommand,
  CreateSnapshotCommand,
  CreateSnapshotsCommand,
  CreateTagsCommand,
  CreateVolumeCommand,
  DeleteSnapshotCommand,
  DeleteTagsCommand,
  DeleteVolumeCommand,
  DescribeInstanceAttributeCommand,
  DescribeInstancesCommand,
  DescribeRegionsCommand,
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

const nobody = '0ffffffffffffffff';
const data = (running: Running, name: string): string => running.server(name).mappings[1]!.volumeId;
const id = (running: Running, name: string): string => running.server(name).id;

type Case = [code: string, what: string, ask: (running: Running) => Promise<unknown>];

const stopAll = (running: Running, ...names: string[]) =>
  running.client.send(new StopInstancesCommand({ InstanceIds: names.map((name) => id(running, name)) }));
const attach = (running: Running, volume: string, name: string, Device = '/dev/sdx') =>
  running.client.send(new AttachVolumeCommand({ VolumeId: volume, InstanceId: id(running, name), Device }));
const make = (running: Running, more: object) =>
  running.client.send(new CreateVolumeCommand({ AvailabilityZone: 'us-east-1a', ...more }));

const cases: Case[] = [
  [
    'InvalidInstanceID.NotFound',
    'an unknown instance',
    (r) => r.client.send(new DescribeInstancesCommand({ InstanceIds: [`i-${nobody}`] })),
  ],
  [
    'InvalidInstanceID.Malformed',
    'no instance id at all',
    (r) => r.client.send(new DescribeInstancesCommand({ InstanceIds: ['web-1'] })),
  ],
  [
    'InvalidVolume.NotFound',
    'an unknown volume',
    (r) => r.client.send(new DescribeVolumesCommand({ VolumeIds: [`vol-${nobody}`] })),
  ],
  [
    'InvalidVolumeID.Malformed',
    'no volume id at all',
    (r) => r.client.send(new DeleteVolumeCommand({ VolumeId: 'vol-1' })),
  ],
  [
    'InvalidSnapshot.NotFound',
    'an unknown snapshot',
    (r) => r.client.send(new DeleteSnapshotCommand({ SnapshotId: `snap-${nobody}` })),
  ],
  [
    'InvalidAMIID.NotFound',
    'an unknown image',
    (r) => r.client.send(new RunInstancesCommand({ ImageId: `ami-${nobody}`, MinCount: 1, MaxCount: 1 })),
  ],
  ['MissingParameter', 'a start of nobody', (r) => r.client.send(new StartInstancesCommand({ InstanceIds: [] }))],
  [
    'IncorrectInstanceState',
    'a start while it stops',
    async (r) => {
      await stopAll(r, 'web-1');
      await r.client.send(new StartInstancesCommand({ InstanceIds: [id(r, 'web-1')] }));
    },
  ],
  [
    'IncorrectInstanceState',
    'a stop of what is terminated',
    async (r) => {
      await r.client.send(new TerminateInstancesCommand({ InstanceIds: [id(r, 'web-1')] }));
      await stopAll(r, 'web-1');
    },
  ],
  [
    'IncorrectState',
    'a reboot of what is stopped',
    (r) => r.client.send(new RebootInstancesCommand({ InstanceIds: [id(r, 'batch-1')] })),
  ],
  [
    'OperationNotPermitted',
    'a stop under stop protection',
    async (r) => {
      const InstanceId = id(r, 'web-1');
      await r.client.send(new ModifyInstanceAttributeCommand({ InstanceId, DisableApiStop: { Value: true } }));
      const asked = await r.client.send(
        new DescribeInstanceAttributeCommand({ InstanceId, Attribute: 'disableApiStop' }),
      );
      expect(asked.DisableApiStop?.Value).toBe(true);
      await stopAll(r, 'web-1');
    },
  ],
  [
    'OperationNotPermitted',
    'an end under termination protection',
    (r) => r.client.send(new TerminateInstancesCommand({ InstanceIds: [id(r, 'db-1')] })),
  ],
  [
    'InvalidParameterValue',
    'a start without a root volume',
    async (r) => {
      const { mappings } = r.server('batch-1');
      await r.client.send(new DetachVolumeCommand({ VolumeId: mappings[0]!.volumeId }));
      r.advance(5);
      expect(r.dump().invariants).toEqual([expect.stringContaining('has no root volume')]);
      await r.client.send(new StartInstancesCommand({ InstanceIds: [id(r, 'batch-1')] }));
    },
  ],
  [
    'InvalidInstanceAttributeValue',
    'a mark on a device that holds nothing',
    (r) =>
      r.client.send(
        new ModifyInstanceAttributeCommand({
          InstanceId: id(r, 'web-1'),
          BlockDeviceMappings: [{ DeviceName: '/dev/sdx', Ebs: { DeleteOnTermination: true } }],
        }),
      ),
  ],
  [
    'InvalidParameterCombination',
    'two attributes at once',
    (r) =>
      r.client.send(
        new ModifyInstanceAttributeCommand({
          InstanceId: id(r, 'web-1'),
          DisableApiStop: { Value: true },
          DisableApiTermination: { Value: true },
        }),
      ),
  ],
  [
    'IncorrectInstanceState',
    'another type while it runs',
    (r) =>
      r.client.send(
        new ModifyInstanceAttributeCommand({ InstanceId: id(r, 'web-1'), InstanceType: { Value: 'm7i.large' } }),
      ),
  ],

  ['VolumeInUse', 'attaching what is attached', (r) => attach(r, data(r, 'web-1'), 'db-1')],
  [
    'IncorrectState',
    'attaching what is still being made',
    async (r) => attach(r, (await make(r, { Size: 1 })).VolumeId!, 'web-1'),
  ],
  [
    'InvalidVolume.ZoneMismatch',
    'attaching in another zone',
    (r) => attach(r, r.volumeNamed('legacy-export'), 'web-2'),
  ],
  [
    'InvalidParameterValue',
    'attaching at a taken device',
    (r) => attach(r, r.volumeNamed('legacy-export'), 'web-1', '/dev/sdf'),
  ],
  [
    'InvalidParameterValue',
    'attaching at no device',
    (r) => attach(r, r.volumeNamed('legacy-export'), 'web-1', 'sofa'),
  ],
  [
    'OperationNotPermitted',
    'attaching to a running Marketplace machine',
    (r) => attach(r, r.volumeNamed('legacy-export'), 'vpn-1'),
  ],
  ['UnsupportedOperation', "attaching a service's volume", (r) => attach(r, r.volumeNamed('cluster-storage'), 'web-1')],
  [
    'IncorrectState',
    'attaching while the machine stops',
    async (r) => {
      await stopAll(r, 'web-1');
      await attach(r, r.volumeNamed('legacy-export'), 'web-1');
    },
  ],
  [
    'AttachmentLimitExceeded',
    'attaching one too many',
    async (r) => {
      for (let at = 0; at < 40; at++) {
        const { VolumeId } = await make(r, { Size: 1 });
        r.advance(2);
        await attach(r, VolumeId!, 'web-1', `/dev/xvdb${String.fromCodePoint(97 + at)}`);
      }
    },
  ],
  [
    'IncorrectState',
    'detaching what is free',
    (r) => r.client.send(new DetachVolumeCommand({ VolumeId: r.volumeNamed('legacy-export') })),
  ],
  [
    'InvalidAttachment.NotFound',
    'detaching from another machine',
    (r) => r.client.send(new DetachVolumeCommand({ VolumeId: data(r, 'web-1'), InstanceId: id(r, 'web-2') })),
  ],
  [
    'OperationNotPermitted',
    'detaching the root of a running machine',
    (r) => r.client.send(new DetachVolumeCommand({ VolumeId: r.server('web-1').mappings[0]!.volumeId })),
  ],
  [
    'IncorrectState',
    'detaching twice',
    async (r) => {
      await r.client.send(new DetachVolumeCommand({ VolumeId: data(r, 'batch-1') }));
      await r.client.send(new DetachVolumeCommand({ VolumeId: data(r, 'batch-1') }));
    },
  ],
  [
    'VolumeInUse',
    'deleting what is attached',
    (r) => r.client.send(new DeleteVolumeCommand({ VolumeId: data(r, 'web-1') })),
  ],

  ['InvalidZone.NotFound', 'a volume in no zone', (r) => make(r, { AvailabilityZone: 'us-east-1z', Size: 1 })],
  ['MissingParameter', 'a volume without a size', (r) => make(r, {})],
  [
    'IncorrectState',
    'a volume from a pending snapshot',
    async (r) => {
      const { SnapshotId } = await r.client.send(new CreateSnapshotCommand({ VolumeId: data(r, 'web-1') }));
      const refused = await problemOf(make(r, { SnapshotId }));
      expect(refused.message).toBe('Snapshot is in invalid state - pending');
      await make(r, { SnapshotId });
    },
  ],
  [
    'IncorrectState',
    'a volume from the archive',
    (r) => {
      const archived = r.dump().snapshots.find(({ tags }) => tags['backup'] === 'yearly')!;
      return make(r, { SnapshotId: archived.id });
    },
  ],
  ['UnknownVolumeType', 'a volume of no type', (r) => make(r, { Size: 1, VolumeType: 'gp9' })],
  ['InvalidParameterCombination', 'IOPS for gp2', (r) => make(r, { Size: 1, VolumeType: 'gp2', Iops: 500 })],
  ['MissingParameter', 'io2 without IOPS', (r) => make(r, { Size: 4, VolumeType: 'io2' })],
  [
    'InvalidParameterCombination',
    'throughput for io2',
    (r) => make(r, { Size: 4, VolumeType: 'io2', Iops: 100, Throughput: 200 }),
  ],
  ['InvalidParameterValue', 'too many IOPS', (r) => make(r, { Size: 4, VolumeType: 'gp3', Iops: 999_999 })],
  [
    'InvalidParameterCombination',
    'multi-attach for gp3',
    (r) => make(r, { Size: 4, VolumeType: 'gp3', MultiAttachEnabled: true }),
  ],
  ['InvalidParameterDependency', 'a key without encryption', (r) => make(r, { Size: 4, KmsKeyId: 'k' })],
  [
    'InvalidParameterCombination',
    'a plain copy of an encrypted snapshot',
    (r) => {
      const ofDb = r.dump().snapshots.find(({ volumeId }) => volumeId === data(r, 'db-2'))!;
      return make(r, { SnapshotId: ofDb.id, Encrypted: false });
    },
  ],
  [
    'VolumeLimitExceeded',
    'more storage than granted',
    async (r) => {
      for (let at = 0; at < 5; at++) await make(r, { Size: 16_000, VolumeType: 'gp2' });
    },
  ],

  [
    'InvalidParameterValue',
    'a description beyond ASCII',
    (r) =>
      r.client.send(new CreateSnapshotCommand({ VolumeId: data(r, 'web-1'), Description: 'vor dem Umzug – Übung' })),
  ],
  [
    'UnsupportedOperation',
    "a snapshot of a service's volume",
    (r) => r.client.send(new CreateSnapshotCommand({ VolumeId: r.volumeNamed('cluster-storage') })),
  ],
  [
    'InvalidParameterValue',
    'a set without the volume of another machine',
    (r) =>
      r.client.send(
        new CreateSnapshotsCommand({
          InstanceSpecification: { InstanceId: id(r, 'web-1'), ExcludeDataVolumeIds: [data(r, 'db-1')] },
        }),
      ),
  ],
  [
    'InvalidParameterValue',
    'tags for another kind of thing',
    (r) =>
      r.client.send(
        new CreateSnapshotCommand({
          VolumeId: data(r, 'web-1'),
          TagSpecifications: [{ ResourceType: 'volume', Tags: [{ Key: 'a', Value: 'b' }] }],
        }),
      ),
  ],

  [
    'InvalidID',
    'tags on no id',
    (r) => r.client.send(new CreateTagsCommand({ Resources: ['web-1'], Tags: [{ Key: 'a', Value: 'b' }] })),
  ],
  [
    'InvalidSnapshot.NotFound',
    'tags on an unknown snapshot',
    (r) => r.client.send(new CreateTagsCommand({ Resources: [`snap-${nobody}`], Tags: [{ Key: 'a', Value: 'b' }] })),
  ],
  [
    'InvalidParameterValue',
    'a tag of AWS',
    (r) => r.client.send(new CreateTagsCommand({ Resources: [id(r, 'web-1')], Tags: [{ Key: 'aws:x', Value: 'b' }] })),
  ],
  [
    'InvalidParameterValue',
    'taking away a tag of AWS',
    (r) =>
      r.client.send(
        new DeleteTagsCommand({ Resources: [id(r, 'api-1')], Tags: [{ Key: 'aws:autoscaling:groupName' }] }),
      ),
  ],
  [
    'InvalidParameterValue',
    'a key of 129 characters',
    (r) =>
      r.client.send(
        new CreateTagsCommand({ Resources: [id(r, 'web-1')], Tags: [{ Key: 'k'.repeat(129), Value: '' }] }),
      ),
  ],
  [
    'InvalidParameterValue',
    'a value of 257 characters',
    (r) =>
      r.client.send(
        new CreateTagsCommand({ Resources: [id(r, 'web-1')], Tags: [{ Key: 'k', Value: 'v'.repeat(257) }] }),
      ),
  ],
  [
    'InvalidParameterValue',
    'a Region that does not exist',
    (r) => r.client.send(new DescribeRegionsCommand({ RegionNames: ['moon-1'] })),
  ],
];

describe('EC2 refuses', () => {
  test.each(cases.map(([code, what, ask]) => ({ code, what, ask })))('$what with $code', async ({ code, ask }) => {
    const running = await startEc2();

    expect(await problemOf(ask(running))).toMatchObject({ code, status: 400 });
  });
});

describe('a call that names several things', () => {
  test('does nothing when one of them is bad, and names all that are missing', async () => {
    const running = await startEc2();
    const good = id(running, 'web-1');

    const stop = running.client.send(
      new StopInstancesCommand({ InstanceIds: [good, `i-${nobody}`, 'i-0eeeeeeeeeeeeeeee'] }),
    );

    expect(await problemOf(stop)).toMatchObject({
      code: 'InvalidInstanceID.NotFound',
      message: `The instance IDs 'i-${nobody}, i-0eeeeeeeeeeeeeeee' do not exist`,
    });
    expect(running.server('web-1').state).toBe('running');
    const terminated = running.client.send(new TerminateInstancesCommand({ InstanceIds: [good, id(running, 'db-1')] }));
    expect((await problemOf(terminated)).code).toBe('OperationNotPermitted');
    expect(running.server('web-1').state).toBe('running');
  });

  test('is fine with what is already so', async () => {
    const running = await startEc2();
    const ids = [id(running, 'web-1'), id(running, 'batch-1')];

    const start = await running.client.send(new StartInstancesCommand({ InstanceIds: ids }));

    expect(start.StartingInstances?.map((one) => [one.PreviousState?.Name, one.CurrentState?.Name])).toEqual([
      ['running', 'running'],
      ['stopped', 'pending'],
    ]);
  });
});

describe('tags', () => {
  test('beyond fifty are refused as a whole, those of AWS not counted', async () => {
    const running = await startEc2();
    const Resources = [id(running, 'api-1')];
    const tags = (count: number) => Array.from({ length: count }, (_, at) => ({ Key: `k${at}`, Value: 'v' }));
    const count = (): number => Object.keys(running.server('api-1').tags).length;
    const before = count();

    const tooMany = running.client.send(new CreateTagsCommand({ Resources, Tags: tags(51 - before + 1) }));
    expect((await problemOf(tooMany)).code).toBe('TagLimitExceeded');
    expect(count()).toBe(before);
    await running.client.send(new CreateTagsCommand({ Resources, Tags: tags(51 - before) }));

    expect(count()).toBe(51);
  });

  test('are taken away by key, by key and value, or all of them', async () => {
    const running = await startEc2();
    const { client } = running;
    const Resources = [id(running, 'api-1')];
    const remove = (Tags?: { Key: string; Value?: string }[]) =>
      client.send(new DeleteTagsCommand({ Resources, ...(Tags === undefined ? {} : { Tags }) }));

    await remove([{ Key: 'env', Value: 'dev' }, { Key: 'role' }, { Key: 'never-there' }]);
    expect(running.server('api-1').tags).toMatchObject({ env: 'prod', Name: 'api-1' });
    expect(running.server('api-1').tags['role']).toBeUndefined();
    await remove([{ Key: 'env', Value: 'prod' }]);
    expect(running.server('api-1').tags['env']).toBeUndefined();
    await remove();

    expect(running.dump().instances.find((one) => one.id === Resources[0])!.tags).toEqual({
      'aws:autoscaling:groupName': 'api-prod',
    });
  });

  test('with odd keys and hostile values come back as they were', async () => {
    const running = await startEc2();
    const Resources = [id(running, 'web-1')];
    const Tags = [
      { Key: '__proto__', Value: 'p' },
      { Key: 'constructor', Value: '<!channel> & "x" \'y\' ]]>' },
      { Key: 'zwölf', Value: ' line\nbreak\t🚀 ' },
    ];

    await running.client.send(new CreateTagsCommand({ Resources, Tags }));

    const { Reservations } = await running.client.send(new DescribeInstancesCommand({ InstanceIds: Resources }));
    expect(Reservations![0]!.Instances![0]!.Tags).toEqual(expect.arrayContaining(Tags));
    const hostile = running.dump().volumes.filter(({ tags }) => tags['note']?.startsWith('<!channel>'));
    expect(hostile).toHaveLength(1);
  });

  test('that cannot be set take the creation back', async () => {
    const running = await startEc2();
    const before = running.dump().volumes.length;

    const made = make(running, {
      Size: 1,
      TagSpecifications: [{ ResourceType: 'volume', Tags: [{ Key: 'aws:x', Value: 'b' }] }],
    });

    expect((await problemOf(made)).code).toBe('InvalidParameterValue');
    expect(running.dump().volumes).toHaveLength(before);
  });
});

describe('client tokens', () => {
  test('give the same volume for the same request, and refuse another one', async () => {
    const running = await startEc2();
    const { client } = running;
    const asked = { AvailabilityZone: 'us-east-1a', Size: 5, ClientToken: 't1' };

    const first = await client.send(new CreateVolumeCommand(asked));
    running.advance(60);
    const second = await client.send(new CreateVolumeCommand(asked));

    expect(second).toMatchObject({ VolumeId: first.VolumeId, State: 'available' });
    const other = client.send(new CreateVolumeCommand({ ...asked, Size: 6 }));
    expect((await problemOf(other)).code).toBe('IdempotentParameterMismatch');
    await client.send(new DeleteVolumeCommand({ VolumeId: first.VolumeId! }));
    running.advance(10);
    expect((await problemOf(client.send(new CreateVolumeCommand(asked)))).code).toBe('IdempotentParameterMismatch');
  });

  test('of a terminated instance are used up', async () => {
    const running = await startEc2();
    const { client } = running;
    const image = (await running.raw({ Action: 'DescribeImages' })).body.match(/ami-0[0-9a-f]{16}/)![0];
    const launch = new RunInstancesCommand({ ImageId: image, MinCount: 1, MaxCount: 1, ClientToken: 't2' });
    const { Instances } = await client.send(launch);
    await client.send(new TerminateInstancesCommand({ InstanceIds: [Instances![0]!.InstanceId!] }));

    expect((await problemOf(client.send(launch))).code).toBe('IdempotentInstanceTerminated');
  });
});
