import { expect, test } from 'vitest';

import { cloudActions } from '#ports/cloud.ts';

import { answerAws, caught, cloudWith, failure, reply, useAnswers } from './support.ts';

useAnswers();

const of = {
  instanceId: 'i-0123456789abcdef0',
  volumeId: 'vol-0123456789abcdef0',
  snapshotId: 'snap-0123456789abcdef0',
  zone: 'us-east-1a',
  device: '/dev/sdf',
} as const;
const yes = failure(412, 'DryRunOperation', 'Request would have succeeded, but DryRun flag is set.');

test.each(cloudActions)('%s is asked as a dry run of itself', async (action) => {
  const received = answerAws({ [action]: yes });

  expect(await cloudWith().permits(action, of)).toEqual({ permitted: true });
  expect(received).toMatchObject([{ action, form: { DryRun: 'true' } }]);
});

test.each(cloudActions)('%s without any resource is still a dry run', async (action) => {
  const received = answerAws({ [action]: yes });

  expect(await cloudWith().permits(action, {})).toEqual({ permitted: true });
  expect(received.map((call) => call.form['DryRun'])).toEqual(['true']);
});

test('what tags at creation asks for the permission to tag too', async () => {
  const received = answerAws({ CreateVolume: yes });

  await cloudWith().permits('CreateVolume', of);

  expect(received[0]!.form).toMatchObject({
    SnapshotId: of.snapshotId,
    AvailabilityZone: of.zone,
    'TagSpecification.1.Tag.1.Key': 'deckhand:op',
  });
});

test.each(['UnauthorizedOperation', 'AccessDenied'])('%s is a plain no, without the encoded tail', async (code) => {
  answerAws({
    StopInstances: failure(
      403,
      code,
      'You are not authorized to perform: ec2:StopInstances. Encoded authorization failure message: abcdef',
    ),
  });

  const answer = await cloudWith().permits('StopInstances', of);

  expect(answer).toMatchObject({
    permitted: false,
    message: expect.stringContaining('ec2:StopInstances. Ask an AWS administrator'),
  });
  expect(JSON.stringify(answer)).not.toContain('abcdef');
});

test('bad keys are no answer about permissions', async () => {
  answerAws({
    StopInstances: failure(401, 'AuthFailure', 'AWS was not able to validate the provided access credentials'),
  });

  expect(await caught(cloudWith().permits('StopInstances', of))).toMatchObject({
    code: 'not-permitted',
    data: { awsCode: 'AuthFailure' },
  });
});

test('an endpoint that does not know dry runs is not taken for a yes', async () => {
  answerAws({ StopInstances: reply('StopInstances', '<instancesSet/>') });

  expect((await caught(cloudWith().permits('StopInstances', of))).code).toBe('not-offered');
});
