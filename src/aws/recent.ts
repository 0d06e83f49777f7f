import type { Clock } from '#ports/clock.ts';

/** What this process made a moment ago: EC2 may answer "not found" to it for a while. */
export type Recent = { note: (id: string) => void; forget: (id: string) => void; has: (id: string) => boolean };

/** Longer than AWS was seen to need; it names no bound.
 *  Source: https://docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html */
const youngMs = 60_000;

export function createRecent(clock: Clock): Recent {
  const madeAt = new Map<string, number>();

  function has(id: string): boolean {
    const at = madeAt.get(id);
    return at !== undefined && clock.monotonic() - at < youngMs;
  }

  function note(id: string): void {
    for (const old of madeAt.keys()) if (!has(old)) madeAt.delete(old);
    madeAt.set(id, clock.monotonic());
  }

  return { note, has, forget: (id) => void madeAt.delete(id) };
}
