import type { Durable } from '#ports/engine.ts';

/** Some of the work could not be put back: a person must. `failed` says what, why and the command to type. */
export class UndoIncomplete extends Error {
  readonly code = 'undo-incomplete';
  readonly failed: readonly FailedUndo[];

  constructor(failed: readonly FailedUndo[], reason: string) {
    super(reason);
    this.name = 'UndoIncomplete';
    this.failed = failed;
  }
}
export type FailedUndo = { name: string; why: string; manual: string };

/** True for UndoIncomplete, also one that was stored and reloaded. */
export function isUndoIncomplete(error: unknown): error is { failed: readonly FailedUndo[]; message: string } {
  return typeof error === 'object' && error !== null && (error as { code?: unknown }).code === 'undo-incomplete';
}

/** Undo is the last to give up: with gaps of at most a minute, about eight hours. */
const persistent = { attempts: 500 };

export type Undo = (name: string, act: () => Promise<void>, manual: string) => void;

/**
 * Runs `body`; when it fails, runs what it registered with `undo`, last first, each as a recorded step. One failing undo
 * does not stop the others. The engine's own stop signals pass through untouched: a process that lost its run must not
 * compensate what another finished. `onUndo` is told before the first.
 */
export async function saga<T>(
  durable: Durable,
  body: (undo: Undo) => Promise<T>,
  onUndo: (reason: unknown) => void,
): Promise<T> {
  const undos: { name: string; act: () => Promise<void>; manual: string }[] = [];
  try {
    return await body((name, act, manual) => undos.push({ name, act, manual }));
  } catch (error) {
    if (durable.isStop(error)) throw error;
    if (undos.length > 0) onUndo(error);
    const failed: FailedUndo[] = [];
    for (const { name, act, manual } of undos.toReversed()) {
      try {
        await durable.step(`undo ${name}`, act, persistent);
      } catch (why) {
        if (durable.isStop(why)) throw why;
        failed.push({ name, why: messageOf(why), manual });
      }
    }
    if (failed.length > 0) throw new UndoIncomplete(failed, messageOf(error));
    throw error;
  }
}

export function messageOf(error: unknown): string {
  const message = (error as { message?: unknown } | null | undefined)?.message;
  return typeof message === 'string' && message !== '' ? message : String(error);
}
