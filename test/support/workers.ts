import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

type Worker = {
  process: ChildProcess;
  /** Everything it has printed. */
  output: () => string;
  exited: Promise<number | null>;
};
export type Workers = {
  folder: string;
  /** Starts test/engine/worker.ts under a name, on the store that `variables` name. */
  start: (name: string, variables: Record<string, string>, ...flags: string[]) => Worker;
  /** What the steps wrote, in order: `step:worker`. */
  journal: () => readonly string[];
  /** Lets `second` go on, everywhere. */
  openGate: () => void;
  close: () => void;
};

/** Real processes that a test may kill, with a journal that outlives them. */
export function createWorkers(): Workers {
  const folder = mkdtempSync(join(tmpdir(), 'deckhand-workers-'));
  const [journal, gate] = [join(folder, 'journal'), join(folder, 'gate')];
  const started: ChildProcess[] = [];
  return {
    folder,
    start: (name, variables, ...flags) => {
      const child = spawn(process.execPath, [join(import.meta.dirname, '..', 'engine', 'worker.ts'), ...flags], {
        env: { PATH: process.env['PATH'], WORKER: name, JOURNAL: journal, GATE: gate, ...variables },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      started.push(child);
      let output = '';
      child.stdout.on('data', (data: Buffer) => (output += data.toString()));
      return {
        process: child,
        output: () => output,
        exited: once(child, 'exit').then(([code]) => code as number | null),
      };
    },
    journal: () => (existsSync(journal) ? readFileSync(journal, 'utf8').trim().split('\n') : []),
    openGate: () => writeFileSync(gate, ''),
    close: () => {
      for (const child of started) child.kill('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
