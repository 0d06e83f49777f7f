import { describe, expect, test } from 'vitest';

import type { InstanceId, VolumeId } from '#ports/ids.ts';

import { type Answer, answerAws, caught, cloudWith, failure, reply, useAnswers } from './support.ts';

useAnswers();

const instanceId: InstanceId = 'i-0123456789abcdef0';
const otherInstance: InstanceId = 'i-0123456789abcdef1';
const volumeId: VolumeId = 'vol-0123456789abcdef0';
const device = '/dev/sdf';

function volumeAt(...attachments: readonly { instance: string; device: string; state: string }[]): Answer {
  const items = attachments.map(
    (at) =>
      `<item><instanceId>${at.instance}</instanceId><device>${at.device}</device><status>${at.state}</status></item>`,
  );
  const state = attachments.length > 0 ? 'in-use' : 'available';
  return reply(
    'DescribeVolumes',
    `<volumeSet><item><volumeId>${volumeId}</volumeId><size>8</size><availabilityZone>us-east-1a</availabilityZone><status>${state}</status><createTime>2026-11-01T00:00:00.000Z</createTime><volumeType>gp3</volumeType><attachmentSet>${items.join('')}</attachmentSet></item></volumeSet>`,
  );
}

const free = volumeAt();

describe('attaching', () => {
  const inUse = failure(400, 'VolumeInUse', `${volumeId} is already attached to an instance`);
  const attach = () => cloudWith().attachVolume({ volumeId, instanceId, device });

  test.each(['attaching', 'attached'])('done already (%s here, at this device) counts as done', async (state) => {
    const received = answerAws({ DescribeVolumes: volumeAt({ instance: instanceId, device, state }) });

    await attach();

    expect(received.map((call) => call.action)).toEqual(['DescribeVolumes']);
  });

  const elsewhere = [
    ['another instance', { instance: otherInstance, device, state: 'attached' }],
    ['another device', { instance: instanceId, device: '/dev/sdg', state: 'attached' }],
    ['here but on its way out', { instance: instanceId, device, state: 'detaching' }],
  ] as const;

  test.each(elsewhere)('a volume at %s is a conflict that says where it is; nothing is sent', async (_where, at) => {
    const received = answerAws({ DescribeVolumes: volumeAt(at) });

    const error = await caught(attach());

    expect(error).toMatchObject({ code: 'conflict', data: { awsCode: 'VolumeInUse' } });
    expect(error.message).toContain(`${volumeId} is ${at.state} at ${at.device} of ${at.instance}`);
    expect(received.map((call) => call.action)).toEqual(['DescribeVolumes']);
  });

  test.each(elsewhere)('the same (%s) when it only shows after EC2 refused', async (_where, at) => {
    answerAws({ AttachVolume: inUse, DescribeVolumes: [free, volumeAt(at)] });

    expect(await caught(attach())).toMatchObject({
      code: 'conflict',
      message: expect.stringContaining(`of ${at.instance}`),
      data: { awsCode: 'VolumeInUse', requestId: 'req-42' },
    });
  });

  test('in use, but not shown where yet, is tried again later', async () => {
    answerAws({ AttachVolume: inUse, DescribeVolumes: free });

    expect((await caught(attach())).code).toBe('transient');
  });

  test('a device that another volume holds is a conflict', async () => {
    answerAws({
      AttachVolume: failure(
        400,
        'InvalidParameterValue',
        `Invalid value '${device}' for unixDevice. Attachment point ${device} is already in use`,
      ),
      DescribeVolumes: free,
    });

    const error = await caught(attach());

    expect(error).toMatchObject({ code: 'conflict', message: expect.stringContaining('choose another device') });
  });

  test('a volume that is still being created is a conflict', async () => {
    answerAws({
      AttachVolume: failure(400, 'IncorrectState', `Volume '${volumeId}' is in the 'creating' state.`),
      DescribeVolumes: free,
    });

    expect(await caught(attach())).toMatchObject({
      code: 'conflict',
      message: expect.stringContaining("'creating'"),
    });
  });

  test('a lost answer is repeated, and the refusal of the repeat counts as done', async () => {
    const received = answerAws({
      AttachVolume: [failure(500, 'InternalError', 'An internal error has occurred'), inUse],
      DescribeVolumes: [free, volumeAt({ instance: instanceId, device, state: 'attaching' })],
    });

    await attach();

    expect(received.filter((call) => call.action === 'AttachVolume').map((call) => call.attempt)).toEqual([
      'attempt=1; max=3',
      'attempt=2; max=3',
    ]);
  });
});

describe('detaching', () => {
  const detach = () => cloudWith().detachVolume({ volumeId, instanceId });
  const here = (state: string) => volumeAt({ instance: instanceId, device, state });
  const notAttached = [
    ['IncorrectState', `Volume '${volumeId}' is in the 'available' state.`],
    ['InvalidAttachment.NotFound', `Volume '${volumeId}' can not be detached from '${instanceId}'`],
  ] as const;

  test.each(notAttached)('%s of a volume that is free already counts as done', async (code, message) => {
    const received = answerAws({ DetachVolume: failure(400, code, message), DescribeVolumes: free });

    await detach();

    // What looks free may have been attached a moment ago, so EC2 has the word.
    expect(received.map((call) => call.action)).toEqual(['DescribeVolumes', 'DetachVolume', 'DescribeVolumes']);
  });

  test('on its way out already counts as done', async () => {
    answerAws({
      DetachVolume: failure(400, 'IncorrectState', `Volume '${volumeId}' is in the 'detaching' state.`),
      DescribeVolumes: here('detaching'),
    });

    await expect(detach()).resolves.toBeUndefined();
  });

  test('a volume of another instance is a conflict; nothing is sent', async () => {
    const received = answerAws({
      DescribeVolumes: volumeAt({ instance: otherInstance, device: '/dev/sdg', state: 'attached' }),
    });

    const error = await caught(detach());

    expect(error).toMatchObject({
      code: 'conflict',
      message: expect.stringContaining(`of ${otherInstance}, not of ${instanceId}`),
    });
    expect(received.map((call) => call.action)).toEqual(['DescribeVolumes']);
  });

  test.each(notAttached)('the same when it only shows after EC2 refused (%s)', async (code, message) => {
    answerAws({
      DetachVolume: failure(400, code, message),
      DescribeVolumes: [free, volumeAt({ instance: otherInstance, device: '/dev/sdg', state: 'attached' })],
    });

    expect(await caught(detach())).toMatchObject({ code: 'conflict', data: { awsCode: code, requestId: 'req-42' } });
  });

  test('the root volume of a running instance is refused with the next move', async () => {
    answerAws({
      DetachVolume: failure(400, 'OperationNotPermitted', `Unable to detach root volume '${volumeId}'`),
      DescribeVolumes: here('attached'),
    });

    expect(await caught(detach())).toMatchObject({
      code: 'unsuitable',
      message: expect.stringContaining('root volume of a running instance'),
    });
  });

  test('still attached after a refusal is a conflict', async () => {
    answerAws({
      DetachVolume: failure(400, 'IncorrectState', `Unable to detach root volume '${volumeId}'`),
      DescribeVolumes: here('attached'),
    });

    expect((await caught(detach())).code).toBe('conflict');
  });
});
