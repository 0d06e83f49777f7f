import { execFileSync, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { request } from 'undici';

import { paced } from './pace.ts';
import { cpuOf } from './process-figures.ts';
import type { Target } from './site-target.ts';

const command = 'prometheus-blackbox-exporter';
const environment = { PATH: '/usr/local/bin:/usr/bin:/bin', GOMAXPROCS: '1' };

/** CPU seconds for 1,000 checks: at the rate of 10,000 sites every 60 s, and as fast as it can. */
export type Cost = { paced: number; flatOut: number };

/** What its checks cost, asked over its own endpoint; undefined when it is not installed. */
export async function blackboxCost(target: Target): Promise<{ http: Cost; https: Cost; version: string } | undefined> {
  const version = installed();
  if (version === undefined) return undefined;
  const config = join(target.folder, 'blackbox.yml');
  const http = `preferred_ip_protocol: ip4, fail_if_body_not_matches_regexp: [ok], tls_config: { ca_file: ${target.ca} }`;
  writeFileSync(config, `modules: { http: { prober: http, timeout: 10s, http: { ${http} } } }\n`);
  const port = await freePort();
  const child = spawn(command, [`--config.file=${config}`, `--web.listen-address=127.0.0.1:${port}`], {
    stdio: 'ignore',
    env: environment,
  });
  const ask = async (url: string) => {
    const { body } = await request(`http://127.0.0.1:${port}/probe?module=http&target=${encodeURIComponent(url)}`);
    if (!(await body.text()).includes('probe_success 1')) throw new Error('blackbox did not reach the target');
  };
  const spent = async (act: () => Promise<void>) => {
    const before = cpuOf(child.pid!);
    await act();
    return cpuOf(child.pid!) - before;
  };
  const cost = async (url: string): Promise<Cost> => {
    await many(200, () => ask(url));
    const flatOut = await spent(() => many(1_000, () => ask(url)));
    return { flatOut, paced: (await spent(() => paced(2_000, () => ask(url)))) / 2 };
  };
  try {
    await untilReady(() => ask(target.http));
    return { http: await cost(target.http), https: await cost(target.https), version };
  } finally {
    child.kill('SIGTERM');
  }
}

function installed(): string | undefined {
  try {
    const [, version] = /version (\S+)/.exec(String(execFileSync(command, ['--version'], { env: environment }))) ?? [];
    return version;
  } catch {
    return undefined;
  }
}

/** 20 at once. */
async function many(count: number, act: () => Promise<void>): Promise<void> {
  await Promise.all(
    Array.from({ length: 20 }, async () => {
      for (let nr = 0; nr < count / 20; nr++) await act();
    }),
  );
}

async function untilReady(ask: () => Promise<void>): Promise<void> {
  for (let attempt = 0; ; attempt++)
    try {
      return await ask();
    } catch (error) {
      if (attempt > 50) throw error;
      await sleep(100);
    }
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => void server.close(resolve));
  return port;
}
