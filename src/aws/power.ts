import { z } from 'zod';

import type { Cloud } from '#ports/cloud.ts';
import type { InstanceId } from '#ports/ids.ts';

import type { Send } from './caller.ts';
import type * as Sdk from './ec2-sdk.ts';
import { chunks } from './filters.ts';
import { mostPerCall } from './shared.ts';
import type { Together } from './together.ts';

type PowerCalls = Pick<Cloud, 'startInstances' | 'stopInstances' | 'rebootInstances'>;

/** Start, stop and reboot, many instances in one call: the buckets of StartInstances are the smallest of all. */
export function createPowerCalls(send: Send, together: Together): PowerCalls {
  async function change(
    action: 'StartInstances' | 'StopInstances',
    ids: readonly InstanceId[],
    command: (sdk: typeof Sdk, InstanceIds: InstanceId[]) => { readonly input: object },
  ): Promise<void> {
    await together({ action, most: mostPerCall, countsInstances: true }, ids, (part, send) =>
      send({ action, instances: part.length, command: (sdk) => command(sdk, part) }, z.unknown()),
    );
  }

  return {
    startInstances: (ids) =>
      change('StartInstances', ids, (sdk, InstanceIds) => new sdk.StartInstancesCommand({ InstanceIds })),
    stopInstances: (ids) =>
      change('StopInstances', ids, (sdk, InstanceIds) => new sdk.StopInstancesCommand({ InstanceIds })),
    // Twice would be two reboots, so it is never joined with others, which would be tried again when one is refused.
    rebootInstances: async (ids) => {
      for (const InstanceIds of chunks([...new Set(ids)], mostPerCall))
        await send(
          {
            action: 'RebootInstances',
            once: true,
            command: (sdk) => new sdk.RebootInstancesCommand({ InstanceIds }),
          },
          z.unknown(),
        );
    },
  };
}
