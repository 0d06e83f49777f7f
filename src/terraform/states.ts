import { readFile, stat } from 'node:fs/promises';

import { isRefusal } from '#errors.ts';
import type { Log } from '#ports/clock.ts';
import type { Objects } from '#ports/platform.ts';
import type { Managed, Terraform } from '#ports/terraform.ts';

import { readState } from './state.ts';

/** Bytes of one state. A state of some ten thousand resources has about 32 MB. */
const mostBytes = 64 * 1024 * 1024;
/** For a file on a disk of the network. */
const fileWithinMs = 10_000;

type Needs = {
  /** Local paths or `s3://bucket/key`; asked each time. */
  names: () => readonly string[];
  /** Of the home account; asked when a state is read. */
  objects: () => Pick<Objects, 'read'>;
  log: Log;
};

/** The state files that the settings name: read only, bounded, and nothing of them is kept but what the port says. */
export function createTerraform({ names, objects, log }: Needs): Terraform {
  async function readOne(name: string): Promise<readonly Managed[]> {
    const key = /^s3:\/\/([^/]+)\/(.+)$/.exec(name);
    if (key === null) return readState(await readLocal(name));
    const { bytes } = await objects().read({ bucket: key[1]!, key: key[2]!, mostBytes });
    return readState(new TextDecoder().decode(bytes));
  }

  return {
    states: async () => {
      const managed: Managed[] = [];
      const read: string[] = [];
      const problems: { state: string; why: string }[] = [];
      // One after the other: two large states at once would be twice the memory.
      for (const name of names()) {
        try {
          managed.push(...(await readOne(name)));
          read.push(name);
        } catch (error) {
          const why = reasonOf(error);
          log.warn({ state: name, why }, 'a terraform state could not be read');
          problems.push({ state: name, why });
        }
      }
      return { managed, read, problems };
    },
  };
}

async function readLocal(path: string): Promise<string> {
  const found = await stat(path);
  if (!found.isFile()) throw new Error('it is no file');
  if (found.size > mostBytes) throw new Error(`it has ${found.size} bytes, more than the ${mostBytes} that are read`);
  return readFile(path, { encoding: 'utf8', signal: AbortSignal.timeout(fileWithinMs) });
}

/** Never anything of the file's content. */
function reasonOf(error: unknown): string {
  if (isRefusal(error)) return error.message;
  const code = error instanceof Error && 'code' in error ? String(error.code) : undefined;
  if (code === 'ENOENT') return 'there is no such file. Check `terraform.state` in deckhand.yml.';
  if (code === 'EACCES') return 'Deckhand may not read it. Give its user the right to.';
  const message = error instanceof Error ? error.message : String(error);
  return `${message}. Check \`terraform.state\` in deckhand.yml.`;
}
