import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';

import { type Child, startProcess } from '#test/support/processes.ts';

import { freePort } from './blackbox.ts';
import type { Figure } from './figure.ts';
import type { Bench, Rivals } from './group.ts';
import { cpuOf } from './process-figures.ts';
import { onTarget, type Target } from './site-target.ts';

/** What each has to check. Uptime Kuma knows no shorter interval than 20 s. */
const load = { sites: 100, everyS: 20 };
const measuredMs = 60_000;
const schemes = ['http', 'https'] as const;

/** Other monitors with schedulers of their own, at the same load as ours, one after the other. */
export const sitesRivals: Bench = {
  name: 'http-vs-gatus',
  run: ({ rivals }) => onTarget((target) => besideEach(target, rivals)),
};

async function besideEach(target: Target, { gatus, kuma }: Rivals): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  const found = [
    { name: 'gatus', ...findGatus(gatus) },
    { name: 'kuma', ...findKuma(kuma) },
  ];
  const ours: Partial<Record<string, number>> = {};
  for (const { name, start, title } of found)
    for (const scheme of schemes) {
      const base = { figure: `${scheme}-vs-${name}`, target: 1, unit: 'x', against: title };
      if (start === undefined) {
        figures.push({ ...base, value: undefined });
        continue;
      }
      ours[scheme] ??= await ownCost(target, scheme);
      const theirs = await costOf(start, target, scheme);
      const notes = [
        `CPU s per 1,000 checks, ${load.sites} sites every ${load.everyS} s: ours ${ours[scheme].toFixed(2)}, theirs ${theirs.toFixed(2)}`,
      ];
      figures.push({ ...base, value: ours[scheme] / theirs, notes });
    }
  return figures;
}

async function ownCost(target: Target, scheme: 'http' | 'https'): Promise<number> {
  const folder = join(target.folder, 'ours');
  await target.measure('store', target[scheme], folder);
  const { cpuPercent, checksPerS } = await target.measure<{ cpuPercent: number; checksPerS: number }>(
    'watch',
    target[scheme],
    folder,
    String(load.sites),
    String(load.everyS),
  );
  return ((cpuPercent / 100) * 1_000) / checksPerS;
}

type Rival = { title: string; start?: (target: Target, url: string) => Promise<Child> };

/** CPU seconds for 1,000 checks in a minute in which all of them are checked. */
async function costOf(start: NonNullable<Rival['start']>, target: Target, scheme: 'http' | 'https'): Promise<number> {
  const rival = await start(target, target[scheme]);
  const checksIn = async (ms: number) => {
    const before = await target.answered();
    await sleep(ms);
    return (await target.answered()) - before;
  };
  try {
    for (let turn = 0; (await checksIn(load.everyS * 1_000)) < load.sites * 0.95; turn++)
      if (turn === 9) throw new Error(`it does not check all ${load.sites} sites:\n${rival.output().slice(-2_000)}`);
    const before = cpuOf(rival.process.pid!);
    const checks = await checksIn(measuredMs);
    return ((cpuOf(rival.process.pid!) - before) / checks) * 1_000;
  } finally {
    await rival.kill('SIGKILL');
  }
}

function findGatus(command = onPath('gatus')): Rival {
  if (command === undefined) return { title: 'Gatus, which is neither on the path nor named by --gatus' };
  return {
    title: `Gatus (${command})`,
    async start({ folder, ca }, url) {
      const config = join(folder, 'gatus.json');
      const endpoints = Array.from({ length: load.sites }, (_, nr) => ({
        name: `site-${nr}`,
        url,
        interval: `${load.everyS}s`,
        conditions: ['[STATUS] == 200', '[BODY] == pat(*ok*)'],
      }));
      // JSON is YAML too.
      writeFileSync(config, JSON.stringify({ web: { address: '127.0.0.1', port: await freePort() }, endpoints }));
      const environment = { GATUS_CONFIG_PATH: config, SSL_CERT_FILE: ca, GOMAXPROCS: '1' };
      return startProcess(command, [], { environment });
    },
  };
}

/** `home`: its folder, as its package has it. */
function findKuma(home: string | undefined): Rival {
  if (home === undefined || !existsSync(join(home, 'server/server.js')))
    return { title: 'Uptime Kuma, whose folder --kuma does not name' };
  const { version } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8')) as { version: string };
  let runs = 0;
  return {
    title: `Uptime Kuma ${version}, SQLite, Node ${process.versions.node}`,
    async start({ folder, ca }, url) {
      const data = join(folder, `kuma-${runs++}`);
      mkdirSync(data);
      writeFileSync(join(data, 'db-config.json'), '{"type":"sqlite"}');
      copyFileSync(join(home, 'db/kuma.db'), join(data, 'kuma.db'));
      const db = new DatabaseSync(join(data, 'kuma.db'));
      db.exec("insert into user (username, password, active) values ('bench', 'x', 1)");
      const add = db.prepare(
        "insert into monitor (name, active, user_id, interval, url, type, keyword) values (?, 1, 1, ?, ?, 'keyword', 'ok')",
      );
      for (let nr = 0; nr < load.sites; nr++) add.run(`site-${nr}`, load.everyS, url);
      db.close();
      const args = ['server/server.js', '--host=127.0.0.1', `--port=${await freePort()}`];
      const environment = { DATA_DIR: `${data}/`, NODE_EXTRA_CA_CERTS: ca };
      return startProcess(process.execPath, args, { environment, cwd: home });
    },
  };
}

function onPath(name: string): string | undefined {
  try {
    return String(execFileSync('which', [name])).trim();
  } catch {
    return undefined;
  }
}
