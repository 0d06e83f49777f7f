import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { createBudget } from '#aws/budget.ts';
import { limitOf, type Limits } from '#aws/limits.ts';
import type { Lane } from '#ports/clouds.ts';

import { caught, createFakeClock, createLog, type FakeClock } from './support.ts';

/** AWS's bucket of StartInstances, with as much more in it as is never used: five calls at once, then two a second. */
const StartInstances = { capacity: 6.5, perSecond: 2, resources: { capacity: 1_001.5, perSecond: 2 } };

function budgetWith(options: { share?: number; maxWaitMs?: number; limits?: Limits } = {}) {
  const clock = createFakeClock();
  const log = createLog();
  return { clock, log, budget: createBudget({ clock, log, share: 1, limits: { StartInstances }, ...options }) };
}

/** Lets resolved promises run. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await Promise.resolve();
}

/** Lets time pass and everybody act at the very instant they may. */
async function pass(clock: FakeClock, ms: number): Promise<void> {
  const end = clock.now() + ms;
  for (let next = clock.nextIn(); next !== undefined && clock.now() + next <= end; next = clock.nextIn()) {
    clock.advance(next);
    await settle();
  }
  clock.advance(end - clock.now());
  await settle();
}

describe('waiting for tokens', () => {
  test('StartInstances passes five calls at once, then two a second', async () => {
    const { clock, budget } = budgetWith();
    const passed: number[] = [];
    const start = clock.now();
    for (let count = 0; count < 9; count++)
      void budget.acquire({ action: 'StartInstances', lane: 'normal' }).then(() => passed.push(clock.now() - start));

    await settle();
    expect(passed).toHaveLength(5);
    for (let step = 0; step < 20; step++) {
      clock.advance(100);
      await settle();
    }

    expect(passed.slice(5)).toEqual([500, 1_000, 1_500, 2_000]);
  });

  test('the last tokens are left alone also at full share: calls under way are counted here earlier than there', async () => {
    const { budget } = budgetWith({ limits: {} });
    let passed = 0;
    for (let count = 0; count < 200; count++)
      void budget.acquire({ action: 'CreateVolume', lane: 'normal' }).then(() => passed++);
    await settle();

    expect(passed).toBe(97);
  });

  test('the share leaves the rest of the limit to others in the account', async () => {
    const { clock, budget } = budgetWith({ share: 0.7 });
    let passed = 0;
    for (let count = 0; count < 200; count++)
      void budget.acquire({ action: 'CreateVolume', lane: 'normal' }).then(() => passed++);

    await settle();
    expect(passed).toBe(70);
    clock.advance(10_000);
    await settle();

    expect(passed).toBe(70 + 35);
  });

  test('restores go before commands, commands before sweeps, each in the order they came', async () => {
    const { clock, budget } = budgetWith();
    for (let count = 0; count < 5; count++) await budget.acquire({ action: 'StartInstances', lane: 'normal' });
    const order: string[] = [];
    const queue = (lane: Lane, name: string) =>
      void budget.acquire({ action: 'StartInstances', lane }).then(() => order.push(name));
    queue('low', 'sweep');
    queue('normal', 'command 1');
    queue('normal', 'command 2');
    queue('high', 'restore');

    clock.advance(10_000);
    await settle();

    expect(order).toEqual(['restore', 'command 1', 'command 2', 'sweep']);
  });

  test('runs take turns: one server of its own is not held up by a job of hundreds', async () => {
    const { clock, budget } = budgetWith();
    for (let count = 0; count < 5; count++) await budget.acquire({ action: 'StartInstances', lane: 'normal' });
    const order: string[] = [];
    const queue = (owner: string, name: string) =>
      void budget.acquire({ action: 'StartInstances', lane: 'normal', owner }).then(() => order.push(name));
    for (let count = 1; count <= 500; count++) queue('r-large', `large ${count}`);
    queue('r-small', 'small 1');
    queue('watch', 'watch 1');
    queue('r-small', 'small 2');

    await pass(clock, 4_000);

    expect(order).toEqual(['large 1', 'small 1', 'watch 1', 'large 2', 'small 2', 'large 3', 'large 4', 'large 5']);
  });

  test('who gives up waiting leaves the others their places', async () => {
    const { clock, budget } = budgetWith({ maxWaitMs: 1_900 });
    for (let count = 0; count < 5; count++) await budget.acquire({ action: 'StartInstances', lane: 'normal' });
    const ends: string[] = [];
    for (let count = 1; count <= 6; count++)
      void budget
        .acquire({ action: 'StartInstances', lane: 'normal', owner: `r-${count % 2}` })
        .then(() => ends.push(`${count} went`))
        .catch(() => ends.push(`${count} gave up`));

    await pass(clock, 2_000);

    expect(ends.toSorted()).toEqual(['1 went', '2 went', '3 went', '4 gave up', '5 gave up', '6 gave up']);
    expect(budget.levels()[0]?.waiting).toBe(0);
  });

  test('each action has its own bucket', async () => {
    const { budget } = budgetWith();
    for (let count = 0; count < 5; count++) await budget.acquire({ action: 'StartInstances', lane: 'low' });

    await expect(budget.acquire({ action: 'StopInstances', lane: 'low' })).resolves.toBeUndefined();
  });

  test('starting many instances in one call draws on the bucket that counts instances', async () => {
    const { clock, budget } = budgetWith();
    for (let count = 0; count < 5; count++)
      await budget.acquire({ action: 'StartInstances', lane: 'normal', instances: () => 200 });
    clock.advance(3_000);
    let passed = false;
    void budget.acquire({ action: 'StartInstances', lane: 'normal', instances: () => 200 }).then(() => (passed = true));

    await settle();
    expect(passed).toBe(false);
    clock.advance(97_000);
    await settle();

    expect(passed).toBe(true);
  });

  test('describe calls without page size draw on a smaller bucket of their own', async () => {
    const { budget } = budgetWith();
    let plain = 0;
    for (let count = 0; count < 90; count++)
      void budget.acquire({ action: 'DescribeInstanceStatus', lane: 'normal', plain: true }).then(() => plain++);
    await settle();

    expect(plain).toBe(46);
    await expect(budget.acquire({ action: 'DescribeInstanceStatus', lane: 'normal' })).resolves.toBeUndefined();
  });
});

