import { isTransient } from '#errors.ts';
import type { Clock } from '#ports/clock.ts';
import type { Cloud } from '#ports/cloud.ts';

import type { Send } from './caller.ts';
import { sendEach } from './shared.ts';

/** Somebody else writing the same tags is over in a moment; the SDK does not repeat this. */
const retryAfterMs = [250, 500, 1_000] as const;

export function createTagCalls(send: Send, clock: Clock): Pick<Cloud, 'createTags' | 'deleteTags'> {
  return {
    createTags: async (ids, tags) => {
      const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
      if (Tags.length === 0) return;
      await patiently(clock, () =>
        sendEach(send, ids, (Resources) => ({
          action: 'CreateTags',
          command: (sdk) => new sdk.CreateTagsCommand({ Resources, Tags }),
        })),
      );
    },
    deleteTags: async (ids, keys) => {
      // Without keys EC2 deletes every tag of the resources.
      if (keys.length === 0) return;
      const Tags = [...new Set(keys)].map((Key) => ({ Key }));
      await patiently(clock, () =>
        sendEach(send, ids, (Resources) => ({
          action: 'DeleteTags',
          command: (sdk) => new sdk.DeleteTagsCommand({ Resources, Tags }),
        })),
      );
    },
  };
}

async function patiently(clock: Clock, act: () => Promise<void>): Promise<void> {
  for (const waitMs of retryAfterMs) {
    try {
      return await act();
    } catch (error) {
      if (!isTransient(error) || !String(error).includes('ConcurrentTagAccess')) throw error;
      await clock.sleep(waitMs);
    }
  }
  return act();
}
