import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { vi } from 'vitest';

import { createCloud } from '#aws/cloud.ts';
import { createClouds } from '#aws/clouds.ts';
import type { Containers } from '#ports/containers.ts';
import { createAccounts, sandboxAccounts } from '#sandbox/accounts/index.ts';
import { createEc2 } from '#sandbox/ec2/index.ts';
import { createLog, realClock } from '#test/aws/support.ts';
import { createFakeSettings } from '#test/support/fake-settings.ts';

import { type Capabilities, cloudSuite } from './cloud.suite.ts';

/** The make-believe EC2 means to be as AWS is in all of it. */
const capabilities: Capabilities = {
  remembersTokens: true,
  refusesTakenDevices: true,
  copiesTagsAndExcludes: true,
  reservesTags: true,
  refusesRebootOfStopped: true,
  keepsRunningRoots: true,
  escapesBackslashes: true,
  lacks: [],
  cannotTell: [],
  guardsImages: true,
};

cloudSuite('the AWS adapter on the make-believe EC2', async () => {
  const ec2 = createEc2({ instances: 40, speed: 1_000, now: Date.now });
  const server = createServer(ec2.handle);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  vi.stubEnv('AWS_ENDPOINT_URL_EC2', url);
  const credentials = { accessKeyId: 'sandbox', secretAccessKey: 'sandbox' };
  // Pages of five show that all of them are read.
  const cloud = createCloud({ region: 'us-east-1', credentials, clock: realClock, log: createLog(), pageSize: 5 });
  return {
    cloud,
    capabilities,
    url,
    close: async () => {
      vi.unstubAllEnvs();
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      await ec2.close();
    },
  };
});

cloudSuite('the AWS adapter in a Region of another account, by a role it assumes', async () => {
  const ec2 = createAccounts({ elsewhere: 40, speed: 1_000, now: Date.now });
  const server = createServer(ec2.handle);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  vi.stubEnv('AWS_ENDPOINT_URL', url);
  const { role, staging: id } = sandboxAccounts;
  const account = {
    name: 'staging',
    id,
    role: role.arn,
    externalId: role.externalId,
    regions: ['eu-west-1'],
    buckets: {},
  };
  const clouds = createClouds({
    settings: () => ({
      ...createFakeSettings().current().aws,
      region: 'us-east-1',
      sourceIdentity: true,
      accounts: [account],
    }),
    region: undefined,
    credentials: { accessKeyId: 'sandbox', secretAccessKey: 'sandbox' },
    containers: {} as Containers,
    clock: realClock,
    log: createLog(),
    pageSize: 5,
  });
  return {
    cloud: clouds.at({ account: id, region: 'eu-west-1' }, { person: 'U1', run: 'r-0123456789' }),
    capabilities,
    url,
    region: 'eu-west-1',
    close: async () => {
      vi.unstubAllEnvs();
      clouds.close();
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      await ec2.close();
    },
  };
});
