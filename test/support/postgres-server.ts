import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  // oxlint-disable-next-line typescript/consistent-type-definitions -- vitest's own interface is extended
  interface ProvidedContext {
    /** Address of the throw-away cluster's first database. */
    postgresUrl: string;
    /** Where its pg_ctl is, and what tests need to stop and start it. */
    postgresControl: { program: string; folder: string; uid: number | undefined; gid: number | undefined };
  }
}

/** A throw-away Postgres for one test run. */
export async function setup(project: TestProject): Promise<() => void> {
  const { url, control, stop } = await startPostgres();
  project.provide('postgresUrl', url);
  project.provide('postgresControl', control);
  return stop;
}

/** A Postgres on a free port of the loopback. Nothing of it is left once `stop` is called. Throws where there is none. */
export async function startPostgres() {
  const bin = findPostgres();
  const folder = mkdtempSync(join(tmpdir(), 'deckhand-postgres-'));
  const data = join(folder, 'data');
  const as = plainUser(folder);
  run(
    join(bin, 'initdb'),
    ['-D', data, '-U', 'deckhand', '--auth=trust', '--encoding=UTF8', '--no-locale', '--no-sync'],
    as,
  );
  const port = await freePort();
  const settings = `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off -c max_connections=200`;
  run(join(bin, 'pg_ctl'), ['-D', data, '-l', join(folder, 'log'), '-o', settings, '-w', 'start'], as);
  return {
    url: `postgres://deckhand@127.0.0.1:${port}/postgres`,
    control: { program: join(bin, 'pg_ctl'), folder: data, ...as },
    stop: () => {
      spawnSync(join(bin, 'pg_ctl'), ['-D', data, '-m', 'immediate', 'stop'], as);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The folder of initdb and pg_ctl: on the PATH, or where Debian and Ubuntu put them. */
function findPostgres(): string {
  const debian = '/usr/lib/postgresql';
  const installed = existsSync(debian) ? readdirSync(debian).toSorted((a, b) => Number(b) - Number(a)) : [];
  const places = [
    ...installed.map((version) => join(debian, version, 'bin')),
    ...(process.env['PATH'] ?? '').split(delimiter),
  ];
  const found = places.find((place) => existsSync(join(place, 'initdb')) && existsSync(join(place, 'pg_ctl')));
  if (found !== undefined) return found;
  throw new Error(
    'This needs the Postgres server programs initdb and pg_ctl. Install them (Debian, Ubuntu: apt-get install postgresql), or put their folder on the PATH.',
  );
}

type User = { uid: number | undefined; gid: number | undefined };

/** Postgres refuses to run as root: then it runs as postgres, or as nobody. */
function plainUser(folder: string): User {
  if (process.getuid?.() !== 0) return { uid: undefined, gid: undefined };
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((text) => text.startsWith('postgres:'));
  const [uid, gid] = line === undefined ? [65_534, 65_534] : line.split(':').slice(2, 4).map(Number);
  if (uid === undefined || gid === undefined) throw new Error('the user postgres has no ids in /etc/passwd');
  chmodSync(folder, 0o700);
  chownSync(folder, uid, gid);
  return { uid, gid };
}

function run(program: string, args: readonly string[], as: User): void {
  // Output goes nowhere: pg_ctl's server would keep a pipe open.
  const { status, error } = spawnSync(program, args, {
    ...as,
    cwd: '/',
    stdio: ['ignore', 'ignore', 'inherit'],
    timeout: 60_000,
  });
  if (status !== 0) throw new Error(`${program} failed (${error?.message ?? `exit ${status}`})`);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
