import type { Cloud } from '#ports/cloud.ts';
import type { InstanceId } from '#ports/ids.ts';

import type { EveryPage } from './pages.ts';
import { HealthPage } from './replies.ts';
import type { Together } from './together.ts';

/** AWS takes at most 100 explicit ids here, and no page size with them.
 *  Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstanceStatus.html */
const mostIds = 100;
/** Stopped instances are left out unless asked for. */
const all = { IncludeAllInstances: true };

export function createHealth(together: Together, everyPage: EveryPage): Cloud['health'] {
  return async (ids) => {
    const pages = ids === undefined ? await ofAll(everyPage) : await ofThese(together, ids);
    const asked = new Set(ids);
    return pages
      .flatMap((page) => page.InstanceStatuses)
      .filter((one) => one.state !== 'terminated' && (ids === undefined || asked.has(one.instanceId)));
  };
}

function ofAll(everyPage: EveryPage) {
  return everyPage([[]], HealthPage, (page) => ({
    action: 'DescribeInstanceStatus',
    command: (sdk) => new sdk.DescribeInstanceStatusCommand({ ...page, ...all }),
  }));
}

function ofThese(together: Together, ids: readonly InstanceId[]) {
  const call = { action: 'DescribeInstanceStatus', plain: true } as const;
  return together({ ...call, most: mostIds }, ids, (InstanceIds, send) =>
    send({ ...call, command: (sdk) => new sdk.DescribeInstanceStatusCommand({ InstanceIds, ...all }) }, HealthPage),
  );
}
