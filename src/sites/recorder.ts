import type { Cancel, Clock, Log } from '#ports/clock.ts';
import type { Fence, History, MinuteRow } from '#ports/history.ts';
import type { SettingsSource } from '#ports/settings.ts';
import type { Site } from '#ports/site-settings.ts';
import type { ProbeResult } from '#ports/web.ts';

import { type Account, book } from './account.ts';
import { bucketOf, encode, type Measure } from './measure.ts';
import { createRings, type Seen } from './ring.ts';
import { begin, dayMs, hourMs, minuteMs, minutesKeptMs, rollUp } from './rollup.ts';
import type { SiteState } from './state.ts';

/** Keeps what checks showed: the newest in memory, minutes, hours and days in the store. */
export type Recorder = {
  /** A judged check. Cheap. Of a site that cannot be checked nothing is kept. */
  saw: (site: Site, check: { before: SiteState; after: SiteState; result: ProbeResult }) => void;
  /** The time since its last check is not judged: maintenance, blind, our own trouble. */
  skip: (name: string) => void;
  forget: (name: string) => void;
  /** The newest checks of a site, oldest first. */
  recent: (name: string) => readonly Seen[];
  start: () => void;
  /** Writes the minute so far. At most one write. */
  stop: () => Promise<void>;
};
/** `answers`: the bucket of each good answer; a list takes less room than counts of a few. */
type Open = { -readonly [K in Exclude<keyof Measure, 'buckets'>]: Measure[K] } & { answers: number[] };

/** Minutes that wait for a store that is away; older ones are given up. */
const mostWaiting = 60;
/** After the end of a minute, so that the checks that began in it are there. */
const settleMs = 2_000;

export function createRecorder(
  world: {
    history: Pick<History, 'measures'>;
    clock: Clock;
    settings: SettingsSource;
    log: Log;
    /** After each minute, once it is stored. Never rejects. */
    onMinute?: (minutes: readonly MinuteRow[]) => Promise<void>;
  },
  fence: Fence | undefined,
): Recorder {
  const { clock, log } = world;
  const { measures } = world.history;
  const writer = fence?.token ?? 0;
  const accounts = new Map<string, Account>();
  const rings = createRings(clock.now());
  let minute = begin(clock.now(), minuteMs);
  let open = new Map<string, Open>();
  let waiting: MinuteRow[] = [];
  /** Hours with minutes that are in no hour yet. Undefined: what an earlier process left is not looked up yet. */
  let unrolled: Set<number> | undefined;
  let prunedAt = -Infinity;
  let cancel: Cancel = () => {};
  let running = false;
  let last: Promise<void> = Promise.resolve();

  function saw(site: Site, { before, after, result }: Parameters<Recorder['saw']>[1]): void {
    if (after.setup !== undefined) return skip(site.name);
    turn();
    const at = result.startedAt;
    const { account, booked } = book(accounts.get(site.name), { before, after, at, intervalMs: site.intervalMs });
    accounts.set(site.name, account);
    const good = result.failure === undefined;
    rings.add(site.name, { at, ms: result.phases.totalMs, good });
    add(site.name, booked, good ? result.phases.totalMs : undefined);
  }

  function skip(name: string): void {
    accounts.delete(name);
  }

  function add(name: string, booked: ReturnType<typeof book>['booked'], answeredMs: number | undefined): void {
    const sum = open.get(name) ?? { upMs: 0, downMs: 0, slowMs: 0, checks: 0, failed: 0, answers: [] };
    open.set(name, sum);
    sum.upMs += booked.upMs;
    sum.downMs += booked.downMs;
    sum.slowMs += booked.slowMs;
    sum.checks++;
    if (answeredMs === undefined) sum.failed++;
    else sum.answers.push(bucketOf(answeredMs));
  }

  /** Closes the minute that is over. */
  function turn(): void {
    const now = begin(clock.now(), minuteMs);
    if (now <= minute) return; // a clock that is set back makes one minute longer
    close();
    minute = now;
  }

  function close(): void {
    if (open.size === 0) return;
    const data = Object.fromEntries(
      [...open].map(([name, sum]) => [name, encode({ ...sum, buckets: counted(sum.answers) })]),
    );
    waiting.push({ at: minute, writer, data });
    open = new Map();
    if (waiting.length <= mostWaiting) return;
    waiting = waiting.slice(-mostWaiting);
    log.warn({}, 'the store is away for so long that a minute of history is given up');
  }

  async function flush(): Promise<void> {
    const batch = waiting;
    try {
      await measures.saveMinutes(batch, fence);
      waiting = waiting.filter((row) => !batch.includes(row));
      for (const { at } of batch) unrolled?.add(begin(at, hourMs));
      await world.onMinute?.(batch);
      await tidy();
    } catch (error) {
      log.warn({ err: error, minutes: batch.length }, 'the history of sites could not be stored; trying again');
    }
  }

  async function tidy(): Promise<void> {
    const now = clock.now();
    const oldest = begin(now - minutesKeptMs, hourMs);
    unrolled ??= new Set((await measures.minutes({ from: oldest, to: now })).map(({ at }) => begin(at, hourMs)));
    for (const hour of unrolled) {
      if (hour + hourMs + settleMs > now) continue;
      // Of an hour whose minutes are gone in part nothing is made anew.
      if (hour >= oldest) await rollUp(world.history, hour, fence);
      unrolled.delete(hour);
    }
    if (now - prunedAt < hourMs) return;
    const { hoursMs, daysMs } = world.settings.current().history;
    const before = { minutes: oldest, hours: begin(now - hoursMs, dayMs), days: begin(now - daysMs, dayMs) };
    await measures.prune(before, fence);
    prunedAt = now;
  }

  function again(): void {
    const toEnd = minuteMs - (clock.now() % minuteMs) + settleMs;
    cancel = clock.after(toEnd, () => {
      turn();
      last = flush().finally(() => running && again());
    });
  }

  return {
    saw,
    skip,
    forget: (name) => {
      accounts.delete(name);
      rings.forget(name);
    },
    recent: (name) => rings.list(name),
    start() {
      running = true;
      again();
    },
    async stop() {
      running = false;
      cancel();
      await last;
      close();
      await measures
        .saveMinutes(waiting, fence)
        .catch((error: unknown) => log.warn({ err: error }, 'the last minute of history could not be stored'));
    },
  };
}

function counted(buckets: readonly number[]): Measure['buckets'] {
  const counts = new Map<number, number>();
  for (const bucket of buckets) counts.set(bucket, (counts.get(bucket) ?? 0) + 1);
  return counts;
}
