import { createTask, type Logger, type ScheduledTask } from 'node-cron';

import type { Clock, CronJob, Log, Schedules } from '#ports/clock.ts';

import { mustBeReadable } from './readable.ts';

/** A slot that is late by less than this still runs; node-cron's own default of 1 s loses slots on a busy machine.
 *  Only the newest of several missed slots runs. Source: https://nodecron.com/scheduling-options.html */
const tolerateLateMs = 60_000;

/**
 * Calendar jobs on node-cron. `claim` decides, for all replicas, who runs a slot (key `NAME:ISO INSTANT`) of a job that is
 * not for everywhere; when it fails the slot is skipped everywhere and logged. A job that is still running when its next
 * slot comes skips that slot.
 */
export function createSchedules(world: {
  claim: (key: string) => Promise<boolean>;
  clock: Clock;
  log: Log;
}): Schedules {
  const { clock, log } = world;
  const running = new Set<Promise<void>>();
  let tasks: readonly ScheduledTask[] = [];
  let stopped = false;

  function replace(jobs: readonly CronJob[]): void {
    if (stopped) return;
    const next = jobs.map(taskOf); // all are read before any is touched: a bad line changes nothing
    dismiss();
    tasks = next;
    for (const task of tasks) void task.start();
  }

  function taskOf(job: CronJob): ScheduledTask {
    mustBeReadable(job.cron, job.timezone);
    const task = createTask(job.cron, ({ date }) => tracked(job.run(date.getTime())), {
      name: job.name,
      timezone: job.timezone,
      noOverlap: true,
      distributed: true,
      runCoordinator: { shouldRun: async (key) => job.everywhere === true || world.claim(key) },
      missedExecutionTolerance: tolerateLateMs,
      logger: loggerFor(log, job.name),
    });
    const at = ({ date }: { date: Date }) => ({ job: job.name, slot: date.toISOString() });
    task.on('execution:missed', (event) => log.warn(at(event), 'a scheduled slot was missed'));
    task.on('execution:overlap', (event) =>
      log.warn(at(event), 'a scheduled slot was skipped: the one before still runs'),
    );
    task.on('execution:skipped', (event) => {
      if (event.reason === 'not-elected') log.debug(at(event), 'another replica runs this slot');
      else log.warn(at(event), 'a scheduled slot was skipped: nobody could claim it');
    });
    task.on('execution:failed', (event) =>
      log.warn({ ...at(event), err: event.execution?.error }, 'a scheduled job failed'),
    );
    return task;
  }

  function tracked(run: Promise<void>): Promise<void> {
    running.add(run);
    const forget = () => void running.delete(run);
    run.then(forget, forget);
    return run;
  }

  function dismiss(): void {
    for (const task of tasks) void task.destroy();
    tasks = [];
  }

  async function stop(withinMs: number): Promise<void> {
    stopped = true;
    dismiss();
    if (running.size === 0) return;
    let cancel = () => {};
    const over = new Promise<void>((resolve) => void (cancel = clock.after(withinMs, resolve)));
    await Promise.race([Promise.allSettled(running), over]);
    cancel();
  }

  return { replace, stop };
}

/** What node-cron says itself. Its warnings and errors come as events too, with the slot, and are logged there. */
function loggerFor(log: Log, job: string): Logger {
  const quiet = (text: string | Error, error?: Error) =>
    log.debug({ job, said: String(text), err: error }, 'node-cron remarks');
  return { info: quiet, warn: quiet, error: quiet, debug: quiet };
}
