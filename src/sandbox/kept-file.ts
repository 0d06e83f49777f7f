import { rename, writeFile } from 'node:fs/promises';

export type KeptFile = {
  /** Writes soon; several calls become one write. */
  save: () => void;
  /** Writes what is waiting. Idempotent. Rejects with the system's error when the file cannot be written. */
  close: () => Promise<void>;
};

/** Ms: what a sudden death loses at most. */
const writeAfterMs = 25;

/** A file that is written anew as a whole, from what `textOf` says then; without a path nothing is written. */
export function openKeptFile(path: string | undefined, textOf: () => string): KeptFile {
  if (path === undefined) return { save: () => {}, close: async () => {} };
  const file = path;
  let waiting = false;
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> = Promise.resolve();

  async function write(text: string): Promise<void> {
    await writeFile(`${file}.new`, text);
    await rename(`${file}.new`, file);
  }
  function flush(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    if (!waiting) return writing;
    waiting = false;
    const text = textOf();
    // A failed write is told when the file is closed; the next change tries again.
    writing = writing.catch(() => {}).then(() => write(text));
    return writing;
  }
  return {
    save: () => {
      waiting = true;
      timer ??= setTimeout(() => void flush().catch(() => {}), writeAfterMs).unref();
    },
    close: flush,
  };
}
