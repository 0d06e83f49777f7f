import { z } from 'zod';

import { Refusal } from '#errors.ts';
import { defineChange } from '#operations/contract.ts';
import type { Story } from '#operations/story-contract.ts';

import { paused, pausing } from './messages.ts';

const Args = z.object({ why: z.string() });
type Args = z.infer<typeof Args>;

export const pauseOperation = defineChange<Args, Args, null>({
  kind: 'change',
  name: 'pause',
  command: undefined,
  summary: 'Stop everything that Deckhand does by itself, at once',
  usage: '[why]',
  examples: ['', 'big sale today'],
  role: 'approver',
  iam: [],
  approval: { kind: 'none' },
  args: Args,
  parse(words) {
    const flag = Object.keys(words.flags)[0];
    if (flag !== undefined)
      throw new Refusal('bad-input', `\`--${flag}\` is no option of pause. For example: \`/deck pause big sale\`.`);
    return { why: words.plain.join(' ').slice(0, 200) };
  },
  plan: async (_asking, args) => args,
  check: async () => [],
  resources: () => ['automatic-work'],
  stages: () => ['Switch'],
  story: pause,
  words: { planned: pausing, done: paused },
});

async function pause(story: Story, { why }: Args): Promise<null> {
  story.stage(0);
  const at = await story.now();
  const { requester: by } = story.order;
  await story.step('switch', () => story.automaticWork({ stopped: true, by, at, why }));
  return null;
}
