import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';

import { afterEach, describe, expect, test, vi } from 'vitest';

import { translate } from '#aws/failures.ts';
import { ec2 as service } from '#aws/services.ts';
import { Refusal } from '#errors.ts';
import type { Cloud } from '#ports/cloud.ts';
import { printed, startNode } from '#test/support/processes.ts';

import { caught, cloudWith, failure, listenAsEc2, type LocalEc2, reply } from './support.ts';

const timeouts = { connect: 250, request: 250, attempt: 600, credentials: 300 };
const volumeId = 'vol-0123456789abcdef0';
const instanceId = 'i-0123456789abcdef0';

let ec2: LocalEc2 | undefined;
let cloud: Cloud | undefined;
afterEach(async () => {
  cloud?.close();
  await ec2?.close();
  vi.unstubAllEnvs();
  ec2 = undefined;
  cloud = undefined;
});

async function against(answer: Parameters<typeof listenAsEc2>[0]): Promise<{ ec2: LocalEc2; cloud: Cloud }> {
  ec2 = await listenAsEc2(answer);
  cloud = cloudWith({ timeouts });
  return { ec2, cloud };
}

const lost: readonly [how: string, answer: Parameters<typeof listenAsEc2>[0]][] = [
  ['no answer in time', () => {}],
  ['a reset connection', (_call, response) => void response.socket?.destroy()],
  [
    'an answer that stops in the middle',
    (_call, response) => void response.writeHead(200, { 'content-length': 500 }).write('<Crea'),
  ],
  ['500 InternalError', (_call, response) => void response.writeHead(500).end(failure(500, 'InternalError', 'x').xml)],
];

describe('a lost answer', () => {
  const calls: readonly [action: string, act: (cloud: Cloud) => Promise<unknown>][] = [
    [
      'CreateSnapshots',
      (cloud) =>
        cloud.createSnapshots({ instanceId, excludeVolumeIds: [], excludeBoot: false, tags: {}, description: '' }),
    ],
    ['CreateSnapshot', (cloud) => cloud.createSnapshot({ volumeId, tags: {}, description: '' })],
    ['RebootInstances', (cloud) => cloud.rebootInstances([instanceId])],
  ];
  const cases = calls.flatMap(([action, act]) => lost.map(([how, answer]) => [action, how, act, answer] as const));

  test.each(cases)('%s, %s: sent exactly once, and Ambiguous', async (action, _how, act, answer) => {
    const { ec2, cloud } = await against(answer);

    const error = await caught(act(cloud));

    expect(error).toMatchObject({ name: 'Ambiguous', code: 'ambiguous', message: expect.stringContaining(action) });
    expect(ec2.received.map((call) => [call.action, call.attempt])).toEqual([[action, 'attempt=1; max=1']]);
  });

  test.each(lost)('%s on a call with our token: repeated with the same token, then transient', async (_how, answer) => {
    const { ec2, cloud } = await against(answer);
    const volume = {
      zone: 'us-east-1a',
      type: 'gp3',
      sizeGiB: 8,
      encrypted: false,
      snapshotId: 'snap-00000001',
      tags: {},
      token: 'ours',
    } as const;

    const error = await caught(cloud.createVolume(volume));

    expect(error).toMatchObject({ name: 'Transient', message: expect.stringMatching(/Try again in a minute\.$/) });
    expect(ec2.received.map((call) => call.form['ClientToken'])).toEqual(['ours', 'ours', 'ours']);
  });

  test('a read survives one', async () => {
    const { ec2, cloud } = await against((_call, response) => {
      if (ec2.received.length === 1) response.socket?.destroy();
      else response.end(reply('DescribeVolumes', '<volumeSet/>').xml);
    });

    expect(await cloud.volumes({})).toEqual([]);
    expect(ec2.received).toHaveLength(2);
  });
});

