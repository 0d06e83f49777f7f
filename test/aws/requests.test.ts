import { describe, expect, test } from 'vitest';

import type { Cloud } from '#ports/cloud.ts';
import type { InstanceId, VolumeId } from '#ports/ids.ts';

import { answerAws, caught, cloudWith, failure, reply, useAnswers } from './support.ts';

const instance: InstanceId = 'i-0123456789abcdef0';
const volume: VolumeId = 'vol-0123456789abcdef0';
const snapshot = 'snap-0123456789abcdef0';

useAnswers();

/** The request without what every request has. */
function essence(form: Record<string, string>): Record<string, string> {
  const { Action: _action, Version: _version, ...rest } = form;
  return rest;
}

describe('questions', () => {
  test('instances are asked for page by page, ids, names and tags as escaped filters', async () => {
    const received = answerAws({ DescribeInstances: reply('DescribeInstances', '<reservationSet/>') });

    await cloudWith().instances({ names: ['web*', 'db'], tags: { env: 'what?' } });

    expect(received.map((call) => essence(call.form))).toEqual([
      {
        MaxResults: '1000',
        'Filter.1.Name': 'tag:env',
        'Filter.1.Value.1': 'what\\?',
        'Filter.2.Name': 'tag:Name',
        'Filter.2.Value.1': 'web\\*',
        'Filter.2.Value.2': 'db',
      },
    ]);
  });

  test('all pages are read, over an empty one too', async () => {
    const item = (id: string) =>
      `<item><volumeId>${id}</volumeId><size>8</size><snapshotId/><availabilityZone>us-east-1a</availabilityZone><status>available</status><createTime>2026-11-01T00:00:00.000Z</createTime><volumeType>gp3</volumeType></item>`;
    const received = answerAws({
      DescribeVolumes: [
        reply('DescribeVolumes', `<volumeSet>${item('vol-00000001')}</volumeSet><nextToken>two</nextToken>`),
        reply('DescribeVolumes', '<volumeSet/><nextToken>three</nextToken>'),
        reply('DescribeVolumes', `<volumeSet>${item('vol-00000002')}</volumeSet>`),
      ],
    });

    const volumes = await cloudWith().volumes({});

    expect(volumes.map((one) => one.id)).toEqual(['vol-00000001', 'vol-00000002']);
    expect(received.map((call) => call.form['NextToken'])).toEqual([undefined, 'two', 'three']);
  });

  test('a list that gives the same page token again is not taken for complete', async () => {
    answerAws({ DescribeVolumes: reply('DescribeVolumes', '<volumeSet/><nextToken>same</nextToken>') });

    expect(await caught(cloudWith().volumes({}))).toMatchObject({
      code: 'transient',
      message: expect.stringContaining('does not end'),
    });
  });

  test('snapshots are always those of the own account', async () => {
    const received = answerAws({ DescribeSnapshots: reply('DescribeSnapshots', '<snapshotSet/>') });

    await cloudWith().snapshots({ volumeIds: [volume] });

    expect(essence(received[0]!.form)).toEqual({
      MaxResults: '1000',
      'Owner.1': 'self',
      'Filter.1.Name': 'volume-id',
      'Filter.1.Value.1': volume,
    });
  });

  test('health of chosen instances is asked for 100 ids at a time, stopped ones included', async () => {
    const received = answerAws({ DescribeInstanceStatus: reply('DescribeInstanceStatus', '<instanceStatusSet/>') });
    const ids = Array.from({ length: 250 }, (_, at): InstanceId => `i-${at.toString(16).padStart(8, '0')}`);

    await cloudWith().health(ids);

    const counts = received.map((call) => Object.keys(call.form).filter((key) => key.startsWith('InstanceId.')).length);
    expect(counts).toEqual([100, 100, 50]);
    for (const call of received) expect(call.form).toMatchObject({ IncludeAllInstances: 'true' });
    expect(received[0]!.form).not.toHaveProperty('MaxResults');
  });

  test('health of everything is paged', async () => {
    const received = answerAws({ DescribeInstanceStatus: reply('DescribeInstanceStatus', '<instanceStatusSet/>') });

    await cloudWith().health();

    expect(essence(received[0]!.form)).toEqual({ IncludeAllInstances: 'true', MaxResults: '1000' });
  });

  test('an empty list asks for nothing: AWS would answer with everything', async () => {
    const received = answerAws({});
    const cloud = cloudWith();

    expect(await cloud.instances({ ids: [] })).toEqual([]);
    expect(await cloud.instances({ names: [] })).toEqual([]);
    expect(await cloud.volumes({ ids: [] })).toEqual([]);
    expect(await cloud.volumes({ instanceIds: [], tags: { env: 'prod' } })).toEqual([]);
    expect(await cloud.snapshots({ volumeIds: [] })).toEqual([]);
    expect(await cloud.health([])).toEqual([]);
    await cloud.startInstances([]);
    await cloud.stopInstances([]);
    await cloud.rebootInstances([]);
    await cloud.createTags([], { env: 'prod' });
    await cloud.createTags([instance], {});
    await cloud.deleteTags([], ['env']);
    await cloud.deleteTags([instance], []);
    expect(received).toEqual([]);
  });

  test('an id that is not there is named, whatever else was found', async () => {
    answerAws({ DescribeVolumes: reply('DescribeVolumes', '<volumeSet/>') });

    const error = await caught(cloudWith().volumes({ ids: [volume] }));

    expect(error).toMatchObject({
      name: 'Refusal',
      code: 'not-found',
      data: { ids: [volume], awsCode: 'InvalidVolume.NotFound' },
    });
    expect(error.message).toContain('Check the id');
  });

  test('things of a wider filter than asked for are left out', async () => {
    const item = (id: string, value: string) =>
      `<item><snapshotId>${id}</snapshotId><volumeId>${volume}</volumeId><status>completed</status><startTime>2026-11-01T00:00:00.000Z</startTime><volumeSize>8</volumeSize><tagSet><item><key>env</key><value>${value}</value></item></tagSet></item>`;
    answerAws({
      DescribeSnapshots: reply(
        'DescribeSnapshots',
        `<snapshotSet>${item('snap-00000001', 'a*')}${item('snap-00000002', 'abc')}</snapshotSet>`,
      ),
    });

    const found = await cloudWith().snapshots({ tags: { env: 'a*' } });

    expect(found.map((one) => one.id)).toEqual(['snap-00000001']);
  });
});

