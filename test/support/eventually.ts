import { vi } from 'vitest';

/** Waits until the expectations hold: at most 15 s, as a busy machine may stand still for a second or two. */
export function eventually<T>(expectations: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(expectations, { timeout: 15_000 });
}
