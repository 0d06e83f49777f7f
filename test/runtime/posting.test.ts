import { describe, expect, it } from 'vitest';

import { Ambiguous, Refusal, Transient } from '#errors.ts';
import type { NewFile } from '#ports/chat.ts';
import { attachOnce } from '#runtime/posting.ts';
import { createRecorder } from '#test/support/recorder.ts';
import { silentLog } from '#test/support/store.ts';

const of = { ref: { channel: 'C1', ts: '1.1' }, file: { name: 'a.tf', title: 'Import blocks', text: 'import {}' } };

function chatThat(...answers: (Error | undefined)[]) {
  const files: NewFile[] = [];
  const posts: string[] = [];
  const chat = {
    file: async (file: NewFile) => {
      files.push(file);
      const answer = answers.shift();
      if (answer !== undefined) throw answer;
      return { id: 'F0000000A' };
    },
    post: async (_channel: string, post: unknown, threadTs?: string) => {
      posts.push(`${threadTs} ${JSON.stringify(post)}`);
      return { channel: 'C1', ts: '1.2' };
    },
  };
  return { files, posts, world: { chat, log: silentLog } as unknown as Parameters<typeof attachOnce>[0] };
}

describe('a file in a thread', () => {
  it('is attached once, however often the run starts again', async () => {
    const recorder = createRecorder();
    const { files, world } = chatThat();

    await recorder.run((durable) => attachOnce(world, durable, 'file', of));
    await recorder.run((durable) => attachOnce(world, durable, 'file', of));

    expect(files).toMatchObject([{ channel: 'C1', threadTs: '1.1', text: 'import {}' }]);
  });

  it.each([[new Ambiguous('lost')], [new Transient('busy')]])('is sent again after %s', async (error) => {
    const { files, world } = chatThat(error);

    await createRecorder().run((durable) => attachOnce(world, durable, 'file', of));

    expect(files).toHaveLength(2);
  });

  it('that the chat refuses is posted as text, with what to do', async () => {
    const { posts, world } = chatThat(new Refusal('not-permitted', 'Update the app with manifest.yml.'));

    await createRecorder().run((durable) => attachOnce(world, durable, 'file', of));

    expect(posts).toHaveLength(1);
    expect(posts[0]).toMatch(/^1\.1 .*import \{\}/);
    expect(posts[0]).toContain('Update the app with manifest.yml.');
  });
});
