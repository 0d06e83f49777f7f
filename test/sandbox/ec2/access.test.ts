import {
  CreateSnapshotCommand,
  CreateVolumeCommand,
  DescribeAvailabilityZonesCommand,
  DescribeInstancesCommand,
  DescribeVolumesModificationsCommand,
  StartInstancesCommand,
  StopInstancesCommand,
} from '@aws-sdk/client-ec2';
import { describe, expect, test } from 'vitest';

import { createRates } from '#sandbox/ec2/rates.ts';

import { problemOf, signedBy, startEc2 } from './support.ts';

const tags = [{ ResourceType: 'volume' as const, Tags: [{ Key: 'a', Value: 'b' }] }];
const oneGiB = { AvailabilityZone: 'us-east-1a', Size: 1 };

describe('permissions', () => {
  test('are judged first: a dry run says yes to anything else, and does nothing', async () => {
    const { client, dump } = await startEc2();
    const before = dump().volumes.length;

    for (const input of [oneGiB, { AvailabilityZone: 'nowhere' }])
      expect(await problemOf(client.send(new CreateVolumeCommand({ ...input, DryRun: true })))).toMatchObject({
        code: 'DryRunOperation',
        status: 412,
        message: 'Request would have succeeded, but DryRun flag is set.',
      });

    expect(dump().volumes).toHaveLength(before);
    expect(dump().calls).toMatchObject({ total: 2, byAction: {}, dryRuns: { CreateVolume: 2 } });
  });

  test('that are denied are told with a long encoded tail, also to dry runs, until they are allowed again', async () => {
    const { client, ec2 } = await startEc2();
    ec2.faults({ deny: ['ec2:CreateVolume'] });

    for (const DryRun of [true, false]) {
      const refused = await problemOf(client.send(new CreateVolumeCommand({ ...oneGiB, DryRun })));
      expect(refused).toMatchObject({ code: 'UnauthorizedOperation', status: 403 });
      expect(refused.message).toMatch(
        /^You are not authorized to perform this operation\. User: arn:aws:sts::123456789012:\S+ is not authorized to perform: ec2:CreateVolume on resource: arn:aws:ec2:us-east-1:123456789012:\S+ because no identity-based policy allows the ec2:CreateVolume action\. Encoded authorization failure message: [\w-]{1000,2000}$/,
      );
    }
    ec2.faults({ allow: ['CreateVolume'] });

    expect((await client.send(new CreateVolumeCommand(oneGiB))).State).toBe('creating');
  });

  test('to tag are needed by calls that tag what they make', async () => {
    const { client, ec2, dump } = await startEc2();
    const before = dump().volumes.length;
    ec2.faults({ deny: ['CreateTags'] });

    const refused = await problemOf(client.send(new CreateVolumeCommand({ ...oneGiB, TagSpecifications: tags })));
    expect(refused.message).toContain('not authorized to perform: ec2:CreateTags');
    expect(dump().volumes).toHaveLength(before);
    await client.send(new CreateVolumeCommand(oneGiB));

    expect(dump().volumes).toHaveLength(before + 1);
  });

  test('can be denied by pattern and taken back at once', async () => {
    const { client, ec2 } = await startEc2();
    ec2.faults({ deny: ['ec2:Describe*'] });
    expect((await problemOf(client.send(new DescribeInstancesCommand({})))).code).toBe('UnauthorizedOperation');

    ec2.faults({ allow: '*' });

    expect((await client.send(new DescribeInstancesCommand({}))).Reservations).not.toEqual([]);
  });
});

describe('request buckets', () => {
  // Source: https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html
  test.each([
    ['CreateVolume', 100, 5],
    ['CreateSnapshots', 100, 5],
    ['DeleteSnapshot', 100, 5],
    ['CreateTags', 100, 10],
    ['StopInstances', 50, 5],
    ['AttachVolume', 50, 5],
    ['DetachVolume', 50, 5],
    ['ModifyInstanceAttribute', 50, 5],
    ['CreateReplaceRootVolumeTask', 50, 5],
    ['CopySnapshot', 50, 5],
    ['CopyImage', 100, 1],
    ['DescribeImages', 100, 20],
    ['ListSnapshotsInRecycleBin', 100, 20],
  ])('of %s hold %i calls and get %i a second, at any speed', (action, capacity, perSecond) => {
    for (const speed of [1, 5, 40]) {
      let now = 1_000_000;
      const take = createRates(() => now, speed);
      const passed = (tries: number) =>
        Array.from({ length: tries }, () => {
          try {
            take({ action, plain: false, instances: 1 });
            return 1;
          } catch {
            return 0;
          }
        }).reduce<number>((sum, one) => sum + one, 0);

      expect(passed(capacity + 10)).toBe(capacity);
      now += 4_000 / speed;
      expect(passed(200)).toBe(4 * perSecond);
    }
  });

  test('of StartInstances hold five calls and get two a second', async () => {
    const { client, server, advance } = await startEc2();
    const start = () => client.send(new StartInstancesCommand({ InstanceIds: [server('web-1').id] }));

    for (let at = 0; at < 5; at++) await start();
    expect(await problemOf(start())).toMatchObject({
      code: 'RequestLimitExceeded',
      status: 503,
      message: 'Request limit exceeded.',
    });
    advance(0.5);
    await start();

    expect((await problemOf(start())).code).toBe('RequestLimitExceeded');
  });

  test('count the instances of starts and stops as well', async () => {
    const { client, dump, advance } = await startEc2({ instances: 600 });
    const InstanceIds = dump().instances.map(({ id }) => id);
    const stop = () => client.send(new StopInstancesCommand({ InstanceIds }));

    await stop();
    expect((await problemOf(stop())).code).toBe('RequestLimitExceeded');
    advance(10);

    expect((await stop()).StoppingInstances).toHaveLength(600);
  });

  test('are smaller for lists without pages and filters, and apart for each action', async () => {
    const { client, raw } = await startEc2({ instances: 8 });
    const plain = () => client.send(new DescribeInstancesCommand({}));
    for (let at = 0; at < 50; at++) await plain();

    expect((await problemOf(plain())).code).toBe('RequestLimitExceeded');
    expect((await client.send(new DescribeInstancesCommand({ MaxResults: 5 }))).NextToken).toBeDefined();
    expect((await raw({ Action: 'DescribeVolumes' })).status).toBe(200);
  });

  test('fill faster where time runs faster', async () => {
    const { client, server, advance } = await startEc2({ speed: 100 });
    const start = () => client.send(new StartInstancesCommand({ InstanceIds: [server('web-1').id] }));
    for (let at = 0; at < 5; at++) await start();

    advance(0.005);

    await start();
    expect((await problemOf(start())).code).toBe('RequestLimitExceeded');
  });
});

