import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { describe, expect, onTestFinished, test, vi } from 'vitest';

import { createClouds } from '#aws/clouds.ts';
import { createContainers } from '#docker/containers.ts';
import type { InstanceId } from '#ports/ids.ts';
import { createAccounts, sandboxAccounts } from '#sandbox/accounts/index.ts';
import { createAwsEverywhere } from '#sandbox/aws/everywhere.ts';
import { createLog, realClock } from '#test/aws/support.ts';
import { createFakeSettings } from '#test/support/fake-settings.ts';

const staging = { account: sandboxAccounts.staging, region: 'us-east-1' };

async function start() {
  const pace = { speed: 1_000, now: Date.now };
  const ec2 = createAccounts(pace);
  const aws = createAwsEverywhere({ ...pace, places: ec2.places });
  const server = createServer((request, response) => (aws.takes(request) ? aws : ec2).handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  vi.stubEnv('AWS_ENDPOINT_URL', `http://127.0.0.1:${(server.address() as AddressInfo).port}/aws`);
  const { arn, externalId } = sandboxAccounts.role;
  const { aws: settings } = createFakeSettings({
    aws: {
      ...createFakeSettings().current().aws,
      accounts: [{ id: staging.account, name: 'staging', role: arn, externalId, regions: ['us-east-1'], buckets: {} }],
    },
  }).current();
  const containers = createContainers();
  const clouds = createClouds({
    settings: () => settings,
    region: 'us-east-1',
    credentials: { accessKeyId: 'sandbox', secretAccessKey: 'sandbox' },
    containers,
    clock: realClock,
    log: createLog(),
  });
  onTestFinished(async () => {
    vi.unstubAllEnvs();
    clouds.close();
    await containers.close();
    await Promise.all([aws.close(), ec2.close()]);
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  });
  return { ec2, aws, clouds };
}

describe('the services of several places', () => {
  test('see the servers of their own account, and keep a state of their own', async () => {
    const { ec2, aws, clouds } = await start();
    const there = ec2.places
      .at(staging)!
      .servers.all()
      .find(({ state }) => state === 'running')!;
    const here = ec2.servers.named('web-1')!;
    const [first, second] = [clouds.platform(clouds.places()[0]!), clouds.platform(staging)];
    const ids = [here.id, there.id] as InstanceId[];

    expect((await first.scripts.managed(ids)).map(({ instanceId }) => instanceId)).toEqual([here.id]);
    expect((await second.scripts.managed(ids)).map(({ instanceId }) => instanceId)).toEqual([there.id]);

    aws.faults({ ...staging, key: { id: 'alias/volumes', state: 'Disabled' } });
    expect(await second.keys.key('alias/volumes')).toMatchObject({
      enabled: false,
      arn: expect.stringContaining(`:${staging.account}:`),
    });
    expect(await first.keys.key('alias/volumes')).toMatchObject({ enabled: true });
    expect(aws.dump(staging)).toMatchObject({ calls: { byAction: { DescribeKey: 1 } } });
  });

  test('refuse keys that have expired, which are then renewed and the call sent again', async () => {
    const { ec2, aws, clouds } = await start();
    const platform = clouds.platform(staging);
    await platform.keys.key('alias/volumes');
    ec2.faults({ sts: { expire: true } });

    expect(await platform.keys.key('alias/volumes')).toMatchObject({ enabled: true });

    expect(aws.dump()).toMatchObject({ recentCalls: [{ action: 'DescribeKey', code: 'ExpiredTokenException' }] });
    expect(aws.dump(staging)).toMatchObject({ calls: { byAction: { DescribeKey: 2 } } });
  });

  test('know no other places', async () => {
    const { aws } = await start();

    expect(aws.faults({ account: '999999999999', clear: true })).toMatchObject({ status: 404 });
    expect(aws.dump({ region: 'mars-1' })).toMatchObject({ error: expect.any(String) });
  });
});
