import {
  CreateSnapshotCommand,
  CreateSnapshotsCommand,
  CreateTagsCommand,
  DeleteSnapshotCommand,
  DescribeImagesCommand,
  DescribeSnapshotsCommand,
} from '@aws-sdk/client-ec2';
import { describe, expect, test } from 'vitest';

import { problemOf, type Running, startEc2 } from './support.ts';

async function snapshot({ client }: Running, id: string) {
  return (await client.send(new DescribeSnapshotsCommand({ SnapshotIds: [id], OwnerIds: ['self'] }))).Snapshots![0]!;
}
const dataOf = (running: Running, name: string): string => running.server(name).mappings[1]!.volumeId;

describe('a snapshot', () => {
  test('is pending with no progress at first, says 99% for long, and is completed after 45 to 80 s', async () => {
    const running = await startEc2();
    const volumeId = dataOf(running, 'web-1');

    const made = await running.client.send(new CreateSnapshotCommand({ VolumeId: volumeId, Description: 'by hand' }));
    expect(made).toMatchObject({ State: 'pending', VolumeSize: 40, OwnerId: '123456789012', Description: 'by hand' });
    expect(made.Progress ?? '').toBe('');
    running.advance(40);
    expect(await snapshot(running, made.SnapshotId!)).toMatchObject({ State: 'pending', Progress: '99%' });
    running.advance(40);
    const done = await snapshot(running, made.SnapshotId!);
    expect(done).toMatchObject({ State: 'completed', Progress: '100%', StorageTier: 'standard' });
    expect(done.CompletionTime?.getTime()).toBeGreaterThanOrEqual(done.StartTime!.getTime() + 45_000);
    expect(done.FullSnapshotSizeInBytes).toBeGreaterThan(0);
  });

  test('needs 15 s after the one before of the same volume', async () => {
    const running = await startEc2();
    const take = new CreateSnapshotCommand({ VolumeId: dataOf(running, 'web-1') });
    await running.client.send(take);

    running.advance(14);
    expect(await problemOf(running.client.send(take))).toMatchObject({
      code: 'SnapshotCreationPerVolumeRateExceeded',
      status: 400,
    });
    running.advance(1);

    expect((await running.client.send(take)).State).toBe('pending');
  });

  test('that failed counts against the five of a volume until it is deleted', async () => {
    const running = await startEc2();
    const { client, ec2, advance } = running;
    const take = new CreateSnapshotCommand({ VolumeId: dataOf(running, 'web-1') });
    ec2.faults({ failNextSnapshot: 5 });
    const made: string[] = [];
    for (let at = 0; at < 5; at++) {
      made.push((await client.send(take)).SnapshotId!);
      advance(100);
    }
    expect(await snapshot(running, made[0]!)).toMatchObject({
      State: 'error',
      StateMessage: expect.stringContaining('KMS'),
    });

    expect((await problemOf(client.send(take))).code).toBe('ConcurrentSnapshotLimitExceeded');
    await client.send(new DeleteSnapshotCommand({ SnapshotId: made[0]! }));

    expect((await client.send(take)).State).toBe('pending');
  });

  test('of a slow disk type is one at a time', async () => {
    const running = await startEc2();
    const take = new CreateSnapshotCommand({ VolumeId: running.volumeNamed('old-ci-cache') });
    await running.client.send(take);
    running.advance(20);

    expect((await problemOf(running.client.send(take))).code).toBe('ConcurrentSnapshotLimitExceeded');
  });

  test('that an image stands on cannot be deleted, a disabled image included', async () => {
    const running = await startEc2();
    const { Images } = await running.client.send(
      new DescribeImagesCommand({ Owners: ['self'], IncludeDisabled: true }),
    );
    expect(new Set(Images?.map(({ State }) => State))).toEqual(new Set(['available', 'disabled']));

    for (const image of Images!) {
      const used = image.BlockDeviceMappings![0]!.Ebs!.SnapshotId!;
      const refused = await problemOf(running.client.send(new DeleteSnapshotCommand({ SnapshotId: used })));
      expect(refused).toMatchObject({
        code: 'InvalidSnapshot.InUse',
        message: `The snapshot ${used} is currently in use by ${image.ImageId}`,
      });
    }
    // Owners see deprecated ones anyway.
    const seen = (await running.client.send(new DescribeImagesCommand({ Owners: ['self'] }))).Images!;
    expect(new Set(seen.map(({ DeprecationTime }) => DeprecationTime !== undefined))).toEqual(new Set([false, true]));
  });
});

