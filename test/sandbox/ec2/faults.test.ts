import {
  CreateTagsCommand,
  CreateVolumeCommand,
  DeleteSnapshotCommand,
  DeleteVolumeCommand,
  DescribeInstancesCommand,
  DescribeInstanceStatusCommand,
  DescribeVolumesCommand,
  StopInstancesCommand,
} from '@aws-sdk/client-ec2';
import { describe, expect, test } from 'vitest';

import { eventually } from '#test/support/eventually.ts';

import { problemOf, type Running, startEc2 } from './support.ts';

const oneGiB = { AvailabilityZone: 'us-east-1a', Size: 1 };

describe('the control API', () => {
  test.each([
    [{ failNextSnapshots: 1 }, /no fault failNextSnapshots.*impair, check, recoversIn, heal, failNextSnapshot/s],
    [{}, /Nothing was asked for/],
    [{ check: 'system' }, /goes with impair/],
    [{ group: 'x' }, /goes with autoScaling/],
    [{ impair: 'web-1', check: 'instance', recoversIn: 5 }, /goes with check "system"/],
    [{ impair: 'web-1', check: 'mood' }, /check: /],
    [{ inject: { action: 'CreateVolume', colour: 'red' } }, /inject/],
    [{ event: { instance: 'web-1', code: 'party', inHours: 1 } }, /event\.code/],
    ['nonsense', /Send for example/],
    [null, /Send for example/],
  ])('%j is refused with what is allowed', async (input, words) => {
    const { ec2, dump } = await startEc2({ instances: 8 });
    const before = JSON.stringify(dump());

    const answer = ec2.faults(input);

    expect(answer.status).toBe(400);
    expect((answer.body as { error: string }).error).toMatch(words);
    expect(JSON.stringify(dump())).toBe(before);
  });

  test('refuses a server that does not exist and changes nothing', async () => {
    const { ec2, dump } = await startEc2({ instances: 8 });

    const answer = ec2.faults({ failNextSnapshot: 3, impair: 'web-99' });

    expect(answer).toMatchObject({ status: 404, body: { error: expect.stringContaining('web-99') } });
    expect(dump().faults).toEqual([{ consistencyMs: 0 }]);
  });

  test('shows what is in force, and clears it', async () => {
    const { ec2, dump } = await startEc2({ instances: 8 });

    ec2.faults({ deny: ['CreateVolume'], failNextSnapshot: 2, throttle: { action: 'DescribeVolumes', times: 3 } });
    expect(dump().faults).toEqual([
      { failNextSnapshot: 2 },
      { deny: ['ec2:CreateVolume'] },
      { inject: { action: 'DescribeVolumes', code: 'RequestLimitExceeded', times: 3 } },
      { consistencyMs: 0 },
    ]);
    ec2.faults({ clear: true });

    expect(dump().faults).toEqual([]);
  });

  test('impairs and heals, stops and starts, moves into groups and announces events', async () => {
    const running = await startEc2();
    const { ec2, server, advance, client } = running;
    const { id } = server('web-2');

    ec2.faults({ impair: id, check: 'ebs' });
    expect(server(id).status).toEqual({ system: 'ok', instance: 'ok', ebs: 'impaired' });
    ec2.faults({ heal: 'web-2' });
    expect(server(id).status['ebs']).toBe('ok');
    ec2.faults({ autoScaling: 'web-2', group: 'web-group' });
    expect(server(id).tags['aws:autoscaling:groupName']).toBe('web-group');
    ec2.faults({ autoScaling: { instance: 'web-2', group: '' } });
    expect(server(id).tags['aws:autoscaling:groupName']).toBeUndefined();
    ec2.faults({ event: { instance: 'web-2', code: 'system-reboot', inHours: 5 } });
    const { InstanceStatuses } = await client.send(new DescribeInstanceStatusCommand({ InstanceIds: [id] }));
    expect(InstanceStatuses![0]!.Events).toMatchObject([
      { Code: 'system-reboot', NotBefore: new Date(running.now() + 5 * 3_600_000) },
    ]);
    ec2.faults({ stop: 'web-2' });
    expect(server(id).state).toBe('stopping');
    advance(25);
    const { Reservations } = await client.send(new DescribeInstancesCommand({ InstanceIds: [id] }));
    expect(Reservations![0]!.Instances![0]!.StateReason?.Code).toBe('Client.InstanceInitiatedShutdown');
    ec2.faults({ start: 'web-2' });
    advance(10);
    expect(server(id).state).toBe('running');
  });

  test('lets AWS move a machine to another host by itself', async () => {
    const { ec2, server, advance } = await startEc2();

    ec2.faults({ impair: 'web-2', check: 'system', recoversIn: 300 });
    advance(299);
    expect(server('web-2')).toMatchObject({ state: 'running', status: { system: 'impaired' } });
    advance(1);
    expect(server('web-2')).toMatchObject({ state: 'running', status: { system: 'initializing' } });
    advance(120);
    expect(server('web-2').status).toEqual({ system: 'ok', instance: 'ok', ebs: 'ok' });
  });

  test('goes back to the first fleet', async () => {
    const { ec2, dump, client, server } = await startEc2({ instances: 8 });
    const before = dump();
    const { id, mappings } = server('web-1');
    await client.send(new StopInstancesCommand({ InstanceIds: [id] }));
    await client.send(new CreateVolumeCommand({ ...oneGiB, ClientToken: 't' }));
    await client.send(new CreateTagsCommand({ Resources: [mappings[0]!.volumeId], Tags: [{ Key: 'x', Value: 'y' }] }));

    ec2.faults({ reset: true });

    expect(dump()).toMatchObject({ instances: before.instances, volumes: before.volumes, snapshots: before.snapshots });
    // The token is free again.
    expect((await client.send(new CreateVolumeCommand({ ...oneGiB, Size: 2, ClientToken: 't' }))).Size).toBe(2);
  });

  test('tells listeners of changes and of what comes by itself', async () => {
    const { ec2, client, server } = await startEc2({ speed: 1_000, now: Date.now });
    const states: string[] = [];
    ec2.onChange(() => states.push(server('web-1').state));

    await client.send(new StopInstancesCommand({ InstanceIds: [server('web-1').id] }));

    await eventually(() => expect(states).toContain('stopped'));
  });
});

