import { describe, expect, test } from 'vitest';

import { createBudget } from '#aws/budget.ts';
import { type Action, limitOf } from '#aws/limits.ts';
import { createRates } from '#sandbox/ec2/rates.ts';

import { createFakeClock, createLog, type FakeClock } from './support.ts';

/** Lets resolved promises run. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 8; turn++) await Promise.resolve();
}

async function pass(clock: FakeClock, ms: number): Promise<void> {
  const end = clock.now() + ms;
  for (let next = clock.nextIn(); next !== undefined && clock.now() + next <= end; next = clock.nextIn()) {
    clock.advance(next);
    await settle();
  }
  clock.advance(end - clock.now());
  await settle();
}

/** The same numbers in every run (mulberry32). */
function diceFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

type Fight = {
  action: Action;
  calls: number;
  share: number;
  /** Calls a second that somebody else makes, from the start for so long. */
  others?: { perSecond: number; forMs: number };
  /** Longest time from our token to AWS's bucket; each call takes its own. */
  latencyMs: number;
};

/** Our budget against the simulated buckets of AWS; a throttled call is tried again as the SDK does, through the budget. */
async function fight({ action, calls, share, others, latencyMs }: Fight) {
  const clock = createFakeClock();
  const dice = diceFrom(7);
  const budget = createBudget({ clock, log: createLog(), share, maxWaitMs: 24 * 3_600_000 });
  const take = createRates(clock.now, 1);
  const tally = { sent: 0, throttled: 0, done: 0, doneAt: 0 };
  const isTaken = () => {
    try {
      take({ action, plain: false, instances: 0 });
      return true;
    } catch {
      return false;
    }
  };
  async function attempt(): Promise<void> {
    for (;;) {
      await budget.acquire({ action, lane: 'normal' });
      await clock.sleep(dice() * latencyMs);
      tally.sent += 1;
      if (isTaken()) break;
      tally.throttled += 1;
      await clock.sleep(dice() * latencyMs);
      budget.throttled({ action, lane: 'normal' });
      await clock.sleep(dice() * 1_000);
    }
    tally.done += 1;
    tally.doneAt = clock.now();
  }
  const start = clock.now();
  if (others !== undefined) {
    const gap = 1_000 / others.perSecond;
    const drain = (): void => {
      isTaken();
      if (clock.now() - start < others.forMs) clock.after(gap, drain);
    };
    drain();
  }
  for (let count = 0; count < calls; count++) void attempt();
  while (tally.done < calls) await pass(clock, 10_000);
  return { ...tally, throttledShare: tally.throttled / tally.sent, seconds: (tally.doneAt - start) / 1_000 };
}

describe('thousands of calls at full share', () => {
  test.each([
    ['CreateVolume', 3_000, 5],
    ['DetachVolume', 2_000, 5],
    ['DescribeVolumes', 5_000, 5],
    ['DeleteSnapshot', 5_000, 300],
    ['StartInstances', 500, 300],
  ] as const)('%s: %i calls over a line that delays by up to %i ms', async (action, calls, latencyMs) => {
    const { throttledShare, seconds } = await fight({ action, calls, share: 1, latencyMs });

    expect(throttledShare).toBeLessThan(0.01);
    const { capacity, perSecond } = limitOf(action);
    expect(seconds).toBeLessThan(1.05 * ((calls - capacity) / perSecond) + 1);
  });
});

describe('somebody else drains the same bucket', () => {
  test('all is done, few calls are throttled, and the full speed comes back after them', async () => {
    const others = { perSecond: 3, forMs: 120_000 };
    const { throttledShare, seconds } = await fight({
      action: 'CreateVolume',
      calls: 1_000,
      share: 1,
      others,
      latencyMs: 50,
    });

    expect(throttledShare).toBeLessThan(0.02);
    expect(seconds).toBeLessThan(500);
  });

  test('at the default share nobody notices the other one', async () => {
    const others = { perSecond: 1.4, forMs: 600_000 };
    const { throttled } = await fight({ action: 'CreateVolume', calls: 1_000, share: 0.7, others, latencyMs: 50 });

    expect(throttled).toBe(0);
  });
});
