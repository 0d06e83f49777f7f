import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A child process of the test, its output kept for the failure message. */
export type Child = {
  process: ChildProcess;
  output: () => string;
  kill: (signal: 'SIGKILL' | 'SIGTERM') => Promise<number | null>;
};

/** A start takes half the time when its modules were compiled by an earlier one. */
const compiled = { NODE_COMPILE_CACHE: join(tmpdir(), 'deckhand-test-modules') };

/** Starts `node ARGS` with the given environment on top of a clean one. */
export function startNode(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Child {
  return startProcess(process.execPath, args, { environment: { ...compiled, ...environment } });
}

/** Starts any command with the given environment on top of a clean one. */
export function startProcess(
  command: string,
  args: readonly string[],
  { environment = {}, cwd }: { environment?: Readonly<Record<string, string>>; cwd?: string } = {},
): Child {
  const base = Object.fromEntries(
    ['PATH', 'HOME', 'TMPDIR'].flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
  const child = spawn(command, args, { cwd, env: { ...base, ...environment }, stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  child.stdout.on('data', (data: Buffer) => (text += data.toString()));
  child.stderr.on('data', (data: Buffer) => (text += data.toString()));
  async function kill(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null> {
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
    return child.exitCode;
  }
  return { process: child, output: () => text, kill };
}

/** Waits until the child printed something that matches, and returns the match. Fails when it ends or the time is over. */
export async function printed(child: Child, pattern: RegExp, withinMs = 30_000): Promise<RegExpExecArray> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const match = pattern.exec(child.output());
    if (match !== null) return match;
    if (child.process.exitCode !== null)
      throw new Error(`it ended with ${child.process.exitCode} before printing ${pattern}:\n${child.output()}`);
    if (Date.now() > deadline) throw new Error(`it did not print ${pattern} within ${withinMs} ms:\n${child.output()}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

/** A folder of the test's own; `remove` when done. */
export function tempFolder(name: string): { path: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), `deckhand-${name}-`));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