describe('injected trouble', () => {
  const made = (running: Running): number => running.dump().volumes.length;

  test('throttles some calls of one action, and the SDK gets through', async () => {
    const { client, ec2, dump } = await startEc2({ attempts: 3 });
    ec2.faults({ throttle: { action: 'DescribeVolumes', times: 1 } });

    expect((await client.send(new DescribeInstancesCommand({}))).Reservations).not.toEqual([]);
    expect((await client.send(new DescribeVolumesCommand({}))).Volumes).not.toEqual([]);

    expect(dump().calls.byAction).toEqual({ DescribeInstances: 1, DescribeVolumes: 2 });
  });

  test('throttles any call for a while when nothing else is said', async () => {
    const running = await startEc2();
    running.ec2.faults({ throttle: true });

    for (let at = 0; at < 10; at++)
      expect((await problemOf(running.client.send(new DescribeVolumesCommand({})))).code).toBe('RequestLimitExceeded');

    expect((await running.client.send(new DescribeVolumesCommand({}))).Volumes).not.toEqual([]);
  });

  test('answers an error instead of the work, with the status that goes with it', async () => {
    const running = await startEc2();
    const before = made(running);
    running.ec2.faults({
      inject: [
        { action: 'CreateVolume', code: 'InsufficientVolumeCapacity' },
        { action: 'CreateVolume', code: 'Odd', status: 418, message: 'as <told>' },
      ],
    });

    const create = () => running.client.send(new CreateVolumeCommand(oneGiB));
    expect(await problemOf(create())).toMatchObject({ code: 'InsufficientVolumeCapacity', status: 500 });
    expect(await problemOf(create())).toMatchObject({ code: 'Odd', status: 418, message: 'as <told>' });
    expect(made(running)).toBe(before);
    await create();

    expect(made(running)).toBe(before + 1);
  });

  test('meets only calls with the given parameters, and no dry runs', async () => {
    const running = await startEc2();
    const { client, ec2 } = running;
    ec2.faults({ inject: { action: '*', code: 'InternalError', match: { Size: '7' } } });

    await client.send(new CreateVolumeCommand(oneGiB));
    const dry = client.send(new CreateVolumeCommand({ ...oneGiB, Size: 7, DryRun: true }));
    expect((await problemOf(dry)).code).toBe('DryRunOperation');

    expect((await problemOf(client.send(new CreateVolumeCommand({ ...oneGiB, Size: 7 })))).code).toBe('InternalError');
  });

  test('cuts the connection before or after the work', async () => {
    const running = await startEc2();
    const before = made(running);
    const drop = { action: 'CreateVolume', dropSocket: true };
    running.ec2.faults({ inject: [drop, { ...drop, afterWork: true }] });

    await expect(running.client.send(new CreateVolumeCommand(oneGiB))).rejects.toThrow(/socket hang up|ECONNRESET/);
    expect(made(running)).toBe(before);
    await expect(running.client.send(new CreateVolumeCommand(oneGiB))).rejects.toThrow(/socket hang up|ECONNRESET/);

    expect(made(running)).toBe(before + 1);
  });

  test('answers late, and then as usual', async () => {
    const running = await startEc2();
    running.ec2.faults({ inject: { action: 'CreateVolume', hangMs: 30 } });
    const began = performance.now();

    const { State } = await running.client.send(new CreateVolumeCommand(oneGiB));

    expect(State).toBe('creating');
    expect(performance.now() - began).toBeGreaterThanOrEqual(29);
  });

  test.each([
    ['is not done for somebody who has hung up', false],
    ['stays done for somebody who has hung up', true],
  ])('the work of a call that waits %s', async (_name, afterWork) => {
    const running = await startEc2();
    const before = made(running);
    running.ec2.faults({ inject: { action: 'CreateVolume', hangMs: 60_000, afterWork } });
    const hungUp = new AbortController();
    const call = running.client.send(new CreateVolumeCommand(oneGiB), { abortSignal: hungUp.signal });
    const ended = call.then(
      () => 'answered',
      (error: Error) => error.name,
    );

    await eventually(() => expect(running.dump().calls.byAction['CreateVolume']).toBe(1));
    hungUp.abort();
    expect(await ended).toBe('AbortError');
    running.ec2.faults({ clear: true });

    expect(made(running)).toBe(before + (afterWork ? 1 : 0));
    expect(running.dump().faults).toEqual([]);
  });

  test('makes the next volume fail', async () => {
    const running = await startEc2();
    running.ec2.faults({ failNextVolume: 1 });

    const { VolumeId } = await running.client.send(new CreateVolumeCommand(oneGiB));
    running.advance(2);

    const { Volumes } = await running.client.send(new DescribeVolumesCommand({ VolumeIds: [VolumeId!] }));
    expect(Volumes![0]!.State).toBe('error');
  });
});