describe('changes', () => {
  const looseVolume = reply(
    'DescribeVolumes',
    `<volumeSet><item><volumeId>${volume}</volumeId><size>8</size><availabilityZone>us-east-1a</availabilityZone><status>available</status><createTime>2026-11-01T00:00:00.000Z</createTime><volumeType>gp3</volumeType></item></volumeSet>`,
  );
  const cases: readonly [
    name: string,
    act: (cloud: Cloud) => Promise<unknown>,
    action: string,
    inner: string,
    form: Record<string, string>,
  ][] = [
    [
      'snapshots of an instance carry tags at creation, the tags of the volumes, and ASCII only',
      (cloud) =>
        cloud.createSnapshots({
          instanceId: instance,
          excludeVolumeIds: [volume],
          excludeBoot: true,
          tags: { 'deckhand:op': 't1' },
          description: 'before the “big” change — naïve',
        }),
      'CreateSnapshots',
      `<snapshotSet><item><snapshotId>${snapshot}</snapshotId><volumeId>${volume}</volumeId><state>pending</state><volumeSize>8</volumeSize><startTime>2026-11-22T06:42:32.000Z</startTime></item></snapshotSet>`,
      {
        'InstanceSpecification.InstanceId': instance,
        'InstanceSpecification.ExcludeBootVolume': 'true',
        'InstanceSpecification.ExcludeDataVolumeId.1': volume,
        CopyTagsFromSource: 'volume',
        Description: 'before the big change  nave',
        'TagSpecification.1.ResourceType': 'snapshot',
        'TagSpecification.1.Tag.1.Key': 'deckhand:op',
        'TagSpecification.1.Tag.1.Value': 't1',
      },
    ],
    [
      'a snapshot of a loose volume carries its tags at creation',
      (cloud) => cloud.createSnapshot({ volumeId: volume, tags: { 'deckhand:op': 't2' }, description: 'x' }),
      'CreateSnapshot',
      `<snapshotId>${snapshot}</snapshotId><volumeId>${volume}</volumeId><status>pending</status><startTime>2026-11-22T06:42:32.000Z</startTime><progress></progress><volumeSize>8</volumeSize>`,
      {
        VolumeId: volume,
        Description: 'x',
        'TagSpecification.1.ResourceType': 'snapshot',
        'TagSpecification.1.Tag.1.Key': 'deckhand:op',
        'TagSpecification.1.Tag.1.Value': 't2',
      },
    ],
    [
      'a volume carries our token and everything about its like',
      (cloud) =>
        cloud.createVolume({
          zone: 'us-east-1a',
          type: 'gp3',
          sizeGiB: 20,
          iops: 4000,
          throughput: 250,
          encrypted: true,
          kmsKeyId: 'arn:aws:kms:us-east-1:123456789012:key/k',
          snapshotId: snapshot,
          tags: { Name: 'data' },
          token: 'run-1-step-2-1',
          initializationRate: 200,
        }),
      'CreateVolume',
      `<volumeId>${volume}</volumeId><size>20</size><snapshotId>${snapshot}</snapshotId><availabilityZone>us-east-1a</availabilityZone><status>creating</status><createTime>2026-11-22T06:42:32.000Z</createTime><volumeType>gp3</volumeType>`,
      {
        ClientToken: 'run-1-step-2-1',
        AvailabilityZone: 'us-east-1a',
        VolumeType: 'gp3',
        Size: '20',
        Iops: '4000',
        Throughput: '250',
        VolumeInitializationRate: '200',
        Encrypted: 'true',
        KmsKeyId: 'arn:aws:kms:us-east-1:123456789012:key/k',
        SnapshotId: snapshot,
        'TagSpecification.1.ResourceType': 'volume',
        'TagSpecification.1.Tag.1.Key': 'Name',
        'TagSpecification.1.Tag.1.Value': 'data',
      },
    ],
    [
      'a snapshot is deleted by id',
      (cloud) => cloud.deleteSnapshot(snapshot),
      'DeleteSnapshot',
      '<return>true</return>',
      { SnapshotId: snapshot },
    ],
    [
      'a volume is deleted by id',
      (cloud) => cloud.deleteVolume(volume),
      'DeleteVolume',
      '<return>true</return>',
      { VolumeId: volume },
    ],
    [
      'a volume is attached at its device',
      (cloud) => cloud.attachVolume({ volumeId: volume, instanceId: instance, device: '/dev/sdf' }),
      'AttachVolume',
      '<status>attaching</status>',
      { VolumeId: volume, InstanceId: instance, Device: '/dev/sdf' },
    ],
    [
      'a volume is detached from the named instance only, never by force',
      (cloud) => cloud.detachVolume({ volumeId: volume, instanceId: instance }),
      'DetachVolume',
      '<status>detaching</status>',
      { VolumeId: volume, InstanceId: instance },
    ],
    [
      'delete on termination is set for one device',
      (cloud) => cloud.setDeleteOnTermination({ instanceId: instance, device: '/dev/sdf', value: true }),
      'ModifyInstanceAttribute',
      '<return>true</return>',
      {
        InstanceId: instance,
        'BlockDeviceMapping.1.DeviceName': '/dev/sdf',
        'BlockDeviceMapping.1.Ebs.DeleteOnTermination': 'true',
      },
    ],
    [
      'instances are started by many ids in one call',
      (cloud) => cloud.startInstances([instance, 'i-00000001']),
      'StartInstances',
      '<instancesSet/>',
      { 'InstanceId.1': instance, 'InstanceId.2': 'i-00000001' },
    ],
    [
      'instances are stopped gracefully',
      (cloud) => cloud.stopInstances([instance]),
      'StopInstances',
      '<instancesSet/>',
      { 'InstanceId.1': instance },
    ],
    [
      'instances are rebooted',
      (cloud) => cloud.rebootInstances([instance]),
      'RebootInstances',
      '<return>true</return>',
      { 'InstanceId.1': instance },
    ],
    [
      'tags are written, empty values too',
      (cloud) => cloud.createTags([instance, volume], { env: 'prod', note: '' }),
      'CreateTags',
      '<return>true</return>',
      {
        'ResourceId.1': instance,
        'ResourceId.2': volume,
        'Tag.1.Key': 'env',
        'Tag.1.Value': 'prod',
        'Tag.2.Key': 'note',
        'Tag.2.Value': '',
      },
    ],
    [
      'tags are deleted by key whatever the value',
      (cloud) => cloud.deleteTags([volume], ['env', 'env']),
      'DeleteTags',
      '<return>true</return>',
      { 'ResourceId.1': volume, 'Tag.1.Key': 'env' },
    ],
  ];

  test.each(cases)('%s', async (_name, act, action, inner, form) => {
    const received = answerAws({ [action]: reply(action, inner), DescribeVolumes: looseVolume });

    await act(cloudWith());

    const changes = received.filter((call) => call.action !== 'DescribeVolumes');
    expect(changes.map((call) => [call.action, essence(call.form)])).toEqual([[action, form]]);
  });

  test('what is not given is not sent: type defaults, encryption, tags', async () => {
    const received = answerAws({
      CreateVolume: reply(
        'CreateVolume',
        `<volumeId>${volume}</volumeId><size>8</size><availabilityZone>us-east-1a</availabilityZone><status>creating</status><createTime>2026-11-22T06:42:32.000Z</createTime><volumeType>st1</volumeType>`,
      ),
    });

    await cloudWith().createVolume({
      zone: 'us-east-1a',
      type: 'st1',
      sizeGiB: 8,
      encrypted: false,
      snapshotId: snapshot,
      tags: {},
      token: 't',
    });

    expect(essence(received[0]!.form)).toEqual({
      ClientToken: 't',
      AvailabilityZone: 'us-east-1a',
      VolumeType: 'st1',
      Size: '8',
      SnapshotId: snapshot,
    });
  });

  test('many resources are tagged 200 at a time', async () => {
    const received = answerAws({ CreateTags: reply('CreateTags', '<return>true</return>') });
    const ids = Array.from({ length: 450 }, (_, at): VolumeId => `vol-${at.toString(16).padStart(8, '0')}`);

    await cloudWith().createTags(ids, { env: 'prod' });

    expect(
      received.map((call) => Object.keys(call.form).filter((key) => key.startsWith('ResourceId.')).length),
    ).toEqual([200, 200, 50]);
  });

  test.each(['', 'x'.repeat(65), 'naïve', 'two words'])(
    'a token EC2 would not take (%j) is never sent',
    async (token) => {
      const received = answerAws({});
      const wanted = {
        zone: 'us-east-1a',
        type: 'gp3',
        sizeGiB: 8,
        encrypted: false,
        snapshotId: snapshot,
        tags: {},
        token,
      } as const;

      expect((await caught(cloudWith().createVolume(wanted))).code).toBe('bad-input');
      expect(received).toEqual([]);
    },
  );

  test('more exclusions than EC2 takes are refused before the call', async () => {
    const received = answerAws({});
    const excludeVolumeIds = Array.from({ length: 41 }, (_, at): VolumeId => `vol-${at.toString(16).padStart(8, '0')}`);

    const error = await caught(
      cloudWith().createSnapshots({
        instanceId: instance,
        excludeVolumeIds,
        excludeBoot: false,
        tags: {},
        description: '',
      }),
    );

    expect(error.code).toBe('over-limit');
    expect(received).toEqual([]);
  });

  test('tags that somebody else is writing are tried again', async () => {
    const received = answerAws({
      CreateTags: [failure(400, 'ConcurrentTagAccess', 'Try again.'), reply('CreateTags', '<return>true</return>')],
    });

    await cloudWith().createTags([volume], { env: 'prod' });

    expect(received).toHaveLength(2);
  });

  test('tags that stay contested end as transient', async () => {
    const received = answerAws({ DeleteTags: failure(400, 'ConcurrentTagAccess', 'Try again.') });

    expect((await caught(cloudWith().deleteTags([volume], ['env']))).code).toBe('transient');
    expect(received).toHaveLength(4);
  });
});

