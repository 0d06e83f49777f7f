import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { createEdits } from '#slack/edits.ts';
import { createClock } from '#timers/clock.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function edits() {
  const sent: { state: string; at: number }[] = [];
  const edit = createEdits({ clock: createClock(), gapMs: 3_000 });
  const startedAt = Date.now();
  const show = (state: string, { now = false, takesMs = 0 } = {}) =>
    edit(
      'C1:1.1',
      async () => {
        if (takesMs > 0) await new Promise((resolve) => setTimeout(resolve, takesMs));
        sent.push({ state, at: Date.now() - startedAt });
      },
      now,
    );
  return { edit, show, sent };
}

describe('edits of one message', () => {
  it('go out at once when it was quiet, then every 3 s with the newest state only, the last one always', async () => {
    const { show, sent } = edits();

    const all = [show('1'), show('2'), show('3')];
    await vi.advanceTimersByTimeAsync(1_000);
    all.push(show('4'));
    await vi.advanceTimersByTimeAsync(10_000);
    await Promise.all(all);

    expect(sent).toEqual([
      { state: '1', at: 0 },
      { state: '4', at: 3_000 },
    ]);
  });

  it('keep their gap when one came while another was under way', async () => {
    const { show, sent } = edits();

    void show('slow', { takesMs: 2_000 });
    await vi.advanceTimersByTimeAsync(1_000);
    void show('next');
    await vi.advanceTimersByTimeAsync(10_000);

    expect(sent).toEqual([
      { state: 'slow', at: 2_000 },
      { state: 'next', at: 5_000 },
    ]);
  });

  it('end the gap when they must be seen now, and never overtake one under way', async () => {
    const { show, sent } = edits();

    void show('first');
    await vi.advanceTimersByTimeAsync(500);
    void show('final', { now: true, takesMs: 1_000 });
    void show('after the final', { now: true });
    await vi.advanceTimersByTimeAsync(2_000);

    expect(sent).toEqual([
      { state: 'first', at: 0 },
      { state: 'after the final', at: 500 },
    ]);
  });

  it('tell everybody who was left out what became of the newest', async () => {
    const { edit, show } = edits();

    void show('first');
    const left = show('left out');
    const failing = edit('C1:1.1', () => Promise.reject(new Error('gone')), false);
    const outcomes = Promise.allSettled([left, failing]);
    await vi.advanceTimersByTimeAsync(3_000);

    expect(await outcomes).toMatchObject([
      { status: 'rejected', reason: { message: 'gone' } },
      { status: 'rejected', reason: { message: 'gone' } },
    ]);
  });

  it('do not wait for those of another message', async () => {
    const { edit, show, sent } = edits();

    void show('1');
    await edit('C1:2.2', async () => void sent.push({ state: 'other', at: 0 }), false);

    expect(sent.map(({ state }) => state)).toEqual(['1', 'other']);
  });
});
