import { z } from 'zod';

import type { Cloud, NewRoot, RootTask, RootTaskQuery } from '#ports/cloud.ts';
import { InstanceId } from '#ports/ids.ts';

import type { Caller, Send } from './caller.ts';
import { filtersFor } from './filters.ts';
import { type EveryPage, upTo } from './pages.ts';
import { given, many, rootTaskId, snapshotId, Tagged, text, writtenInstant } from './reading.ts';
import { hasTags } from './reads.ts';
import { clientToken, tagged } from './shared.ts';
import type { Together } from './together.ts';

/** Tasks in one answer, so ids in one question as well.
 *  Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeReplaceRootVolumeTasks.html */
const mostTasks = 50;

const TaskReply = z
  .object({
    ReplaceRootVolumeTaskId: rootTaskId,
    InstanceId,
    TaskState: text,
    StartTime: writtenInstant,
    CompleteTime: writtenInstant,
    SnapshotId: text,
    Tags: Tagged,
  })
  .transform((reply): RootTask => ({
    id: reply.ReplaceRootVolumeTaskId,
    instanceId: reply.InstanceId,
    state: reply.TaskState ?? 'pending',
    ...given('startedAt', reply.StartTime),
    ...given('completedAt', reply.CompleteTime),
    ...given('snapshotId', snapshotId.safeParse(reply.SnapshotId).data),
    tags: reply.Tags,
  }));
const TasksPage = z.object({ NextToken: text, ReplaceRootVolumeTasks: many(TaskReply) });

/** Root volumes replaced in place: the task is made once by its token, and looked at page by page. */
export function createRootCalls(
  { send, everyPage, together }: { send: Send; everyPage: EveryPage; together: Together },
  { recent }: Pick<Caller, 'recent'>,
): Pick<Cloud, 'replaceRoot' | 'rootTasks'> {
  async function replaceRoot(of: NewRoot): Promise<RootTask> {
    const input = {
      ClientToken: clientToken(of.token),
      InstanceId: of.instanceId,
      ...('volumeId' in of.from ? { VolumeId: of.from.volumeId } : { SnapshotId: of.from.snapshotId }),
      DeleteReplacedRootVolume: false,
      ...(of.initializationRate === undefined ? {} : { VolumeInitializationRate: of.initializationRate }),
      ...tagged('replace-root-volume-task', of.tags),
    };
    const { ReplaceRootVolumeTask: task } = await send(
      { action: 'CreateReplaceRootVolumeTask', command: (sdk) => new sdk.CreateReplaceRootVolumeTaskCommand(input) },
      z.object({ ReplaceRootVolumeTask: TaskReply }),
    );
    recent.note(task.id);
    return task;
  }

  async function rootTasks({ ids, instanceIds, tags }: RootTaskQuery): Promise<readonly RootTask[]> {
    const tasks = ids === undefined ? await listed(instanceIds) : await named(ids);
    return tasks.filter(
      (one) => (ids?.includes(one.id) ?? true) && (instanceIds?.includes(one.instanceId) ?? true) && hasTags(one, tags),
    );
  }

  async function listed(instanceIds: RootTaskQuery['instanceIds']): Promise<readonly RootTask[]> {
    const pages = await everyPage(filtersFor({ 'instance-id': instanceIds }), TasksPage, (page) => ({
      action: 'DescribeReplaceRootVolumeTasks',
      command: (sdk) => new sdk.DescribeReplaceRootVolumeTasksCommand(upTo(mostTasks, page)),
    }));
    return pages.flatMap((page) => page.ReplaceRootVolumeTasks);
  }

  async function named(ids: NonNullable<RootTaskQuery['ids']>): Promise<readonly RootTask[]> {
    const action = 'DescribeReplaceRootVolumeTasks';
    const pages = await together({ action, most: mostTasks }, ids, (ReplaceRootVolumeTaskIds, send) =>
      send(
        { action, command: (sdk) => new sdk.DescribeReplaceRootVolumeTasksCommand({ ReplaceRootVolumeTaskIds }) },
        TasksPage,
      ),
    );
    return pages.flatMap((page) => page.ReplaceRootVolumeTasks);
  }

  return { replaceRoot, rootTasks };
}
