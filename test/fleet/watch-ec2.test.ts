import { describe, expect, it, vi } from 'vitest';

import { createCloud } from '#aws/cloud.ts';
import { createHealthWatch } from '#fleet/watch.ts';
import { createLog, realClock } from '#test/aws/support.ts';
import { startEc2 } from '#test/sandbox/ec2/support.ts';
import { createFakeClock } from '#test/support/fake-clock.ts';
import { createFakeIncidents } from '#test/support/fake-incidents.ts';
import { createFakeSettings } from '#test/support/fake-settings.ts';
import { createFakeWatchStore } from '#test/support/fake-watch-store.ts';
import { createCalendar } from '#timers/calendar.ts';

/** The watch on the real adapter and the real SDK, in front of the make-believe EC2. */
async function aWorld() {
  const { ec2, endpoint, advance } = await startEc2({ instances: 24 });
  vi.stubEnv('AWS_ENDPOINT_URL_EC2', endpoint);
  const credentials = { accessKeyId: 'sandbox', secretAccessKey: 'sandbox' };
  const cloud = createCloud({ region: 'us-east-1', credentials, clock: realClock, log: createLog() });
  const told = createFakeIncidents();
  const store = createFakeWatchStore();
  const clock = createFakeClock();
  const watch = createHealthWatch({
    cloud,
    history: {
      watch: store.watch,
      claims: { ...store.claims, take: async () => [], release: async () => {} },
      runs: store.runs,
    },
    incidents: told.incidents,
    clock,
    calendar: createCalendar(),
    settings: createFakeSettings({}),
    log: createLog(),
  });
  const looks = async (n: number) => {
    for (let nr = 0; nr < n; nr++) {
      advance(60);
      await clock.advance(60_000);
      await watch.run(clock.now());
    }
  };
  const criticals = () => told.open().flatMap(({ report }) => (report.severity === 'critical' ? report.alert : []));
  return { ec2, looks, told, criticals };
}

describe('the watch over a make-believe EC2', () => {
  it.each([
    [
      'an attached EBS check',
      { impair: 'web-1', check: 'ebs' },
      { heal: 'web-1' },
      /^web-1 .*attached EBS status check impaired/,
    ],
    [
      'a system check',
      { impair: 'web-1', check: 'system' },
      { heal: 'web-1' },
      /^web-1 .*system status check impaired/,
    ],
    ['a stop by itself', { stop: 'db-1' }, { start: 'db-1' }, /^db-1 .*it shut itself down/],
    ['a disk in the state "error"', { breakVolume: 'db-1-data' }, { healVolume: 'db-1-data' }, /^db-1-data .*"error"/],
    [
      'I/O that AWS has stopped',
      { impairVolume: 'db-1-data' },
      { healVolume: 'db-1-data' },
      /^db-1-data .*has no I\/O/,
    ],
    [
      'a stalled disk',
      { impairVolume: 'db-1-data', trouble: 'stalled' },
      { healVolume: 'db-1-data' },
      /^db-1-data .*is impaired/,
    ],
  ])('tells %s, and its end', async (_name, fault, heal, alert) => {
    const { ec2, looks, criticals } = await aWorld();
    await looks(2);
    expect(criticals()).toEqual([]);
    ec2.faults(fault);
    await looks(3);
    expect(criticals()).toEqual([expect.stringMatching(alert)]);
    ec2.faults(heal);
    await looks(8);

    expect(criticals()).toEqual([]);
  });

  it('tells a disk that is only slow as a warning', async () => {
    const { ec2, looks, told, criticals } = await aWorld();
    ec2.faults({ impairVolume: 'db-1-data', trouble: 'degraded' });
    await looks(4);

    expect(criticals()).toEqual([]);
    expect(told.open().map(({ report }) => report.alert)).toContainEqual(
      expect.stringMatching(/^db-1-data .* is slower/),
    );
  });
});
