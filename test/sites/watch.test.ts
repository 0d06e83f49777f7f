import { afterEach, describe, expect, it } from 'vitest';

import type { Instance } from '#ports/cloud.ts';
import type { Site } from '#ports/site-settings.ts';
import type { Probe, ProbeResult } from '#ports/web.ts';
import { createSiteWatch, type SiteWatch } from '#sites/watch.ts';
import { createKeptLog } from '#test/config/support.ts';
import { anInstance } from '#test/support/builders.ts';
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

type Answer = (probe: Probe, at: number) => ProbeResult | Promise<ProbeResult>;

/** A watch over `sites` in a world of its own: a clock that stands still and a web that answers what the test says. */
function aWorld(sites: readonly Site[], instances: readonly Instance[] = []) {
  const clock = createFakeClock();
  const settings = createFakeSettings({ sites });
  const store = createFakeWatchStore();
  const told = createFakeIncidents();
  const { log, lines } = createKeptLog();
  const probes: (Probe & { at: number })[] = [];
  const world = { answer: ((_probe, at) => aResult(at)) as Answer, canary: true, ec2: instances };
  const web = {
    probe: async (probe: Probe) => {
      const at = clock.now();
      probes.push({ ...probe, at });
      return world.answer(probe, at);
    },
  };
  const cloud = {
    instances: async ({ ids, names }: { ids?: readonly string[]; names?: readonly string[] }) =>
      world.ec2.filter(({ id, name }) => ids?.includes(id) ?? names?.includes(name) ?? true),
  };
  const watchOf = () => {
    const watch = createSiteWatch({
      web,
      history: store,
      incidents: told.incidents,
      cloud,
      clock,
      settings,
      log,
      calendar: createCalendar(),
      canaries: async () => world.canary,
    });
    running.push(watch);
    return watch;
  };
  return { clock, settings, store, told, lines, probes, world, watchOf };
}
async function started(sites: readonly Site[], instances: readonly Instance[] = []) {
  const all = aWorld(sites, instances);
  const watch = all.watchOf();
  await watch.start();
  return { ...all, watch };
}
const down: Answer = (_probe, at) => aFailure(at);
const minute = 60_000;

