import { spawn } from 'node:child_process';

import { Found } from './failures.ts';
import type { Trip } from './trip.ts';

/** Where systems keep it; the environment, which holds secrets, is not handed on. */
const path = '/usr/bin:/bin:/usr/sbin:/sbin';

/**
 * One echo to an address that was vetted, by the system's own `ping`, which has the right to send it. Exit 0: answered,
 * 1: not, else it could not ask. Source: ping(8) of iputils.
 */
export async function ping(
  { address, family }: { address: string; family: 4 | 6 },
  deadlineMs: number,
  trip: Trip,
): Promise<void> {
  trip.enter('request');
  const wait = String(Math.max(1, Math.ceil(deadlineMs / 1_000)));
  const child = spawn('ping', [`-${family}`, '-n', '-q', '-c', '1', '-W', wait, address], {
    stdio: 'ignore',
    env: { PATH: path, LC_ALL: 'C' },
  });
  trip.onEnd(() => child.kill('SIGKILL'));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', (error: NodeJS.ErrnoException) => reject(error.code === 'ENOENT' ? missing() : error));
    child.once('exit', resolve);
  });
  if (code === 0) return;
  if (code === 1) throw new Found({ class: 'connect-timeout', detail: 'no answer to the ping' });
  throw new Found({
    class: 'setup',
    detail:
      'this machine may not ping; as root: setcap cap_net_raw+ep $(command -v ping). Or check a port: tcp://host:port',
  });
}

function missing(): Found {
  return new Found({
    class: 'setup',
    detail: 'this machine has no ping program; apt-get install iputils-ping, or check a port: tcp://host:port',
  });
}
