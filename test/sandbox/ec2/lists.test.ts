import {
  CreateTagsCommand,
  CreateVolumeCommand,
  DescribeInstancesCommand,
  DescribeInstanceStatusCommand,
  DescribeSnapshotsCommand,
  DescribeTagsCommand,
  DescribeVolumesCommand,
  DescribeVolumeStatusCommand,
  type Filter,
  paginateDescribeInstances,
  paginateDescribeTags,
  paginateDescribeVolumes,
} from '@aws-sdk/client-ec2';
import { describe, expect, test } from 'vitest';

import { problemOf, type Running, signedBy, startEc2 } from './support.ts';

async function names({ client }: Running, ...filters: [name: string, ...values: string[]][]): Promise<string[]> {
  const Filters: Filter[] = filters.map(([Name, ...Values]) => ({ Name, Values }));
  const { Reservations } = await client.send(new DescribeInstancesCommand({ Filters }));
  const instances = Reservations!.flatMap((one) => one.Instances ?? []);
  return instances.map(({ Tags }) => Tags!.find(({ Key }) => Key === 'Name')!.Value!).toSorted();
}

describe('pages', () => {
  test('give everything once, though some are short and some are empty', async () => {
    const running = await startEc2({ instances: 200 });
    const sizes: number[] = [];
    const ids: string[] = [];

    for await (const page of paginateDescribeVolumes({ client: running.client, pageSize: 7 }, {})) {
      sizes.push(page.Volumes!.length);
      ids.push(...page.Volumes!.map(({ VolumeId }) => VolumeId!));
      expect(page.Volumes!.length > 0 || page.NextToken !== undefined).toBe(true);
      // More often than AWS lets anybody ask.
      running.advance(1);
    }

    expect(ids.toSorted()).toEqual(
      running
        .dump()
        .volumes.map(({ id }) => id)
        .toSorted(),
    );
    expect(sizes).toContain(0);
    expect(sizes.some((size) => size > 0 && size < 7)).toBe(true);
    expect(Math.max(...sizes)).toBe(7);
  });

  test('of instances count instances, whatever was launched together', async () => {
    const running = await startEc2({ instances: 40 });
    const ids: string[] = [];

    for await (const page of paginateDescribeInstances({ client: running.client, pageSize: 9 }, {})) {
      const found = page.Reservations!.flatMap((one) => one.Instances ?? []);
      expect(found.length).toBeLessThanOrEqual(9);
      ids.push(...found.map(({ InstanceId }) => InstanceId!));
    }

    expect(new Set(ids).size).toBe(40);
    expect(ids).toHaveLength(40);
  });

  test('go on after what was removed in between', async () => {
    const running = await startEc2();
    const { client } = running;
    const first = await client.send(new DescribeSnapshotsCommand({ OwnerIds: ['self'], MaxResults: 5 }));
    const all = running.dump().snapshots.map(({ id }) => id);
    await running.raw({ Action: 'DeleteSnapshot', SnapshotId: first.Snapshots![4]!.SnapshotId! });

    const ids = first.Snapshots!.map(({ SnapshotId }) => SnapshotId!);
    let token = first.NextToken;
    while (token !== undefined) {
      const page = await client.send(
        new DescribeSnapshotsCommand({ OwnerIds: ['self'], MaxResults: 50, NextToken: token }),
      );
      ids.push(...page.Snapshots!.map(({ SnapshotId }) => SnapshotId!));
      token = page.NextToken;
    }

    expect(ids.toSorted()).toEqual(all.toSorted());
  });

  test('of tags cover every resource', async () => {
    const running = await startEc2({ instances: 8 });
    const { volumes, instances, snapshots } = running.dump();
    const own = [...volumes, ...instances, ...snapshots].reduce((sum, { tags }) => sum + Object.keys(tags).length, 0);
    let count = 0;

    for await (const page of paginateDescribeTags({ client: running.client, pageSize: 100 }, {}))
      count += page.Tags!.length;

    // Three images with two tags each, two launch templates with one.
    expect(count).toBe(own + 8);
    const ofWeb = await running.client.send(
      new DescribeTagsCommand({
        Filters: [
          { Name: 'resource-id', Values: [running.server('web-1').id] },
          { Name: 'key', Values: ['env'] },
        ],
      }),
    );
    expect(ofWeb.Tags).toEqual([
      { Key: 'env', Value: 'prod', ResourceType: 'instance', ResourceId: running.server('web-1').id },
    ]);
  });

  test('are refused by size, with ids, with a token of nobody, of another list or of another caller', async () => {
    const running = await startEc2();
    const { client, raw } = running;
    const { id } = running.server('web-1');
    const page = await client.send(new DescribeInstancesCommand({ MaxResults: 5 }));

    expect(await problemOf(client.send(new DescribeInstancesCommand({ MaxResults: 2 })))).toMatchObject({
      code: 'InvalidParameterValue',
      message: 'Value ( 2 ) for parameter maxResults is invalid. Expecting a value greater than 5.',
    });
    expect((await problemOf(client.send(new DescribeVolumesCommand({ MaxResults: 501 })))).code).toBe(
      'InvalidParameterValue',
    );
    const withIds = client.send(new DescribeInstancesCommand({ MaxResults: 5, InstanceIds: [id] }));
    expect((await problemOf(withIds)).code).toBe('InvalidParameterCombination');
    const token = page.NextToken!;
    for (const bad of [
      client.send(new DescribeInstancesCommand({ MaxResults: 5, NextToken: 'nonsense' })),
      client.send(new DescribeVolumesCommand({ MaxResults: 5, NextToken: token })),
    ])
      expect(await problemOf(bad)).toMatchObject({
        code: 'InvalidParameterValue',
        message: 'Unable to parse pagination token',
      });
    const foreign = await raw(
      { Action: 'DescribeInstances', MaxResults: '5', NextToken: token },
      { authorization: signedBy('somebody-else') },
    );
    expect(foreign.body).toContain('Unable to parse pagination token');
  });
});

