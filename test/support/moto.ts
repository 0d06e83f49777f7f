import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  // oxlint-disable-next-line typescript/consistent-type-definitions -- vitest's own interface is widened
  export interface ProvidedContext {
    motoUrl: string;
  }
}

/** The image the suite launches. With it moto starts faster and does not make up a thousand foreign snapshots. */
export const motoImage = {
  ami_id: 'ami-0a1b2c3d4e5f60718',
  name: 'deckhand-suite',
  description: 'For the contract tests',
  architecture: 'x86_64',
  hypervisor: 'xen',
  virtualization_type: 'hvm',
  image_type: 'machine',
  state: 'available',
  public: true,
  owner_id: '123456789012',
  platform: '',
  root_device_name: '/dev/xvda',
  root_device_type: 'ebs',
  sriov: 'simple',
  creation_date: '2026-01-01T00:00:00.000Z',
};

/** The release line whose differences from AWS the suite states. */
const requirement = 'moto[ec2,server]==5.2.*';
const startWithinMs = 60_000;

/** vitest's global setup: an independent EC2 for the contract tests, in an environment outside the tree that is kept. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const given = process.env['MOTO_URL'];
  if (given !== undefined && given !== '') {
    project.provide('motoUrl', loopbackUrl(given));
    return () => Promise.resolve();
  }
  const python = preparePython(join(tmpdir(), 'deckhand-moto'));
  const scratch = mkdtempSync(join(tmpdir(), 'deckhand-moto-run-'));
  const images = join(scratch, 'amis.json');
  writeFileSync(images, JSON.stringify([motoImage]));
  const server = spawn(python, ['-m', 'moto.server', '-H', '127.0.0.1', '-p', '0'], {
    env: { ...process.env, MOTO_AMIS_PATH: images },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  try {
    project.provide('motoUrl', loopbackUrl(await listeningUrl(server)));
  } catch (error) {
    server.kill();
    throw error;
  }
  return async () => {
    server.kill();
    if (server.exitCode === null && server.signalCode === null)
      await new Promise((resolve) => server.once('exit', resolve));
    rmSync(scratch, { recursive: true, force: true });
  };
}

/** The address, if it is on this machine: the suite stops, detaches and deletes what it finds. */
export function loopbackUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'http:' && /^(?:127\.\d+\.\d+\.\d+|\[::1\]|localhost)$/.test(url.hostname)) return url.origin;
  throw new Error(
    `The contract tests change everything they find and run on this machine only, not on ${JSON.stringify(text)}. Unset MOTO_URL, or set it to http://127.0.0.1:PORT.`,
  );
}

/** The interpreter of an environment with moto. Made at the first run; half-made or foreign ones are never used. */
function preparePython(folder: string): string {
  const python = join(folder, 'bin', 'python');
  const marker = join(folder, 'ready.txt');
  if (existsSync(folder) && process.getuid !== undefined && statSync(folder).uid !== process.getuid())
    throw new Error(`${folder} belongs to another user. Remove it, or set TMPDIR to a folder of your own.`);
  if (existsSync(marker)) return python;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  run(
    'python3',
    ['-m', 'venv', folder],
    'Python 3.9 or newer with its venv module is needed for these tests. Install it (Debian: apt-get install python3-venv) and run them again.',
  );
  run(
    python,
    ['-m', 'pip', 'install', '--quiet', requirement],
    `${requirement} could not be installed. Check the access to the Python package index and run the tests again.`,
  );
  writeFileSync(marker, requirement);
  return python;
}

function run(command: string, args: readonly string[], advice: string): void {
  const result = spawnSync(command, args, { encoding: 'utf8', timeout: 300_000 });
  if (result.status === 0) return;
  const why = result.error?.message ?? (result.stderr.trim() || result.stdout.trim()).slice(-800);
  throw new Error(`${advice}\n${command} ${args.join(' ')}: ${why}`);
}

/** The address it prints once it listens. */
function listeningUrl(server: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    const lines: string[] = [];
    const fail = (why: string) => reject(new Error(`moto did not start: ${why}\n${lines.slice(-10).join('\n')}`));
    const timer = setTimeout(() => fail(`no address within ${startWithinMs / 1_000} s`), startWithinMs);
    server.once('error', (error) => fail(error.message));
    server.once('exit', (code) => fail(`it ended with ${code}`));
    // The stream is read to the end: a full pipe would stop the server.
    createInterface({ input: server.stderr! }).on('line', (line) => {
      if (lines.length < 50) lines.push(line);
      const url = /Running on (http:\/\/[\w.:[\]]+)/.exec(line)?.[1];
      if (url === undefined) return;
      clearTimeout(timer);
      resolve(url);
    });
  });
}
