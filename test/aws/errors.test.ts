import { describe, expect, test } from 'vitest';

import type { Cloud } from '#ports/cloud.ts';
import type { InstanceId, SnapshotId, VolumeId } from '#ports/ids.ts';

import { type Answer, answerAws, caught, cloudWith, createLog, failure, reply, useAnswers } from './support.ts';

useAnswers();

const instance: InstanceId = 'i-0123456789abcdef0';
const volume: VolumeId = 'vol-0123456789abcdef0';
const snapshot: SnapshotId = 'snap-0123456789abcdef0';

/** The end of a message must tell what to do. */
const nextMove =
  /(?:Try|try|Check|Wait|wait|Ask|Look|Use|Free|Renew|Enable|Deregister|Detach|detach|remove|Set|change|use)[^.]*\.$/;

const refused: readonly [awsCode: string, status: number, message: string, code: string][] = [
  ['SnapshotLimitExceeded', 400, 'Max snapshots reached.', 'over-limit'],
  [
    'VolumeLimitExceeded',
    400,
    'You have exceeded your maximum gp3 storage limit of 50 TiB in this region.',
    'over-limit',
  ],
  ['MaxIOPSLimitExceeded', 400, 'Too many IOPS.', 'over-limit'],
  ['TagLimitExceeded', 400, 'More than 50 tags.', 'over-limit'],
  ['AttachmentLimitExceeded', 400, 'Too many volumes.', 'over-limit'],
  [
    'ConcurrentSnapshotLimitExceeded',
    400,
    'Maximum allowed in-progress snapshots for a single volume exceeded.',
    'over-limit',
  ],
  [
    'VolumeInitializationRateLimitExceeded',
    400,
    'You have exceeded your cumulative volume initialization rate quota of 5000 MiB/s.',
    'over-limit',
  ],
  ['InvalidParameterValue', 400, 'The volume initialization rate exceeds what is left of the quota.', 'over-limit'],
  ['OperationNotPermitted', 400, 'The snapshot snap-00000001 is locked and cannot be deleted.', 'unsuitable'],
  ['OperationNotPermitted', 400, 'Encrypted snapshots with EBS default key cannot be shared', 'unsuitable'],
  ['InvalidInstanceEventStartTime', 400, 'The new time is after the deadline.', 'bad-input'],
  ['InvalidInstanceEventIDNotFound', 400, "The event 'instance-event-1' does not exist.", 'not-found'],
  ['ResourceLimitExceeded', 400, 'Too many snapshot copies are in progress.', 'over-limit'],
  ['IncorrectState', 400, "Volume 'vol-1' is in the 'creating' state.", 'conflict'],
  ['IncorrectInstanceState', 400, 'The instance is not in a state from which it can be started.', 'conflict'],
  ['IncorrectModificationState', 400, 'The volume is being modified.', 'conflict'],
  ['VolumeInUse', 400, 'Volume is attached.', 'conflict'],
  ['IdempotentParameterMismatch', 400, 'Other parameters.', 'conflict'],
  ['InvalidVolume.ZoneMismatch', 400, 'Other zone.', 'bad-input'],
  ['InvalidZone.NotFound', 400, 'No such zone.', 'bad-input'],
  ['MissingParameter', 400, 'The request must contain size.', 'bad-input'],
  ['InvalidParameterValue', 400, 'Value ( 2 ) is invalid.', 'bad-input'],
  [
    'InvalidParameterValue',
    400,
    "Invalid value '/dev/sdf' for unixDevice. Attachment point /dev/sdf is already in use",
    'conflict',
  ],
  ['InvalidParameterCombination', 400, 'Not together.', 'bad-input'],
  ['InvalidVolumeID.Malformed', 400, 'Invalid id.', 'bad-input'],
  ['InvalidInstanceID.NotFound', 400, `The instance ID '${instance}' does not exist`, 'not-found'],
  ['InvalidAMIID.NotFound', 400, 'No such image.', 'not-found'],
  ['CustomerKeyHasBeenRevoked', 400, 'The key is gone.', 'unsuitable'],
  ['OperationNotPermitted', 400, "Modify its 'disableApiStop' instance attribute and try again.", 'unsuitable'],
  ['UnsupportedOperation', 400, 'Managed by a service.', 'unsuitable'],
  ['TagPolicyViolation', 400, 'Not an allowed value.', 'bad-input'],
  ['AuthFailure', 401, 'AWS was not able to validate the provided access credentials', 'not-permitted'],
  ['RequestExpired', 400, 'Request has expired.', 'not-permitted'],
  ['OptInRequired', 401, 'Not subscribed.', 'not-permitted'],
  ['InvalidAction', 400, 'The action is not valid for this web service.', 'not-offered'],
  ['SomethingNobodyKnows', 400, 'New and odd', 'unsuitable'],
];