describe('on the wire', () => {
  test('replies and errors look as those of AWS', async () => {
    const { raw, server } = await startEc2();
    const reply = await raw({ Action: 'StopInstances', 'InstanceId.1': server('web-1').id });
    const failure = await raw({ Action: 'StopInstances', 'InstanceId.1': '<&>' });

    expect(reply).toMatchObject({ status: 200, type: 'text/xml;charset=UTF-8' });
    expect(reply.body).toMatch(
      /^<\?xml version="1\.0" encoding="UTF-8"\?>\n<StopInstancesResponse xmlns="http:\/\/ec2\.amazonaws\.com\/doc\/2016-11-15\/">/,
    );
    expect(reply.body).toContain('<instancesSet><item>');
    expect(failure.status).toBe(400);
    expect(failure.body).toMatch(
      /<Response><Errors><Error><Code>InvalidInstanceID\.Malformed<\/Code><Message>Invalid id: &quot;&lt;&amp;&gt;&quot;.*<\/Message><\/Error><\/Errors><RequestID>[0-9a-f-]{36}<\/RequestID><\/Response>$/,
    );
  });

  test('the order of elements is not always the same', async () => {
    const { raw, server } = await startEc2();
    const replies = new Set<string>();
    for (let at = 0; at < 8; at++) {
      const { body } = await raw({ Action: 'DescribeInstances', 'InstanceId.1': server('db-1').id });
      replies.add(body.replace(/<requestId>.*?<\/requestId>/, ''));
    }

    expect(replies.size).toBeGreaterThan(1);
  });

  test.each([
    ['no signature', { authorization: '' }, { Action: 'DescribeVolumes' }, 401, 'AuthFailure'],
    [
      'another Region',
      { authorization: signedBy('k', 'eu-west-1') },
      { Action: 'DescribeVolumes' },
      401,
      'AuthFailure',
    ],
    ['no action', {}, {}, 400, 'MissingAction'],
    ['an action that is not offered', {}, { Action: 'CreateVpc' }, 501, 'NotImplemented'],
    ['a name of the language', {}, { Action: 'constructor' }, 501, 'NotImplemented'],
    ['a parameter that does not exist', {}, { Action: 'DeleteVolume', VolumeID: 'vol-1' }, 400, 'UnknownParameter'],
    ['a truth that is none', {}, { Action: 'CreateVolume', DryRun: 'maybe' }, 400, 'InvalidParameterValue'],
    ['a number that is none', {}, { Action: 'DescribeVolumes', MaxResults: 'ten' }, 400, 'InvalidParameterValue'],
    [
      'a request of megabytes',
      {},
      { Action: 'DescribeVolumes', Filter: 'x'.repeat(1_100_000) },
      413,
      'RequestEntityTooLarge',
    ],
  ])('%s is refused', async (_name, headers, form, status, code) => {
    const { raw } = await startEc2();

    const reply = await raw(form, headers);

    expect(reply.status).toBe(status);
    expect(reply.body).toContain(`<Code>${code}</Code>`);
  });

  test('zones and modifications are listed', async () => {
    const { client, server } = await startEc2();

    const { AvailabilityZones } = await client.send(new DescribeAvailabilityZonesCommand({}));
    const modified = await client.send(
      new DescribeVolumesModificationsCommand({ VolumeIds: [server('web-1').mappings[0]!.volumeId] }),
    );

    expect(AvailabilityZones?.map(({ ZoneName }) => ZoneName)).toEqual(['us-east-1a', 'us-east-1b', 'us-east-1c']);
    expect(modified.VolumesModifications ?? []).toEqual([]);
  });

  test('calls are counted and the latest are kept, with what they were answered', async () => {
    const { client, dump, server } = await startEc2();
    const VolumeId = server('web-1').mappings[1]!.volumeId;
    await client.send(new CreateSnapshotCommand({ VolumeId }));
    await problemOf(client.send(new CreateSnapshotCommand({ VolumeId })));

    expect(dump().calls).toEqual({ total: 2, byAction: { CreateSnapshot: 2 }, dryRuns: {}, throttled: {} });
    expect(dump().recentCalls).toMatchObject([
      { action: 'CreateSnapshot', params: { VolumeId }, status: 200, code: '' },
      { action: 'CreateSnapshot', params: { VolumeId }, status: 400, code: 'SnapshotCreationPerVolumeRateExceeded' },
    ]);
  });
});
