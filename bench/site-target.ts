import { once } from 'node:events';
import { join } from 'node:path';

import { request } from 'undici';

import { printed, startNode, tempFolder } from '#test/support/processes.ts';

import { startEnvironment, startFlags } from './start.ts';

/** What benches of sites check, on loopback, and where they keep their files. */
export type Target = {
  http: string;
  https: string;
  /** `127.0.0.1:53000`; knows every name of bench.test. */
  dns: string;
  /** The authority behind `https`, as a file. */
  ca: string;
  folder: string;
  /** Requests answered so far. */
  answered: () => Promise<number>;
  /** Runs bench/web-checker.ts to its end, as `npm start` runs Deckhand, and reads its line. */
  measure: <T>(mode: string, url: string, ...more: readonly string[]) => Promise<T>;
};

/** Starts what is checked, and ends it whatever happens. */
export async function onTarget<T>(act: (target: Target) => Promise<T>): Promise<T> {
  const folder = tempFolder('bench-sites');
  const ca = join(folder.path, 'ca.pem');
  const child = startNode(['bench/web-target.ts', ca]);
  try {
    const [, http, https, dnsPort, count] = await printed(child, /target ready: (\d+) (\d+) (\d+) (\d+)/);
    const dns = `127.0.0.1:${dnsPort}`;
    const measure = async <T>(mode: string, url: string, ...more: readonly string[]): Promise<T> => {
      const checker = startNode([...startFlags, 'bench/web-checker.ts', mode, url, dns, ...more], {
        ...startEnvironment,
        NODE_EXTRA_CA_CERTS: ca,
      });
      try {
        const [line] = await printed(checker, /^\{.*\}$/m, 300_000);
        // It keeps what it compiled at its end, as Deckhand does.
        if (checker.process.exitCode === null) await once(checker.process, 'exit');
        return JSON.parse(line) as T;
      } finally {
        await checker.kill('SIGKILL');
      }
    };
    const answered = async () => Number(await (await request(`http://127.0.0.1:${count}/`)).body.text());
    return await act({
      http: `http://127.0.0.1:${http}/`,
      https: `https://127.0.0.1:${https}/`,
      dns,
      ca,
      folder: folder.path,
      answered,
      measure,
    });
  } finally {
    await child.kill('SIGTERM');
    folder.remove();
  }
}
