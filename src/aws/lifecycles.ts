import { z } from 'zod';

import type { Lifecycles } from '#ports/platform.ts';

import { many } from './reading.ts';
import { createSender, type SenderOptions } from './sender.ts';
import { lifecycleManager } from './services.ts';

/** Data Lifecycle Manager of one account and Region. It has no pages: an account has 100 policies at most.
 *  Source: https://docs.aws.amazon.com/ebs/latest/userguide/snapshot-lifecycle.html */
export function createLifecycles(options: SenderOptions): Lifecycles & { close: () => void } {
  const { send, close } = createSender({ service: lifecycleManager, load: () => import('./dlm-sdk.ts') }, options);
  return {
    policies: async () => {
      const { Policies } = await send(
        { action: 'GetLifecyclePolicies', command: (sdk) => new sdk.GetLifecyclePoliciesCommand({}) },
        z.object({ Policies: many(z.object({ PolicyId: z.string() })) }),
      );
      return Policies.map(({ PolicyId }) => PolicyId);
    },
    close,
  };
}