describe('filters', () => {
  test('are joined by and, their values by or, with wildcards, case by case', async () => {
    const running = await startEc2({ instances: 8 });

    expect(await names(running, ['tag:env', 'prod'], ['tag:role', 'db', 'vpn'])).toEqual(['db-1', 'db-2', 'vpn-1']);
    expect(await names(running, ['tag:Name', 'web-*'])).toEqual(['web-1', 'web-2', 'web-3']);
    expect(await names(running, ['tag:Name', '??-1'])).toEqual(['db-1']);
    expect(await names(running, ['tag:env', 'PROD'])).toEqual([]);
    expect(await names(running, ['tag-key', 'aws:autoscaling:groupName'])).toEqual(['api-1']);
    expect(await names(running, ['instance-state-name', 'stopped'])).toEqual(['batch-1']);
    expect(await names(running, ['instance-id', running.server('db-2').id, 'i-0ffffffffffffffff'])).toEqual(['db-2']);
    expect(await names(running, ['product-code.type', 'marketplace'])).toEqual(['vpn-1']);
  });

  test('take a backslash as the end of a wildcard', async () => {
    const running = await startEc2({ instances: 8 });
    const tag = async (name: string, Value: string): Promise<void> => {
      const Resources = [running.server(name).id];
      await running.client.send(new CreateTagsCommand({ Resources, Tags: [{ Key: 'odd', Value }] }));
    };
    await tag('web-1', 'a*c');
    await tag('web-2', 'abc');
    await tag('web-3', 'a\\c');

    expect(await names(running, ['tag:odd', 'a*c'])).toEqual(['web-1', 'web-2', 'web-3']);
    expect(await names(running, ['tag:odd', 'a\\*c'])).toEqual(['web-1']);
    expect(await names(running, ['tag:odd', 'a\\\\c'])).toEqual(['web-3']);
  });

  test('look at attachments and states of volumes', async () => {
    const running = await startEc2();
    const { id, mappings } = running.server('db-1');
    const find = async (...filters: Filter[]): Promise<(string | undefined)[]> =>
      (await running.client.send(new DescribeVolumesCommand({ Filters: filters }))).Volumes!.map((one) => one.VolumeId);

    expect(new Set(await find({ Name: 'attachment.instance-id', Values: [id] }))).toEqual(
      new Set(mappings.map(({ volumeId }) => volumeId)),
    );
    expect(
      await find({ Name: 'attachment.device', Values: ['/dev/sdf'] }, { Name: 'attachment.instance-id', Values: [id] }),
    ).toEqual([mappings[1]!.volumeId]);
    expect(await find({ Name: 'status', Values: ['available'] })).toHaveLength(5);
    expect(await find({ Name: 'operator.principal', Values: ['eks.amazonaws.com'] })).toEqual([
      running.volumeNamed('cluster-storage'),
    ]);
  });

  test('that do not exist, or have too many values, are refused', async () => {
    const running = await startEc2();
    const list = (filter: Filter): Promise<unknown> =>
      running.client.send(new DescribeInstancesCommand({ Filters: [filter] }));

    expect(await problemOf(list({ Name: 'colour', Values: ['x'] }))).toMatchObject({
      code: 'InvalidParameterValue',
      message: "The filter 'colour' is invalid",
    });
    const many = Array.from({ length: 201 }, (_, at) => `x${at}`);
    expect((await problemOf(list({ Name: 'tag:Name', Values: many }))).code).toBe('FilterLimitExceeded');
  });
});

