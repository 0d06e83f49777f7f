import { afterEach, describe, expect, it } from 'vitest';

import type { Probe, ProbeResult } from '#ports/web.ts';
import { createSiteWatch, type SiteWatch } from '#sites/watch.ts';
import { createKeptLog } from '#test/config/support.ts';
import { createFakeClock } from '#test/support/fake-clock.ts';
import { createFakeIncidents } from '#test/support/fake-incidents.ts';
import { createFakeSettings } from '#test/support/fake-settings.ts';
import { createFakeWatchStore } from '#test/support/fake-watch-store.ts';
import { createCalendar } from '#timers/calendar.ts';

import { aFailure, aResult, aSite } from './support.ts';

const running: SiteWatch[] = [];
afterEach(async () => {
  for (const watch of running.splice(0)) await watch.stop();
});

const minute = 60_000;
const heartbeatUrl = 'https://hc.example.com/ping';

async function aWatch(count: number, host = (nr: number) => `s${nr}.example.com`) {
  const clock = createFakeClock();
  const settings = createFakeSettings({
    sites: Array.from({ length: count }, (_, nr) => aSite({ name: `s${nr}`, url: `https://${host(nr)}/${nr}` })),
  });
  const { monitoring } = settings.current();
  settings.change({
    monitoring: {
      ...monitoring,
      concurrency: { total: 3, perHost: 2 },
      heartbeat: { url: heartbeatUrl, everyMs: minute },
    },
  });
  const told = createFakeIncidents();
  const { log, lines } = createKeptLog();
  const web = { hangs: false, slowMs: 0, heartbeatFails: false };
  const beats: number[] = [];
  const watch = createSiteWatch({
    web: {
      probe: async ({ url }: Probe): Promise<ProbeResult> => {
        if (url === heartbeatUrl) {
          beats.push(clock.now());
          return web.heartbeatFails ? aFailure(clock.now()) : aResult(clock.now());
        }
        if (web.slowMs > 0) await clock.sleep(web.slowMs);
        if (web.hangs) await clock.sleep(5 * minute); // breaks its own promise: never later than the deadline
        return aResult(clock.now());
      },
    },
    history: createFakeWatchStore(),
    incidents: told.incidents,
    cloud: { instances: async () => [] },
    calendar: createCalendar(),
    clock,
    settings,
    log,
    canaries: async () => true,
    loopDelay: () => 3,
  });
  running.push(watch);
  await watch.start();
  return { clock, told, web, beats, watch, lines };
}

describe('the pulse of the site checks', () => {
  it('is sent to somebody outside once in its time, and a refusal is no more than a line in the log', async () => {
    const { clock, beats, web, told, lines } = await aWatch(5);

    await clock.advance(10 * minute);
    expect(beats.length).toBeGreaterThanOrEqual(9);
    expect(beats.length).toBeLessThanOrEqual(11);
    web.heartbeatFails = true;
    await clock.advance(2 * minute);

    expect(told.all).toEqual([]);
    expect(lines.filter(({ text }) => text.includes('heartbeat'))).toHaveLength(2);
  });

  it('tells when the checks stand still, stops the heartbeat meanwhile, and tells when they go on', async () => {
    const { clock, beats, web, told } = await aWatch(20);
    await clock.advance(2 * minute);
    web.hangs = true;

    await clock.advance(4 * minute);
    expect(told.open().map(({ key }) => key)).toEqual(['watch:stalled']);
    const before = beats.length;
    await clock.advance(2 * minute);
    expect(beats).toHaveLength(before);

    web.hangs = false;
    await clock.advance(15 * minute);
    expect(told.open()).toEqual([]);
    expect(told.all).toHaveLength(1);
    expect(beats.length).toBeGreaterThan(before);
  });

  it('warns once when checks start late for minutes, long before they stand still, and tells when they do no more', async () => {
    const { clock, web, told } = await aWatch(30);
    await clock.advance(3 * minute);
    expect(told.all).toEqual([]);

    web.slowMs = 6_000; // at most three at once: 30 sites just fit into a minute
    await clock.advance(10 * minute);
    expect(told.open()).toMatchObject([{ key: 'watch:late', report: { severity: 'warning' } }]);
    expect(JSON.stringify(told.all[0]?.report.facts)).toContain('up to 3 ms late');

    web.slowMs = 0;
    await clock.advance(5 * minute);
    expect(told.all).toMatchObject([{ key: 'watch:late', open: false }]);
  });

  it('does not take for late what waits for others of its own host', async () => {
    const { clock, web, told, watch } = await aWatch(10, () => 'dead.example.com');
    await clock.advance(minute);
    web.slowMs = 10_000; // two at once of one host

    await clock.advance(10 * minute);

    expect(told.all).toEqual([]);
    expect(watch.figures()).toMatchObject({ overdueMs: 0, loopMs: 3 });
  });

  it('counts how late checks start, and which were left out', async () => {
    const { clock, web, watch } = await aWatch(20);
    await clock.advance(5 * minute);
    expect(watch.figures()).toMatchObject({ started: 100, skipped: 0, inFlight: 0, waiting: 0, overdueMs: 0 });
    expect(watch.figures()?.lagP99).toBeLessThan(50);

    web.hangs = true;
    await clock.advance(3 * minute);

    expect(watch.figures()).toMatchObject({ inFlight: 3, waiting: 17 });
    expect(watch.figures()?.skipped).toBeGreaterThan(17);
    expect(watch.figures()?.overdueMs).toBeGreaterThan(minute);
    await watch.stop();
    expect(watch.figures()).toBeUndefined();
  });
});
