import { describe, expect, it } from 'vitest';

import { Ambiguous, Transient } from '#errors.ts';
import type { Story } from '#operations/story-contract.ts';
import type { Durable } from '#ports/engine.ts';
import type { History, Order } from '#ports/history.ts';
import type { Settings } from '#ports/settings.ts';
import { createStory } from '#runtime/story.ts';
import { createRecorder } from '#test/support/recorder.ts';

const limits = { visibilityGraceMs: 1_000, poll: { minMs: 100, maxMs: 400 } } as Settings['limits'];

/** A story on a clock that jumps when somebody sleeps. */
function world() {
  let now = 0;
  const intents = new Set<string>();
  const history = {
    intents: { begin: async (_run: string, key: string) => (intents.has(key) ? 'again' : (intents.add(key), 'first')) },
  } as unknown as History;
  const clock = {
    now: () => now,
    monotonic: () => now,
    after: () => () => undefined,
    sleep: async (ms: number) => void (now += ms),
  };
  const tell = (body: (story: Story) => Promise<unknown>) => (durable: Durable) =>
    body(
      createStory(
        {
          history,
          clock,
          cloud: {} as Story['cloud'],
          platform: {} as Story['platform'],
          at: () => ({}) as Story['cloud'],
        },
        { durable, order: { id: 'r-1' } as Order, limits, undo: () => undefined, stage: () => undefined },
      ),
    );
  return { tell, clock };
}

describe('an effect that cannot be repeated', () => {
  it('is done once, also when the process dies right after it', async () => {
    const made: string[] = [];
    const { tell } = world();
    const recorder = createRecorder();
    const body = tell((story) =>
      story.effect('make', { find: async () => made[0], act: async () => (made.push('it'), 'it') }),
    );

    expect(await recorder.run(body, { at: 0, when: 'after' })).toBe('died');
    expect(await recorder.run(body)).toBe('it');
    expect(made).toEqual(['it']);
  });

  it('is looked for when the answer was lost, until the grace is over', async () => {
    const made: string[] = [];
    const { tell, clock } = world();
    const act = async (): Promise<string> => {
      made.push('it');
      throw new Ambiguous('no answer');
    };
    const find = async () => (clock.now() >= 500 ? made[0] : undefined);

    expect(await createRecorder().run(tell((story) => story.effect('make', { find, act })))).toBe('it');
    expect(made).toEqual(['it']);
  });

  it('is not looked for when AWS clearly said no', async () => {
    const { tell, clock } = world();
    const act = async (): Promise<string> => {
      throw new Transient('throttled');
    };

    await expect(
      createRecorder().run(tell((story) => story.effect('make', { find: async () => undefined, act }))),
    ).rejects.toMatchObject({ code: 'transient' });
    expect(clock.now()).toBe(0);
  });
});

describe('waiting for AWS', () => {
  it('looks again at growing gaps until there is an answer', async () => {
    const { tell, clock } = world();
    const looks: number[] = [];
    const look = async () => (looks.push(clock.now()), looks.length === 5 ? 'there' : undefined);

    expect(
      await createRecorder().run(tell((story) => story.poll('wait', { look, withinMs: 100_000, what: 'It' }))),
    ).toBe('there');
    expect(looks).toEqual([0, 100, 250, 475, 812.5]);
  });

  it('gives up with the name of what did not happen', async () => {
    const { tell } = world();

    await expect(
      createRecorder().run(
        tell((story) =>
          story.poll('wait', { look: async () => undefined, withinMs: 2_000, what: 'vol-1 becoming free' }),
        ),
      ),
    ).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringMatching(/vol-1 becoming free did not happen within 2 s/),
    });
  });
});