describe('broken promises', () => {
  const run = { Key: 'deckhand:job', Value: 'r-1' };

  test('a volume made for a run and left alone shows after a while, unless it is kept for undo', async () => {
    const running = await startEc2();
    const { client, advance, dump } = running;
    const create = new CreateVolumeCommand({
      ...oneGiB,
      TagSpecifications: [{ ResourceType: 'volume', Tags: [run, { Key: 'deckhand:op', Value: 'r-1.x' }] }],
    });
    const { VolumeId } = await client.send(create);

    advance(100);
    expect(dump().invariants).toEqual([]);
    advance(100);
    expect(dump().invariants).toEqual([`${VolumeId} was made for r-1 and is attached to nothing.`]);
    const until = new Date(running.now() + 86_400_000).toISOString();
    await client.send(
      new CreateTagsCommand({ Resources: [VolumeId!], Tags: [{ Key: 'deckhand:restore-hold-until', Value: until }] }),
    );
    expect(dump().invariants).toEqual([]);
    await client.send(new DeleteVolumeCommand({ VolumeId: VolumeId! }));
    advance(10);

    expect(dump().invariants).toEqual([`${VolumeId} was deleted although it was to be kept for undo until ${until}.`]);
  });

  test('the last snapshot of a volume is missed, and failed ones of a run that stay', async () => {
    const running = await startEc2();
    const { client, advance, dump, ec2 } = running;
    const volumeId = running.server('web-1').mappings[0]!.volumeId;
    const [only, ...more] = dump().snapshots.filter((one) => one.volumeId === volumeId);
    expect(more).toEqual([]);

    await client.send(new DeleteSnapshotCommand({ SnapshotId: only!.id }));
    ec2.faults({ failNextSnapshot: 1 });
    const failed = await running.raw({
      Action: 'CreateSnapshot',
      VolumeId: volumeId,
      'TagSpecification.1.ResourceType': 'snapshot',
      'TagSpecification.1.Tag.1.Key': 'deckhand:job',
      'TagSpecification.1.Tag.1.Value': 'r-2',
    });
    advance(300);

    const id = /snap-0[0-9a-f]{16}/.exec(failed.body)![0];
    expect(dump().invariants).toEqual([
      `${only!.id} was deleted, the last completed snapshot of ${volumeId}.`,
      `${id} of r-2 failed and was not cleared away.`,
    ]);
  });
});
