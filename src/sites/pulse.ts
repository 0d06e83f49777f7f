import type { Cancel, Clock, Log } from '#ports/clock.ts';
import type { CheckFigures } from '#ports/managed-sites.ts';
import type { Monitoring } from '#ports/site-settings.ts';
import type { Web } from '#ports/web.ts';

import * as messages from './own-messages.ts';
import type { OwnTrouble } from './own-trouble.ts';

type PulseFigures = Omit<CheckFigures, 'inFlight' | 'waiting'>;
/** Watches our own scheduler: tells when it is late or stands still, and tells somebody outside as long as it runs. */
export type Pulse = {
  due: (name: string, lateMs: number) => void;
  /** It waits for other checks of its host, which is no lateness of ours. */
  parked: (name: string) => void;
  started: (name: string) => void;
  skipped: () => void;
  figures: () => PulseFigures;
  start: () => void;
  stop: () => void;
};

/** Overdue by this much we stand still; below `flowMs` we go again. Far above any lag of a busy machine. */
const stallMs = 60_000;
const flowMs = 10_000;
/** Late: more than one start of a hundred by this much, for `lateForMs`; in time again likewise. 50 times the usual lag. */
const lateMs = 1_000;
const lateForMs = 2 * 60_000;
const lookEveryMs = 10_000;
const newest = 1_000;
const newestMs = 60_000;
const heartbeatWithinMs = 10_000;

export function createPulse(world: {
  clock: Clock;
  web: Pick<Web, 'probe'>;
  heartbeat: () => Monitoring['heartbeat'];
  own: OwnTrouble;
  /** How late our event loop was at most in 99 of 100 turns since it was last asked, ms. */
  loopDelay: () => number;
  log: Log;
}): Pulse {
  const { clock, log, own } = world;
  const waiting = new Map<string, number>();
  const lags: { at: number; ms: number }[] = [];
  let counts = { started: 0, skipped: 0 };
  let stalled = false;
  let late = false;
  /** Since when it is otherwise than `late` says. */
  let turnedAt: number | undefined;
  let loopMs = 0;
  let lookDueAt = 0;
  let beatAt = -Infinity;
  let cancel: Cancel = () => {};

  function started(name: string): void {
    const dueAt = waiting.get(name);
    waiting.delete(name);
    counts = { ...counts, started: counts.started + 1 };
    if (dueAt === undefined) return;
    lags.push({ at: clock.monotonic(), ms: clock.monotonic() - dueAt });
    if (lags.length > newest) lags.splice(0, lags.length - newest);
  }

  function overdueMs(): number {
    const oldest = Math.min(...[...waiting.values()].slice(0, newest), clock.monotonic());
    return clock.monotonic() - oldest;
  }

  /** Its own lateness counts: a timer that fires a minute late means that nothing ran for that minute. */
  function look(): void {
    const overdue = Math.max(overdueMs(), clock.monotonic() - lookDueAt);
    if (!stalled && overdue >= stallMs) {
      stalled = true;
      own.begins('stalled', messages.stalled(overdue));
    } else if (stalled && overdue < flowMs) {
      stalled = false;
      own.ends('stalled', messages.flowsAgain());
    }
    loopMs = world.loopDelay();
    judgeLateness();
    if (!stalled) void beat();
    again();
  }

  /** A check that is left out before it began is overdue for longer. A standstill is told as that. */
  function judgeLateness(): void {
    const now = clock.monotonic();
    const of = figures();
    const isLate = of.lagP99 > lateMs || of.overdueMs > lateMs;
    turnedAt = stalled || isLate === late ? undefined : (turnedAt ?? now);
    if (turnedAt === undefined || now - turnedAt < lateForMs) return;
    late = isLate;
    turnedAt = undefined;
    if (late) own.begins('late', messages.late(of));
    else own.ends('late', messages.inTime());
  }

  function again(): void {
    lookDueAt = clock.monotonic() + lookEveryMs;
    cancel = clock.after(lookEveryMs, look);
  }

  async function beat(): Promise<void> {
    const heartbeat = world.heartbeat();
    if (heartbeat === undefined || clock.monotonic() - beatAt < heartbeat.everyMs - lookEveryMs / 2) return;
    beatAt = clock.monotonic();
    const { failure } = await world.web.probe({
      url: heartbeat.url,
      deadlineMs: heartbeatWithinMs,
      statuses: [],
      verifyTls: true,
      maxRedirects: 5,
      freshDns: false,
    });
    if (failure !== undefined) log.warn({ why: failure.detail }, 'the heartbeat of site checks was not taken');
  }

  function figures(): PulseFigures {
    const since = clock.monotonic() - newestMs;
    const sorted = lags.flatMap(({ at, ms }) => (at < since ? [] : [ms])).toSorted((a, b) => a - b);
    const at = (part: number) => Math.round(sorted[Math.floor(sorted.length * part)] ?? 0);
    return { ...counts, lagP50: at(0.5), lagP99: at(0.99), overdueMs: Math.round(overdueMs()), loopMs };
  }

  return {
    due: (name, lateMs) => void waiting.set(name, clock.monotonic() - lateMs),
    parked: (name) => void waiting.delete(name),
    started,
    skipped: () => void (counts = { ...counts, skipped: counts.skipped + 1 }),
    figures,
    start() {
      // What an earlier process told is over until it is seen again.
      own.ends('stalled', messages.flowsAgain());
      own.ends('late', messages.inTime());
      again();
    },
    stop: () => cancel(),
  };
}
