import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';

import { request } from 'undici';

import { printed, startNode, tempFolder } from '#test/support/processes.ts';

import type { Figure } from './figure.ts';
import type { Bench } from './group.ts';

type Target = {
  http: string;
  https: string;
  folder: string;
  /** Runs bench/web-checker.ts to its end and reads its line. */
  measure: <T>(mode: string, url: string, ...more: readonly string[]) => Promise<T>;
};

const rounds = 3;

/** What one check costs, beside the barest undici and, where it is installed, blackbox_exporter, all in turns. */
export const sitesCost: Bench = { name: 'http-vs-undici', run: () => onTarget(costs) };
/** 10,000 sites every minute. */
export const sites10k: Bench = { name: '10k-cpu', run: () => onTarget(tenThousand) };
/** Names that nobody answers for must not delay the others. */
export const sitesDns: Bench = { name: 'unresolvable-delay-ms', run: () => onTarget(unresolvable) };

async function costs(target: Target): Promise<readonly Figure[]> {
  const cpu: Record<string, number[]> = {};
  const add = (of: string, value: number) => void (cpu[of] ??= []).push(value);
  for (let round = 0; round < rounds; round++)
    for (const scheme of ['http', 'https'] as const)
      for (const mode of ['undici', 'ours'])
        add(`${mode} ${scheme}`, (await target.measure<{ cpu: number }>(mode, target[scheme])).cpu);
  const blackbox = await blackboxCost(target);
  const of = (name: string) => median(cpu[name] ?? []);
  const perThousand = (name: string) => `${name}: ${(cpu[name] ?? []).map((one) => one.toFixed(3)).join(' / ')}`;
  const notes = [`CPU s per 1,000 checks, ${rounds} rounds in turns, 20 at once`, ...Object.keys(cpu).map(perThousand)];
  return [
    {
      figure: 'http-vs-undici',
      value: of('ours http') / of('undici http'),
      target: 1.5,
      unit: 'x',
      against: 'bare undici, fresh connection',
      notes,
    },
    {
      figure: 'https-vs-undici',
      value: of('ours https') / of('undici https'),
      target: 1.15,
      unit: 'x',
      against: 'undici with one TLS context, full handshakes',
    },
    blackbox === undefined
      ? {
          figure: 'http-vs-blackbox',
          value: undefined,
          target: 1,
          unit: 'x',
          against:
            'prometheus-blackbox-exporter, which is not installed (apt-get install prometheus-blackbox-exporter)',
        }
      : {
          figure: 'http-vs-blackbox',
          value: of('ours http') / blackbox,
          target: 1,
          unit: 'x',
          against: 'prometheus-blackbox-exporter, GOMAXPROCS=1',
          notes: [
            `blackbox: ${blackbox.toFixed(3)} CPU s per 1,000 checks. Gatus and Uptime Kuma are not measured here.`,
          ],
        },
  ];
}

async function tenThousand(target: Target): Promise<readonly Figure[]> {
  const of = await target.measure<Record<string, number>>('watch', target.https, join(target.folder, 'data'));
  const against = '10,000 HTTPS sites every 60 s, full handshakes';
  const notes = [
    `${of['reached']} sites reached; ${of['checksPerS']?.toFixed(1)} checks a second; ${of['failed']} failed, ${of['skipped']} skipped, ${of['told']} told; start lag p50 ${of['lagP50']} ms`,
    'Scheduler, resolver, TLS, verdicts and the embedded store; Slack is left out.',
    `RSS before the watch, with the store open: ${of['emptyMiB']?.toFixed(0)} MiB; the most it ever was: ${of['peakMiB']?.toFixed(0)} MiB`,
  ];
  return [
    { figure: '10k-cpu', value: of['cpuPercent']!, target: 25, unit: '% of a core', against, notes },
    { figure: '10k-rss-mib', value: of['rssMiB']!, target: 250, unit: 'MiB', against },
    { figure: '10k-lag-p99-ms', value: of['lagP99']!, target: 20, unit: 'ms', against },
    { figure: '10k-first-round-s', value: of['firstRoundS']!, target: 61, unit: 's', against },
  ];
}

