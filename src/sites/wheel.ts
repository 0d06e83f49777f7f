/** One timing wheel for all sites: instants in slots of 50 ms, so that ten thousand sites need one timer. */
export type Wheel = {
  /** Sets, or moves, the instant at which `id` is due. */
  set: (id: string, dueAt: number) => void;
  remove: (id: string) => void;
  /** Takes out everything that is due at `now`, the earliest first. */
  take: (now: number) => readonly string[];
  /**
   * The start of the first slot that may hold something due, in the past when something is overdue; what is more than
   * one turn ahead makes it too early, never too late. Undefined when the wheel is empty.
   */
  next: () => number | undefined;
};

export const slotMs = 50;
/** One turn is a minute, the usual interval; what is due later waits for its turn. */
const slotCount = 1_200;

export function createWheel(startAt: number): Wheel {
  const slots = Array.from({ length: slotCount }, () => new Map<string, number>());
  const where = new Map<string, number>();
  /** Everything in slots before this one has been taken. */
  let taken = Math.floor(startAt / slotMs);

  function remove(id: string): void {
    const slot = where.get(id);
    if (slot === undefined) return;
    slots[slot % slotCount]?.delete(id);
    where.delete(id);
  }

  return {
    remove,
    set(id, dueAt) {
      remove(id);
      // What should have happened already happens with the next slot, never in one that was left behind.
      const slot = Math.max(Math.ceil(dueAt / slotMs), taken + 1);
      slots[slot % slotCount]?.set(id, slot);
      where.set(id, slot);
    },
    take(now) {
      const until = Math.floor(now / slotMs);
      const due: { id: string; slot: number }[] = [];
      // After a long stall one turn sees every slot; further turns would see the same.
      for (let at = Math.max(taken + 1, until - slotCount + 1); at <= until; at++)
        for (const [id, slot] of slots[at % slotCount] ?? []) if (slot <= until) due.push({ id, slot });
      taken = Math.max(taken, until);
      for (const { id } of due) remove(id);
      return due.toSorted((a, b) => a.slot - b.slot).map(({ id }) => id);
    },
    next() {
      if (where.size === 0) return undefined;
      for (let slot = taken + 1; slot <= taken + slotCount; slot++)
        if ((slots[slot % slotCount]?.size ?? 0) > 0) return slot * slotMs;
      return undefined;
    },
  };
}

/**
 * The first turn of `id` after `after` (epoch ms) on its own grid: a phase by the hash of its id, then every
 * `intervalMs`. So load is even, a restart keeps the phase, and lateness never adds up.
 */
export function nextTurn(id: string, intervalMs: number, after: number): number {
  const phase = hash(id) % intervalMs;
  return (Math.floor((after - phase) / intervalMs) + 1) * intervalMs + phase;
}

/** FNV-1a with 32 bits, its bits stirred once more. Source: http://www.isthe.com/chongo/tech/comp/fnv/ */
export function hash(text: string): number {
  let value = 0x811c_9dc5;
  for (let at = 0; at < text.length; at++) value = Math.imul(value ^ text.charCodeAt(at), 0x0100_0193);
  value = Math.imul(value ^ (value >>> 15), 0x9e37_79b1);
  return (value ^ (value >>> 13)) >>> 0;
}
