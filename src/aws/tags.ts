import { z } from 'zod';

import { isTransient } from '#errors.ts';
import type { Clock } from '#ports/clock.ts';
import type { Cloud } from '#ports/cloud.ts';

import { mostPerCall } from './shared.ts';
import type { Together } from './together.ts';

/** Somebody else writing the same tags is over in a moment; the SDK does not repeat this. */
const retryAfterMs = [250, 500, 1_000] as const;

export function createTagCalls(together: Together, clock: Clock): Pick<Cloud, 'createTags' | 'deleteTags'> {
  return {
    createTags: async (ids, tags) => {
      const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
      if (Tags.length === 0) return;
      const action = 'CreateTags';
      await together({ action, most: mostPerCall, like: likeOf(Tags) }, ids, (Resources, send) =>
        patiently(clock, () =>
          send({ action, command: (sdk) => new sdk.CreateTagsCommand({ Resources, Tags }) }, z.unknown()),
        ),
      );
    },
    deleteTags: async (ids, keys) => {
      // Without keys EC2 deletes every tag of the resources.
      if (keys.length === 0) return;
      const Tags = [...new Set(keys)].map((Key) => ({ Key }));
      const action = 'DeleteTags';
      await together({ action, most: mostPerCall, like: likeOf(Tags) }, ids, (Resources, send) =>
        patiently(clock, () =>
          send({ action, command: (sdk) => new sdk.DeleteTagsCommand({ Resources, Tags }) }, z.unknown()),
        ),
      );
    },
  };
}

/** The same for the same tags in any order. */
function likeOf(tags: readonly { Key: string; Value?: string }[]): string {
  return JSON.stringify(tags.map(({ Key, Value = '' }) => JSON.stringify([Key, Value])).toSorted());
}

async function patiently(clock: Clock, act: () => Promise<unknown>): Promise<void> {
  for (const waitMs of retryAfterMs) {
    try {
      await act();
      return;
    } catch (error) {
      if (!isTransient(error) || !String(error).includes('ConcurrentTagAccess')) throw error;
      await clock.sleep(waitMs);
    }
  }
  await act();
}