describe('the watch over sites', () => {
  it('checks every site once per interval, spread over it, without drift', async () => {
    const sites = Array.from({ length: 100 }, (_, n) =>
      aSite({ name: `site-${n}`, url: `https://s${n}.example.com/` }),
    );
    const { clock, probes } = await started(sites);

    await clock.advance(10 * minute);

    expect(probes).toHaveLength(1_000);
    const turns = sites.map(({ url }) => probes.filter((one) => one.url === url).map(({ at }) => at));
    for (const times of turns) for (const [n, at] of times.entries()) expect(at - (times[0] ?? 0)).toBe(n * minute);
    expect(new Set(turns.map(([first]) => Math.floor((first ?? 0) / 10_000))).size).toBeGreaterThanOrEqual(6);
  });

  it('keeps the turns of its sites over a restart, and checks all within one interval', async () => {
    const all = aWorld([aSite()]);
    const first = all.watchOf();
    await first.start();
    await all.clock.advance(3 * minute);
    await first.stop();
    await all.clock.advance(3 * minute + 7_777);

    await all.watchOf().start();
    await all.clock.advance(minute);

    const phases = all.probes.map(({ at }) => at % minute);
    expect(all.probes).toHaveLength(4);
    expect(Math.max(...phases) - Math.min(...phases)).toBeLessThan(50);
  });

  it('checks a site of a long interval within a minute of its start', async () => {
    const { clock, probes } = await started([aSite({ intervalMs: 86_400_000 })]);

    await clock.advance(minute);

    expect(probes).toHaveLength(1);
  });

  it('checks at once what fell due while it was still starting', async () => {
    const { watchOf, clock, told, probes } = aWorld([aSite({ intervalMs: 3_000 })]);
    const resolve = told.incidents.resolve;
    told.incidents.resolve = async (...of) => {
      await clock.sleep(10_000); // the store is slow
      return resolve(...of);
    };

    const starting = watchOf().start();
    await clock.advance(10_000);
    await starting;
    await clock.advance(3_000);

    expect(probes.length).toBeGreaterThanOrEqual(1);
    expect(probes[0]?.at).toBeLessThanOrEqual(clock.now() - 2_900);
  });

  it('leaves out a check whose predecessor still runs', async () => {
    const { clock, probes, world, lines } = await started([aSite({ intervalMs: 10_000 })]);
    world.answer = async (_probe, at) => {
      await clock.sleep(25_000);
      return aResult(at);
    };

    await clock.advance(minute);

    expect(probes).toHaveLength(2);
    expect(lines.some(({ text }) => text.includes('left out'))).toBe(true);
  });

  it('has at most two checks per host and 300 in all on their way, re-checks first', async () => {
    const sites = Array.from({ length: 400 }, (_, n) =>
      aSite({ name: `site-${n}`, url: n < 10 ? `https://one.example.com/${n}` : `https://s${n}.example.com/` }),
    );
    const { clock, world } = await started(sites);
    const now = { all: 0, one: 0, most: 0, mostOne: 0 };
    world.answer = async ({ url }, at) => {
      const one = url.includes('//one.') ? 1 : 0;
      now.all++;
      now.one += one;
      now.most = Math.max(now.most, now.all);
      now.mostOne = Math.max(now.mostOne, now.one);
      await clock.sleep(50_000);
      now.all--;
      now.one -= one;
      return aResult(at);
    };

    await clock.advance(3 * minute);

    expect(now).toMatchObject({ most: 300, mostOne: 2 });
  });

  it('tells nobody of one failed check', async () => {
    const { clock, world, told, probes, watch } = await started([aSite()]);
    await clock.advance(minute);
    world.answer = (probe, at) => (probe.freshDns ? aResult(at) : aFailure(at));

    await clock.advance(3 * minute);

    expect(told.all).toEqual([]);
    expect(probes.filter(({ freshDns }) => freshDns).length).toBe(3);
    expect((await watch.views())[0]?.state).toBe('up');
  });

  it('confirms an outage by re-checks after 5, 20 and 40 s with fresh DNS, then tells it once', async () => {
    const { clock, world, told, probes, watch } = await started([aSite()]);
    await clock.advance(minute);
    world.answer = down;
    const before = probes.length;

    await clock.advance(minute + 40_000);
    const failed = probes.slice(before);
    const firstAt = failed[0]?.at ?? 0;
    expect(failed.slice(0, 4).map(({ at }) => Math.round((at - firstAt) / 1_000))).toEqual([0, 5, 20, 40]);
    expect(failed.slice(0, 4).map(({ freshDns }) => freshDns)).toEqual([false, true, true, true]);
    await clock.advance(20 * minute);

    expect(told.all).toHaveLength(1);
    expect(told.all[0]).toMatchObject({
      key: 'site:shop',
      open: true,
      startedAt: firstAt,
      report: { severity: 'critical' },
    });
    expect(told.all[0]?.notes).toHaveLength(1);
    expect(await watch.views()).toEqual([
      {
        name: 'shop',
        url: 'https://shop.example.com/health',
        state: 'down',
        since: firstAt,
        lastMs: undefined,
        remark: 'HTTP 503',
      },
    ]);
  });

  it('ends an incident with the first of three good checks', async () => {
    const { clock, world, told, watch } = await started([aSite()]);
    world.answer = down;
    await clock.advance(3 * minute);
    world.answer = (_probe, at) => aResult(at);
    const goodFrom = clock.now();

    await clock.advance(2 * minute);

    const [incident] = told.all;
    expect(incident).toMatchObject({
      open: false,
      report: { alert: expect.stringMatching(/^shop is up again after/) },
    });
    expect((incident?.endedAt ?? 0) - goodFrom).toBeLessThanOrEqual(minute);
    expect((await watch.views())[0]).toMatchObject({ state: 'up', since: incident?.endedAt });
  });

  it('offers the remedies of the server behind the site, by id or Name', async () => {
    const server = anInstance({ id: 'i-0123456789abcdef0', name: 'web-1' });
    const { clock, world, told } = await started([aSite({ instance: 'web-1' })], [server]);
    world.answer = down;

    await clock.advance(3 * minute);

    expect(told.open()[0]?.report.remedies).toEqual([
      {
        label: 'Restart web-1',
        operation: 'restart',
        line: 'i-0123456789abcdef0',
        rule: 'shop/server:reboot',
        style: 'primary',
      },
      {
        label: 'Restore…',
        operation: 'restore',
        line: 'i-0123456789abcdef0 --from latest',
        style: 'danger',
        rule: 'shop/server:restore',
      },
    ]);
  });

  it('is quiet while a run works on the server behind it, and tells what is still down afterwards', async () => {
    const server = anInstance({ id: 'i-0123456789abcdef0', name: 'web-1' });
    const { clock, world, told, store } = await started([aSite({ instance: 'web-1' })], [server]);
    store.held.add(server.id);
    world.answer = down;
    await clock.advance(5 * minute);
    expect(told.all).toEqual([]);

    store.held.clear();
    await clock.advance(2 * minute);

    expect(told.open()).toHaveLength(1);
  });

  it('changes the remedies on the card when the server stops', async () => {
    const server = anInstance({ id: 'i-0123456789abcdef0', name: 'web-1' });
    const { clock, world, told } = await started([aSite({ instance: 'web-1' })], [server]);
    world.answer = down;
    await clock.advance(3 * minute);

    world.ec2 = [{ ...server, state: 'stopped' }];
    await clock.advance(3 * minute);

    expect(told.open()[0]?.report.remedies.map(({ label }) => label)).toEqual(['Restore…']);
    expect(told.all).toHaveLength(1);
  });

  it('alerts without buttons when EC2 does not answer in time, and adds them later', async () => {
    const { clock, world, told } = await started([aSite({ instance: 'web-1' })]);
    world.answer = down;
    await clock.advance(3 * minute);
    expect(told.open()[0]?.report.remedies).toEqual([]);

    world.ec2 = [anInstance({ name: 'web-1' })];
    await clock.advance(3 * minute);

    expect(told.open()[0]?.report.remedies).toHaveLength(2);
  });

  it('loses no message while the store or the chat is away', async () => {
    const { clock, world, told, store } = await started([aSite()]);
    told.fail(new Error('away'));
    store.fail(new Error('away'));
    world.answer = down;
    await clock.advance(5 * minute);
    expect(told.all).toEqual([]);

    told.fail();
    store.fail();
    await clock.advance(minute);
    expect(told.open()).toHaveLength(1);
    told.fail(new Error('away'));
    world.answer = (_probe, at) => aResult(at);
    await clock.advance(5 * minute);
    told.fail();
    await clock.advance(minute);

    expect(told.all).toMatchObject([{ open: false }]);
  });

  it('goes on after a restart where it was: no second alert, no "up" out of nowhere, an end that is told', async () => {
    const all = aWorld([aSite()]);
    const first = all.watchOf();
    await first.start();
    all.world.answer = down;
    await all.clock.advance(3 * minute);
    await first.stop();
    await all.clock.advance(minute);

    const second = all.watchOf();
    await second.start();
    expect((await second.views())[0]?.state).toBe('down');
    await all.clock.advance(3 * minute);
    expect(all.told.all).toHaveLength(1);
    expect(all.told.all[0]?.notes).toHaveLength(1);
    all.world.answer = (_probe, at) => aResult(at);
    await all.clock.advance(3 * minute);

    expect(all.told.all).toMatchObject([{ open: false }]);
  });

  it('ends what a process told that was killed before it could note the success', async () => {
    const all = aWorld([aSite()]);
    const first = all.watchOf();
    await first.start();
    all.world.answer = down;
    all.told.fail(new Error('killed here'));
    await all.clock.advance(3 * minute); // written: about to tell
    all.told.fail();
    await all.told.incidents.raise('site:shop', { channel: 'C', startedAt: 0, report: aReport() });
    all.world.answer = (_probe, at) => aResult(at);

    await all.watchOf().start();
    await all.clock.advance(4 * minute);

    expect(all.told.open()).toEqual([]);
  });

  it('tells a site that is down again, also when the process was killed right after it had told the end', async () => {
    const all = aWorld([aSite()]);
    const first = all.watchOf();
    await first.start();
    all.world.answer = down;
    await all.clock.advance(3 * minute);
    all.world.answer = (_probe, at) => aResult(at);
    while (all.told.open().length > 0) await all.clock.advance(100);
    const stored = new Map(all.store.rows);
    await first.stop();
    for (const [key, row] of stored) all.store.rows.set(key, row);
    all.world.answer = down;

    await all.watchOf().start();
    await all.clock.advance(4 * minute);

    expect(all.told.open().map(({ key }) => key)).toEqual(['site:shop']);
  });

  it('applies changed settings at once: new sites begin, lost ones end with their incidents', async () => {
    const { clock, world, told, settings, watch, store, probes } = await started([aSite()]);
    world.answer = down;
    await clock.advance(3 * minute);
    expect(told.open()).toHaveLength(1);

    settings.change({ sites: [aSite({ name: 'blog', url: 'https://blog.example.com/' })] });
    await clock.advance(100);
    expect(told.all).toMatchObject([{ open: false, report: { alert: 'shop is no longer watched' } }]);
    const before = probes.length;
    await clock.advance(minute);

    expect(probes.slice(before).every(({ url }) => url.includes('blog'))).toBe(true);
    expect((await watch.views()).map(({ name }) => name)).toEqual(['blog']);
    expect([...store.rows.keys()]).not.toContain('site:shop');
  });

  it('goes on with a site that got another name: it stays down, is told as that, and keeps its history', async () => {
    const { clock, settings, store, told, world, watch } = await started([aSite()]);
    world.answer = down;
    await clock.advance(3 * minute);
    expect(told.all).toMatchObject([{ open: true, report: { alert: expect.stringMatching(/^shop is down/) } }]);
    const days = async (site: string) =>
      (await store.measures.list({ grain: 'd', sites: [site], from: 0, to: 1e15 })).map(({ at, data }) => [at, data]);
    await store.measures.save('d', [{ site: 'shop', at: 0, data: 'a day' }]);

    settings.change({ sites: [aSite({ name: 'store' })] });
    await clock.advance(minute);

    expect(told.all).toMatchObject([
      { open: false, report: { alert: 'shop is called store now' } },
      { open: true, report: { alert: expect.stringMatching(/^store is down/) } },
    ]);
    expect(await days('store')).toEqual([[0, 'a day']]);
    expect((await watch.views()).map(({ name, state }) => [name, state])).toEqual([['store', 'down']]);
  });

  it('knows a site again that got another name while nobody watched, and leaves alone what may be either of two', async () => {
    const twin = { url: 'https://twin.example.com/' };
    const all = aWorld([aSite(), aSite({ name: 'left', ...twin }), aSite({ name: 'right', ...twin })]);
    const first = all.watchOf();
    await first.start();
    await all.clock.advance(2 * minute);
    all.world.answer = down;
    await all.clock.advance(3 * minute);
    await first.stop();
    await all.store.measures.save('d', [
      { site: 'shop', at: 0, data: 'a day' },
      { site: 'left', at: 0, data: 'a day' },
    ]);
    all.settings.change({ sites: [aSite({ name: 'store' }), aSite({ name: 'middle', ...twin })] });

    const second = all.watchOf();
    await second.start();
    await all.clock.advance(100);

    expect((await second.views()).map(({ name, state }) => [name, state])).toEqual([
      ['store', 'down'],
      ['middle', 'not checked yet'],
    ]);
    const past = async (site: string) =>
      (await all.store.measures.list({ grain: 'd', sites: [site], from: 0, to: 1e15 })).length;
    expect([await past('store'), await past('middle')]).toEqual([1, 0]);
    const [minuteRow] = await all.store.measures.minutes({ from: 0, to: 1e15 });
    expect(Object.keys(minuteRow?.data ?? {}).toSorted()).toEqual(['left', 'right', 'shop', 'store']);
    expect(all.told.all.filter(({ open }) => !open).map(({ report }) => report.alert)).toEqual(
      expect.arrayContaining(['shop is called store now', 'left is no longer watched']),
    );
    expect(all.lines).toContainEqual(
      expect.objectContaining({ level: 'info', data: { site: 'store', before: 'shop' } }),
    );
    expect([...all.store.rows.keys()]).not.toContain('site:shop');
  });

  it('ends the incidents of a site that was taken out while it was not running', async () => {
    const all = aWorld([aSite()]);
    const first = all.watchOf();
    await first.start();
    all.world.answer = down;
    await all.clock.advance(3 * minute);
    await first.stop();
    all.settings.change({ sites: [] });

    await all.watchOf().start();
    await all.clock.advance(100);

    expect(all.told.all).toMatchObject([{ open: false }]);
    expect(all.store.rows.size).toBe(0);
  });

  it('does not count what was our own fault, and says when it has not seen a site for long', async () => {
    const { clock, world, told, watch } = await started([aSite()]);
    await clock.advance(minute);
    world.answer = (_probe, at) => aFailure(at, 'monitor', 'no descriptors left');

    await clock.advance(10 * minute);

    expect(told.all).toEqual([]);
    expect((await watch.views())[0]?.state).toBe('not checked lately');
  });

  it('of sites that cannot be checked as they are set up is one warning, no outage, no remedy and no minute of history', async () => {
    const sites = [
      aSite({ name: 'a', url: 'ping://a.example.com', instance: 'web-1' }),
      aSite({ name: 'b', url: 'ping://b.example.com' }),
      aSite({ name: 'c' }),
    ];
    const { clock, world, told, watch, store } = await started(sites, [anInstance({ name: 'web-1' })]);
    await clock.advance(2 * minute);
    const broken = { class: 'setup', detail: 'this machine has no ping program' } as const;
    world.answer = ({ url }, at) => (url.startsWith('ping:') ? { ...aResult(at), failure: broken } : aResult(at));
    await clock.advance(10 * minute);

    expect(told.all).toHaveLength(1);
    expect(told.open()).toMatchObject([
      {
        key: 'watch:setup',
        report: { severity: 'warning', title: '2 sites cannot be checked as set up', remedies: [] },
      },
    ]);
    expect(JSON.stringify(told.all[0]?.report.detail)).toContain('a, b: this machine has no ping program.');
    expect((await watch.views()).map(({ state, remark }) => [state, remark])).toEqual([
      ['cannot be checked', broken.detail],
      ['cannot be checked', broken.detail],
      ['up', undefined],
    ]);
    expect(await watch.whyNotMend('a')).toContain('cannot be checked');
    const minutes = await store.measures.minutes({ from: clock.now() - 8 * minute, to: Infinity });
    expect(new Set(minutes.flatMap(({ data }) => Object.keys(data)))).toEqual(new Set(['c']));

    world.answer = (_probe, at) => aResult(at);
    await clock.advance(2 * minute);
    expect(told.open()).toEqual([]);
    expect((await watch.views()).map(({ state }) => state)).toEqual(['up', 'up', 'up']);
  });

  it('ends the outage of a site that can be checked no more, without calling it up', async () => {
    const { clock, world, told } = await started([aSite()]);
    world.answer = down;
    await clock.advance(3 * minute);
    world.answer = (_probe, at) => aFailure(at, 'setup', 'the variable KEY is not set');
    await clock.advance(2 * minute);

    expect(told.all.map(({ key, open }) => [key, open])).toEqual([
      ['site:shop', false],
      ['watch:setup', true],
    ]);
    expect(told.all[0]?.report.alert).toContain('nobody knows how this went on');
  });

  it('is read by the other replicas as it was stored, while somebody watches', async () => {
    const all = aWorld([aSite()]);
    const first = all.watchOf();
    const other = all.watchOf();
    await first.start();
    await all.clock.advance(20 * minute);
    expect((await other.views())[0]?.state).toBe('up');

    await first.stop();
    await all.clock.advance(10 * minute);
    expect((await other.views())[0]?.state).toBe('not checked lately');
  });

  it('stores in batches: one write a second at most, none for sites that are simply up', async () => {
    const sites = Array.from({ length: 50 }, (_, n) => aSite({ name: `s${n}`, url: `https://s${n}.example.com/` }));
    const { clock, store, world } = await started(sites);
    await clock.advance(2 * minute);
    const calm = store.writes();
    await clock.advance(2 * minute);
    expect(store.writes() - calm).toBe(0);
    world.answer = down;
    const before = store.writes();
    await clock.advance(30_000);

    expect(store.writes() - before).toBeLessThanOrEqual(31);
    expect(store.writes()).toBeGreaterThan(before);
  });
});

