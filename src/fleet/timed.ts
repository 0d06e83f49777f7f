import type { Automatic, AutomaticRequest } from '#ports/automatic.ts';
import type { Calendar, Clock, CronLine, Log } from '#ports/clock.ts';
import type { History, Run } from '#ports/history.ts';
import type { Json } from '#ports/json.ts';

import { type Due, dueNow, type Remembered } from './due.ts';

type Timed = {
  /** `schedule:nightly`: begins the id of each run, and names what is remembered. */
  key: string;
  line: CronLine;
  /** Oldest missed slot that is made up for; undefined = the newest one, whenever it was. */
  catchUpMs: number | undefined;
};
/** A change that is asked by the clock. */
export type TimedRequest = Timed & { request: Omit<AutomaticRequest, 'id'> };
/** Also a digest that is posted by it. */
export type TimedWork = TimedRequest | (Timed & { digest: string });
export type TimedView = { memory: Remembered; next: readonly number[]; changes: ClockChanges; run: Run | undefined };
type ClockChanges = ReturnType<Calendar['clockChanges']>;

type World = {
  automatic: Pick<Automatic, 'start'>;
  /** Posts the digest of that name once for each id; repeatable. `since`: when the one before was due. */
  postDigest: (id: string, of: { name: string; since: number }) => Promise<void>;
  calendar: Calendar;
  history: { watch: History['watch']; runs: Pick<History['runs'], 'get'> };
  clock: Pick<Clock, 'now'>;
  log: Log;
};

const prefix = 'timed:';
const dayMs = 86_400_000;
/** What comes more often than this does not mind an hour that the clock skips or repeats. */
const oftenMs = 2 * 3_600_000;

/**
 * Asks for work when its cron line comes due. What was missed while nobody looked (the process was down, the machine
 * slept, the clock skipped it) is due as well: the newest slot, once. The slot is in the id of the run, so that any
 * number of looks and of replicas start it once.
 */
export function createTimedWork(world: World) {
  const { automatic, calendar, history, clock, log } = world;

  /** One look. Repeatable. What cannot be asked now is due again at the next look. */
  async function look(works: readonly TimedWork[]): Promise<void> {
    const memories = await recall();
    const changed = new Map<string, Json>();
    for (const work of works) {
      const known = memories.get(prefix + work.key);
      try {
        const memory = await lookAt(work, known);
        if (memory !== known) changed.set(prefix + work.key, memory);
      } catch (error) {
        log.warn({ work: work.key, err: error }, 'work by the clock could not be asked; trying again soon');
      }
    }
    await history.watch.save(changed);
    const keys = new Set(works.map(({ key }) => prefix + key));
    const gone = [...memories.keys()].filter((key) => !keys.has(key));
    if (gone.length > 0) await history.watch.forget(gone);
  }

  async function lookAt(work: TimedWork, known: Remembered | undefined): Promise<Remembered> {
    const { line, catchUpMs } = work;
    const { memory, due } = dueNow(known, { line, catchUpMs, now: clock.now(), calendar });
    if (due === undefined) return memory;
    const { slot } = due;
    if (!(await mayStart(work, memory, due))) return { ...memory, slot, run: undefined };
    const run = await begin(work, memory, slot);
    log.info({ work: work.key, run, slot: new Date(slot).toISOString(), why: due.why }, 'asked by the clock');
    return { ...memory, slot, run, asked: run };
  }

  /** What it is remembered by. */
  async function begin(work: TimedWork, before: Remembered, slot: number): Promise<string> {
    const id = `${work.key}:${slot}`;
    if ('request' in work) return automatic.start({ ...work.request, id });
    const posted = before.run === undefined ? undefined : before.slot;
    const since = posted ?? calendar.last(work.line, slot - 1) ?? slot - dayMs;
    await world.postDigest(id, { name: work.digest, since });
    return id;
  }

  /** One at a time: a slot that comes while the one before still runs is left out. */
  async function mayStart({ key }: TimedWork, memory: Remembered, { slot, why }: Due): Promise<boolean> {
    const at = { work: key, slot: new Date(slot).toISOString() };
    if (why === 'too old') {
      log.warn(at, 'a slot was missed and is too old to be made up for');
      return false;
    }
    const before = memory.asked === undefined ? undefined : await history.runs.get(memory.asked);
    if (before === undefined || before.endedAt !== undefined) return true;
    log.warn({ ...at, run: memory.asked }, 'a slot was left out: the one before still runs');
    return false;
  }

  /** What is known of each: what comes next, and how the last one ended. */
  async function views(works: readonly TimedWork[]): Promise<ReadonlyMap<string, TimedView>> {
    const now = clock.now();
    const memories = await recall();
    const views = works.map(async ({ key, line }): Promise<[string, TimedView]> => {
      const memory = memories.get(prefix + key) ?? { ...line, first: now, since: now };
      const run = memory.run === undefined ? undefined : await history.runs.get(memory.run);
      return [key, { memory, next: calendar.next(line, 3, now), changes: clockChanges(line), run }];
    });
    return new Map(await Promise.all(views));
  }

  /** The slots of the coming year that a change of the clock moves; none for what comes all the time anyway. */
  function clockChanges(line: CronLine): ClockChanges {
    const now = clock.now();
    const [first, second] = calendar.next(line, 2, now);
    if (first === undefined || (second !== undefined && second - first < oftenMs)) return [];
    return calendar.clockChanges(line, now);
  }

  async function recall(): Promise<ReadonlyMap<string, Remembered>> {
    return (await history.watch.load(prefix)) as unknown as ReadonlyMap<string, Remembered>; // written by look
  }

  return { look, views, clockChanges };
}
