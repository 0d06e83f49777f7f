import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, onTestFinished, test, vi } from 'vitest';

import { createCloud } from '#aws/cloud.ts';
import { createAwsPlatform } from '#aws/platform.ts';
import type { InstanceId } from '#ports/ids.ts';
import { createAws } from '#sandbox/aws/index.ts';
import { createEc2 } from '#sandbox/ec2/index.ts';
import { caught, createLog, realClock } from '#test/aws/support.ts';

/** EC2 and the services beside it at AWS's own pace on a clock of their own, and our adapters in front of them. */
async function start(of: { stateFile?: string } = {}) {
  let now = Date.UTC(2026, 10, 24, 12);
  const restarted: unknown[] = [];
  const ec2 = createEc2({ speed: 1, now: () => now });
  ec2.faults({ consistencyMs: 0 });
  const aws = createAws({
    servers: ec2.servers,
    speed: 1,
    now: () => now,
    restarted: (what) => void restarted.push(what),
    ...of,
  });
  const server = createServer((request, response) => (aws.takes(request) ? aws : ec2).handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/aws`;
  vi.stubEnv('AWS_ENDPOINT_URL', url);
  const options = {
    region: 'us-east-1',
    credentials: { accessKeyId: 'sandbox', secretAccessKey: 'sandbox' },
    timeouts: { request: 1_000 },
    clock: realClock,
    log: createLog(),
  };
  const platform = createAwsPlatform(options);
  const cloud = createCloud(options);
  async function close(): Promise<void> {
    vi.unstubAllEnvs();
    platform.close();
    cloud.close();
    await Promise.all([aws.close(), ec2.close()]);
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }
  onTestFinished(close);
  return {
    ec2,
    aws,
    url,
    platform,
    cloud,
    restarted,
    close,
    idOf: (name: string) => ec2.servers.named(name)?.id as InstanceId,
    stateOf: (id: string) => ec2.servers.all().find((one) => one.id === id)?.state,
    now: () => now,
    advance: (seconds: number) => {
      now += seconds * 1_000;
    },
  };
}
type World = Awaited<ReturnType<typeof start>>;

async function inGroup(world: World, ...names: string[]): Promise<InstanceId[]> {
  for (const name of names) world.ec2.faults({ autoScaling: { instance: name, group: 'web' } });
  return names.map(world.idOf);
}

describe('a group', () => {
  test('replaces a member that was stopped, but not one in Standby', async () => {
    const world = await start();
    const [first, second] = await inGroup(world, 'web-1', 'web-2');
    await world.platform.groups.enterStandby({ group: 'web', instanceId: first! });
    world.advance(15);
    await world.cloud.stopInstances([first!, second!]);
    world.advance(300);
    await world.cloud.instances({});

    expect(world.stateOf(first!)).toBe('stopped');
    expect(world.stateOf(second!)).not.toBe('stopped');
    const members = await world.platform.groups.groups(['web']);
    expect(
      members[0]!.members.filter(({ lifecycle }) => lifecycle === 'Standby').map(({ instanceId }) => instanceId),
    ).toEqual([first]);
    expect(members[0]!.desired).toBe(1);
  });

  test('replaces a member that was declared unhealthy, unless it must not', async () => {
    const world = await start();
    const [id] = await inGroup(world, 'web-1');
    await world.platform.groups.suspend('web', ['ReplaceUnhealthy']);
    await world.platform.groups.setUnhealthy(id!);
    expect(await world.platform.groups.members([id!])).toMatchObject([{ healthy: false }]);
    world.advance(300);
    expect(world.stateOf(id!)).toBe('running');

    await world.platform.groups.resume('web', ['ReplaceUnhealthy']);

    expect(world.stateOf(id!)).toBe('shutting-down');
    world.advance(60);
    expect(world.ec2.servers.named('web-1')?.id).not.toBe(id);
  });

  test('does not notice a stop while its health checks are suspended', async () => {
    const world = await start();
    const [id] = await inGroup(world, 'web-1');
    await world.platform.groups.suspend('web', ['HealthCheck']);
    await world.cloud.stopInstances([id!]);
    world.advance(300);
    expect(world.stateOf(id!)).toBe('stopped');

    await world.platform.groups.setUnhealthy(id!);
    world.advance(90);

    expect(world.stateOf(id!)).toMatch(/^(?:shutting-down|terminated)$/);
  });

  test('lets nobody go below its minimum', async () => {
    const world = await start();
    const [id] = await inGroup(world, 'web-1');
    world.aws.faults({ group: { name: 'web', min: 1 } });

    const error = await caught(world.platform.groups.enterStandby({ group: 'web', instanceId: id! }));

    expect(error).toMatchObject({ code: 'conflict', message: expect.stringContaining("group's minimum size") });
    expect(await world.platform.groups.members([id!])).toMatchObject([{ lifecycle: 'InService' }]);
  });

  test('lost answers to Standby do it once', async () => {
    const world = await start();
    const [id] = await inGroup(world, 'web-1', 'web-2');
    world.aws.faults({ inject: { action: 'EnterStandby', afterWork: true, dropSocket: true } });

    await world.platform.groups.enterStandby({ group: 'web', instanceId: id! });

    expect(await world.platform.groups.groups(['web'])).toMatchObject([{ desired: 1 }]);
  });

  test('knows only its own members', async () => {
    const world = await start();
    await inGroup(world, 'web-1');

    const error = await caught(world.platform.groups.enterStandby({ group: 'web', instanceId: world.idOf('web-2') }));

    expect(error).toMatchObject({ code: 'not-found' });
  });
});

describe('scripts', () => {
  const script = {
    document: 'AWS-RunShellScript',
    lines: ['systemctl restart shop'],
    timeoutSec: 30,
    comment: 'r-1/pre',
  } as const;

  test('run in time, and what they restart is told', async () => {
    const world = await start();
    const instanceId = world.idOf('web-1');

    const id = await world.platform.scripts.run({ ...script, instanceId });

    expect(await caught(world.platform.scripts.result(id, instanceId))).toMatchObject({ code: 'transient' });
    world.advance(0.4);
    expect(await world.platform.scripts.result(id, instanceId)).toMatchObject({ state: 'waiting' });
    world.advance(0.4);
    expect(await world.platform.scripts.result(id, instanceId)).toMatchObject({ state: 'running' });
    world.advance(1);
    expect(await world.platform.scripts.result(id, instanceId)).toMatchObject({ state: 'succeeded', exitCode: 0 });
    expect(world.restarted).toEqual([{ kind: 'script', server: 'web-1', lines: script.lines }]);
  });

  test('end as they were told to, the next so many', async () => {
    const world = await start();
    const instanceId = world.idOf('web-1');
    world.aws.faults({ script: { match: 'restart shop', exitCode: 3, errors: 'no such unit', seconds: 60 } });

    const [late, well] = [
      await world.platform.scripts.run({ ...script, instanceId }),
      await world.platform.scripts.run({ ...script, instanceId }),
    ];
    world.aws.faults({ script: { match: 'restart shop', exitCode: 3, errors: 'no such unit' } });
    const failed = await world.platform.scripts.run({ ...script, instanceId });
    world.advance(120);

    expect(await world.platform.scripts.result(late, instanceId)).toMatchObject({ state: 'timed-out' });
    expect(await world.platform.scripts.result(well, instanceId)).toMatchObject({ state: 'succeeded' });
    expect(await world.platform.scripts.result(failed, instanceId)).toEqual({
      state: 'failed',
      detail: 'Failed',
      exitCode: 3,
      output: '',
      errors: 'no such unit',
    });
  });

  test('are never begun where the agent is silent', async () => {
    const world = await start();
    const instanceId = world.idOf('web-1');
    world.aws.faults({ silent: 'web-1' });
    expect(await world.platform.scripts.managed([instanceId])).toMatchObject([{ online: false }]);

    const id = await world.platform.scripts.run({ ...script, instanceId });
    world.advance(59);
    expect(await world.platform.scripts.result(id, instanceId)).toMatchObject({ state: 'waiting' });
    world.advance(2);

    const result = await world.platform.scripts.result(id, instanceId);
    expect(result).toMatchObject({ state: 'undelivered', detail: 'DeliveryTimedOut' });
    expect(result.exitCode).toBeUndefined();
    expect(world.restarted).toEqual([]);
  });

  test('do not go to a server that is stopped', async () => {
    const world = await start();
    const instanceId = world.idOf('web-1');
    await world.cloud.stopInstances([instanceId]);
    world.advance(60);

    const error = await caught(world.platform.scripts.run({ ...script, instanceId }));

    expect(error).toMatchObject({ code: 'unsuitable', data: { awsCode: 'InvalidInstanceId' } });
    expect(await world.platform.scripts.managed([instanceId])).toEqual([]);
  });

  test('whose answer was lost are found, on that server and since then only', async () => {
    const world = await start();
    const instanceId = world.idOf('web-1');
    const since = world.now();
    world.aws.faults({ inject: { action: 'SendCommand', afterWork: true, dropSocket: true } });

    expect(await caught(world.platform.scripts.run({ ...script, instanceId }))).toMatchObject({ code: 'ambiguous' });
    world.advance(1);

    const find = (of: object) => world.platform.scripts.find({ instanceId, comment: script.comment, since, ...of });
    expect(await find({})).toMatch(/^[0-9a-f-]{36}$/);
    expect(await find({ instanceId: world.idOf('web-2') })).toBeUndefined();
    expect(await find({ comment: 'r-1' })).toBeUndefined();
    expect(await find({ since: since + 3_600_000 })).toBeUndefined();
  });

  test('are found beyond the first page', async () => {
    const world = await start();
    const instanceId = world.idOf('web-1');
    for (let at = 0; at < 60; at++) await world.platform.scripts.run({ ...script, instanceId, comment: `r-${at}` });
    world.advance(1);

    expect(await world.platform.scripts.find({ instanceId, comment: 'r-0', since: world.now() })).toBeDefined();
  });
});

describe('a deployment', () => {
  const shop = { cluster: 'default', service: 'shop' };

  test('replaces the tasks, and mends what was broken', async () => {
    const world = await start();
    world.aws.faults({ service: { name: 'shop', running: 0 } });
    expect(await world.platform.services.service(shop)).toMatchObject({ desired: 2, running: 0 });

    const begun = await world.platform.services.redeploy(shop);
    expect((await world.platform.services.service(shop)).deployments).toMatchObject([
      { id: begun.id, status: 'PRIMARY', rollout: 'IN_PROGRESS' },
      { status: 'ACTIVE', rollout: 'COMPLETED' },
    ]);
    world.advance(90);

    const after = await world.platform.services.service(shop);
    expect(after).toMatchObject({ running: 2, deployments: [{ id: begun.id, rollout: 'COMPLETED' }] });
    expect(after.events[0]!.text).toContain('steady state');
    expect(world.restarted).toEqual([{ kind: 'service' }]);
  });

  test('that fails says so', async () => {
    const world = await start();
    world.aws.faults({ failDeployments: 1 });

    await world.platform.services.redeploy(shop);
    world.advance(300);

    const { deployments } = await world.platform.services.service(shop);
    expect(deployments[0]).toMatchObject({ rollout: 'FAILED', failedTasks: 3 });
    expect(world.restarted).toEqual([]);
  });
});

describe('a load balancer', () => {
  test('has routes by host and path before the usual one', async () => {
    const { platform } = await start();
    const [shop] = await platform.balancers.balancers();

    const [listener] = await platform.balancers.listeners(shop!.arn);

    expect(listener).toMatchObject({ protocol: 'HTTPS', port: 443 });
    expect(listener!.routes.map(({ hosts, paths }) => [hosts, paths])).toEqual([
      [['shop.example.com', 'www.example.com'], []],
      [['shop.example.com'], ['/api/*']],
      [[], []],
    ]);
    expect(listener!.routes.every(({ targetGroups }) => targetGroups.length === 1)).toBe(true);
  });
});

describe('targets of a load balancer', () => {
  test('are as their servers are', async () => {
    const world = await start();
    world.ec2.faults({ impair: 'web-1' });
    await world.cloud.stopInstances([world.idOf('web-2')]);
    const groups = await world.platform.balancers.targetGroups();

    const targets = await world.platform.balancers.targets(groups.find(({ name }) => name === 'web')!.arn);

    const stateOf = (name: string) => targets.find(({ id }) => id === world.idOf(name))?.state;
    expect([stateOf('web-1'), stateOf('web-2'), stateOf('web-3')]).toEqual(['unhealthy', 'unused', 'healthy']);
  });
});

describe('keys', () => {
  test.each(['Disabled', 'PendingDeletion', 'PendingImport', 'Unavailable'])('can be %s', async (state) => {
    const world = await start();
    world.aws.faults({ key: { id: 'alias/volumes', state } });

    const key = await world.platform.keys.key('alias/volumes');

    expect(key).toMatchObject({ state, enabled: false });
    expect(key.deletedAt !== undefined).toBe(state === 'PendingDeletion');
  });

  test('of the encrypted volumes are known', async () => {
    const world = await start();
    const encrypted = (await world.cloud.volumes({})).filter(({ kmsKeyId }) => kmsKeyId !== undefined);
    expect(encrypted.length).toBeGreaterThan(0);

    expect(await world.platform.keys.key(encrypted[0]!.kmsKeyId!)).toMatchObject({ arn: encrypted[0]!.kmsKeyId });
  });
});

describe('the control API', () => {
  test('denies and allows again', async () => {
    const world = await start();
    world.aws.faults({ deny: ['kms:DescribeKey', 's3:*'] });
    expect(await caught(world.platform.keys.key('alias/volumes'))).toMatchObject({
      code: 'not-permitted',
      message: expect.stringContaining('kms:DescribeKey'),
    });
    expect(await caught(world.platform.objects.read({ bucket: 'b', key: 'k' }))).toMatchObject({
      code: 'not-permitted',
    });

    world.aws.faults({ allow: '*' });

    expect(await world.platform.keys.key('alias/volumes')).toMatchObject({ enabled: true });
  });

  test.each<[object, number, string]>([
    [{}, 400, 'Nothing was asked for'],
    [{ colour: 1 }, 400, 'colour'],
    [{ silent: 'nobody' }, 404, 'There is no nobody here'],
    [{ key: { id: 'alias/none', state: 'Disabled' } }, 404, 'There is no alias/none here'],
    [{ service: { name: 'none', running: 0 } }, 404, 'There is no none here'],
    [{ script: { match: 'x', exitCode: 300 } }, 400, 'script.exitCode'],
  ])('refuses %j with an example', async (input, status, words) => {
    const world = await start();

    const answer = world.aws.faults(input);

    expect(answer).toMatchObject({ status, body: { error: expect.stringContaining(words) } });
    expect(JSON.stringify(answer.body)).toContain('for example');
  });

  test('counts calls and starts anew', async () => {
    const world = await start();
    await world.platform.keys.key('alias/volumes');
    world.aws.faults({ key: { id: 'alias/volumes', state: 'Disabled' } });
    expect(world.aws.dump()).toMatchObject({ calls: { byAction: { DescribeKey: 1 } } });

    world.aws.faults({ reset: true });

    expect(await world.platform.keys.key('alias/volumes')).toMatchObject({ enabled: true });
  });
});

describe('requests', () => {
  test('that are signed for another Region, or ask for what is not offered, are refused', async () => {
    const world = await start();
    const ask = async (service: string, region: string, headers: Record<string, string>, body: string) => {
      const scope = `AWS4-HMAC-SHA256 Credential=x/20261124/${region}/${service}/aws4_request, SignedHeaders=host, Signature=0`;
      const response = await fetch(world.url, { method: 'POST', body, headers: { authorization: scope, ...headers } });
      return `${response.status} ${await response.text()}`;
    };

    expect(await ask('kms', 'eu-west-1', { 'x-amz-target': 'TrentService.DescribeKey' }, '{}')).toContain(
      'InvalidSignatureException',
    );
    expect(await ask('kms', 'us-east-1', { 'x-amz-target': 'TrentService.Encrypt' }, '{}')).toContain(
      'UnknownOperationException',
    );
    expect(await ask('kms', 'us-east-1', { 'x-amz-target': 'TrentService.DescribeKey' }, 'x')).toContain(
      'SerializationException',
    );
    expect(await ask('ssm', 'us-east-1', { 'x-amz-target': 'AmazonSSM.SendCommand' }, '{"InstanceIds":[]}')).toContain(
      'ValidationException',
    );
    expect(await ask('autoscaling', 'us-east-1', {}, 'Action=CreateAutoScalingGroup&Version=2011-01-01')).toContain(
      'InvalidAction',
    );
    expect(await ask('ec2', 'us-east-1', {}, 'Action=DescribeVolumes&Version=2016-11-15')).toContain('volumeSet');
  });
});

describe('the state file', () => {
  function file(): string {
    const folder = mkdtempSync(join(tmpdir(), 'deckhand-aws-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    return join(folder, 'aws.json');
  }

  test('keeps commands, groups, deployments, keys and objects over a new start', async () => {
    const stateFile = file();
    const first = await start({ stateFile });
    const [id] = await inGroup(first, 'web-1', 'web-2');
    const sent = { document: 'AWS-RunShellScript', lines: ['true'], timeoutSec: 5, comment: 'r-9' } as const;
    const command = await first.platform.scripts.run({ ...sent, instanceId: id! });
    await first.platform.groups.enterStandby({ group: 'web', instanceId: id! });
    first.aws.faults({
      object: { bucket: 'b', key: 'k', text: 'kept' },
      key: { id: 'alias/volumes', state: 'Disabled' },
    });
    await first.close();

    const second = await start({ stateFile });
    await inGroup(second, 'web-1', 'web-2');
    second.advance(20);

    expect(await second.platform.scripts.result(command, id!)).toMatchObject({ state: 'succeeded' });
    expect(await second.platform.groups.members([id!])).toMatchObject([{ lifecycle: 'Standby' }]);
    expect(await second.platform.keys.key('alias/volumes')).toMatchObject({ state: 'Disabled' });
    expect(Buffer.from((await second.platform.objects.read({ bucket: 'b', key: 'k' })).bytes).toString()).toBe('kept');
  });

  test('that cannot be read is refused by name', async () => {
    const stateFile = file();
    writeFileSync(stateFile, '{"version": 7}');

    await expect(start({ stateFile })).rejects.toMatchObject({
      code: 'bad-input',
      message: expect.stringContaining(stateFile),
    });
  });
});
