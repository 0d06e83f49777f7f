import { existsSync, readFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';

import { z } from 'zod';

import { Refusal } from '#errors.ts';

import type { Channel, Message } from './model.ts';

type Saved = {
  lastMicros: number;
  directs: readonly Channel[];
  messages: Readonly<Record<string, readonly Message[]>>;
};

type StateFile = {
  saved: Saved;
  /** Writes soon; several calls become one write. */
  save: (snapshot: () => Saved) => void;
  /** Writes what is waiting. Idempotent. Rejects with the system's error when the file cannot be written. */
  close: () => Promise<void>;
};

/** Ms of quiet before a write. */
const writeAfterMs = 200;

const nothing: Saved = { lastMicros: 0, directs: [], messages: {} };
const SavedMessage = z.looseObject({
  ts: z.string(),
  channel: z.string(),
  user: z.string(),
  text: z.string(),
  reactions: z.array(z.unknown()),
});
const SavedState = z.object({
  version: z.literal(1),
  lastMicros: z.number(),
  directs: z.array(z.looseObject({ id: z.string(), directWith: z.string() })),
  messages: z.record(z.string(), z.array(SavedMessage)),
});

/** Reads the file, if there is one. Throws Refusal "bad-input" when it is not what was written here. */
export function openStateFile(path: string | undefined): StateFile {
  if (path === undefined) return { saved: nothing, save: () => {}, close: async () => {} };
  let waiting: (() => Saved) | undefined;
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> = Promise.resolve();

  async function write(snapshot: Saved): Promise<void> {
    await writeFile(`${path}.new`, JSON.stringify({ version: 1, ...snapshot }));
    await rename(`${path}.new`, `${path}`);
  }
  function flush(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    const snapshot = waiting?.();
    waiting = undefined;
    // A failed write is told when the file is closed; the next change tries again.
    if (snapshot !== undefined) writing = writing.catch(() => {}).then(() => write(snapshot));
    return writing;
  }
  return {
    saved: read(path),
    save: (snapshot) => {
      waiting = snapshot;
      timer ??= setTimeout(() => void flush().catch(() => {}), writeAfterMs).unref();
    },
    close: flush,
  };
}

function read(path: string): Saved {
  if (!existsSync(path)) return nothing;
  try {
    const saved = SavedState.parse(JSON.parse(readFileSync(path, 'utf8')));
    return saved as unknown as Saved; // only we write it; the shape that we rely on was checked
  } catch (error) {
    throw new Refusal(
      'bad-input',
      `The workspace in ${path} cannot be read. Delete that file, or start with another --data-dir.`,
      {},
      { cause: error },
    );
  }
}
