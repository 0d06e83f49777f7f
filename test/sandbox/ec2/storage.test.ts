import {
  CopySnapshotCommand,
  CreateSnapshotCommand,
  CreateVolumeCommand,
  DeleteSnapshotCommand,
  DeleteVolumeCommand,
  DescribeFastSnapshotRestoresCommand,
  DescribeInstanceTypesCommand,
  DescribeLaunchTemplatesCommand,
  DescribeLaunchTemplateVersionsCommand,
  DescribeLockedSnapshotsCommand,
  DescribeSnapshotsCommand,
  DescribeSnapshotTierStatusCommand,
  DescribeVolumesCommand,
  DescribeVolumeStatusCommand,
  EnableVolumeIOCommand,
  GetConsoleOutputCommand,
  ListSnapshotsInRecycleBinCommand,
  ListVolumesInRecycleBinCommand,
  ModifyInstanceEventStartTimeCommand,
  ModifySnapshotAttributeCommand,
  StopInstancesCommand,
} from '@aws-sdk/client-ec2';
import { describe, expect, test } from 'vitest';

import { problemOf, type Running, startEc2 } from './support.ts';

/** The newest snapshot of a volume with this name that is completed and can be used at once. */
async function snapshotOf(running: Running, name: string): Promise<string> {
  const filters = [
    { Name: 'volume-id', Values: [running.volumeNamed(name)] },
    { Name: 'storage-tier', Values: ['standard'] },
  ];
  const { Snapshots } = await running.client.send(new DescribeSnapshotsCommand({ Filters: filters }));
  return Snapshots!.toSorted((one, other) => Number(other.StartTime) - Number(one.StartTime))[0]!.SnapshotId!;
}

async function statusOf(running: Running, volumeId: string) {
  const { VolumeStatuses } = await running.client.send(new DescribeVolumeStatusCommand({ VolumeIds: [volumeId] }));
  return VolumeStatuses![0]!;
}

/** The snapshot of the first fleet with this description. */
async function described(running: Running, words: string): Promise<string> {
  const { Snapshots } = await running.client.send(
    new DescribeSnapshotsCommand({ OwnerIds: ['self'], Filters: [{ Name: 'description', Values: [`*${words}*`] }] }),
  );
  return Snapshots![0]!.SnapshotId!;
}