describe('a set of snapshots', () => {
  test('has one start, copies the tags of the volumes, and can leave volumes out', async () => {
    const running = await startEc2();
    const { client } = running;
    const { id, mappings } = running.server('batch-1');
    const [root, data, log] = mappings.map(({ volumeId }) => volumeId);
    await client.send(new CreateTagsCommand({ Resources: [data!], Tags: [{ Key: 'color', Value: 'blue' }] }));

    const set = await client.send(
      new CreateSnapshotsCommand({
        InstanceSpecification: { InstanceId: id, ExcludeBootVolume: true },
        CopyTagsFromSource: 'volume',
        TagSpecifications: [{ ResourceType: 'snapshot', Tags: [{ Key: 'set', Value: 's1' }] }],
      }),
    );
    expect(new Set(set.Snapshots?.map(({ VolumeId }) => VolumeId))).toEqual(new Set([data, log]));
    expect(set.Snapshots?.map(({ State }) => State)).toEqual(['pending', 'pending']);
    expect(new Set(set.Snapshots?.map(({ StartTime }) => StartTime?.getTime())).size).toBe(1);
    const ofData = set.Snapshots!.find(({ VolumeId }) => VolumeId === data)!;
    expect(ofData.Tags).toEqual(
      expect.arrayContaining([
        { Key: 'color', Value: 'blue' },
        { Key: 'set', Value: 's1' },
      ]),
    );
    running.advance(15);
    const specification = { InstanceId: id, ExcludeDataVolumeIds: [data!] };
    const other = await client.send(new CreateSnapshotsCommand({ InstanceSpecification: specification }));
    expect(new Set(other.Snapshots?.map(({ VolumeId }) => VolumeId))).toEqual(new Set([root, log]));
    const withRoot = { InstanceId: id, ExcludeDataVolumeIds: [root!] };
    expect((await problemOf(client.send(new CreateSnapshotsCommand({ InstanceSpecification: withRoot })))).code).toBe(
      'InvalidParameterCombination',
    );
  });

  test('fails as a whole, and one call takes one failure', async () => {
    const running = await startEc2();
    const { client, ec2, advance } = running;
    const take = new CreateSnapshotsCommand({ InstanceSpecification: { InstanceId: running.server('batch-1').id } });
    ec2.faults({ failNextSnapshot: 1 });

    const failed = await client.send(take);
    advance(100);
    const again = await client.send(take);
    advance(100);

    const statesOf = async (set: typeof failed): Promise<(string | undefined)[]> =>
      Promise.all(set.Snapshots!.map(async ({ SnapshotId }) => (await snapshot(running, SnapshotId!)).State));
    expect(await statesOf(failed)).toEqual(['error', 'error', 'error']);
    expect(await statesOf(again)).toEqual(['completed', 'completed', 'completed']);
  });

  test('is not made at all when one of its volumes cannot be', async () => {
    const running = await startEc2();
    const { client } = running;
    const before = running.dump().snapshots.length;
    await client.send(new CreateSnapshotCommand({ VolumeId: dataOf(running, 'web-1') }));

    const set = new CreateSnapshotsCommand({ InstanceSpecification: { InstanceId: running.server('web-1').id } });

    expect((await problemOf(client.send(set))).code).toBe('SnapshotCreationPerVolumeRateExceeded');
    expect(running.dump().snapshots).toHaveLength(before + 1);
  });
});

describe('lost replies', () => {
  const lost = { action: 'CreateSnapshot', afterWork: true, times: 1 };

  test.each([
    ['an error 500', { ...lost, status: 500 }],
    ['a cut connection', { ...lost, dropSocket: true }],
  ])('%s makes the SDK ask again, so there are two snapshots', async (_name, inject) => {
    // So fast that the gap between two snapshots of a volume is over before the SDK asks again.
    const running = await startEc2({ attempts: 3, speed: 1_000_000, now: Date.now });
    const volumeId = dataOf(running, 'web-1');
    const ofVolume = (): number => running.dump().snapshots.filter((one) => one.volumeId === volumeId).length;
    const before = ofVolume();
    running.ec2.faults({ inject });

    await running.client.send(new CreateSnapshotCommand({ VolumeId: volumeId }));

    expect(running.dump().calls.byAction['CreateSnapshot']).toBe(2);
    expect(ofVolume()).toBe(before + 2);
  });

  test("at AWS's pace the SDK's second request is refused, although the first one was done", async () => {
    const running = await startEc2({ attempts: 3 });
    const before = running.dump().snapshots.length;
    running.ec2.faults({ inject: { ...lost, status: 500 } });

    const take = running.client.send(new CreateSnapshotCommand({ VolumeId: dataOf(running, 'web-1') }));

    expect((await problemOf(take)).code).toBe('SnapshotCreationPerVolumeRateExceeded');
    expect(running.dump().snapshots).toHaveLength(before + 1);
  });

  test('with one attempt the work is done once, and its tag finds it', async () => {
    const running = await startEc2({ attempts: 1 });
    running.ec2.faults({ inject: { ...lost, status: 500 } });

    const take = running.client.send(
      new CreateSnapshotCommand({
        VolumeId: dataOf(running, 'web-1'),
        TagSpecifications: [{ ResourceType: 'snapshot', Tags: [{ Key: 'op', Value: 'o1' }] }],
      }),
    );

    expect(await problemOf(take)).toMatchObject({ code: 'InternalError', status: 500 });
    expect(running.dump().snapshots.filter(({ tags }) => tags['op'] === 'o1')).toHaveLength(1);
  });
});