describe('what a list shows', () => {
  test("without an owner there are other people's public snapshots in it", async () => {
    const running = await startEc2();
    const owners = async (OwnerIds?: string[]): Promise<Set<string | undefined>> => {
      const list = new DescribeSnapshotsCommand(OwnerIds === undefined ? {} : { OwnerIds });
      return new Set((await running.client.send(list)).Snapshots!.map(({ OwnerId }) => OwnerId));
    };

    expect(await owners(['self'])).toEqual(new Set(['123456789012']));
    expect((await owners()).size).toBeGreaterThan(3);
    expect((await owners(['amazon'])).has('123456789012')).toBe(false);
  });

  test('instances that do not run have no status unless asked for, and 100 ids are the most', async () => {
    const running = await startEc2({ instances: 120 });
    const { client } = running;
    const batch = running.server('batch-1').id;
    const ids = running.dump().instances.map(({ id }) => id);
    const statuses = async (input: object): Promise<(string | undefined)[]> =>
      (await client.send(new DescribeInstanceStatusCommand(input))).InstanceStatuses!.map((one) => one.InstanceId);

    expect(await statuses({})).toHaveLength(119);
    expect(await statuses({ InstanceIds: [batch] })).toEqual([]);
    expect(await statuses({ InstanceIds: [batch], IncludeAllInstances: true })).toEqual([batch]);
    const many = client.send(new DescribeInstanceStatusCommand({ InstanceIds: ids.slice(0, 101) }));
    expect(await problemOf(many)).toMatchObject({ code: 'InvalidRequest', status: 400 });
  });

  test('scheduled events, finished ones by their description', async () => {
    const running = await startEc2();
    const { InstanceStatuses } = await running.client.send(
      new DescribeInstanceStatusCommand({ IncludeAllInstances: true }),
    );
    const events = Object.fromEntries(
      InstanceStatuses!
        .filter(({ Events }) => (Events ?? []).length > 0)
        .map((one) => [one.InstanceId, one.Events![0]!]),
    );

    expect(events[running.server('vpn-1').id]).toMatchObject({ Code: 'instance-retirement' });
    expect(events[running.server('vpn-1').id]!.NotBefore!.getTime()).toBeGreaterThan(running.now());
    expect(events[running.server('batch-1').id]!.Description).toMatch(/^\[Completed\]/);
  });

  test('new things are hidden from some readers for a while, by id as well as by tag', async () => {
    const running = await startEc2({ lag: 1 });
    running.ec2.faults({ consistencyMs: 10_000 });
    const { client, advance } = running;
    const made = await client.send(
      new CreateVolumeCommand({
        AvailabilityZone: 'us-east-1a',
        Size: 1,
        TagSpecifications: [{ ResourceType: 'volume', Tags: [{ Key: 'op', Value: 'o1' }] }],
      }),
    );
    const byTag = async (): Promise<number> => {
      const Filters = [{ Name: 'tag:op', Values: ['o1'] }];
      return (await client.send(new DescribeVolumesCommand({ Filters }))).Volumes!.length;
    };
    const byId = () => client.send(new DescribeVolumesCommand({ VolumeIds: [made.VolumeId!] }));

    expect((await problemOf(byId())).code).toBe('InvalidVolume.NotFound');
    expect(await byTag()).toBe(0);
    advance(6);
    const seen = new Set<number>();
    for (let at = 0; at < 40; at++) seen.add(await byTag());
    expect(seen).toEqual(new Set([0, 1]));
    advance(4);
    expect(await byTag()).toBe(1);
    expect((await byId()).Volumes).toHaveLength(1);
  });

  test('volume status knows nothing of a volume that is being made', async () => {
    const running = await startEc2();
    const { VolumeId } = await running.client.send(
      new CreateVolumeCommand({ AvailabilityZone: 'us-east-1a', Size: 1 }),
    );
    const status = async (): Promise<string | undefined> => {
      const list = new DescribeVolumeStatusCommand({ VolumeIds: [VolumeId!] });
      return (await running.client.send(list)).VolumeStatuses![0]!.VolumeStatus!.Status;
    };

    expect(await status()).toBe('insufficient-data');
    running.advance(2);
    expect(await status()).toBe('ok');
  });
});
