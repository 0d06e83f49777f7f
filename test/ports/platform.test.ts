import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { vi } from 'vitest';

import { createAwsPlatform } from '#aws/platform.ts';
import type { InstanceId } from '#ports/ids.ts';
import { createAws } from '#sandbox/aws/index.ts';
import { createEc2 } from '#sandbox/ec2/index.ts';
import { createLog, realClock } from '#test/aws/support.ts';

import { platformSuite } from './platform.suite.ts';

platformSuite('the AWS adapters on the make-believe services', async () => {
  const ec2 = createEc2({ speed: 1_000, now: Date.now });
  const aws = createAws({ servers: ec2.servers, speed: 1_000, now: Date.now });
  const server = createServer((request, response) => (aws.takes(request) ? aws : ec2).handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  vi.stubEnv('AWS_ENDPOINT_URL', `http://127.0.0.1:${(server.address() as AddressInfo).port}/aws`);
  ec2.faults({ autoScaling: { instance: 'web-1', group: 'web' } });
  const object = { bucket: 'states', key: 'prod/terraform.tfstate' };
  aws.faults({ object: { ...object, text: '{"version": 4}' } });
  return {
    platform: createAwsPlatform({
      region: 'us-east-1',
      credentials: { accessKeyId: 'sandbox', secretAccessKey: 'sandbox' },
      clock: realClock,
      log: createLog(),
    }),
    capabilities: { reachesServers: true, beginsDeployments: true, missesGroups: true },
    server: ec2.servers.named('web-1')?.id as InstanceId,
    service: { cluster: 'default', service: 'shop' },
    balancer: 'shop',
    key: 'alias/volumes',
    policy: 'policy-0123456789abcdef0',
    object,
    group: 'web',
    close: async () => {
      vi.unstubAllEnvs();
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      await Promise.all([ec2.close(), aws.close()]);
    },
  };
});
