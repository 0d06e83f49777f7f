import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { isRefusal } from '#errors.ts';
import type { InstanceId } from '#ports/ids.ts';
import type { Platform } from '#ports/platform.ts';

type AwsPlatform = Omit<Platform, 'containers'>;

/** Where a set of services differs from AWS. True: it does as AWS does. */
export type Capabilities = {
  /** Scripts go to the servers that are named, and only where Systems Manager reaches them. */
  reachesServers: boolean;
  /** A forced deployment begins one. */
  beginsDeployments: boolean;
  /** Changes of a group that is not there are refused. */
  missesGroups: boolean;
};

export type PlatformWorld = {
  platform: AwsPlatform;
  capabilities: Capabilities;
  /** A running server. */
  server: InstanceId;
  /** A service of ECS that is steady. */
  service: { cluster: string; service: string };
  /** A load balancer with one listener and a target group. */
  balancer: string;
  /** A key that is enabled. */
  key: string;
  /** A policy of Data Lifecycle Manager, where there is that service. */
  policy: string | undefined;
  /** `{"version": 4}`. */
  object: { bucket: string; key: string };
  /** A group that the server is a member of and whose minimum allows a Standby. */
  group: string;
  close: () => Promise<void>;
};

/** What every Platform does. */
export function platformSuite(name: string, setup: () => Promise<PlatformWorld>): void {
  describe(`a platform: ${name}`, () => {
    let world: PlatformWorld;
    let platform: AwsPlatform;

    beforeAll(async () => {
      world = await setup();
      platform = world.platform;
    });
    afterAll(async () => {
      platform?.close();
      await world?.close();
    });

    describe('scripts', () => {
      const script = (comment: string) => ({
        instanceId: world.server,
        document: 'AWS-RunShellScript' as const,
        lines: ['echo well'],
        timeoutSec: 60,
        comment,
      });

      test('one that was sent is found by its comment, and ends', async () => {
        const since = Date.now();
        const id = await platform.scripts.run(script('hook r-1/pre'));

        await soon(async () => (await platform.scripts.find({ ...finding('hook r-1/pre'), since })) === id);
        await soon(async () => {
          const { state } = await platform.scripts.result(id, world.server);
          return state === 'succeeded';
        });
        expect(await platform.scripts.result(id, world.server)).toMatchObject({ state: 'succeeded', exitCode: 0 });
      });

      test('one that was never sent is not found', async () => {
        expect(await platform.scripts.find({ ...finding('hook r-2/pre'), since: Date.now() })).toBeUndefined();
      });

      test('there is no result yet where a command was not sent to', async () => {
        const id = await platform.scripts.run(script('hook r-3/pre'));

        await expect(platform.scripts.result(id, 'i-0fffffffffffffff1')).rejects.toMatchObject({ code: 'transient' });
      });

      test('a server that is not there is refused', async ({ skip }) => {
        if (!world.capabilities.reachesServers) skip('sends to every server, whatever is named');

        const sent = platform.scripts.run({ ...script('x'), instanceId: 'i-0fffffffffffffff1' });

        await expect(sent).rejects.toMatchObject({ code: 'unsuitable', data: { awsCode: 'InvalidInstanceId' } });
      });

      test('managed servers are named, unknown ones left out', async ({ skip }) => {
        if (!world.capabilities.reachesServers) skip('knows no managed servers');

        expect(await platform.scripts.managed([world.server, 'i-0fffffffffffffff1'])).toEqual([
          { instanceId: world.server, online: true, system: 'Linux', heardAt: expect.any(Number) },
        ]);
      });

      const finding = (comment: string) => ({ instanceId: world.server, comment });
    });

    describe('Auto Scaling', () => {
      test('a member is found with its group, others are left out', async () => {
        expect(await platform.groups.members([world.server, 'i-0fffffffffffffff1'])).toEqual([
          expect.objectContaining({
            instanceId: world.server,
            group: world.group,
            lifecycle: 'InService',
            healthy: true,
          }),
        ]);
      });

      test('Standby lowers the desired size, may be asked for twice, and is left again', async () => {
        const before = await groupNow();
        const of = { group: world.group, instanceId: world.server };

        await platform.groups.enterStandby(of);
        await platform.groups.enterStandby(of);
        await soon(async () => (await lifecycle()) === 'Standby');
        expect((await groupNow()).desired).toBe(before.desired - 1);

        await platform.groups.exitStandby(of);
        await platform.groups.exitStandby(of);
        await soon(async () => (await lifecycle()) === 'InService');
        expect((await groupNow()).desired).toBe(before.desired);
      });

      test('processes are suspended and resumed', async () => {
        await platform.groups.suspend(world.group, ['ReplaceUnhealthy', 'AZRebalance']);
        expect((await groupNow()).suspended.toSorted()).toEqual(['AZRebalance', 'ReplaceUnhealthy']);

        await platform.groups.resume(world.group, ['AZRebalance']);
        expect((await groupNow()).suspended).toEqual(['ReplaceUnhealthy']);
        await platform.groups.resume(world.group, ['ReplaceUnhealthy']);
      });

      test('a group that is not there is left out of lists and refused by changes', async () => {
        expect(await platform.groups.groups(['no-such-group'])).toEqual([]);
        await expect(platform.groups.suspend('no-such-group', ['Launch'])).rejects.toMatchObject({
          code: world.capabilities.missesGroups ? 'not-found' : 'not-offered',
        });
      });

      async function groupNow() {
        const [group] = await platform.groups.groups([world.group]);
        if (group === undefined) throw new Error(`no group ${world.group}`);
        return group;
      }
      const lifecycle = async () => (await platform.groups.members([world.server]))[0]?.lifecycle;
    });

    describe('ECS', () => {
      test('a service tells its tasks and deployments', async () => {
        const service = await platform.services.service(world.service);

        expect(service).toMatchObject({
          name: world.service.service,
          cluster: world.service.cluster,
          status: 'ACTIVE',
        });
        expect(service.deployments[0]).toMatchObject({ status: 'PRIMARY', desired: service.desired });
      });

      test('one that is not there is refused, by name', async () => {
        const missing = { ...world.service, service: 'no-such-service' };

        await expect(platform.services.service(missing)).rejects.toSatisfy(
          (error) => isRefusal(error) && error.code === 'not-found' && error.message.includes('no-such-service'),
        );
        await expect(platform.services.redeploy(missing)).rejects.toMatchObject({ code: 'not-found' });
        await expect(platform.services.service({ ...world.service, cluster: 'no-such-cluster' })).rejects.toMatchObject(
          { code: 'not-found' },
        );
      });

      test('a forced deployment is a new one, which comes to its end', async ({ skip }) => {
        const before = await platform.services.service(world.service);
        const begun = await platform.services.redeploy(world.service);
        expect(begun.status).toBe('PRIMARY');
        if (!world.capabilities.beginsDeployments) skip('changes nothing that can be seen');

        expect(begun.createdAt).toBeGreaterThan(before.deployments[0]!.createdAt);
        await soon(async () => {
          const { deployments } = await platform.services.service(world.service);
          return deployments[0]?.id === begun.id && deployments[0].rollout === 'COMPLETED' && deployments.length === 1;
        });
      });
    });

    describe('load balancers', () => {
      test('lead from a hostname through a listener to a target group', async () => {
        const balancer = (await platform.balancers.balancers()).find((one) => one.name === world.balancer);
        expect(balancer).toMatchObject({ kind: 'application', hostname: expect.stringContaining('elb.amazonaws.com') });

        const [listener] = await platform.balancers.listeners(balancer!.arn);
        const arns = listener!.routes.flatMap(({ targetGroups }) => targetGroups);
        const groups = (await platform.balancers.targetGroups()).filter(({ arn }) => arns.includes(arn));
        expect(groups.length).toBeGreaterThan(0);
        expect(groups[0]!.balancers).toEqual([balancer!.arn]);
        expect(groups[0]!.healthCheck.path).toMatch(/^\//);
        expect(listener!.routes.at(-1)).toMatchObject({ hosts: [], paths: [] });

        const targets = await platform.balancers.targets(groups[0]!.arn);
        expect(targets.map(({ id }) => id)).toContain(world.server);
      });

      test('one that is not there is refused', async () => {
        const arn =
          'arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/no-such-balancer/50dc6c495c0c9188';

        await expect(platform.balancers.listeners(arn)).rejects.toMatchObject({ code: 'not-found' });
      });
    });

    describe('keys and objects', () => {
      test('a key tells whether it can be used', async () => {
        expect(await platform.keys.key(world.key)).toMatchObject({
          state: 'Enabled',
          enabled: true,
          origin: 'AWS_KMS',
          manager: 'CUSTOMER',
        });
      });

      test('a key that is not there is refused', async () => {
        await expect(platform.keys.key('9c0ffee0-0000-4000-8000-000000000000')).rejects.toMatchObject({
          code: 'not-found',
        });
      });

      test('the policies of Data Lifecycle Manager are listed', async ({ skip }) => {
        if (world.policy === undefined) skip('has no Data Lifecycle Manager');

        expect(await platform.lifecycles.policies()).toContain(world.policy);
      });

      test('an object is read whole, and one that is too large is not', async () => {
        const read = await platform.objects.read(world.object);
        expect(Buffer.from(read.bytes).toString()).toBe('{"version": 4}');
        expect(read.modifiedAt).toBeGreaterThan(0);

        await expect(platform.objects.read({ ...world.object, mostBytes: 5 })).rejects.toMatchObject({
          code: 'over-limit',
        });
      });

      test('an object or bucket that is not there is refused', async () => {
        await expect(platform.objects.read({ ...world.object, key: 'no/such.key' })).rejects.toMatchObject({
          code: 'not-found',
          data: { awsCode: 'NoSuchKey' },
        });
        await expect(platform.objects.read({ ...world.object, bucket: 'no-such-bucket' })).rejects.toMatchObject({
          code: 'not-found',
          data: { awsCode: 'NoSuchBucket' },
        });
      });
    });
  });
}

async function soon(look: () => Promise<boolean>): Promise<void> {
  await expect.poll(() => look().catch(() => false), { timeout: 10_000, interval: 20 }).toBe(true);
}
