import { afterEach, describe, expect, it } from 'vitest';

import type { MaintenanceWindow, Site } from '#ports/site-settings.ts';
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

/** A watch over `sites`; what is in `dead` (names) does not answer, `broken` answers with an error. */
async function aWorld(sites: readonly Site[], maintenance: readonly MaintenanceWindow[] = []) {
  const clock = createFakeClock();
  const settings = createFakeSettings({ sites, maintenance });
  const store = createFakeWatchStore();
  const told = createFakeIncidents();
  const dead = new Set<string>();
  const broken = new Set<string>();
  const world = {
    canary: true,
    addresses: undefined as readonly string[] | undefined,
    canonical: undefined as string | undefined,
    certificates: {} as Readonly<Record<string, { validTo: number; fingerprint: string }>>,
  };
  const probed: string[] = [];
  const web = {
    probe: async ({ url, freshDns }: Probe): Promise<ProbeResult> => {
      const { name } = sites.find((site) => site.url === url) ?? { name: url };
      probed.push(name);
      const at = clock.now();
      const certificate = world.certificates[name];
      const more = {
        ...(world.addresses === undefined ? {} : { addresses: world.addresses }),
        ...(certificate === undefined ? {} : { certificate }),
        ...(world.canonical === undefined || !freshDns ? {} : { canonical: world.canonical }),
      };
      if (dead.has(name)) return { ...unanswered(at), ...more };
      return broken.has(name) ? { ...aFailure(at), ...more } : { ...aResult(at), ...more };
    },
  };
  const watchOf = () => {
    const watch = createSiteWatch({
      web,
      history: store,
      incidents: told.incidents,
      cloud: { instances: async () => [] },
      calendar: createCalendar(),
      clock,
      settings,
      log: createKeptLog().log,
      canaries: async () => world.canary,
    });
    running.push(watch);
    return watch;
  };
  const watch = watchOf();
  await watch.start();
  await clock.advance(2 * minute);
  const titles = () => told.all.map(({ report }) => report.title);
  return { clock, settings, store, told, dead, broken, world, watch, watchOf, titles, probed };
}

function unanswered(at: number): ProbeResult {
  const { status: _status, ...rest } = aFailure(at, 'connect-timeout', 'no connection');
  return rest;
}

function numbered(count: number, more: (nr: number) => Partial<Site> = () => ({})): readonly Site[] {
  return Array.from({ length: count }, (_, nr) =>
    aSite({ name: `s${nr}`, url: `https://s${nr}.example.com/`, ...more(nr) }),
  );
}