describe('initialisation', () => {
  test('at a rate of its own is told with the time that is left, as a warning meanwhile, a while late', async () => {
    const running = await startEc2();
    const { VolumeId } = await running.client.send(
      new CreateVolumeCommand({
        AvailabilityZone: 'us-east-1a',
        VolumeType: 'gp3',
        SnapshotId: await snapshotOf(running, 'db-1-data'),
        VolumeInitializationRate: 100,
      }),
    );

    expect((await statusOf(running, VolumeId!)).VolumeStatus!.Status).toBe('insufficient-data');
    // 100 GiB, of which 40 are written: 410 seconds at 100 MiB/s, from 10 seconds on.
    running.advance(10 + 300);
    const halfway = await statusOf(running, VolumeId!);
    expect(halfway).toMatchObject({
      VolumeStatus: { Status: 'warning' },
      InitializationStatusDetails: { InitializationType: 'provisioned-rate', Progress: 73 },
    });
    expect(halfway.InitializationStatusDetails!.EstimatedTimeToCompleteInSeconds).toBe(110);
    running.advance(115);
    expect((await statusOf(running, VolumeId!)).VolumeStatus!.Status).toBe('warning');
    running.advance(60);
    expect(await statusOf(running, VolumeId!)).toMatchObject({ VolumeStatus: { Status: 'ok' } });
    const { Volumes } = await running.client.send(new DescribeVolumesCommand({ VolumeIds: [VolumeId!] }));
    expect(Volumes![0]).toMatchObject({ VolumeInitializationRate: 100, FastRestored: false });
  });

  test('without one has no time that is left; with fast restore there is none', async () => {
    const running = await startEc2();
    const make = async (SnapshotId: string, AvailabilityZone: string) =>
      (await running.client.send(new CreateVolumeCommand({ AvailabilityZone, SnapshotId }))).VolumeId!;
    const slow = await make(await snapshotOf(running, 'web-1-data'), 'us-east-1a');
    const { FastSnapshotRestores } = await running.client.send(new DescribeFastSnapshotRestoresCommand({}));
    const [restore] = FastSnapshotRestores!;
    const fast = await make(restore!.SnapshotId!, restore!.AvailabilityZone!);
    running.advance(11);

    const { InitializationStatusDetails: told } = await statusOf(running, slow);
    expect(told).toEqual({ InitializationType: 'default', Progress: 0 });
    expect(await statusOf(running, fast)).toMatchObject({ VolumeStatus: { Status: 'ok' } });
    const { Volumes } = await running.client.send(new DescribeVolumesCommand({ VolumeIds: [fast] }));
    expect(Volumes![0]!.FastRestored).toBe(true);
  });

  test('is spared by fast restore for ten volumes an hour, of a small snapshot', async () => {
    const running = await startEc2();
    const { FastSnapshotRestores } = await running.client.send(new DescribeFastSnapshotRestoresCommand({}));
    const [restore] = FastSnapshotRestores!;
    const make = async (count: number) => {
      const ask = { AvailabilityZone: restore!.AvailabilityZone!, SnapshotId: restore!.SnapshotId! };
      const made = [];
      for (let at = 0; at < count; at++) made.push(await running.client.send(new CreateVolumeCommand(ask)));
      return made.filter(({ FastRestored }) => FastRestored).length;
    };

    expect(await make(12)).toBe(10);
    running.advance(720);
    expect(await make(3)).toBe(2);
  });

  test('is refused outside 100 to 300 MiB/s and beyond 5,000 together, until some of it is done', async () => {
    const running = await startEc2();
    const SnapshotId = await snapshotOf(running, 'web-1-data');
    const make = (VolumeInitializationRate: number) =>
      running.client.send(
        new CreateVolumeCommand({ AvailabilityZone: 'us-east-1a', SnapshotId, VolumeInitializationRate }),
      );

    for (const rate of [99, 301]) expect((await problemOf(make(rate))).code).toBe('InvalidParameterValue');
    for (let at = 0; at < 25; at++) await make(200);
    expect((await problemOf(make(100))).message).toMatch(/initialization rate quota of 5000 MiB\/s/);
    running.advance(120);
    expect((await make(100)).VolumeId).toMatch(/^vol-/);
    running.ec2.faults({ rateQuota: 150 });
    expect((await problemOf(make(100))).code).toBe('VolumeInitializationRateLimitExceeded');
  });
});

describe('volume status', () => {
  test('of a volume that may be inconsistent is impaired without I/O until somebody enables it', async () => {
    const running = await startEc2();
    const id = running.volumeNamed('db-1-data');
    running.ec2.faults({ impairVolume: 'db-1-data' });

    const before = await statusOf(running, id);
    await running.client.send(new EnableVolumeIOCommand({ VolumeId: id }));
    await running.client.send(new EnableVolumeIOCommand({ VolumeId: id }));
    const after = await statusOf(running, id);

    expect(before).toMatchObject({
      VolumeStatus: { Status: 'impaired' },
      Events: [{ EventType: 'potential-data-inconsistency' }],
      Actions: [{ Code: 'enable-volume-io', EventId: before.Events![0]!.EventId }],
    });
    expect(before.VolumeStatus!.Details).toContainEqual({ Name: 'io-enabled', Status: 'failed' });
    expect(after).toMatchObject({ VolumeStatus: { Status: 'ok' }, Events: [{ Description: 'IO Enabled' }] });
    expect(after.Actions).toEqual([]);
  });

  test.each([
    ['degraded', 'warning'],
    ['stalled', 'impaired'],
  ])('%s is %s with its I/O on', async (trouble, status) => {
    const running = await startEc2();
    const id = running.volumeNamed('db-1-data');

    running.ec2.faults({ impairVolume: id, trouble });
    expect(await statusOf(running, id)).toMatchObject({ VolumeStatus: { Status: status } });
    running.ec2.faults({ healVolume: id });
    expect(await statusOf(running, id)).toMatchObject({ VolumeStatus: { Status: 'ok' }, Events: [] });
  });

  test('does not show that a volume is broken; its state does', async () => {
    const running = await startEc2();
    running.ec2.faults({ breakVolume: 'web-1-data' });

    expect(running.dump().volumes.find(({ name }) => name === 'web-1-data')!.state).toBe('error');
    expect((await statusOf(running, running.volumeNamed('web-1-data'))).VolumeStatus!.Status).toBe('insufficient-data');
  });
});

