import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterEach, describe, expect, test, vi } from 'vitest';

import { createAwsPlatform } from '#aws/platform.ts';
import { isAmbiguous } from '#errors.ts';

import { caught, createLog, realClock } from './support.ts';

type Platform = ReturnType<typeof createAwsPlatform>;
type Answer = (response: ServerResponse, request: IncomingMessage) => void;

const instanceId = 'i-0123456789abcdef0';
const script = {
  instanceId,
  document: 'AWS-RunShellScript',
  lines: ['true'],
  timeoutSec: 10,
  comment: 'r-1',
} as const;
const name = { cluster: 'default', service: 'shop' };

let close: () => Promise<void> = async () => {};
afterEach(async () => {
  await close();
  vi.unstubAllEnvs();
});

/** The adapters on a server that answers all calls alike; `requests` holds which attempt each request was. */
async function against(answer: Answer, request = 5_000): Promise<{ platform: Platform; requests: string[] }> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(String(request.headers['amz-sdk-request']));
    request.resume();
    request.on('end', () => answer(response, request));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  vi.stubEnv('AWS_ENDPOINT_URL', `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const platform = createAwsPlatform({
    region: 'us-east-1',
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'made-up' },
    timeouts: { connect: 2_000, request, attempt: 2 * request },
    clock: realClock,
    log: createLog(),
  });
  close = async () => {
    platform.close();
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  };
  return { platform, requests };
}

const json =
  (status: number, code: string): Answer =>
  (response) =>
    void response
      .writeHead(status, { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-requestid': 'req-42' })
      .end(JSON.stringify({ __type: `com.amazonaws#${code}`, message: 'Their words' }));
const query =
  (status: number, code: string, words = 'Their words'): Answer =>
  (response) =>
    void response
      .writeHead(status, { 'content-type': 'text/xml', 'x-amzn-requestid': 'req-42' })
      .end(
        `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${words}</Message></Error><RequestId>req-42</RequestId></ErrorResponse>`,
      );
const rest =
  (status: number, code: string): Answer =>
  (response) =>
    void response
      .writeHead(status, { 'content-type': 'application/xml', 'x-amz-request-id': 'req-42' })
      .end(`<Error><Code>${code}</Code><Message>Their words</Message></Error>`);

type Call = readonly [
  action: string,
  error: typeof json,
  once: boolean,
  call: (platform: Platform) => Promise<unknown>,
];
const calls: readonly Call[] = [
  ['ssm:SendCommand', json, true, (to) => to.scripts.run(script)],
  ['ssm:ListCommands', json, false, (to) => to.scripts.find({ instanceId, comment: 'r-1', since: 0 })],
  ['ssm:GetCommandInvocation', json, false, (to) => to.scripts.result('c', instanceId)],
  ['ssm:DescribeInstanceInformation', json, false, (to) => to.scripts.managed([instanceId])],
  ['autoscaling:DescribeAutoScalingInstances', query, false, (to) => to.groups.members([instanceId])],
  ['autoscaling:DescribeAutoScalingGroups', query, false, (to) => to.groups.groups(['web'])],
  ['autoscaling:SetInstanceHealth', query, false, (to) => to.groups.setUnhealthy(instanceId)],
  ['autoscaling:SuspendProcesses', query, false, (to) => to.groups.suspend('web', ['Launch'])],
  ['ecs:DescribeServices', json, false, (to) => to.services.service(name)],
  ['ecs:UpdateService', json, true, (to) => to.services.redeploy(name)],
  ['elasticloadbalancing:DescribeLoadBalancers', query, false, (to) => to.balancers.balancers()],
  ['elasticloadbalancing:DescribeTargetHealth', query, false, (to) => to.balancers.targets('arn')],
  ['dlm:GetLifecyclePolicies', json, false, (to) => to.lifecycles.policies()],
  ['kms:DescribeKey', json, false, (to) => to.keys.key('alias/x')],
  ['s3:GetObject', rest, false, (to) => to.objects.read({ bucket: 'b', key: 'k' })],
];

describe.each(calls)('%s', (action, error, once, call) => {
  test('that is not permitted is told so, with the action, and once', async () => {
    const code = error === json ? 'AccessDeniedException' : 'AccessDenied';
    const { platform, requests } = await against(error(error === json ? 400 : 403, code));

    const refusal = await caught(call(platform));

    expect(refusal).toMatchObject({ code: 'not-permitted', data: { action, awsCode: code, requestId: 'req-42' } });
    expect(refusal.message).toContain(action.split(':')[1]);
    expect(refusal.message).toMatch(/try again\.$/);
    expect(requests).toHaveLength(1);
  });

  test.each<[string, Answer]>([
    ['loses its answer', (response) => void response.socket?.destroy()],
    ['fails in the middle', error(500, 'InternalFailure')],
  ])('that %s is sent again only where that does no harm', async (_what, answer) => {
    const { platform, requests } = await against(answer);

    const thrown = await call(platform).catch((caughtError: unknown) => caughtError);

    expect(isAmbiguous(thrown)).toBe(once);
    expect(thrown).toMatchObject({ code: once ? 'ambiguous' : 'transient' });
    expect(String(thrown)).toContain(action.split(':')[1]);
    expect(requests).toEqual(once ? ['attempt=1; max=1'] : [1, 2, 3].map((at) => `attempt=${at}; max=3`));
  });
});

/** One of each service: the SDK waits a second or more between its attempts. */
const ofEachService = calls.filter(
  ([action], at) => calls.findIndex(([other]) => other.split(':')[0] === action.split(':')[0]) === at,
);

test.each(ofEachService)(
  '%s that is throttled did nothing, and is worth another try',
  async (_action, error, once, call) => {
    const { platform, requests } = await against(error === rest ? rest(503, 'SlowDown') : error(400, 'Throttling'));

    expect(await caught(call(platform))).toMatchObject({ code: 'transient' });
    expect(requests).toHaveLength(once ? 1 : 3);
  },
);

test.each(ofEachService)(
  '%s that gets no answer in time ends, in doubt where that matters',
  async (_action, _error, once, call) => {
    const { platform, requests } = await against(() => {}, 300);

    expect(await caught(call(platform))).toMatchObject({ code: once ? 'ambiguous' : 'transient' });
    expect(requests).toHaveLength(once ? 1 : 3);
  },
);

describe('what AWS says of its own', () => {
  test.each<[string, Answer, (platform: Platform) => Promise<unknown>, object]>([
    [
      'a server that Systems Manager does not reach',
      json(400, 'InvalidInstanceId'),
      (to) => to.scripts.run(script),
      { code: 'unsuitable', message: expect.stringContaining('SSM Agent') },
    ],
    [
      'a group at its minimum',
      query(
        400,
        'ValidationError',
        'AutoScalingGroup web has min-size=1, max-size=1, and desired-size=1. Please update',
      ),
      (to) => to.groups.suspend('web', ['Launch']),
      { code: 'conflict', message: expect.stringContaining('minimum size') },
    ],
    [
      'a scaling activity under way',
      query(400, 'ScalingActivityInProgress'),
      (to) => to.groups.resume('web', ['Launch']),
      { code: 'conflict', message: expect.stringContaining('Wait until the scaling activity is over') },
    ],
    [
      'a target group that is gone',
      query(400, 'TargetGroupNotFound'),
      (to) => to.balancers.targets('arn'),
      { code: 'not-found' },
    ],
    [
      'a service that was deleted',
      json(400, 'ServiceNotActiveException'),
      (to) => to.services.redeploy(name),
      { code: 'conflict' },
    ],
    ['a key that is gone', json(400, 'NotFoundException'), (to) => to.keys.key('x'), { code: 'not-found' }],
    [
      'an archived object',
      rest(403, 'InvalidObjectState'),
      (to) => to.objects.read({ bucket: 'b', key: 'k' }),
      { code: 'unsuitable', message: expect.stringContaining('restore it in S3 first') },
    ],
  ])('%s', async (_what, answer, call, expected) => {
    const { platform } = await against(answer);

    expect(await caught(call(platform))).toMatchObject({ name: 'Refusal', ...expected });
  });

  test('a list that goes on for ever is not taken for complete', async () => {
    const page = JSON.stringify({ NextToken: 'again', Commands: [] });
    const { platform } = await against((response) => void response.end(page));

    const error = await caught(platform.scripts.find({ instanceId, comment: 'x', since: 0 }));

    expect(error).toMatchObject({ code: 'transient', message: expect.stringContaining('a list that does not end') });
  });

  test('an answer without what is needed leaves doubt where the call had an effect', async () => {
    const { platform } = await against((response) => void response.end('{}'));

    expect(await caught(platform.scripts.run(script))).toMatchObject({ code: 'ambiguous' });
    expect(await caught(platform.keys.key('x'))).toMatchObject({ code: 'not-offered' });
  });
});

describe('scripts', () => {
  test.each([
    ['no lines', { ...script, lines: [] }],
    ['an endless time', { ...script, timeoutSec: 172_801 }],
    ['half a second', { ...script, timeoutSec: 0.5 }],
    ['a long comment', { ...script, comment: 'x'.repeat(101) }],
  ])('with %s are refused before anything is sent', async (_what, wrong) => {
    const { platform, requests } = await against(json(400, 'InternalFailure'));

    expect(await caught(platform.scripts.run(wrong))).toMatchObject({ code: 'bad-input' });
    expect(requests).toEqual([]);
  });

  test.each([
    ['Pending', 'Pending', 'waiting'],
    ['Delayed', 'Delayed', 'waiting'],
    ['InProgress', 'InProgress', 'running'],
    ['Cancelling', 'Cancelling', 'running'],
    ['Success', 'Success', 'succeeded'],
    ['Failed', 'Failed', 'failed'],
    ['Failed', 'Undeliverable', 'undelivered'],
    ['Failed', 'Terminated', 'undelivered'],
    ['TimedOut', 'DeliveryTimedOut', 'undelivered'],
    ['TimedOut', 'ExecutionTimedOut', 'timed-out'],
    ['Cancelled', 'Cancelled', 'cancelled'],
    ['SomethingNew', 'SomethingNew', 'running'],
  ])('%s (%s) is %s', async (Status, StatusDetails, state) => {
    const { platform } = await against((response) => void response.end(JSON.stringify({ Status, StatusDetails })));

    expect(await platform.scripts.result('c', instanceId)).toMatchObject({ state, detail: StatusDetails });
  });

  test('of what they print the end is kept, in whole characters', async () => {
    const StandardOutputContent = `${'ä'.repeat(3_000)}!`;
    const { platform } = await against(
      (response) => void response.end(JSON.stringify({ Status: 'Failed', ResponseCode: 3, StandardOutputContent })),
    );

    const { output, exitCode } = await platform.scripts.result('c', instanceId);

    expect(exitCode).toBe(3);
    expect(Buffer.byteLength(output)).toBeLessThanOrEqual(4_096);
    expect(output).toMatch(/^ä{2047}!$/);
  });
});

describe('objects', () => {
  test('that grow beyond what their header says are not read to the end', async () => {
    const { platform } = await against((response) => {
      response.writeHead(200, { 'last-modified': new Date(0).toUTCString(), 'transfer-encoding': 'chunked' });
      const more = (): void => {
        while (!response.destroyed && response.write('x'.repeat(65_536)));
        if (!response.destroyed) response.once('drain', more);
      };
      more();
    });

    const error = await caught(platform.objects.read({ bucket: 'b', key: 'k', mostBytes: 1_000_000 }));

    expect(error).toMatchObject({ code: 'over-limit', message: expect.stringContaining('s3://b/k') });
  });

  test('that break off are worth another try', async () => {
    const { platform } = await against((response) => {
      response.writeHead(200, { 'last-modified': new Date(0).toUTCString(), 'content-length': 1_000 });
      response.write('half', () => response.destroy());
    });

    expect(await caught(platform.objects.read({ bucket: 'b', key: 'k' }))).toMatchObject({ code: 'transient' });
  });
});