describe('a watch that is blind itself', () => {
  const sites = Array.from({ length: 30 }, (_, n) => aSite({ name: `s${n}`, url: `https://s${n}.example.com/` }));

  it('sends one message instead of thirty, judges nothing, and goes on when it sees again', async () => {
    const { clock, world, told, watch } = await started(sites);
    await clock.advance(2 * minute);
    world.canary = false;
    world.answer = (_probe, at) => aFailure(at, 'connect-timeout', 'no connection');

    await clock.advance(10 * minute);
    expect(told.all.map(({ key }) => key)).toEqual(['watch:blind']);
    expect(told.open()).toHaveLength(1);
    world.canary = true;
    world.answer = (_probe, at) => aResult(at);
    await clock.advance(2 * minute);

    expect(told.all).toMatchObject([{ key: 'watch:blind', open: false }]);
    expect((await watch.views()).every(({ state }) => state === 'up')).toBe(true);
  });

  it('is not: when others answer, all thirty are really down', async () => {
    const { clock, world, told } = await started(sites);
    await clock.advance(2 * minute);
    world.answer = down;

    await clock.advance(4 * minute);

    expect(
      told
        .open()
        .map(({ key }) => key)
        .toSorted(),
    ).toEqual(sites.map(({ name }) => `site:${name}`).toSorted());
  });

  it('is so too when its only site was down before the network was, and that stays told as it was', async () => {
    const { clock, world, told, watch } = await started([aSite()]);
    world.answer = down;
    await clock.advance(5 * minute);
    world.canary = false;
    world.answer = (_probe, at) => {
      const { status: _none, ...unreached } = aFailure(at, 'connect-timeout', 'no connection');
      return unreached;
    };

    await clock.advance(2 * minute);
    expect(told.open().map(({ key }) => key)).toEqual(['site:shop', 'watch:blind']);
    expect(await watch.whyNotMend('shop')).toContain('sees nothing');
    world.canary = true;
    world.answer = down;
    await clock.advance(2 * minute);

    expect(told.open().map(({ key }) => key)).toEqual(['site:shop']);
    expect(await watch.whyNotMend('shop')).toBeUndefined();
  });

  it('is not, when only a few sites fail', async () => {
    const { clock, world, told } = await started(sites);
    await clock.advance(2 * minute);
    world.canary = false;
    world.answer = ({ url }, at) => (/s[1-5]\.example/.test(url) ? aFailure(at) : aResult(at));

    await clock.advance(4 * minute);

    expect(told.open()).toHaveLength(5);
  });
});

function aReport() {
  return { severity: 'critical', title: 't', alert: 'a', facts: [], detail: [], remedies: [] } as const;
}