test.each(refused)('%s (%i: %s) is a refusal "%4$s" with a next move', async (awsCode, status, message, code) => {
  const received = answerAws({ CreateTags: failure(status, awsCode, message) });

  const error = await caught(cloudWith().createTags([volume], { env: 'prod' }));

  expect(error).toMatchObject({
    name: 'Refusal',
    code,
    data: { awsCode, requestId: 'req-42', action: 'ec2:CreateTags' },
  });
  expect(error.message).toContain(`EC2 refused CreateTags: ${awsCode}: ${message.slice(0, 20)}`);
  expect(error.message).toMatch(nextMove);
  expect(received).toHaveLength(1);
});

test('ids that EC2 names are in the data', async () => {
  answerAws({
    StartInstances: failure(
      400,
      'InvalidInstanceID.NotFound',
      `The instance IDs '${instance}, i-00000001' do not exist`,
    ),
  });

  expect((await caught(cloudWith().startInstances([instance, 'i-00000001', 'i-00000002']))).data['ids']).toEqual([
    instance,
    'i-00000001',
  ]);
});

test('all ids of a long message are in the data, whole', async () => {
  const ids = Array.from({ length: 100 }, (_, at): InstanceId => `i-${at.toString(16).padStart(17, '0')}`);
  answerAws({
    StopInstances: failure(400, 'InvalidInstanceID.NotFound', `The instance IDs '${ids.join(', ')}' do not exist`),
  });

  const error = await caught(cloudWith().stopInstances(ids));

  expect(error.data['ids']).toEqual(ids);
  expect(error.message.length).toBeLessThan(800);
});

test('a missing permission is told without the encoded tail that only administrators can read', async () => {
  const tail = 'x'.repeat(1_500);
  answerAws({
    CreateVolume: failure(
      403,
      'UnauthorizedOperation',
      `You are not authorized to perform this operation. User: arn:aws:sts::123456789012:assumed-role/deckhand/i-1 is not authorized to perform: ec2:CreateVolume because no identity-based policy allows the ec2:CreateVolume action. Encoded authorization failure message: ${tail}`,
    ),
  });

  const error = await caught(
    cloudWith().createVolume({
      zone: 'us-east-1a',
      type: 'gp3',
      sizeGiB: 8,
      encrypted: false,
      snapshotId: snapshot,
      tags: {},
      token: 't',
    }),
  );

  expect(error.code).toBe('not-permitted');
  expect(error.message).not.toContain('xxx');
  expect(error.message).not.toContain('Encoded');
  expect(error.message).toContain('no identity-based policy allows the ec2:CreateVolume action');
  expect(error.message).toMatch(/Ask an AWS administrator .*\.$/);
});

test('a snapshot in use names the images that use it', async () => {
  answerAws({
    DeleteSnapshot: failure(
      400,
      'InvalidSnapshot.InUse',
      `The snapshot ${snapshot} is currently in use by ami-0123456789abcdef0`,
    ),
  });

  const error = await caught(cloudWith().deleteSnapshot(snapshot));

  expect(error).toMatchObject({
    code: 'conflict',
    data: { inUseBy: ['ami-0123456789abcdef0'], awsCode: 'InvalidSnapshot.InUse' },
  });
});

test.each(['InsufficientInstanceCapacity'])('%s may pass: transient', async (awsCode) => {
  answerAws({ StartInstances: failure(500, awsCode, 'We currently do not have sufficient capacity.') });

  const error = await caught(cloudWith().startInstances([instance]));

  expect(error).toMatchObject({ code: 'transient', message: expect.stringContaining('Try again in some minutes') });
});

test.each(['SnapshotCreationPerVolumeRateExceeded', 'PendingSnapshotLimitExceeded'])(
  '%s is transient even where nothing may be repeated blindly, for nothing was done',
  async (awsCode) => {
    const received = answerAws({ CreateSnapshot: failure(400, awsCode, 'Slow down.') });

    expect((await caught(cloudWith().createSnapshot({ volumeId: volume, tags: {}, description: '' }))).code).toBe(
      'transient',
    );
    expect(received).toHaveLength(1);
  },
);

describe('already as wanted', () => {
  test('a volume or snapshot that is gone counts as deleted', async () => {
    answerAws({
      DeleteVolume: failure(400, 'InvalidVolume.NotFound', `The volume '${volume}' does not exist.`),
      DeleteSnapshot: failure(400, 'InvalidSnapshot.NotFound', `The snapshot '${snapshot}' does not exist.`),
    });

    await expect(cloudWith().deleteVolume(volume)).resolves.toBeUndefined();
    await expect(cloudWith().deleteSnapshot(snapshot)).resolves.toBeUndefined();
  });
});