describe('copies', () => {
  test('name no volume, take no tags along, and are twenty at a time', async () => {
    const running = await startEc2();
    const source = await snapshotOf(running, 'db-1-data');
    const copy = () =>
      running.client.send(new CopySnapshotCommand({ SourceRegion: 'us-east-1', SourceSnapshotId: source }));

    const { SnapshotId } = await copy();
    for (let at = 1; at < 20; at++) await copy();
    expect((await problemOf(copy())).code).toBe('ResourceLimitExceeded');

    running.advance(90);
    const { Snapshots } = await running.client.send(new DescribeSnapshotsCommand({ SnapshotIds: [SnapshotId!] }));
    expect(Snapshots![0]).toMatchObject({ State: 'completed', VolumeId: 'vol-ffffffff', Encrypted: true });
    expect(Snapshots![0]!.Tags ?? []).toEqual([]);
    expect((await copy()).SnapshotId).toMatch(/^snap-/);
    expect(JSON.stringify(running.dump().recentCalls)).not.toContain('X-Amz-Signature');
  });

  test('fail as other snapshots do, and come from no Region that is not there', async () => {
    const running = await startEc2();
    const SourceSnapshotId = await snapshotOf(running, 'web-1-data');
    running.ec2.faults({ failNextSnapshot: 1 });

    const { SnapshotId } = await running.client.send(
      new CopySnapshotCommand({ SourceRegion: 'us-east-1', SourceSnapshotId }),
    );
    running.advance(90);
    const { Snapshots } = await running.client.send(new DescribeSnapshotsCommand({ SnapshotIds: [SnapshotId!] }));
    const refused = await problemOf(
      running.client.send(new CopySnapshotCommand({ SourceRegion: 'eu-west-1', SourceSnapshotId })),
    );

    expect(Snapshots![0]).toMatchObject({ State: 'error', StateMessage: expect.stringContaining('KMS') });
    expect(refused).toMatchObject({ code: 'InvalidParameterValue', message: expect.stringContaining('eu-west-1') });
  });
});