describe('sites that fail together', () => {
  it('are one message when fifty of them are behind one dead server, edited until it is over', async () => {
    const sites = numbered(50, () => ({ instance: 'i-0123456789abcdef0' }));
    const { clock, told, dead } = await aWorld(sites);
    for (const { name } of sites) dead.add(name);

    await clock.advance(5 * minute);

    expect(told.all).toHaveLength(1);
    expect(told.all[0]?.report.title).toBe('50 sites down · server i-0123456789abcdef0');
    const [, names] = told.all[0]?.report.facts.find(([label]) => label === 'Down') ?? [];
    expect(names).toMatch(/^(s\d+, ){19}s\d+ and 30 more$/);

    dead.clear();
    await clock.advance(5 * minute);

    expect(told.all).toHaveLength(1);
    expect(told.open()).toHaveLength(0);
    expect(told.all[0]?.report.alert).toMatch(/^50 sites are up again: /);
  });

  it.each([
    ['a load balancer', () => ({ loadBalancer: 'edge' }), 'load balancer edge'],
    ['a host', (nr: number) => ({ url: `https://shop.example.com/${nr}` }), 'shop.example.com'],
  ] as const)('are one message when they share %s', async (_what, more, title) => {
    const sites = numbered(10, more);
    const { clock, titles, dead, broken } = await aWorld(sites);
    for (const { name } of sites) (name === 's1' ? dead : broken).add(name);

    await clock.advance(5 * minute);

    expect(titles()).toEqual([`10 sites down · ${title}`]);
  });

  it('are one message when their names lead to the same address, which is never shown', async () => {
    const sites = numbered(10);
    const { clock, told, titles, broken, world } = await aWorld(sites);
    world.addresses = ['10.1.2.3'];
    await clock.advance(minute);
    for (const { name } of sites) broken.add(name);

    await clock.advance(5 * minute);

    expect(titles()).toEqual(['10 sites down · one address']);
    expect(JSON.stringify(told.all)).not.toContain('10.1.2.3');
  });

  it.each([
    ['d1.cloudfront.net', 'd1.cloudfront.net'],
    ['edge-1234567890.eu-west-1.elb.amazonaws.com', 'load balancer edge-1234567890'],
  ])('are one message when their names lead by CNAMEs to %s', async (canonical, title) => {
    const sites = numbered(10);
    const { clock, titles, broken, world } = await aWorld(sites);
    world.canonical = canonical;
    for (const { name } of sites) broken.add(name);

    await clock.advance(5 * minute);

    expect(titles()).toEqual([`10 sites down · ${title}`]);
  });

  it('are each told at once when they share nothing', async () => {
    const { clock, titles, broken } = await aWorld(numbered(30));
    for (const name of ['s1', 's2', 's3']) broken.add(name);

    await clock.advance(3 * minute);

    expect(titles().toSorted()).toEqual(['Site down · s1', 'Site down · s2', 'Site down · s3']);
  });

  it('are each told when they are only two, or alert in other channels', async () => {
    const two = await aWorld(numbered(30, () => ({ instance: 'web-1' })));
    two.broken.add('s1').add('s2');
    await two.clock.advance(3 * minute);
    expect(two.titles().toSorted()).toEqual(['Site down · s1', 'Site down · s2']);

    const channels = await aWorld(
      numbered(30, (nr) => ({ instance: 'web-1', channel: nr < 3 ? `C0CHANNEL${nr}` : undefined })),
    );
    for (const name of ['s0', 's1', 's2']) channels.broken.add(name);
    await channels.clock.advance(3 * minute);
    expect(channels.titles().toSorted()).toEqual(['Site down · s0', 'Site down · s1', 'Site down · s2']);
  });

  it('join a message that is open, and those that had their own end it', async () => {
    const { clock, told, broken } = await aWorld(numbered(30, () => ({ instance: 'web-1' })));
    broken.add('s1').add('s2');
    await clock.advance(3 * minute);
    expect(told.open()).toHaveLength(2);

    broken.add('s3');
    await clock.advance(3 * minute);

    expect(told.open().map(({ report }) => report.title)).toEqual(['3 sites down · server web-1']);
    const folded = told.all.find(({ open }) => !open);
    expect(folded?.report.alert).toMatch(/is told together with s\d from here$/);
    broken.clear();
    await clock.advance(3 * minute);
    expect(told.open()).toHaveLength(0);
    expect(told.all).toHaveLength(2);
  });

  it('stay one message while the first of them is up again and the others are not', async () => {
    const { clock, told, broken } = await aWorld(numbered(5, () => ({ instance: 'web-1' })));
    for (const name of ['s0', 's1', 's2', 's3']) broken.add(name);
    await clock.advance(3 * minute);
    const leader = told.all[0]?.key.replace('site:', '') ?? '';

    broken.delete(leader);
    await clock.advance(3 * minute);

    expect(told.open().map(({ report }) => report.title)).toEqual(['3 sites down · server web-1']);
    broken.clear();
    await clock.advance(3 * minute);
    expect(told.open()).toHaveLength(0);
    expect(told.all).toHaveLength(1);
  });

  it('are told in the same message after a restart in the middle', async () => {
    const { clock, told, broken, watch, watchOf } = await aWorld(numbered(8, () => ({ instance: 'web-1' })));
    for (let nr = 0; nr < 5; nr++) broken.add(`s${nr}`);
    await clock.advance(3 * minute);
    await watch.stop();

    await watchOf().start();
    broken.add('s5');
    await clock.advance(3 * minute);
    expect(told.open().map(({ report }) => report.title)).toEqual(['6 sites down · server web-1']);
    broken.clear();
    await clock.advance(3 * minute);

    expect(told.all).toHaveLength(1);
    expect(told.open()).toHaveLength(0);
  });
});

