import type { Cloud } from '#ports/cloud.ts';

import type { Send } from './caller.ts';
import { sendEach } from './shared.ts';

type PowerCalls = Pick<Cloud, 'startInstances' | 'stopInstances' | 'rebootInstances'>;

/** Start, stop and reboot, many instances in one call: the buckets of StartInstances are the smallest of all. */
export function createPowerCalls(send: Send): PowerCalls {
  return {
    startInstances: (ids) =>
      sendEach(send, ids, (InstanceIds) => ({
        action: 'StartInstances',
        instances: InstanceIds.length,
        command: (sdk) => new sdk.StartInstancesCommand({ InstanceIds }),
      })),
    stopInstances: (ids) =>
      sendEach(send, ids, (InstanceIds) => ({
        action: 'StopInstances',
        instances: InstanceIds.length,
        command: (sdk) => new sdk.StopInstancesCommand({ InstanceIds }),
      })),
    rebootInstances: (ids) =>
      sendEach(send, ids, (InstanceIds) => ({
        action: 'RebootInstances',
        once: true,
        command: (sdk) => new sdk.RebootInstancesCommand({ InstanceIds }),
      })),
  };
}
