import { z } from 'zod';

import type { Cloud, VolumeAction, VolumeEvent, VolumeHealth } from '#ports/cloud.ts';
import type { VolumeId } from '#ports/ids.ts';

import type { Send } from './caller.ts';
import type { Filter } from './filters.ts';
import type { EveryPage } from './pages.ts';
import { given, instant, many, text, volumeId } from './reading.ts';
import type { Together } from './together.ts';

/** This call has no filter by id, and takes no page size with ids; AWS allows 1,000 of them.
 *  Source: https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-pagination.html */
const mostIds = 500;

const EventReply = z
  .object({ EventId: text, EventType: text, Description: text, NotBefore: instant.optional() })
  .transform((reply): VolumeEvent => ({
    id: reply.EventId ?? '',
    type: reply.EventType ?? '',
    description: reply.Description ?? '',
    ...given('notBefore', reply.NotBefore),
  }));
const ActionReply = z.object({ Code: text, Description: text, EventId: text }).transform((reply): VolumeAction => ({
  code: reply.Code ?? '',
  description: reply.Description ?? '',
  eventId: reply.EventId ?? '',
}));
const InitializationReply = z
  .object({
    InitializationType: text,
    Progress: z.number().optional(),
    EstimatedTimeToCompleteInSeconds: z.number().optional(),
  })
  .optional()
  .transform((reply): VolumeHealth['initialization'] =>
    reply?.Progress === undefined
      ? undefined
      : {
          type: reply.InitializationType ?? '',
          progress: reply.Progress,
          ...given('secondsLeft', reply.EstimatedTimeToCompleteInSeconds),
        },
  );

const HealthReply = z
  .object({
    VolumeId: volumeId,
    VolumeStatus: z.object({ Status: text, Details: many(z.object({ Name: text, Status: text })) }).optional(),
    Events: many(EventReply),
    Actions: many(ActionReply),
    InitializationStatusDetails: InitializationReply,
  })
  .transform((reply): VolumeHealth => {
    const detail = (name: string) => reply.VolumeStatus?.Details.find((one) => one.Name === name)?.Status;
    return {
      volumeId: reply.VolumeId,
      status: reply.VolumeStatus?.Status ?? 'insufficient-data',
      ioEnabled: detail('io-enabled') !== 'failed',
      ...given('ioPerformance', detail('io-performance')),
      events: reply.Events,
      actions: reply.Actions,
      ...given('initialization', reply.InitializationStatusDetails),
    };
  });
const HealthPage = z.object({ NextToken: text, VolumeStatuses: many(HealthReply) });

export function createVolumeHealth({
  send,
  everyPage,
  together,
}: {
  send: Send;
  everyPage: EveryPage;
  together: Together;
}): Pick<Cloud, 'volumeHealth' | 'ailingVolumes' | 'enableVolumeIO'> {
  const volumeHealth: Cloud['volumeHealth'] = async (ids) => {
    const pages = ids === undefined ? await ofAll() : await ofThese(ids);
    const asked = new Set(ids);
    return pages.flatMap((page) => page.VolumeStatuses).filter((one) => ids === undefined || asked.has(one.volumeId));
  };

  function ofAll(filters: readonly Filter[][] = [[]]) {
    return everyPage(filters, HealthPage, (page) => ({
      action: 'DescribeVolumeStatus',
      command: (sdk) => new sdk.DescribeVolumeStatusCommand(page),
    }));
  }

  function ofThese(ids: readonly VolumeId[]) {
    const action = 'DescribeVolumeStatus';
    return together({ action, most: mostIds }, ids, (VolumeIds, send) =>
      send({ action, command: (sdk) => new sdk.DescribeVolumeStatusCommand({ VolumeIds }) }, HealthPage),
    );
  }

  return {
    volumeHealth,
    ailingVolumes: async () => {
      const bad = ['impaired', 'warning'];
      const pages = await ofAll([[{ Name: 'volume-status.status', Values: bad }]]);
      return pages.flatMap((page) => page.VolumeStatuses).filter(({ status }) => bad.includes(status));
    },
    enableVolumeIO: async (id) => {
      await send(
        { action: 'EnableVolumeIO', command: (sdk) => new sdk.EnableVolumeIOCommand({ VolumeId: id }) },
        z.unknown(),
      );
    },
  };
}
