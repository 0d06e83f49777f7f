import type { Cancel, Clock, Log } from '#ports/clock.ts';
import type { Monitoring } from '#ports/site-settings.ts';
import type { Web } from '#ports/web.ts';

/** How the checks themselves go. Times in ms. */
export type PulseFigures = {
  started: number;
  /** Left out, because the check before was still on its way. */
  skipped: number;
  /** From when a check was due to its start, of the newest 1,000. */
  lagP50: number;
  lagP99: number;
  /** How long the oldest one that is due waits for its start. */
  overdueMs: number;
};
/** Watches our own scheduler: tells when it stands still, and tells somebody outside as long as it does not. */
export type Pulse = {
  due: (name: string, lateMs: number) => void;
  started: (name: string) => void;
  skipped: () => void;
  figures: () => PulseFigures;
  start: () => void;
  stop: () => void;
};

/** Overdue by this much we stand still; below `flowMs` we go again. Far above any lag of a busy machine. */
const stallMs = 60_000;
const flowMs = 10_000;
const lookEveryMs = 10_000;
const newest = 1_000;
const heartbeatWithinMs = 10_000;

export function createPulse(world: {
  clock: Clock;
  web: Pick<Web, 'probe'>;
  heartbeat: () => Monitoring['heartbeat'];
  onStall: (overdueMs: number) => void;
  onFlow: () => void;
  log: Log;
}): Pulse {
  const { clock, log } = world;
  const waiting = new Map<string, number>();
  const lags: number[] = [];
  let counts = { started: 0, skipped: 0 };
  let stalled = false;
  let lookDueAt = 0;
  let beatAt = -Infinity;
  let cancel: Cancel = () => {};

  function started(name: string): void {
    const dueAt = waiting.get(name);
    waiting.delete(name);
    counts = { ...counts, started: counts.started + 1 };
    if (dueAt === undefined) return;
    lags.push(clock.monotonic() - dueAt);
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
      world.onStall(overdue);
    } else if (stalled && overdue < flowMs) {
      stalled = false;
      world.onFlow();
    }
    if (!stalled) void beat();
    again();
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
    const sorted = lags.toSorted((a, b) => a - b);
    const at = (part: number) => Math.round(sorted[Math.floor(sorted.length * part)] ?? 0);
    return { ...counts, lagP50: at(0.5), lagP99: at(0.99), overdueMs: Math.round(overdueMs()) };
  }

  return {
    due: (name, lateMs) => void waiting.set(name, clock.monotonic() - lateMs),
    started,
    skipped: () => void (counts = { ...counts, skipped: counts.skipped + 1 }),
    figures,
    start: again,
    stop: () => cancel(),
  };
}