describe('other endpoints', () => {
  test('the place tells the endpoint that the variables name', async () => {
    const { ec2, cloud } = await against((_call, response) =>
      response.end(
        reply(
          'DescribeInstances',
          '<reservationSet><item><ownerId>000000000000</ownerId><instancesSet/></item></reservationSet>',
        ).xml,
      ),
    );

    expect(await cloud.place()).toEqual({ account: '000000000000', region: 'us-east-1', endpoint: ec2.url });
  });

  test.each([
    [501, '<html>no</html>'],
    [501, ''],
    [500, '<!doctype html><html><p>Internal Server Error</html>'],
    [404, 'Not found'],
    [200, '<!doctype html><html><p>Welcome</html>'],
  ])('HTTP %i with %j means that it does not offer the call', async (status, body) => {
    const { ec2, cloud } = await against((_call, response) => void response.writeHead(status).end(body));

    const error = await caught(cloud.volumes({}));

    expect(error).toMatchObject({ name: 'Refusal', code: 'not-offered', data: { action: 'ec2:DescribeVolumes' } });
    expect(error.message).toContain(`The EC2 endpoint ${ec2.url}`);
    expect(error.message).toContain('DescribeVolumes');
  });

  test('501 is a clear no also where doubt would be costly', async () => {
    const { cloud } = await against((_call, response) => void response.writeHead(501).end());

    expect((await caught(cloud.createSnapshot({ volumeId, tags: {}, description: '' }))).code).toBe('not-offered');
  });

  test('a gateway that finds nobody behind it may find somebody soon', async () => {
    const { cloud } = await against(
      (_call, response) => void response.writeHead(502).end('<html><p>Bad gateway</html>'),
    );

    expect((await caught(cloud.volumes({}))).code).toBe('transient');
  });

  test('nobody listening: nothing was sent, so even a snapshot is only transient', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise<void>((resolve) => server.close(() => resolve()));
    vi.stubEnv('AWS_ENDPOINT_URL_EC2', `http://127.0.0.1:${port}`);
    cloud = cloudWith({ timeouts });

    const error = await caught(cloud.createSnapshot({ volumeId, tags: {}, description: '' }));

    expect(error).toMatchObject({ code: 'transient', message: expect.stringContaining('ECONNREFUSED') });
  });
});

describe('what the SDK throws', () => {
  const asked = { service, action: 'CreateSnapshot', once: true, endpoint: 'https://127.0.0.1:9297' };

  test.each([
    'SELF_SIGNED_CERT_IN_CHAIN',
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    'CERT_HAS_EXPIRED',
  ])('a certificate that is not trusted (%s) is told with the variable that helps, and nothing was sent', (code) => {
    const error = translate(Object.assign(new Error('x'), { code, $metadata: { attempts: 1 } }), asked);

    expect(error).toMatchObject({ name: 'Refusal', code: 'not-offered', data: { awsCode: code } });
    expect(String(error)).toContain('NODE_EXTRA_CA_CERTS');
  });

  test('a fault of our own stays what it is', () => {
    const fault = new TypeError('x is not a function');

    expect(translate(fault, asked)).toBe(fault);
    expect(translate('odd', asked)).toBe('odd');
  });

  test('what is ours already passes through', () => {
    const refusal = new Refusal('conflict', 'No. Wait.');

    expect(translate(refusal, asked)).toBe(refusal);
  });
});

describe('waiting for the budget', () => {
  test('is no part of the time an attempt may take', async () => {
    ec2 = await listenAsEc2((_call, response) => response.end(reply('ModifyInstanceAttribute', '').xml));
    // Three calls at once and then one every 0.7 s: longer than an attempt may take.
    const limits = { ModifyInstanceAttribute: { capacity: 3, perSecond: 1.4 } };
    cloud = cloudWith({ timeouts, budgetShare: 1, limits });
    const slow = cloud;

    await Promise.all(
      Array.from({ length: 5 }, (_, at) =>
        slow.setDeleteOnTermination({ instanceId: `i-0000000${at}`, device: '/dev/sdf', value: true }),
      ),
    );

    expect(ec2.received.map((call) => call.attempt)).toEqual(Array.from({ length: 5 }, () => 'attempt=1; max=3'));
  });
});

describe('credentials and Region', () => {
  test('without credentials the refusal names the ways to give them', async () => {
    const { ec2 } = await against(() => {});
    cloud = cloudWith({
      timeouts,
      credentials: () =>
        Promise.reject(
          Object.assign(new Error('Could not load credentials from any providers'), {
            name: 'CredentialsProviderError',
          }),
        ),
    });

    const error = await caught(cloud.volumes({}));

    expect(error).toMatchObject({
      name: 'Refusal',
      code: 'not-permitted',
      data: { awsCode: 'CredentialsProviderError' },
    });
    expect(error.message).toContain('AWS_ACCESS_KEY_ID');
    expect(ec2.received).toEqual([]);
  });

  test('an expired sign-on says so', async () => {
    cloud = cloudWith({
      timeouts,
      credentials: () =>
        Promise.reject(
          Object.assign(new Error('Token is expired. To refresh this SSO session run aws sso login'), {
            name: 'TokenProviderError',
          }),
        ),
    });

    expect(await caught(cloud.volumes({}))).toMatchObject({
      code: 'not-permitted',
      message: expect.stringContaining('run aws sso login'),
    });
  });

  test('a credential source that hangs is given up', async () => {
    cloud = cloudWith({ timeouts, credentials: () => new Promise(() => {}) });

    expect(await caught(cloud.volumes({}))).toMatchObject({
      code: 'transient',
      message: expect.stringContaining('ETIMEDOUT'),
    });
  });

  test('without a Region the refusal names the variable', async () => {
    vi.stubEnv('AWS_REGION', undefined);
    vi.stubEnv('AWS_DEFAULT_REGION', undefined);
    vi.stubEnv('AWS_CONFIG_FILE', '/nonexistent/config');
    vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/nonexistent/credentials');
    cloud = cloudWith({ timeouts, region: undefined });

    expect(await caught(cloud.volumes({}))).toMatchObject({
      code: 'bad-input',
      message: expect.stringContaining('AWS_REGION'),
    });
  });
});