describe('made a moment ago', () => {
  const made = reply(
    'CreateVolume',
    `<volumeId>${volume}</volumeId><size>8</size><availabilityZone>us-east-1a</availabilityZone><status>creating</status><createTime>2026-11-22T06:42:32.000Z</createTime><volumeType>gp3</volumeType>`,
  );
  const wanted = {
    zone: 'us-east-1a',
    type: 'gp3',
    sizeGiB: 8,
    encrypted: false,
    snapshotId: snapshot,
    tags: {},
    token: 't',
  } as const;

  test('"not found" then means "not visible yet", in lists, in changes and in deletes', async () => {
    answerAws({
      CreateVolume: made,
      DescribeVolumes: reply('DescribeVolumes', '<volumeSet/>'),
      DeleteTags: failure(400, 'InvalidVolume.NotFound', `The volume '${volume}' does not exist.`),
      DeleteVolume: failure(400, 'InvalidVolume.NotFound', `The volume '${volume}' does not exist.`),
    });
    const cloud = cloudWith();
    await cloud.createVolume(wanted);

    const errors = [
      await caught(cloud.volumes({ ids: [volume] })),
      await caught(cloud.deleteTags([volume], ['env'])),
      await caught(cloud.deleteVolume(volume)),
    ];

    for (const error of errors)
      expect(error).toMatchObject({ code: 'transient', message: expect.stringContaining(volume) });
  });

  test('after a delete it is simply gone', async () => {
    answerAws({
      CreateVolume: made,
      DeleteVolume: reply('DeleteVolume', '<return>true</return>'),
      DescribeVolumes: reply('DescribeVolumes', '<volumeSet/>'),
    });
    const cloud = cloudWith();
    await cloud.createVolume(wanted);
    await cloud.deleteVolume(volume);

    expect((await caught(cloud.volumes({ ids: [volume] }))).code).toBe('not-found');
  });
});

describe('throttling and failures inside AWS', () => {
  const throttle = failure(503, 'RequestLimitExceeded', 'Request limit exceeded.');
  const read = (cloud: Cloud) => cloud.volumes({});
  const once = (cloud: Cloud) => cloud.createSnapshot({ volumeId: volume, tags: {}, description: '' });

  test('a throttled read is repeated by the SDK, and each throttle empties the budget of that action', async () => {
    const received = answerAws({ DescribeVolumes: [throttle, reply('DescribeVolumes', '<volumeSet/>')] });
    const log = createLog();
    const cloud = cloudWith({ log });

    expect(await read(cloud)).toEqual([]);
    expect(received.map((call) => call.attempt)).toEqual(['attempt=1; max=3', 'attempt=2; max=3']);
    expect(cloud.budget()).toMatchObject([{ bucket: 'DescribeVolumes', throttled: 1 }]);
    expect(cloud.budget()[0]!.tokens).toBeLessThan(20); // of 70
    expect(log.lines.filter((line) => line.level === 'warn')).toHaveLength(1);
  });

  test('throttling that goes on is transient', async () => {
    const received = answerAws({ DescribeVolumes: throttle });

    expect((await caught(read(cloudWith()))).code).toBe('transient');
    expect(received).toHaveLength(3);
  });

  test('a throttled snapshot was not made: transient, sent once', async () => {
    const received = answerAws({ CreateSnapshot: throttle });

    expect((await caught(once(cloudWith()))).code).toBe('transient');
    expect(received.map((call) => call.attempt)).toEqual(['attempt=1; max=1']);
  });

  const broken: readonly [what: string, answer: Answer][] = [
    ['InternalError 500', failure(500, 'InternalError', 'An internal error has occurred')],
    ['Unavailable 503', failure(503, 'Unavailable', 'The service is unavailable.')],
    ['an unknown code with 500', failure(500, 'Oops', 'Oops')],
    ['a web page with 502', { status: 502, xml: '<!doctype html><html><p>Bad gateway</html>' }],
    ['an empty 500', { status: 500, xml: '' }],
    ['half an answer', { status: 200, xml: '<CreateSnapshotResponse><snapsh' }],
    ['an answer without what we need', { status: 200, xml: '<CreateSnapshotResponse/>' }],
    ['a web page with 500', { status: 500, xml: '<!doctype html><html><p>Oops</html>' }],
  ];

  test.each(broken)('%s leaves doubt about a snapshot: Ambiguous, sent once', async (_what, answer) => {
    const received = answerAws({ CreateSnapshot: answer });

    const error = await caught(once(cloudWith()));

    expect(error).toMatchObject({
      name: 'Ambiguous',
      code: 'ambiguous',
      message: expect.stringContaining('Look before it is tried again'),
    });
    expect(received).toHaveLength(1);
  });

  test('the same on a read is transient after three tries', async () => {
    const received = answerAws({ DescribeVolumes: failure(500, 'InternalError', 'An internal error has occurred') });

    expect((await caught(read(cloudWith()))).code).toBe('transient');
    expect(received).toHaveLength(3);
  });

  test('an error never carries the raw reply of AWS', async () => {
    answerAws({ CreateTags: failure(400, 'InvalidParameterValue', 'No.') });

    const error: unknown = await cloudWith()
      .createTags([volume], { env: 'prod' })
      .catch((thrown: unknown) => thrown);

    const cause = (error as Error).cause as Error;
    expect(new Set(Reflect.ownKeys(cause))).toEqual(new Set(['message', 'name', 'requestId', 'stack', 'status']));
  });
});
