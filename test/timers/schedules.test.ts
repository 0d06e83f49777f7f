import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import type { CronJob } from '#ports/clock.ts';
import { createKeptLog } from '#test/config/support.ts';
import { createClock } from '#timers/clock.ts';
import { createSchedules } from '#timers/schedules.ts';

const minute = 60_000;
const nine = Date.UTC(2026, 0, 5, 9);

beforeEach(() => {
  vi.useFakeTimers({ now: nine });
});
afterEach(() => {
  vi.useRealTimers();
});

function aJob(change: Partial<CronJob> = {}): CronJob & { slots: number[] } {
  const slots: number[] = [];
  return {
    name: 'health',
    cron: '* * * * *',
    timezone: 'UTC',
    run: async (slot) => void slots.push(slot),
    slots,
    ...change,
  };
}
function set(claim: (key: string) => Promise<boolean> = async () => true) {
  const { log, lines } = createKeptLog();
  return { schedules: createSchedules({ claim, clock: createClock(), log }), lines };
}

describe('schedules', () => {
  it('run a job once per slot and tell it the planned instant', async () => {
    const { schedules } = set();
    const job = aJob();
    schedules.replace([job]);

    await vi.advanceTimersByTimeAsync(3 * minute);

    expect(job.slots).toEqual([nine + minute, nine + 2 * minute, nine + 3 * minute]);
    await schedules.stop(0);
  });

  it('run a slot in one replica only', async () => {
    const claimed = new Set<string>();
    const claim = async (key: string) => !claimed.has(key) && claimed.add(key).size > 0;
    const [one, other] = [set(claim), set(claim)];
    const [job, twin] = [aJob(), aJob()];
    one.schedules.replace([job]);
    other.schedules.replace([twin]);

    await vi.advanceTimersByTimeAsync(5 * minute);

    expect([...job.slots, ...twin.slots].toSorted((a, b) => a - b)).toEqual(
      [1, 2, 3, 4, 5].map((n) => nine + n * minute),
    );
    await Promise.all([one.schedules.stop(0), other.schedules.stop(0)]);
  });

  it('run a slot in every replica where the job decides itself whose turn it is', async () => {
    const { schedules } = set(() => Promise.reject(new Error('store away')));
    const job = aJob({ everywhere: true });
    schedules.replace([job]);

    await vi.advanceTimersByTimeAsync(2 * minute);

    expect(job.slots).toHaveLength(2);
    await schedules.stop(0);
  });

  it('run nothing and say so while nobody can claim a slot', async () => {
    const { schedules, lines } = set(() => Promise.reject(new Error('store away')));
    const job = aJob();
    schedules.replace([job]);

    await vi.advanceTimersByTimeAsync(minute);

    expect(job.slots).toEqual([]);
    expect(lines).toContainEqual(
      expect.objectContaining({ level: 'warn', text: 'a scheduled slot was skipped: nobody could claim it' }),
    );
    await schedules.stop(0);
  });

  it('skip a slot while the one before still runs, and go on afterwards', async () => {
    const { schedules, lines } = set();
    const slots: number[] = [];
    let release = () => {};
    const run = (slot: number) => {
      slots.push(slot);
      return slots.length > 1 ? Promise.resolve() : new Promise<void>((resolve) => void (release = resolve));
    };
    schedules.replace([aJob({ run })]);

    await vi.advanceTimersByTimeAsync(2 * minute);
    release();
    await vi.advanceTimersByTimeAsync(minute);

    expect(slots).toEqual([nine + minute, nine + 3 * minute]);
    expect(lines.some(({ text }) => text.includes('the one before still runs'))).toBe(true);
    await schedules.stop(0);
  });

  it('log a job that fails, and run its next slot', async () => {
    const { schedules, lines } = set();
    const run = vi.fn<(slot: number) => Promise<void>>().mockRejectedValueOnce(new Error('no luck'));
    schedules.replace([aJob({ run })]);

    await vi.advanceTimersByTimeAsync(2 * minute);

    expect(run).toHaveBeenCalledTimes(2);
    expect(lines).toContainEqual(expect.objectContaining({ level: 'warn', text: 'a scheduled job failed' }));
    await schedules.stop(0);
  });

  it('still run a slot that comes up to a minute late', async () => {
    const { schedules } = set();
    const job = aJob({ cron: '0 10 * * *' });
    schedules.replace([job]);

    await vi.advanceTimersByTimeAsync(59 * minute);
    vi.setSystemTime(nine + 59 * minute + 40_000); // the machine slept for 40 s: timers did not count them
    await vi.advanceTimersByTimeAsync(2 * minute);

    expect(job.slots).toEqual([nine + 60 * minute]);
    await schedules.stop(0);
  });

  it('replace all jobs at once', async () => {
    const { schedules } = set();
    const [old, young] = [aJob(), aJob({ name: 'digest' })];
    schedules.replace([old]);
    await vi.advanceTimersByTimeAsync(minute);

    schedules.replace([young]);
    await vi.advanceTimersByTimeAsync(minute);

    expect([old.slots.length, young.slots.length]).toEqual([1, 1]);
    await schedules.stop(0);
  });

  it('keep what runs when a new line cannot be read, and say what is wrong', async () => {
    const { schedules } = set();
    const job = aJob();
    schedules.replace([job]);

    expect(() => schedules.replace([aJob({ cron: '99 * * * *' })])).toThrow(/`99 \* \* \* \*` cannot be read.*example/);
    expect(() => schedules.replace([aJob({ timezone: 'Mars/Base' })])).toThrow(/`Mars\/Base` is no known time zone/);
    await vi.advanceTimersByTimeAsync(minute);

    expect(job.slots).toHaveLength(1);
    await schedules.stop(0);
  });

  it('wait for what runs when they stop, but not for ever, and start nothing more', async () => {
    const { schedules } = set();
    let calls = 0;
    schedules.replace([aJob({ run: () => (calls++, new Promise<void>(() => {})) })]);
    await vi.advanceTimersByTimeAsync(minute);

    let over = false;
    const stopping = schedules.stop(5_000).then(() => (over = true));
    await vi.advanceTimersByTimeAsync(4_900);
    expect(over).toBe(false);
    await vi.advanceTimersByTimeAsync(200);
    await stopping;
    schedules.replace([aJob()]);
    await vi.advanceTimersByTimeAsync(5 * minute);

    expect(calls).toBe(1);
  });
});