describe('a site with a parent', () => {
  const family = (children: number) => [
    aSite({ name: 'gateway', url: 'https://gateway.example.com/' }),
    ...numbered(children, () => ({ parent: 'gateway' })),
  ];

  it('is part of the message of its parent, whichever fails first', async () => {
    const { clock, titles, broken } = await aWorld(family(10));
    for (const name of ['gateway', 's0', 's1', 's2', 's3', 's4', 's5', 's6', 's7', 's8', 's9']) broken.add(name);

    await clock.advance(4 * minute);

    expect(titles()).toEqual(['11 sites down · gateway']);
  });

  it('that stays down when the parent is back gets its own message; the others make none', async () => {
    const { clock, told, broken } = await aWorld(family(4));
    for (const name of ['gateway', 's0', 's1', 's2', 's3']) broken.add(name);
    await clock.advance(3 * minute);

    broken.clear();
    broken.add('s2');
    await clock.advance(5 * minute);

    expect(told.open().map(({ report }) => report.title)).toEqual(['Site down · s2']);
    expect(told.all).toHaveLength(2);
    broken.clear();
    await clock.advance(5 * minute);
    expect(told.open()).toHaveLength(0);
    expect(told.all).toHaveLength(2);
  });

  it('is told on its own while the parent is up', async () => {
    const { clock, titles, broken } = await aWorld(family(4));
    broken.add('s1');

    await clock.advance(3 * minute);

    expect(titles()).toEqual(['Site down · s1']);
  });
});

describe('a certificate on many sites', () => {
  it('is one message that names them, and over when the last of them shows a new one', async () => {
    const sites = numbered(10);
    const { clock, told, world } = await aWorld(sites);
    const on = (fingerprint: string, days: number, which: readonly Site[]) =>
      Object.fromEntries(
        which.map(({ name }) => [name, { fingerprint, validTo: clock.now() + days * 24 * 60 * minute }]),
      );
    const day = 24 * 60 * minute;
    world.certificates = on('OLD', 21 + 5 / 24 / 60, sites);
    await clock.advance(2 * minute);
    expect(told.all).toEqual([]);

    await clock.advance(10 * minute);
    expect(told.all).toHaveLength(1);
    const teller = told.all[0]?.key.replace('certificate:', '');
    const [, also] = told.all[0]?.report.facts.find(([label]) => label === 'Also on') ?? [];
    expect(also).toMatch(/^(s\d, ){8}s\d$/);

    const late = sites.filter(({ name }) => name !== teller).slice(0, 2);
    world.certificates = { ...on('NEW', 300, sites), ...on('OLD', 20, late) };
    await clock.advance(20 * minute);
    expect(told.all[0]?.open).toBe(false);
    expect(told.open()).toHaveLength(1);

    world.certificates = on('NEW', 300, sites);
    await clock.advance(20 * minute + day);
    expect(told.open()).toEqual([]);
    expect(told.all).toHaveLength(2);
  });
});

