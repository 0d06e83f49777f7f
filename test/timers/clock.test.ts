import { afterEach, describe, expect, it, vi } from 'vitest';

import { createClock } from '#timers/clock.ts';
import { createRandomText } from '#timers/random.ts';

afterEach(() => {
  vi.useRealTimers();
});

describe('the clock', () => {
  it('calls once after the delay, unless cancelled', async () => {
    vi.useFakeTimers();
    const clock = createClock();
    const act = vi.fn<() => void>();
    clock.after(100, act);
    const cancel = clock.after(100, act);

    await vi.advanceTimersByTimeAsync(99);
    expect(act).not.toHaveBeenCalled();
    cancel();
    await vi.advanceTimersByTimeAsync(1);

    expect(act).toHaveBeenCalledTimes(1);
  });

  it('waits longer than the longest timer of Node', async () => {
    vi.useFakeTimers();
    const days = 60 * 86_400_000;
    const act = vi.fn<() => void>();
    createClock().after(days, act);

    await vi.advanceTimersByTimeAsync(days - 1);
    expect(act).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);

    expect(act).toHaveBeenCalledTimes(1);
  });

  it('cancels a long wait at any time', async () => {
    vi.useFakeTimers();
    const act = vi.fn<() => void>();
    const cancel = createClock().after(60 * 86_400_000, act);

    await vi.advanceTimersByTimeAsync(30 * 86_400_000);
    cancel();
    await vi.advanceTimersByTimeAsync(60 * 86_400_000);

    expect(act).not.toHaveBeenCalled();
  });
});

describe('random text', () => {
  it('has the length asked for, of 64 characters, and is new each time', () => {
    const text = createRandomText();

    for (const length of [1, 2, 3, 4, 10, 33]) expect(text(length)).toMatch(new RegExp(`^[A-Za-z0-9_-]{${length}}$`));
    expect(new Set(Array.from({ length: 1_000 }, () => text(10))).size).toBe(1_000);
  });
});
