import { createSecureContext } from 'node:tls';

import { Client } from 'undici';

import type { Site } from '#ports/site-settings.ts';
import type { Probe, Web } from '#ports/web.ts';
import { createSiteWatch } from '#sites/watch.ts';
import { createHistory } from '#store/history.ts';
import { giveMemoryBack } from '#store/memory.ts';
import { openStore } from '#store/open.ts';
import { aSite } from '#test/sites/support.ts';
import { createFakeSettings } from '#test/support/fake-settings.ts';
import { createCalendar } from '#timers/calendar.ts';
import { createClock } from '#timers/clock.ts';
import { createWeb } from '#web/probe.ts';
import { createResolver } from '#web/resolver.ts';

import { paced } from './pace.ts';

/**
 * One measurement in a process of its own; prints one line of JSON. `ours|undici|ours-paced URL DNS`, `dead HTTP DNS`,
 * `store URL DNS FOLDER` (makes the store), `watch URL DNS FOLDER [SITES SECONDS]` (a folder, or the URL of a Postgres).
 */
const [mode = '', url = '', dns = '', folder = '', siteCount = '10000', everyS = '60'] = process.argv.slice(2);
const clock = createClock();
const resolver = createResolver({ clock, servers: [dns] });
const web = createWeb({ allowPrivate: () => ['127.0.0.1'], clock, resolver });
const silent = () => {};
const log = { debug: silent, info: silent, warn: silent, error: silent };

const modes: Readonly<Record<string, () => Promise<object>>> = {
  ours: () => cost(ours),
  'ours-paced': () => costPaced(ours),
  undici: () => cost(bare()),
  dead,
  store,
  watch,
};
const result = await modes[mode]!(); // named by the bench that starts it
process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0));

function probeOf(to: string, change: Partial<Probe> = {}): Probe {
  const plain = { deadlineMs: 10_000, statuses: [], verifyTls: true, maxRedirects: 5, freshDns: false };
  return { url: to, contains: 'ok', ...plain, ...change };
}

async function ours(): Promise<void> {
  const { failure } = await web.probe(probeOf(url));
  if (failure !== undefined) throw new Error(failure.detail);
}

/** The least that undici can do over a fresh connection, with one TLS context for all, and the cheapest key exchange. */
function bare(): () => Promise<void> {
  const { origin, pathname } = new URL(url);
  const secureContext = createSecureContext({ ecdhCurve: 'X25519' });
  return () =>
    new Promise<void>((resolve, reject) => {
      const client = new Client(origin, { pipelining: 1, connect: { secureContext, rejectUnauthorized: false } });
      client.dispatch(
        { path: pathname, method: 'GET', reset: true },
        {
          onRequestStart: () => {},
          onResponseStart: () => {},
          onResponseData: () => {},
          onResponseEnd: () => void client.destroy().then(resolve, reject),
          onResponseError: (_controller, error) => reject(error),
        },
      );
    });
}

/** CPU seconds for 1,000 checks, 20 at once, after a warm-up. */
async function cost(check: () => Promise<void>): Promise<{ cpu: number }> {
  const count = url.startsWith('https') ? 600 : 2_000;
  await many(400, 20, check);
  const before = process.cpuUsage();
  await many(count, 20, check);
  const { user, system } = process.cpuUsage(before);
  return { cpu: (user + system) / 1_000 / count };
}

/** The same at the rate of 10,000 sites every 60 s. */
async function costPaced(check: () => Promise<void>): Promise<{ cpu: number }> {
  await paced(500, check);
  const before = process.cpuUsage();
  await paced(2_000, check);
  const { user, system } = process.cpuUsage(before);
  return { cpu: (user + system) / 1_000 / 2_000 };
}

async function many(count: number, atOnce: number, act: (nr: number) => Promise<void>): Promise<void> {
  let next = 0;
  const lane = async () => {
    while (next < count) await act(next++);
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
}

/** The slowest resolution of 200 healthy names beside 8 that nobody answers, and without them. */
async function dead(): Promise<{ withMs: number; withoutMs: number }> {
  const slowest = async (round: string) => {
    let worst = 0;
    await many(200, 20, async (nr) => {
      const { phases, failure } = await web.probe(probeOf(`http://${round}${nr}.bench.test:${new URL(url).port}/`));
      if (failure !== undefined) throw new Error(failure.detail);
      worst = Math.max(worst, phases.dnsMs);
    });
    return worst;
  };
  await slowest('warm');
  const withoutMs = await slowest('alone');
  const never = Array.from({ length: 8 }, (_, nr) => web.probe(probeOf(`http://dead${nr}.bench.test/`)));
  const withMs = await slowest('beside');
  if (!(await Promise.all(never)).every(({ failure }) => failure?.class === 'dns'))
    throw new Error('a dead name answered');
  return { withMs, withoutMs };
}

/** Makes the store, once in its life. */
async function store(): Promise<object> {
  await (await openedStore()).close();
  return {};
}

function openedStore() {
  return openStore({ ...(folder.includes('://') ? { databaseUrl: folder } : { dataDir: folder }), log });
}

/** So many sites (10,000 every 60 s), with the real scheduler, verdicts and store: the first round, then a minute. */
async function watch() {
  const { protocol, port } = new URL(url);
  const sites: Site[] = Array.from({ length: Number(siteCount) }, (_, nr) =>
    aSite({
      name: `site-${nr}`,
      url: `${protocol}//s${nr}.bench.test:${port}/`,
      contains: 'ok',
      intervalMs: Number(everyS) * 1_000,
    }),
  );
  const store = await openedStore();
  const seen = new Set<string>();
  const counts = { failed: 0, told: 0, done: 0 };
  const counting: Pick<Web, 'probe'> = {
    probe: async (probe) => {
      const answer = await web.probe(probe);
      seen.add(probe.url);
      counts.done++;
      if (answer.failure !== undefined) counts.failed++;
      return answer;
    },
  };
  const watch = createSiteWatch({
    web: counting,
    history: createHistory(store),
    incidents: {
      raise: async () => void counts.told++,
      resolve: async () => {},
      silence: async () => undefined,
      tried: async () => undefined,
      careOf: async () => ({}),
      isOpen: async () => false,
    },
    cloud: { instances: async () => [] },
    clock,
    settings: createFakeSettings({ sites }),
    log,
    calendar: createCalendar(),
    canaries: async () => true,
  });
  const emptyMiB = rssMiB();
  const begin = performance.now();
  await watch.start();
  while (seen.size < sites.length && performance.now() - begin < 120_000) await pause(100);
  const firstRoundS = (performance.now() - begin) / 1_000;
  giveMemoryBack(); // as Deckhand does once it has settled
  const collectMs = performance.now() - begin - firstRoundS * 1_000;
  const [cpu, from, done] = [process.cpuUsage(), performance.now(), counts.done];
  await pause(60_000);
  const { user, system } = process.cpuUsage(cpu);
  const elapsed = performance.now() - from;
  const figures = watch.figures()!;
  const measured = {
    reached: seen.size,
    firstRoundS,
    cpuPercent: (user + system) / 10 / elapsed,
    checksPerS: ((counts.done - done) / elapsed) * 1_000,
    rssMiB: rssMiB(),
    emptyMiB,
    collectMs,
    peakMiB: process.resourceUsage().maxRSS / 1_024,
    lagP50: figures.lagP50,
    lagP99: figures.lagP99,
    skipped: figures.skipped,
    ...counts,
  };
  await watch.stop();
  await store.close();
  return measured;
}

function rssMiB(): number {
  return process.memoryUsage.rss() / 1_048_576;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms));
}
