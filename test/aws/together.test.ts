import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';

import { partsAfter } from '#aws/together.ts';
import { Refusal, Transient } from '#errors.ts';
import type { Clock } from '#ports/clock.ts';
import type { Cloud } from '#ports/cloud.ts';
import type { InstanceId, VolumeId } from '#ports/ids.ts';

import { caught, cloudWith, failure, listenAsEc2, type LocalEc2, realClock, type Received, reply } from './support.ts';

const timeouts = { connect: 500, request: 500, attempt: 1_000, credentials: 500 };
let ec2: LocalEc2 | undefined;
let cloud: Cloud | undefined;
afterEach(async () => {
  cloud?.close();
  await ec2?.close();
  ec2 = undefined;
  cloud = undefined;
});

async function against(answer: Parameters<typeof listenAsEc2>[0], limits = {}) {
  ec2 = await listenAsEc2(answer);
  cloud = cloudWith({ timeouts, limits });
  return { ec2, cloud };
}

const server = (at: number): InstanceId => `i-${String(at).padStart(8, '0')}`;
const disk = (at: number): VolumeId => `vol-${String(at).padStart(8, '0')}`;
const many = <T>(count: number, make: (at: number) => T) => Array.from({ length: count }, (_, at) => make(at));
const idsOf = ({ form }: Received, root: string) =>
  Object.entries(form).flatMap(([name, value]) => (name.startsWith(root) ? [value] : []));

/** Volumes of the list exist, others do not. */
function volumesReply(call: Received, exists: (id: string) => boolean): string {
  const items = idsOf(call, 'Filter.1.Value')
    .filter((id) => id.startsWith('vol-') && exists(id))
    .map(
      (id) =>
        `<item><volumeId>${id}</volumeId><status>available</status><size>8</size><volumeType>gp3</volumeType><availabilityZone>us-east-1a</availabilityZone><createTime>2026-01-01T00:00:00.000Z</createTime></item>`,
    );
  return reply('DescribeVolumes', `<volumeSet>${items.join('')}</volumeSet>`).xml;
}

describe('reads by id', () => {
  test('of 300 callers are a few calls, and everybody gets their own', async () => {
    const { ec2, cloud } = await against((call, response) => response.end(volumesReply(call, () => true)));

    const answers = await Promise.all(many(300, (at) => cloud.volumes({ ids: [disk(at)] })));

    expect(answers.map((list) => list.map(({ id }) => id))).toEqual(many(300, (at) => [disk(at)]));
    expect(ec2.received.length).toBeLessThanOrEqual(3);
    for (const call of ec2.received) expect(idsOf(call, 'Filter.1.Value').length).toBeLessThanOrEqual(200);
  });

  test('miss what is missing for the one who asked for it alone', async () => {
    const { ec2, cloud } = await against((call, response) => response.end(volumesReply(call, (id) => id !== disk(2))));

    const [one, two, three] = await Promise.allSettled([1, 2, 3].map((at) => cloud.volumes({ ids: [disk(at)] })));

    expect([one?.status, three?.status]).toEqual(['fulfilled', 'fulfilled']);
    expect(two).toMatchObject({ reason: { code: 'not-found', data: { ids: [disk(2)] } } });
    expect(ec2.received).toHaveLength(1);
  });

  test('wait together for a token, and whoever comes meanwhile joins them', async () => {
    const limits = { DescribeVolumes: { capacity: 1, perSecond: 2 } };
    const { ec2, cloud } = await against((call, response) => response.end(volumesReply(call, () => true)), limits);
    await cloud.volumes({ ids: [disk(0)] });

    const first = cloud.volumes({ ids: [disk(1)] });
    await new Promise((resolve) => setTimeout(resolve, 150)); // beyond the time to join, within the time to the token
    const later = cloud.volumes({ ids: [disk(2)] });
    await Promise.all([first, later]);

    expect(ec2.received.map((call) => idsOf(call, 'Filter.1.Value'))).toEqual([[disk(0)], [disk(1), disk(2)]]);
  });

  test("with tags or names too are everybody's own", async () => {
    const { ec2, cloud } = await against((call, response) => response.end(volumesReply(call, () => true)));

    await Promise.all([cloud.volumes({ ids: [disk(1)], tags: { a: 'b' } }), cloud.volumes({ ids: [disk(2)] })]);

    expect(ec2.received).toHaveLength(2);
  });
});

