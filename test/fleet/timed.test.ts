import { describe, expect, it } from 'vitest';

import { createTimedWork, type TimedRequest } from '#fleet/timed.ts';
import type { AutomaticRequest } from '#ports/automatic.ts';
import type { Run } from '#ports/history.ts';
import { createKeptLog } from '#test/config/support.ts';
import { createFakeWatchStore } from '#test/support/fake-watch-store.ts';
import { createCalendar } from '#timers/calendar.ts';

const minute = 60_000;
const two = Date.UTC(2026, 0, 5, 2);
const nightly: TimedRequest = {
  key: 'schedule:nightly',
  line: { cron: '0 2 * * *', timezone: 'UTC' },
  catchUpMs: undefined,
  request: { operation: 'snapshot', args: { schedule: 'nightly' }, channel: 'C1', because: 'schedule nightly' },
};

function setting() {
  const { watch } = createFakeWatchStore();
  const started: AutomaticRequest[] = [];
  const posted: { id: string; name: string; since: number }[] = [];
  const runs = new Map<string, Partial<Run>>();
  const time = { now: two - 10 * minute, away: false };
  const { log, lines } = createKeptLog();
  const automatic = {
    start: async (of: AutomaticRequest) => {
      if (time.away) throw new Error('store away');
      started.push(of);
      return `r-${of.id}`;
    },
  };
  /** A process of its own on the same store. */
  const replica = () =>
    createTimedWork({
      automatic,
      postDigest: async (id, of) => void posted.push({ id, ...of }),
      calendar: createCalendar(),
      history: { watch, runs: { get: async (id) => runs.get(id) as Run | undefined } },
      clock: { now: () => time.now },
      log,
    });
  return { replica, started, posted, runs, time, lines, watch };
}
const ids = (started: readonly AutomaticRequest[]) => started.map(({ id }) => id);

describe('work by the clock', () => {
  it('is asked once a slot, however often and from however many processes it is looked at', async () => {
    const { replica, started, time } = setting();
    const [one, other] = [replica(), replica()];
    await one.look([nightly]);
    time.now = two + 1_000;

    await one.look([nightly]);
    await other.look([nightly]);
    await one.look([nightly]);

    expect(ids(started)).toEqual([`schedule:nightly:${two}`]);
    expect(started[0]).toMatchObject(nightly.request);
  });

  it('is made up for once after a downtime', async () => {
    const { replica, started, time } = setting();
    await replica().look([nightly]);
    time.now = two + 50 * 60 * minute; // two nights later
    const next = replica();

    await next.look([nightly]);
    await next.look([nightly]);

    expect(ids(started)).toEqual([`schedule:nightly:${two + 48 * 60 * minute}`]);
  });

  it('is asked again when it could not be asked', async () => {
    const { replica, started, time, lines } = setting();
    const one = replica();
    await one.look([nightly]);
    Object.assign(time, { now: two, away: true });
    await one.look([nightly]);
    Object.assign(time, { now: two + minute, away: false });

    await one.look([nightly]);

    expect(ids(started)).toEqual([`schedule:nightly:${two}`]);
    expect(lines.filter(({ level }) => level === 'warn')).toHaveLength(1);
  });

  it('leaves out a slot while the one before still runs', async () => {
    const { replica, started, time, runs } = setting();
    const one = replica();
    await one.look([nightly]);
    time.now = two;
    await one.look([nightly]);
    runs.set(`r-schedule:nightly:${two}`, { endedAt: undefined });
    time.now = two + 24 * 60 * minute;

    await one.look([nightly]);

    expect(started).toHaveLength(1);
    const view = (await one.views([nightly])).get(nightly.key);
    expect(view).toMatchObject({ memory: { slot: time.now }, run: undefined });
    expect(view?.next[0]).toBe(two + 48 * 60 * minute);

    time.now = two + 48 * 60 * minute;
    await one.look([nightly]);
    expect(started).toHaveLength(1);
    runs.set(`r-schedule:nightly:${two}`, { endedAt: time.now });
    time.now = two + 72 * 60 * minute;
    await one.look([nightly]);
    expect(started).toHaveLength(2);
  });

  it('posts a digest once a slot, with what happened since the one before, also over a downtime', async () => {
    const { replica, posted, time } = setting();
    const daily = { key: 'digest:prod', line: nightly.line, catchUpMs: 12 * 60 * minute, digest: 'prod' };
    const [one, other] = [replica(), replica()];
    await one.look([daily]);
    for (const at of [two, two + minute]) {
      time.now = at;
      await one.look([daily]);
      await other.look([daily]);
    }
    expect(posted).toEqual([{ id: `digest:prod:${two}`, name: 'prod', since: two - 24 * 60 * minute }]);

    // Down for three days; the newest is made up for while it is young enough, and tells of all of them.
    time.now = two + (72 + 11) * 60 * minute;
    await replica().look([daily]);
    expect(posted[1]).toEqual({ id: `digest:prod:${two + 72 * 60 * minute}`, name: 'prod', since: two });

    time.now = two + (96 + 13) * 60 * minute;
    await replica().look([daily]);
    expect(posted).toHaveLength(2);
  });

  it('forgets what is no longer there, so that it begins anew when it comes back', async () => {
    const { replica, started, time, watch } = setting();
    const one = replica();
    await one.look([nightly]);

    await one.look([]);
    expect((await watch.load('timed:')).size).toBe(0);
    time.now = two + minute;
    await one.look([nightly]);

    expect(started).toEqual([]);
  });

  it('warns of times that the clock moves, but not of what comes all day', () => {
    const { replica } = setting();
    const { clockChanges } = replica();

    expect(clockChanges({ cron: '30 2 * * *', timezone: 'Europe/Berlin' }).map(({ kind }) => kind)).toEqual([
      'skipped',
      'repeated',
    ]);
    expect(clockChanges({ cron: '30 * * * *', timezone: 'Europe/Berlin' })).toEqual([]);
  });
});