describe('maintenance', () => {
  const begin = Date.UTC(2026, 0, 5, 9, 10);
  const window: MaintenanceWindow = {
    kind: 'once',
    name: 'move',
    sites: ['s0'],
    select: undefined,
    from: begin,
    to: begin + 20 * minute,
  };
  const upTo = (clock: { now: () => number }, at: number) => at - clock.now();

  it('tells nothing of what came and went during it, and shows itself', async () => {
    const { clock, told, broken, watch, probed } = await aWorld(numbered(2), [window]);
    await clock.advance(upTo(clock, begin + minute));
    broken.add('s0');
    await clock.advance(5 * minute);
    expect((await watch.views()).map(({ state }) => state)).toEqual(['maintenance', 'up']);
    expect(probed.filter((name) => name === 's0').length).toBeGreaterThan(10);

    broken.clear();
    await clock.advance(30 * minute);

    expect(told.all).toEqual([]);
  });

  it('tells afterwards what is different from before: still down, or up', async () => {
    const { clock, told, broken } = await aWorld(numbered(2), [window]);
    await clock.advance(upTo(clock, begin + minute));
    broken.add('s0');

    await clock.advance(18 * minute);
    expect(told.all).toEqual([]);
    await clock.advance(2 * minute);
    expect(told.open().map(({ key }) => key)).toEqual(['site:s0']);
  });

  it('tells nothing afterwards of what was down before and still is', async () => {
    const { clock, told, broken } = await aWorld(numbered(2), [window]);
    broken.add('s0');
    await clock.advance(upTo(clock, begin));
    expect(told.open()).toHaveLength(1);
    const notes = told.all[0]?.notes.length;
    broken.clear();
    await clock.advance(5 * minute);
    broken.add('s0');

    await clock.advance(30 * minute);

    expect(told.all).toHaveLength(1);
    expect(told.all[0]?.notes).toHaveLength(notes ?? 0);
    expect(told.open()).toHaveLength(1);
  });

  it('comes again and again by a cron line, also when Deckhand starts in the middle of it', async () => {
    const weekly = { kind: 'cron', cron: '0 9 * * 1', timezone: 'UTC', durationMs: 30 * minute } as const;
    const { clock, told, broken, watch } = await aWorld(numbered(2), [
      { ...weekly, name: 'weekly', sites: 'all', select: 'all' },
    ]);
    broken.add('s0');

    await clock.advance(25 * minute);
    expect(told.all).toEqual([]);
    expect((await watch.views()).map(({ state }) => state)).toEqual(['maintenance', 'maintenance']);
    await clock.advance(5 * minute);

    expect(told.open().map(({ key }) => key)).toEqual(['site:s0']);
  });

  it('by the button lasts an hour and holds for the sites of the incident', async () => {
    const { clock, told, broken, store } = await aWorld(numbered(2));
    await store.watch.save(
      new Map([['maintenance:s1', { since: clock.now(), until: clock.now() + 60 * minute, by: 'U1' }]]),
    );
    broken.add('s1');

    await clock.advance(59 * minute);
    expect(told.all).toEqual([]);
    await clock.advance(2 * minute);

    expect(told.open().map(({ key }) => key)).toEqual(['site:s1']);
    expect(await store.watch.load('maintenance:')).toEqual(new Map());
  });
});

describe('a paused site', () => {
  it('is not checked, and what was open of it is closed', async () => {
    const sites = numbered(2);
    const { clock, told, broken, settings, probed, watch } = await aWorld(sites);
    broken.add('s0');
    await clock.advance(3 * minute);
    expect(told.open()).toHaveLength(1);

    settings.change({ sites: sites.map((site) => ({ ...site, paused: site.name === 's0' })) });
    await clock.advance(minute);
    const before = probed.filter((name) => name === 's0').length;
    await clock.advance(10 * minute);

    expect(told.open()).toEqual([]);
    expect(told.all[0]?.report.alert).toBe('s0 is paused');
    expect(probed.filter((name) => name === 's0')).toHaveLength(before);
    expect((await watch.views()).map(({ state }) => state)).toEqual(['paused', 'up']);
  });
});

describe('a watch with few sites', () => {
  it.each([1, 3])('that reaches none of its %i sites nor anything else is blind, and tells no site', async (count) => {
    const { clock, told, dead, world, watch } = await aWorld(numbered(count));
    world.canary = false;
    for (let nr = 0; nr < count; nr++) dead.add(`s${nr}`);

    await clock.advance(10 * minute);

    expect(told.all.map(({ key }) => key)).toEqual(['watch:blind']);
    expect((await watch.views()).map(({ state }) => state)).toEqual(Array.from({ length: count }, () => 'blind'));
    world.canary = true;
    dead.clear();
    await clock.advance(5 * minute);
    expect(told.open()).toEqual([]);
    expect(told.all).toHaveLength(1);
  });

  it('is not blind as long as something answers', async () => {
    const { clock, told, dead } = await aWorld(numbered(1));
    dead.add('s0');

    await clock.advance(3 * minute);

    expect(told.all.map(({ key }) => key)).toEqual(['site:s0']);
  });
});