describe('where it is', () => {
  test('the account is the owner of a reservation, and AWS itself is no endpoint to speak of', async () => {
    const received = answerAws({
      DescribeInstances: reply(
        'DescribeInstances',
        '<reservationSet><item><ownerId>123456789012</ownerId><instancesSet/></item></reservationSet>',
      ),
    });
    const cloud = cloudWith();

    expect(await cloud.place()).toEqual({ account: '123456789012', region: 'us-east-1' });
    await cloud.place();
    expect(received).toHaveLength(1);
  });

  test('without instances a snapshot tells the account', async () => {
    answerAws({
      DescribeInstances: reply('DescribeInstances', '<reservationSet/>'),
      DescribeSnapshots: reply(
        'DescribeSnapshots',
        `<snapshotSet><item><snapshotId>${snapshot}</snapshotId><volumeId>${volume}</volumeId><status>completed</status><startTime>2026-11-01T00:00:00.000Z</startTime><volumeSize>8</volumeSize><ownerId>210987654321</ownerId></item></snapshotSet>`,
      ),
    });

    expect(await cloudWith().place()).toMatchObject({ account: '210987654321' });
  });

  test('an empty account is unknown, and asked again next time', async () => {
    const received = answerAws({
      DescribeInstances: reply('DescribeInstances', '<reservationSet/>'),
      DescribeSnapshots: reply('DescribeSnapshots', '<snapshotSet/>'),
    });
    const cloud = cloudWith();

    expect(await cloud.place()).toEqual({ account: '', region: 'us-east-1' });
    await cloud.place();
    expect(received).toHaveLength(4);
  });
});