describe('a snapshot that something guards', () => {
  test('stays while it is locked, and while AWS Backup owns it', async () => {
    const running = await startEc2();
    const remove = (SnapshotId: string) => problemOf(running.client.send(new DeleteSnapshotCommand({ SnapshotId })));
    const locked = await described(running, 'locked for the auditors');

    const { Snapshots } = await running.client.send(new DescribeLockedSnapshotsCommand({}));
    expect(Snapshots).toMatchObject([{ SnapshotId: locked, LockState: 'governance' }]);
    expect((await remove(locked)).code).toBe('OperationNotPermitted');
    expect((await remove(await described(running, 'AWS Backup'))).message).toContain('AWS Backup');
    running.advance(301 * 86_400);
    await running.client.send(new DeleteSnapshotCommand({ SnapshotId: locked }));
    expect(running.dump().invariants).toEqual([]);
  });

  test.each([
    ['shared with another account', /shared with 111122223333/],
    ['policy-0123456789abcdef0', /Data Lifecycle Manager/],
    ['named by a launch template', /launch template export-worker/],
  ])('and can be deleted all the same (%s) is missed aloud', async (words, told) => {
    const running = await startEc2();

    await running.client.send(new DeleteSnapshotCommand({ SnapshotId: await described(running, words) }));

    expect(running.dump().invariants).toEqual([expect.stringMatching(told)]);
  });

  test.each([
    ['a run that is undone at once', 60, []],
    ['clean-up, later', 3_600, [expect.stringMatching(/the last completed snapshot of vol-/)]],
  ])('because it is the last of its volume is for nobody but %s', async (_who, seconds, told) => {
    const running = await startEc2();
    const { VolumeId } = await running.client.send(
      new CreateVolumeCommand({ AvailabilityZone: 'us-east-1a', Size: 1 }),
    );
    running.advance(5);
    const { SnapshotId } = await running.client.send(
      new CreateSnapshotCommand({
        VolumeId,
        TagSpecifications: [{ ResourceType: 'snapshot', Tags: [{ Key: 'deckhand:job', Value: 'r-1' }] }],
      }),
    );
    running.advance(90 + seconds);

    await running.client.send(new DeleteSnapshotCommand({ SnapshotId }));

    expect(running.dump().invariants).toEqual(told);
  });

  test('by lock, archive or launch template is listed there', async () => {
    const running = await startEc2();
    running.ec2.faults({
      lockSnapshot: { snapshot: await snapshotOf(running, 'web-2-data'), days: 3, mode: 'compliance' },
    });

    const locked = await running.client.send(new DescribeLockedSnapshotsCommand({}));
    const tiers = await running.client.send(
      new DescribeSnapshotTierStatusCommand({
        Filters: [{ Name: 'last-tiering-operation', Values: ['archival-completed'] }],
      }),
    );
    const { LaunchTemplates } = await running.client.send(new DescribeLaunchTemplatesCommand({}));
    const versions = await Promise.all(
      LaunchTemplates!.map(({ LaunchTemplateId }) =>
        running.client.send(new DescribeLaunchTemplateVersionsCommand({ LaunchTemplateId })),
      ),
    );

    expect(new Set(locked.Snapshots!.map(({ LockState }) => LockState))).toEqual(new Set(['compliance', 'governance']));
    expect(tiers.SnapshotTierStatuses).toMatchObject([{ StorageTier: 'archive' }]);
    expect(versions.map(({ LaunchTemplateVersions }) => LaunchTemplateVersions!.length)).toEqual([2, 2]);
    const all = await problemOf(running.client.send(new DescribeLaunchTemplateVersionsCommand({})));
    expect(all.code).toBe('MissingParameter');
  });

  test('is not shared with everybody while it is encrypted, nor with what is no account', async () => {
    const running = await startEc2();
    const share = async (name: string, to: object) =>
      problemOf(
        running.client.send(
          new ModifySnapshotAttributeCommand({
            SnapshotId: await snapshotOf(running, name),
            Attribute: 'createVolumePermission',
            OperationType: 'add',
            ...to,
          }),
        ),
      );

    expect((await share('db-1-data', { GroupNames: ['all'] })).code).toBe('OperationNotPermitted');
    expect((await share('web-1-data', { UserIds: ['nobody'] })).code).toBe('InvalidParameterValue');
  });
});

describe('the Recycle Bin', () => {
  test('takes what is deleted while a rule matches, and lets it go at its time', async () => {
    const running = await startEc2();
    running.ec2.faults({ recycleBin: { snapshots: 7, volumes: 2, exclude: 'scrap' } });
    const snapshotId = await snapshotOf(running, 'web-1-data');
    const volumeId = running.volumeNamed('legacy-export');
    const bin = async () => [
      (await running.client.send(new ListSnapshotsInRecycleBinCommand({}))).Snapshots!.map((one) => one.SnapshotId),
      (await running.client.send(new ListVolumesInRecycleBinCommand({}))).Volumes!.map((one) => one.VolumeId),
    ];

    await running.client.send(new DeleteSnapshotCommand({ SnapshotId: snapshotId }));
    await running.client.send(new DeleteVolumeCommand({ VolumeId: volumeId }));
    running.advance(10);

    expect(await bin()).toEqual([[snapshotId], [volumeId]]);
    expect(running.dump().snapshots.map(({ id }) => id)).not.toContain(snapshotId);
    expect(running.dump().volumes.map(({ id }) => id)).not.toContain(volumeId);
    const gone = await problemOf(running.client.send(new DescribeSnapshotsCommand({ SnapshotIds: [snapshotId] })));
    expect(gone.code).toBe('InvalidSnapshot.NotFound');
    running.advance(3 * 86_400);
    expect(await bin()).toEqual([[snapshotId], []]);
    running.advance(5 * 86_400);
    expect(await bin()).toEqual([[], []]);
  });

  test('passes over what has the tag that keeps out of it, and everything without a rule', async () => {
    const running = await startEc2();
    const [first, second] = [await snapshotOf(running, 'web-1-data'), await snapshotOf(running, 'web-2-data')];
    running.ec2.faults({ recycleBin: { snapshots: 7, exclude: 'backup' } });
    await running.client.send(new DeleteSnapshotCommand({ SnapshotId: first }));
    running.ec2.faults({ recycleBin: false });
    await running.client.send(new DeleteSnapshotCommand({ SnapshotId: second }));

    expect((await running.client.send(new ListSnapshotsInRecycleBinCommand({}))).Snapshots).toEqual([]);
  });
});