describe('starts, stops and tags', () => {
  test('of 300 servers are two calls', async () => {
    const { ec2, cloud } = await against((_call, response) =>
      response.end(reply('StopInstances', '<instancesSet/>').xml),
    );

    await Promise.all(many(300, (at) => cloud.stopInstances([server(at)])));

    expect(ec2.received.map((call) => idsOf(call, 'InstanceId.').length)).toEqual([200, 100]);
  });

  test.each([
    ['is named', true],
    ['is not named', false],
  ])('one bad id that %s fails its caller alone', async (_how, isNamed) => {
    const bad = server(13);
    const done = new Set<string>();
    const { cloud } = await against((call, response) => {
      const ids = idsOf(call, 'InstanceId.');
      if (!ids.includes(bad)) for (const id of ids) done.add(id);
      const problem = failure(400, 'IncorrectInstanceState', isNamed ? `The instance '${bad}' is odd` : 'One is odd');
      if (ids.includes(bad)) response.writeHead(400).end(problem.xml);
      else response.end(reply('StopInstances', '<instancesSet/>').xml);
    });

    const ends = await Promise.allSettled(many(40, (at) => cloud.stopInstances([server(at)])));

    expect(ends.flatMap(({ status }, at) => (status === 'rejected' ? [at] : []))).toEqual([13]);
    expect(ends[13]).toMatchObject({ reason: { code: 'conflict' } });
    expect(done.size).toBe(39);
  });

  test('a lost reply reaches everybody', async () => {
    const { cloud } = await against((_call, response) => void response.socket?.destroy());

    const ends = await Promise.all(many(5, (at) => caught(cloud.startInstances([server(at)]))));

    expect(ends.map(({ code }) => code)).toEqual(many(5, () => 'transient'));
  });

  test('a permission that nobody has is asked for once', async () => {
    const { ec2, cloud } = await against((_call, response) =>
      response.writeHead(403).end(failure(403, 'UnauthorizedOperation', 'You are not authorized.').xml),
    );

    const ends = await Promise.all(many(20, (at) => caught(cloud.stopInstances([server(at)]))));

    expect(new Set(ends.map(({ code }) => code))).toEqual(new Set(['not-permitted']));
    expect(ec2.received).toHaveLength(1);
  });

  test('only equal tags go together', async () => {
    const { ec2, cloud } = await against((_call, response) =>
      response.end(reply('CreateTags', '<return>true</return>').xml),
    );

    await Promise.all([
      ...many(10, (at) => cloud.createTags([disk(at)], { a: '1', b: '2' })),
      ...many(10, (at) => cloud.createTags([disk(at + 10)], { b: '2', a: '1' })),
      cloud.createTags([disk(30)], { a: '2' }),
    ]);

    expect(ec2.received.map((call) => idsOf(call, 'ResourceId.').length).toSorted((a, b) => a - b)).toEqual([1, 20]);
  });

  test('reboots never go together: one that is refused would reboot the others twice', async () => {
    const { ec2, cloud } = await against((_call, response) =>
      response.end(reply('RebootInstances', '<return>true</return>').xml),
    );

    await Promise.all(many(3, (at) => cloud.rebootInstances([server(at)])));

    expect(ec2.received).toHaveLength(3);
  });
});

test('a call that comes alone is not held up; one soon after another waits a moment for company', async () => {
  const slept: number[] = [];
  const clock: Clock = { ...realClock, sleep: (ms) => realClock.sleep(ms).finally(() => slept.push(ms)) };
  ec2 = await listenAsEc2((call, response) => response.end(volumesReply(call, () => true)));
  const alone = cloudWith({ timeouts, clock });
  cloud = alone;

  await alone.volumes({ ids: [disk(1)] });
  expect(slept).toEqual([]);
  await alone.volumes({ ids: [disk(2)] });

  expect(slept).toEqual([50]);
});

test('what is short of budget is told: calls that wait, and what AWS throttled lately', async () => {
  const limits = { StopInstances: { capacity: 1, perSecond: 0.5 } };
  const { cloud } = await against((call, response) => {
    if (call.action === 'StopInstances') response.end(reply('StopInstances', '<instancesSet/>').xml);
    else response.writeHead(503).end(failure(503, 'RequestLimitExceeded', 'Request limit exceeded.').xml);
  }, limits);
  expect(cloud.shortOf()).toEqual([]);

  await caught(cloud.createSnapshot({ volumeId: disk(1), tags: {}, description: '' }));
  await cloud.stopInstances([server(1)]);
  const waiting = caught(cloud.stopInstances([server(2)]));
  await new Promise((resolve) => setTimeout(resolve, 150)); // beyond the time to join

  const short = cloud.shortOf();
  expect(short).toMatchObject([
    { action: 'CreateSnapshot', waiting: 0, throttled: 1, throttledAgoMs: expect.any(Number) },
    { action: 'StopInstances', waiting: 1, throttled: 0 },
  ]);
  cloud.close();
  expect((await waiting).code).toBe('transient');
});

describe('after a refusal', () => {
  const member = (...ids: string[]) => ({ ids });
  const no = (code: ConstructorParameters<typeof Refusal>[0], ids: string[] = []) =>
    new Refusal(code, 'No. Stop.', { ids });

  test.each([
    ['those named go apart, each alone', no('conflict', ['b', 'd']), [['a', 'c'], ['b'], ['d']]],
    [
      'nobody named: halves',
      no('unsuitable'),
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    ],
    ['a permission for one of them', no('not-permitted', ['c']), [['a', 'b', 'd'], ['c']]],
    ['a permission for none', no('not-permitted'), undefined],
    ['no refusal', new Transient('Lost. Try again.'), undefined],
    [
      'one that is not visible yet',
      new Transient('Young.', { cause: no('not-found', ['a']) }),
      [['b', 'c', 'd'], ['a']],
    ],
  ])('%s', (_what, error, parts) => {
    const members = ['a', 'b', 'c', 'd'].map((id) => member(id));

    expect(partsAfter(error, members)?.map((part) => part.flatMap(({ ids }) => ids))).toEqual(parts);
  });

  test('every caller is in exactly one part, and every part is smaller than all', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.integer({ min: 0, max: 30 }).map(String), { minLength: 1, maxLength: 4 }), {
          minLength: 2,
          maxLength: 40,
        }),
        fc.array(fc.integer({ min: 0, max: 30 }).map(String), { maxLength: 4 }),
        (all, named) => {
          const members = all.map((ids) => member(...ids));
          const parts = partsAfter(no('conflict', named), members) ?? [];

          expect(new Set(parts.flat())).toEqual(new Set(members));
          expect(parts.flat()).toHaveLength(members.length);
          for (const part of parts) expect(part.length).toBeLessThan(members.length);
        },
      ),
    );
  });
});