async function unresolvable(target: Target): Promise<readonly Figure[]> {
  const { withMs, withoutMs } = await target.measure<{ withMs: number; withoutMs: number }>('dead', target.http);
  return [
    {
      figure: 'unresolvable-delay-ms',
      value: Math.max(0, withMs - withoutMs),
      target: 100,
      unit: 'ms',
      against: '200 names resolved beside 8 that nobody answers for',
      notes: [`slowest healthy name: ${withMs.toFixed(1)} ms beside them, ${withoutMs.toFixed(1)} ms without`],
    },
  ];
}

/** Starts what is checked, and ends it whatever happens. */
async function onTarget<T>(act: (target: Target) => Promise<T>): Promise<T> {
  const folder = tempFolder('bench-sites');
  const ca = join(folder.path, 'ca.pem');
  const child = startNode(['bench/web-target.ts', ca]);
  try {
    const [, http, https, dns] = await printed(child, /target ready: (\d+) (\d+) (\d+)/);
    const measure = async <T>(mode: string, url: string, ...more: readonly string[]): Promise<T> => {
      const checker = startNode(['bench/web-checker.ts', mode, url, dns!, ...more], { NODE_EXTRA_CA_CERTS: ca });
      try {
        return JSON.parse((await printed(checker, /^\{.*\}$/m, 300_000))[0]) as T;
      } finally {
        await checker.kill('SIGKILL');
      }
    };
    return await act({
      http: `http://127.0.0.1:${http}/`,
      https: `https://127.0.0.1:${https}/`,
      folder: folder.path,
      measure,
    });
  } finally {
    await child.kill('SIGTERM');
    folder.remove();
  }
}

const blackboxPath = 'prometheus-blackbox-exporter';
/** Source: proc_pid_stat(5); Linux counts in hundredths of a second (sysconf(_SC_CLK_TCK)). */
const ticksPerS = 100;

/** CPU seconds for 1,000 HTTP checks; undefined when it is not installed. */
async function blackboxCost({ http, folder }: Target): Promise<number | undefined> {
  const config = join(folder, 'blackbox.yml');
  writeFileSync(
    config,
    'modules: { http: { prober: http, timeout: 10s, http: { preferred_ip_protocol: ip4, fail_if_body_not_matches_regexp: [ok] } } }\n',
  );
  const port = await freePort();
  const child = spawn(blackboxPath, [`--config.file=${config}`, `--web.listen-address=127.0.0.1:${port}`], {
    stdio: 'ignore',
    env: { PATH: '/usr/local/bin:/usr/bin:/bin', GOMAXPROCS: '1' },
  });
  const started = await new Promise<boolean>((resolve) => {
    child.once('spawn', () => resolve(true));
    child.once('error', () => resolve(false));
  });
  if (!started) return undefined;
  try {
    const ask = async () => {
      const { body } = await request(`http://127.0.0.1:${port}/probe?module=http&target=${encodeURIComponent(http)}`);
      if (!(await body.text()).includes('probe_success 1')) throw new Error('blackbox did not reach the target');
    };
    await untilReady(ask);
    const lanes = (count: number) =>
      Promise.all(
        Array.from({ length: 20 }, async () => {
          for (let nr = 0; nr < count / 20; nr++) await ask();
        }),
      );
    await lanes(200);
    const before = cpuOf(child.pid!);
    await lanes(1_000);
    return cpuOf(child.pid!) - before;
  } finally {
    child.kill('SIGTERM');
  }
}

async function untilReady(ask: () => Promise<void>): Promise<void> {
  for (let attempt = 0; ; attempt++)
    try {
      return await ask();
    } catch (error) {
      if (attempt > 50) throw error;
      await new Promise((resolve) => void setTimeout(resolve, 100));
    }
}

function cpuOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticksPerS;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => void server.close(resolve));
  return port;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
