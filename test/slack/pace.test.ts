import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { createPace } from '#slack/pace.ts';
import { createClock } from '#timers/clock.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('posts of one channel', () => {
  it('go out in order, a short burst at once and then one a second; other channels do not wait', async () => {
    const startedAt = Date.now();
    const sent: string[] = [];
    const paced = createPace(createClock());
    const post = (channel: string, name: string) =>
      paced(channel, async () => void sent.push(`${name} ${Date.now() - startedAt}`));

    for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) void post('C1', name);
    void post('C2', 'other');
    await vi.advanceTimersByTimeAsync(10_000);

    expect(sent.toSorted()).toEqual(['a 0', 'b 0', 'c 0', 'd 0', 'e 1000', 'f 2000', 'other 0']);
    expect(sent.filter((line) => !line.startsWith('other')).map(([name]) => name)).toEqual([
      'a',
      'b',
      'c',
      'd',
      'e',
      'f',
    ]);
  });

  it('go on after one failed', async () => {
    const paced = createPace(createClock());

    const failed = paced('C1', () => Promise.reject(new Error('no')));

    await expect(failed).rejects.toThrow('no');
    expect(await paced('C1', async () => 'yes')).toBe('yes');
  });

  it('are refused when hundreds wait already', async () => {
    const paced = createPace(createClock());
    const waiting = Array.from({ length: 200 }, () => paced('C1', async () => undefined));

    await expect(paced('C1', async () => undefined)).rejects.toMatchObject({ code: 'transient' });
    await vi.advanceTimersByTimeAsync(300_000);
    await Promise.all(waiting);
  });
});
