import { describe, expect, test } from 'vitest';

import type { InstanceId } from '#ports/ids.ts';

import { answerAws, caught, cloudWith, failure, reply, useAnswers } from './support.ts';

const instanceId = 'i-0123456789abcdef0';
const snapshotId = 'snap-0123456789abcdef0';
const id = 'replacevol-0123456789abcdef0';

useAnswers();

function taskXml(inner = '', of: { id?: string; instanceId?: string } = {}): string {
  return `<replaceRootVolumeTaskId>${of.id ?? id}</replaceRootVolumeTaskId><instanceId>${of.instanceId ?? instanceId}</instanceId>${inner}`;
}

describe('replacing a root volume', () => {
  const answer = reply(
    'CreateReplaceRootVolumeTask',
    `<replaceRootVolumeTask>${taskXml('<taskState>pending</taskState><startTime>2026-11-22T06:42:32Z</startTime>')}</replaceRootVolumeTask>`,
  );

  test('keeps the old root, carries our token and tags the task', async () => {
    const received = answerAws({ CreateReplaceRootVolumeTask: answer });

    const task = await cloudWith().replaceRoot({
      instanceId,
      from: { snapshotId },
      token: 'run-1-root-1',
      tags: { 'deckhand:op': 't1' },
      initializationRate: 200,
    });

    expect(task).toEqual({ id, instanceId, state: 'pending', startedAt: Date.parse('2026-11-22T06:42:32Z'), tags: {} });
    expect(received[0]!.form).toMatchObject({
      InstanceId: instanceId,
      SnapshotId: snapshotId,
      ClientToken: 'run-1-root-1',
      DeleteReplacedRootVolume: 'false',
      VolumeInitializationRate: '200',
      'TagSpecification.1.ResourceType': 'replace-root-volume-task',
      'TagSpecification.1.Tag.1.Key': 'deckhand:op',
    });
  });

  test('takes a prepared volume instead of a snapshot', async () => {
    const received = answerAws({ CreateReplaceRootVolumeTask: answer });

    await cloudWith().replaceRoot({ instanceId, from: { volumeId: 'vol-00000001' }, token: 't', tags: {} });

    expect(received[0]!.form).toMatchObject({ VolumeId: 'vol-00000001' });
    expect(received[0]!.form).not.toHaveProperty('SnapshotId');
  });

  test('is sent again with the same token after a failure inside AWS', async () => {
    const received = answerAws({
      CreateReplaceRootVolumeTask: [failure(500, 'InternalError', 'An internal error has occurred'), answer],
    });

    await cloudWith().replaceRoot({ instanceId, from: { snapshotId }, token: 'same', tags: {} });

    expect(received.map((call) => call.form['ClientToken'])).toEqual(['same', 'same']);
  });

  test.each(['', 'x'.repeat(65), 'näh'])('sends nothing with the token %j', async (token) => {
    const received = answerAws({});

    const refused = await caught(cloudWith().replaceRoot({ instanceId, from: { snapshotId }, token, tags: {} }));

    expect(refused.code).toBe('bad-input');
    expect(received).toEqual([]);
  });
});

describe('root tasks', () => {
  const item = (inner: string, of: { id?: string; instanceId?: string } = {}) => `<item>${taskXml(inner, of)}</item>`;
  const list = (items: string, token = '') =>
    reply(
      'DescribeReplaceRootVolumeTasks',
      `<replaceRootVolumeTaskSet>${items}</replaceRootVolumeTaskSet>${token === '' ? '' : `<nextToken>${token}</nextToken>`}`,
    );

  test('are read page by page, fifty at a time, also with states the SDK does not know', async () => {
    const received = answerAws({
      DescribeReplaceRootVolumeTasks: [
        list(item('<taskState>failing-detached</taskState>'), 'two'),
        list(
          item(
            `<taskState>succeeded</taskState><startTime>2026-11-22T06:42:32Z</startTime><completeTime>2026-11-22T06:45:00Z</completeTime><snapshotId>${snapshotId}</snapshotId>`,
            { id: 'replacevol-2' },
          ),
        ),
      ],
    });

    const tasks = await cloudWith().rootTasks({});

    expect(tasks.map((task) => task.state)).toEqual(['failing-detached', 'succeeded']);
    expect(tasks[1]).toMatchObject({ completedAt: Date.parse('2026-11-22T06:45:00Z'), snapshotId });
    expect(received.map((call) => call.form['MaxResults'])).toEqual(['50', '50']);
  });

  test('are asked for by instance through the filter; tags are compared here, since EC2 has no filter for them', async () => {
    const tag = (value: string) => `<tagSet><item><key>deckhand:op</key><value>${value}</value></item></tagSet>`;
    const received = answerAws({
      DescribeReplaceRootVolumeTasks: list(item(tag('mine')) + item(tag('other'), { id: 'replacevol-2' })),
    });

    const tasks = await cloudWith().rootTasks({ instanceIds: [instanceId], tags: { 'deckhand:op': 'mine' } });

    expect(tasks.map((task) => task.id)).toEqual([id]);
    expect(received[0]!.form).toMatchObject({ 'Filter.1.Name': 'instance-id', 'Filter.1.Value.1': instanceId });
    expect(received[0]!.form).not.toHaveProperty('Filter.2.Name');
  });

  test('are asked for by id without a page size', async () => {
    const received = answerAws({ DescribeReplaceRootVolumeTasks: list(item('')) });

    await cloudWith().rootTasks({ ids: [id, id] });

    expect(received[0]!.form).toMatchObject({ 'ReplaceRootVolumeTaskId.1': id });
    expect(received[0]!.form).not.toHaveProperty('MaxResults');
    expect(received[0]!.form).not.toHaveProperty('ReplaceRootVolumeTaskId.2');
  });

  test('of empty lists are none, without a call: AWS would answer with everything', async () => {
    const received = answerAws({});
    const none: InstanceId[] = [];

    expect(await cloudWith().rootTasks({ ids: [] })).toEqual([]);
    expect(await cloudWith().rootTasks({ instanceIds: none })).toEqual([]);
    expect(received).toEqual([]);
  });

  test('made a moment ago and not shown yet are no reason to take them for lost', async () => {
    answerAws({
      CreateReplaceRootVolumeTask: reply(
        'CreateReplaceRootVolumeTask',
        `<replaceRootVolumeTask>${taskXml()}</replaceRootVolumeTask>`,
      ),
      DescribeReplaceRootVolumeTasks: failure(
        400,
        'InvalidReplaceRootVolumeTaskID.NotFound',
        `The replace root volume task ID '${id}' does not exist`,
      ),
    });
    const cloud = cloudWith();

    expect((await caught(cloud.rootTasks({ ids: [id] }))).code).toBe('not-found');
    await cloud.replaceRoot({ instanceId, from: { snapshotId }, token: 't', tags: {} });
    expect((await caught(cloud.rootTasks({ ids: [id] }))).code).toBe('transient');
  });
});
