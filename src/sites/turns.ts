import type { Cancel, Clock } from '#ports/clock.ts';

import { createWheel, nextTurn } from './wheel.ts';

/** When each site is due. Instants are epoch ms, kept on a clock that never jumps. */
export type Turns = {
  /** The next turn on the site's own grid; at most `withinMs` ahead when given. */
  ordinary: (name: string, intervalMs: number, withinMs?: number) => void;
  /** At `at`, instead of the ordinary turn. */
  at: (name: string, at: number) => void;
  remove: (name: string) => void;
  start: () => void;
  stop: () => void;
  /** We stood still a moment ago: what times out now says nothing about a site. */
  isDoubtful: () => boolean;
};

/** A tick that comes later than this means that we stood still. */
const lateMs = 1_000;

/** Calls `due` for each site at its turn. After a standstill each missed site is due once. */
export function createTurns(world: { clock: Clock; due: (name: string, lateMs: number) => void }): Turns {
  const { clock } = world;
  const wheel = createWheel(clock.monotonic());
  /** Epoch ms at monotonic 0: turns are on the calendar, so that a restart keeps them, yet no set clock moves them. */
  const epoch = clock.now() - clock.monotonic();
  let armed: { at: number; cancel: Cancel } | undefined;
  let doubtfulUntil = -Infinity;
  let running = false;

  /** One timer for all: the first slot that holds something. */
  function arm(): void {
    const now = clock.monotonic();
    const next = running ? wheel.next() : undefined;
    const at = next === undefined ? undefined : Math.max(next, now); // overdue: at once
    if (armed?.at === at) return;
    armed?.cancel();
    armed = at === undefined ? undefined : { at, cancel: clock.after(at - now, tick) };
  }

  function tick(): void {
    const now = clock.monotonic();
    const late = armed === undefined ? 0 : now - armed.at;
    if (late > lateMs) doubtfulUntil = now + lateMs;
    armed = undefined;
    for (const name of wheel.take(now)) world.due(name, late);
    arm();
  }

  function at(name: string, instant: number): void {
    wheel.set(name, instant - epoch);
    arm();
  }

  function switchTo(on: boolean): void {
    running = on;
    arm();
  }

  return {
    at,
    ordinary: (name, intervalMs, withinMs = intervalMs) =>
      at(name, nextTurn(name, Math.min(intervalMs, withinMs), clock.monotonic() + epoch)),
    remove: (name) => {
      wheel.remove(name);
      arm();
    },
    start: () => switchTo(true),
    stop: () => switchTo(false),
    isDoubtful: () => clock.monotonic() < doubtfulUntil,
  };
}
