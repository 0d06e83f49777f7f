import type { Cancel } from '#ports/clock.ts';

/** One call that waits for its tokens. `instances`: how many it would name now. */
export type Waiter = {
  owner: string;
  instances: () => number;
  admit: () => void;
  refuse: (error: Error) => void;
  cancel: Cancel;
};

/** Those who wait in one lane: owners take turns, so that a job of hundreds does not hold up one of one; the calls of an
 *  owner keep their order. */
export type Line = Map<string, Waiter[]>;

export function joinLine(line: Line, waiter: Waiter): void {
  const others = line.get(waiter.owner);
  if (others === undefined) line.set(waiter.owner, [waiter]);
  else others.push(waiter);
}

export function firstIn(line: Line): Waiter | undefined {
  for (const [first] of line.values()) return first;
  return undefined;
}

/** The first one leaves, and its owner's next one stands behind the other owners. */
export function shiftLine(line: Line): void {
  for (const [owner, [, ...rest]] of line) {
    line.delete(owner);
    if (rest.length > 0) line.set(owner, rest);
    return;
  }
}

/** Leaves out of turn; false when it was not there. */
export function leaveLine(line: Line, waiter: Waiter): boolean {
  const own = line.get(waiter.owner) ?? [];
  const at = own.indexOf(waiter);
  if (at < 0) return false;
  own.splice(at, 1);
  if (own.length === 0) line.delete(waiter.owner);
  return true;
}

export function everybodyIn(line: Line): Waiter[] {
  return [...line.values()].flat();
}
