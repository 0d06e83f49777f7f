import { z } from 'zod';

import { Refusal } from '#errors.ts';
import { defineChange } from '#operations/contract.ts';
import type { Story } from '#operations/story-contract.ts';

import { resumed, resuming } from './messages.ts';

const NoArgs = z.object({});
type NoArgs = z.infer<typeof NoArgs>;

export const resumeOperation = defineChange<NoArgs, NoArgs, null>({
  kind: 'change',
  name: 'resume',
  command: undefined,
  summary: 'Let Deckhand work by itself again',
  usage: '',
  examples: [''],
  role: 'approver',
  iam: [],
  approval: { kind: 'none' },
  args: NoArgs,
  parse(words) {
    if (words.line !== '') throw new Refusal('bad-input', 'resume takes nothing behind it. Type `/deck resume`.');
    return {};
  },
  plan: async () => ({}),
  check: async () => [],
  resources: () => ['automatic-work'],
  stages: () => ['Switch'],
  story: resume,
  words: { planned: resuming, done: resumed },
});

async function resume(story: Story): Promise<null> {
  story.stage(0);
  const at = await story.now();
  const { requester: by } = story.order;
  await story.step('switch', () => story.automaticWork({ stopped: false, by, at, why: '' }));
  return null;
}
