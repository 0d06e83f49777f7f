import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { Durable } from '#ports/engine.ts';
import { isUndoIncomplete, saga, type UndoIncomplete } from '#runtime/saga.ts';
import { createRecorder } from '#test/support/recorder.ts';

/** A world of named things that are done or not; every effect is idempotent. */
function effects(names: readonly string[], fail: { at?: string; undo?: readonly string[] }) {
  const done = new Set<string>();
  const body = (durable: Durable) =>
    saga(
      durable,
      async (undo) => {
        for (const name of names) {
          undo(
            name,
            async () => {
              if (fail.undo?.includes(name) === true) throw new Error(`cannot undo ${name}`);
              done.delete(name);
            },
            `undo ${name} by hand`,
          );
          await durable.step(name, async () => {
            if (fail.at === name) throw new Error(`no ${name}`);
            done.add(name);
          });
        }
        return 'ok';
      },
      () => undefined,
    );
  return { done, body };
}
const names = ['create', 'detach', 'attach', 'start'];

describe('a saga', () => {
  it('undoes in reverse what was registered, then fails with the first error', async () => {
    const { done, body } = effects(names, { at: 'attach' });
    const recorder = createRecorder();

    await expect(recorder.run(body)).rejects.toThrow('no attach');

    expect(done).toEqual(new Set());
    expect(recorder.steps()).toEqual(['create', 'detach', 'attach', 'undo attach', 'undo detach', 'undo create']);
  });

  it('goes on when one undo fails and says what to do by hand', async () => {
    const { done, body } = effects(names, { at: 'start', undo: ['detach'] });
    const error = (await createRecorder()
      .run(body)
      .catch((thrown: unknown) => thrown)) as UndoIncomplete;

    expect(isUndoIncomplete(error)).toBe(true);
    expect(error).toMatchObject({
      message: 'no start',
      failed: [{ name: 'detach', why: 'cannot undo detach', manual: 'undo detach by hand' }],
    });
    expect(done).toEqual(new Set(['detach']));
  });

  it('ends done or undone whatever step it died in, before or after the effect, twice', async () => {
    const when = fc.constantFrom<'before' | 'after'>('before', 'after');
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(undefined, ...names),
        fc.array(fc.record({ at: fc.nat(9), when }), { maxLength: 2 }),
        async (at, deaths) => {
          const { done, body } = effects(names, at === undefined ? {} : { at });
          const recorder = createRecorder();
          for (const death of deaths) await recorder.run(body, death).catch(() => undefined);
          const end = await recorder.run(body).catch((error: Error) => error.message);
          expect(end).toBe(at === undefined ? 'ok' : `no ${at}`);
          expect(done).toEqual(at === undefined ? new Set(names) : new Set());
        },
      ),
    );
  });

  it('compensates nothing when the process lost its run', async () => {
    const { done, body } = effects(names, {});

    await expect(createRecorder().run(body, { at: 2, when: 'after' })).resolves.toBe('died');

    expect(done).toEqual(new Set(['create', 'detach', 'attach']));
  });
});