describe('machines', () => {
  test('tell their console, and that they could not boot', async () => {
    const running = await startEc2();
    const { id } = running.server('web-1');
    const read = async () => {
      const { Output } = await running.client.send(new GetConsoleOutputCommand({ InstanceId: id, Latest: true }));
      return Buffer.from(Output!, 'base64').toString();
    };

    expect(await read()).toMatch(/Linux version .*web-1 login:/s);
    running.ec2.faults({ impair: 'web-1' });
    expect(await read()).toContain('Kernel panic');
  });

  test('have events that can be moved up to their deadline, with an hour of notice, while they are not over', async () => {
    const running = await startEc2();
    const { id } = running.server('vpn-1');
    const [event] = (running.server('vpn-1') as unknown as { events: { id: string; notBefore: number }[] }).events;
    const move = (InstanceEventId: string, inHours: number) =>
      running.client.send(
        new ModifyInstanceEventStartTimeCommand({
          InstanceId: id,
          InstanceEventId,
          NotBefore: new Date(running.now() + inHours * 3_600_000),
        }),
      );

    const moved = await move(event!.id, 48);
    expect(moved.Event).toMatchObject({ NotBefore: new Date(running.now() + 48 * 3_600_000) });
    expect((await problemOf(move(event!.id, 0.5))).code).toBe('InvalidInstanceEventStartTime');
    expect((await problemOf(move(event!.id, 24 * 30))).code).toBe('InvalidInstanceEventStartTime');
    expect((await problemOf(move('instance-event-0', 48))).code).toBe('InvalidInstanceEventIDNotFound');
  });

  test('that are protected are not stopped', async () => {
    const running = await startEc2();
    const stop = () => running.client.send(new StopInstancesCommand({ InstanceIds: [running.server('db-2').id] }));

    running.ec2.faults({ protect: { instance: 'db-2', stop: true } });
    expect((await problemOf(stop())).code).toBe('OperationNotPermitted');
    running.ec2.faults({ protect: { instance: 'db-2', stop: false } });
    await stop();
    expect(running.server('db-2').state).toBe('stopping');
  });

  test('take as many volumes as their type does', async () => {
    const running = await startEc2();
    const { InstanceTypes } = await running.client.send(new DescribeInstanceTypesCommand({}));
    const unknown = await problemOf(
      running.client.send(new DescribeInstanceTypesCommand({ InstanceTypes: ['x9.huge' as 'm5.large'] })),
    );

    expect(InstanceTypes!.find(({ InstanceType }) => InstanceType === 'm7i.large')!.EbsInfo).toMatchObject({
      MaximumEbsAttachments: 32,
      AttachmentLimitType: 'dedicated',
    });
    expect(unknown).toMatchObject({ code: 'InvalidInstanceType', message: expect.stringContaining('x9.huge') });
  });

  test.each([
    [{ trouble: 'stalled' }, 400, /goes with impairVolume/],
    [{ impairVolume: 'no-such-volume' }, 404, /no volume no-such-volume/],
    [{ lockSnapshot: { snapshot: 'snap-00000000', days: 1, mode: 'governance' } }, 404, /no snapshot snap-00000000/],
    [{ protect: { instance: 'web-99', stop: true } }, 404, /no server web-99/],
    [{ failNextRootTask: { outcome: 'odd' } }, 400, /failNextRootTask/],
  ])('the fault %j is refused and changes nothing', async (input, status, words) => {
    const { ec2, dump } = await startEc2({ instances: 8 });
    const before = JSON.stringify(dump());

    const answer = ec2.faults(input);

    expect(answer.status).toBe(status);
    expect((answer.body as { error: string }).error).toMatch(words);
    expect(JSON.stringify(dump())).toBe(before);
  });
});