describe('limits', () => {
  test.each([
    ['DescribeImages', 100, 20],
    ['ListSnapshotsInRecycleBin', 100, 20],
    ['CreateVolume', 100, 5],
    ['CreateReplaceRootVolumeTask', 50, 5],
    ['CopySnapshot', 50, 5],
    ['StartInstances', 5, 2],
  ])('%s has a bucket of %i and %i a second, listed or by its kind', (action, capacity, perSecond) => {
    expect(limitOf(action)).toMatchObject({ capacity, perSecond });
  });

  test('what the account has been granted goes before the defaults, and what it does not name stays', async () => {
    const own = { StartInstances: { capacity: 20, perSecond: 4 } };
    expect(limitOf('StartInstances', own)).toEqual({
      capacity: 20,
      perSecond: 4,
      resources: { capacity: 1000, perSecond: 2 },
    });
    const { budget } = budgetWith({ limits: own });
    let passed = 0;
    for (let count = 0; count < 30; count++)
      void budget.acquire({ action: 'StartInstances', lane: 'normal' }).then(() => passed++);
    await settle();

    expect(passed).toBe(18);
  });
});

describe('when AWS throttles', () => {
  test('the bucket of that action is empty, shrinks when it happens again, is logged, and the others stay', async () => {
    const { clock, budget, log } = budgetWith();
    await budget.acquire({ action: 'CreateVolume', lane: 'normal' });
    await budget.acquire({ action: 'CreateTags', lane: 'normal' });

    budget.throttled({ action: 'CreateVolume', lane: 'normal' });
    expect(budget.levels()[0]).toMatchObject({ tokens: 0, capacity: 97.75, share: 1, throttled: 1 });
    clock.advance(2_000);
    budget.throttled({ action: 'CreateVolume', lane: 'normal' });

    const [volume, tags] = budget.levels();
    expect(volume).toMatchObject({ bucket: 'CreateVolume', tokens: 0, capacity: 48.875, share: 0.5, throttled: 2 });
    expect(tags).toMatchObject({ bucket: 'CreateTags', tokens: 96.5, share: 1, throttled: 0 });
    expect(log.lines).toEqual([
      { level: 'warn', text: 'ec2 throttled', data: { action: 'CreateVolume', factor: 1, throttled: 1 } },
      { level: 'warn', text: 'ec2 throttled', data: { action: 'CreateVolume', factor: 0.5, throttled: 2 } },
    ]);
  });
});

describe('ends of waiting', () => {
  test('a wait has a bound, and says what to do', async () => {
    const { clock, budget } = budgetWith({ share: 0.01, maxWaitMs: 1_000 });
    await budget.acquire({ action: 'StartInstances', lane: 'low' });
    const late = caught(budget.acquire({ action: 'StartInstances', lane: 'low' }));
    clock.advance(1_000);

    expect(await late).toMatchObject({
      code: 'transient',
      message: expect.stringContaining('raise `aws.budgetShare`'),
    });
    expect(budget.levels()[0]?.waiting).toBe(0);
  });

  test('closing sends everybody away, also those who come later', async () => {
    const { budget } = budgetWith({ share: 0.01 });
    await budget.acquire({ action: 'StartInstances', lane: 'low' });
    const waiting = caught(budget.acquire({ action: 'StartInstances', lane: 'low' }));
    budget.close();

    expect((await waiting).code).toBe('transient');
    expect((await caught(budget.acquire({ action: 'CreateTags', lane: 'high' }))).code).toBe('transient');
  });

  test.each([0, -1, 1.5, Number.NaN])('a share of %s is refused', (share) => {
    expect(() => budgetWith({ share })).toThrow('Set `aws.budgetShare`');
  });
});

test('whatever the arrivals, lanes and throttles, no window ever sees more calls than its floor allows', async () => {
  const arrival = fc.record({
    after: fc.nat({ max: 1_500 }),
    lane: fc.constantFrom<Lane>('high', 'normal', 'low'),
    throttled: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(arrival, { minLength: 1, maxLength: 60 }),
      fc.constantFrom(0.3, 0.7, 1),
      async (arrivals, share) => {
        const { clock, budget } = budgetWith({ share });
        const passed: number[] = [];
        for (const { after, lane, throttled } of arrivals) {
          await pass(clock, after);
          void budget.acquire({ action: 'StartInstances', lane }).then(() => passed.push(clock.now()));
          await settle();
          if (throttled && passed.length % 7 === 3) budget.throttled({ action: 'StartInstances', lane });
        }
        await pass(clock, 10 * 60_000);

        expect(passed).toHaveLength(arrivals.length);
        const { capacity, perSecond } = StartInstances;
        for (const [first, from] of passed.entries())
          for (let last = first; last < passed.length; last++)
            expect(last - first + 1).toBeLessThanOrEqual(
              Math.max(1, capacity * share) + ((passed[last]! - from) / 1_000) * perSecond * share + 1e-5,
            );
      },
    ),
    { numRuns: 60 },
  );
});
