import type { Cloud } from '#ports/cloud.ts';
import type { Scripts } from '#ports/platform.ts';
import type { createStory } from '#runtime/story.ts';

type StoryWorld = Parameters<typeof createStory>[0];

/** What a story needs of the world, in memory; its clock runs as far as it sleeps. */
export function storyWorld(of: { cloud: Cloud; elsewhere?: Cloud; scripts?: Scripts }): StoryWorld {
  const begun = new Set<string>();
  let now = 0;
  return {
    clock: {
      now: () => now,
      monotonic: () => now,
      after: () => () => undefined,
      sleep: async (ms: number) => void (now += ms),
    },
    history: {
      intents: { begin: async (_run: string, key: string) => (begun.has(key) ? 'again' : (begun.add(key), 'first')) },
    },
    cloud: of.cloud,
    platform: { scripts: of.scripts },
    at: () => of.elsewhere ?? of.cloud,
  } as unknown as StoryWorld;
}
