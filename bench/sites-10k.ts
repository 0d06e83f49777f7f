import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { startPostgres } from '#test/support/postgres-server.ts';

import type { Figure } from './figure.ts';
import type { Bench } from './group.ts';
import { cpuOf, memoryMib } from './process-figures.ts';
import { startRig } from './rig.ts';
import { onTarget, type Target } from './site-target.ts';

const against = '10,000 HTTPS sites every 60 s, full handshakes';

/** The watch of 10,000 sites with its store, without the rest of the product. */
export const sites10k: Bench = { name: '10k-cpu', run: () => onTarget(watchAlone) };
/** The same without the memory of the embedded store: what is known of sites goes to a Postgres server. */
export const sites10kPostgres: Bench = { name: '10k-rss-postgres-mib', run: () => onTarget(watchOnPostgres) };
/** The same sites in the whole product, as `npm start` runs it. */
export const sites10kWhole: Bench = {
  name: '10k-whole-rss-mib',
  run: () => onTarget((target) => wholeProduct(target, { figure: '10k-whole-rss-mib' })),
};
/** The same as the container image runs it: bundled. */
export const sites10kImage: Bench = {
  name: '10k-image-rss-mib',
  run: () =>
    onTarget((target) => wholeProduct(target, { figure: '10k-image-rss-mib', entry: bundleInto(target.folder) })),
};

async function watchAlone(target: Target): Promise<readonly Figure[]> {
  const folder = join(target.folder, 'data');
  // The first start makes the store, once in its life; what is measured is any later one.
  await target.measure('store', target.https, folder);
  const of = await target.measure<Record<string, number>>('watch', target.https, folder);
  const notes = [
    `${of['reached']} sites reached; ${of['checksPerS']?.toFixed(1)} checks a second; ${of['failed']} failed, ${of['skipped']} skipped, ${of['told']} told; start lag p50 ${of['lagP50']} ms`,
    'Scheduler, resolver, TLS, verdicts and the embedded store, started as npm start does; Slack and AWS are left out.',
    `RSS before the watch, with the store open: ${of['emptyMiB']?.toFixed(0)} MiB; the most it ever was: ${of['peakMiB']?.toFixed(0)} MiB; giving memory back after the first round took ${of['collectMs']?.toFixed(0)} ms`,
  ];
  return [
    { figure: '10k-cpu', value: of['cpuPercent']!, target: 25, unit: '% of a core', against, notes },
    { figure: '10k-rss-mib', value: of['rssMiB']!, target: 250, unit: 'MiB', against },
    { figure: '10k-lag-p99-ms', value: of['lagP99']!, target: 20, unit: 'ms', against },
    { figure: '10k-first-round-s', value: of['firstRoundS']!, target: 61, unit: 's', against },
  ];
}

async function watchOnPostgres(target: Target): Promise<readonly Figure[]> {
  const base = { figure: '10k-rss-postgres-mib', target: 250, unit: 'MiB' };
  let postgres;
  try {
    postgres = await startPostgres();
  } catch (error) {
    return [{ ...base, value: undefined, against: (error as Error).message }];
  }
  try {
    const { rssMiB } = await target.measure<{ rssMiB: number }>('watch', target.https, postgres.url);
    return [{ ...base, value: rssMiB, against: `${against}, a Postgres server as the store` }];
  } finally {
    postgres.stop();
  }
}

/** After so long every site was checked once, and Deckhand has given back what only its start needed. */
const settleMs = 100_000;
const measuredMs = 60_000;

function bundleInto(folder: string): string {
  const dist = join(folder, 'dist');
  execFileSync('npm', ['run', '-s', 'build', '--', '--dir', dist], { stdio: 'ignore' });
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  return join(dist, 'main.js');
}

async function wholeProduct(
  target: Target,
  { figure, entry }: { figure: string; entry?: string },
): Promise<readonly Figure[]> {
  const { port } = new URL(target.https);
  const sites = Array.from({ length: 10_000 }, (_, nr) => ({
    name: `site-${nr}`,
    url: `https://s${nr}.bench.test:${port}/`,
    contains: 'ok',
  }));
  const rig = await startRig({
    instances: 24,
    speed: 1,
    entry,
    settings: { sites, web: { allowPrivate: ['127.0.0.1'] } },
    beside: {
      flags: ['--import', `./bench/loopback-dns.ts?${target.dns}`],
      environment: { NODE_EXTRA_CA_CERTS: target.ca },
    },
  });
  try {
    await sleep(settleMs);
    const [cpu, checks] = [cpuOf(rig.pid), await target.answered()];
    await sleep(measuredMs);
    const seconds = measuredMs / 1_000;
    const perS = ((await target.answered()) - checks) / seconds;
    if (perS < 160)
      throw new Error(
        `only ${perS.toFixed(0)} checks a second instead of 167: the machine is too busy, measure again when it is calm`,
      );
    const notes = [
      `Slack, AWS, engine, embedded store and all, with 24 servers; ${perS.toFixed(1)} checks a second, ${(((cpuOf(rig.pid) - cpu) / seconds) * 100).toFixed(1)} % of a core`,
      `the most it ever was after its start: ${rig.peakMb().toFixed(0)} MiB`,
    ];
    return [{ figure, value: memoryMib(rig.pid, 'VmRSS'), target: 250, unit: 'MiB', against, notes }];
  } finally {
    await rig.stop();
  }
}