describe('the SDK', () => {
  test('is loaded by the first call, not at the start: it costs 90 MB and a third of a second', async () => {
    const script = `
      import { registerHooks } from 'node:module';
      const loaded = [];
      registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) });
      const { createCloud } = await import('./src/aws/cloud.ts');
      const clock = { now: Date.now, monotonic: () => performance.now(), after: () => () => {}, sleep: async () => {} };
      const cloud = createCloud({ region: 'us-east-1', clock, log: {} });
      const before = loaded.filter((url) => url.includes('@aws-sdk')).length;
      await cloud.warm().catch(() => {});
      const after = loaded.filter((url) => url.includes('@aws-sdk')).length;
      console.log(JSON.stringify({ before, loadsLater: after > 0 }));`;
    const child = startNode(['--input-type=module', '-e', script], {
      AWS_ACCESS_KEY_ID: 'made-up',
      AWS_SECRET_ACCESS_KEY: 'made-up',
    });
    const [found] = await printed(child, /\{"before".*\}/);
    await child.kill('SIGKILL');

    expect(JSON.parse(found)).toEqual({ before: 0, loadsLater: true });
  });

  test.each([
    ['a read', (cloud: Cloud) => cloud.volumes({}), 'attempt=1; max=3'],
    ['a snapshot', (cloud: Cloud) => cloud.createSnapshot({ volumeId, tags: {}, description: '' }), 'attempt=1; max=1'],
  ])(
    'of %s keeps to our number of tries and our way of repeating, whatever the environment says',
    async (_what, act, tries) => {
      vi.stubEnv('AWS_MAX_ATTEMPTS', '7');
      vi.stubEnv('AWS_RETRY_MODE', 'adaptive');
      const { ec2, cloud } = await against((_call, response) =>
        response.writeHead(400).end(failure(400, 'InvalidParameterValue', 'No.').xml),
      );

      await caught(act(cloud));

      expect(ec2.received.map((call) => call.attempt)).toEqual([tries]);
    },
  );

  test('every list asks for pages, so that AWS counts it in the large bucket', async () => {
    const { ec2, cloud } = await against((call, response) => response.end(reply(call.action, '').xml));

    await Promise.all([
      cloud.instances({}),
      cloud.volumes({}),
      cloud.snapshots({}),
      cloud.health(),
      cloud.volumeHealth(),
    ]);
    await cloud.rootTasks({});

    expect(
      ec2.received
        .map(({ action, form }) => [action, form['MaxResults']])
        .toSorted(([one = ''], [other = '']) => (one < other ? -1 : 1)),
    ).toEqual([
      ['DescribeInstanceStatus', '1000'],
      ['DescribeInstances', '1000'],
      ['DescribeReplaceRootVolumeTasks', '50'],
      ['DescribeSnapshots', '1000'],
      ['DescribeVolumeStatus', '1000'],
      ['DescribeVolumes', '500'],
    ]);
  });
});

describe('start and end', () => {
  test('warming up loads and checks everything but calls nothing', async () => {
    ec2 = await listenAsEc2(() => {});
    const warm = cloudWith({ timeouts });
    cloud = warm;

    await warm.warm();

    expect(ec2.received).toEqual([]);
  });

  test('after closing nothing is sent any more; closing twice is fine', async () => {
    const { ec2, cloud } = await against((_call, response) =>
      response.end(reply('DescribeVolumes', '<volumeSet/>').xml),
    );
    await cloud.volumes({});
    cloud.close();
    cloud.close();

    expect((await caught(cloud.volumes({}))).code).toBe('transient');
    expect(ec2.received).toHaveLength(1);
  });

  test('lanes share one budget', async () => {
    ec2 = await listenAsEc2((_call, response) => response.end(reply('DescribeVolumes', '<volumeSet/>').xml));
    const all = cloudWith({ timeouts, limits: { DescribeVolumes: { capacity: 100, perSecond: 0.1 } } });
    cloud = all;

    await all.inLane('low').volumes({});
    await all.inLane('high').volumes({});
    await all.volumes({});

    expect(all.budget()).toHaveLength(1);
    expect(all.budget()[0]!.tokens).toBeLessThan(68);
  });
});
