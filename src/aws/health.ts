import type { Cloud } from '#ports/cloud.ts';
import type { InstanceId } from '#ports/ids.ts';

import type { Send } from './caller.ts';
import { chunks } from './filters.ts';
import type { EveryPage } from './pages.ts';
import { HealthPage } from './replies.ts';

/** AWS takes at most 100 explicit ids here, and no page size with them.
 *  Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstanceStatus.html */
const mostIds = 100;
/** Stopped instances are left out unless asked for. */
const all = { IncludeAllInstances: true };

export function createHealth(send: Send, everyPage: EveryPage): Cloud['health'] {
  return async (ids) => {
    const pages = ids === undefined ? await ofAll(everyPage) : await ofThese(send, [...new Set(ids)]);
    return pages.flatMap((page) => page.InstanceStatuses).filter((one) => one.state !== 'terminated');
  };
}

function ofAll(everyPage: EveryPage) {
  return everyPage([[]], HealthPage, (page) => ({
    action: 'DescribeInstanceStatus',
    command: (sdk) => new sdk.DescribeInstanceStatusCommand({ ...page, ...all }),
  }));
}

async function ofThese(send: Send, ids: readonly InstanceId[]) {
  const pages = [];
  for (const InstanceIds of chunks(ids, mostIds))
    pages.push(
      await send(
        {
          action: 'DescribeInstanceStatus',
          plain: true,
          command: (sdk) => new sdk.DescribeInstanceStatusCommand({ InstanceIds, ...all }),
        },
        HealthPage,
      ),
    );
  return pages;
}
