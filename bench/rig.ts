import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { parse, stringify } from 'yaml';

import { limitOf } from '#aws/limits.ts';
import { fieldsAt } from '#config/json-schema.ts';
import { createDriver, type Driver, type Shown } from '#test/journeys/sandbox.ts';
import { type Child, printed, startNode, tempFolder } from '#test/support/processes.ts';

import { memoryMib } from './process-figures.ts';
import { startEnvironment, startFlags } from './start.ts';

export type RigOptions = {
  /** Servers of the simulated fleet. */
  instances: number;
  /** AWS's time runs so many times as fast: its delays are divided by it, its buckets refill so much faster. */
  speed: number;
  /** Sections of deckhand.yml that differ from the sandbox's, such as `{ limits: { resources: 500 } }`; lists replace. */
  settings?: Readonly<Record<string, object>>;
  /** What the process of Deckhand gets beyond what `npm start` gives it. */
  beside?: { flags: readonly string[]; environment: Readonly<Record<string, string>> };
  /** What is run; its source when left out. */
  entry?: string | undefined;
};

/** The whole product, as people run it: simulated Slack and EC2 in one process, Deckhand in another. */
export type Rig = Driver & {
  speed: number;
  /** Calls of EC2 so far, dry runs included; and those of them that were throttled. */
  counted: () => Promise<{ calls: number; throttled: number; byAction: Readonly<Record<string, number>> }>;
  /** Most memory (RSS) that the process of Deckhand has had since it was ready, in MB. */
  peakMb: () => number;
  /** The process of Deckhand. */
  pid: number;
  /** What `act` takes, from its begin to its end. */
  timed: <T>(act: () => Promise<T>) => Promise<{ result: T; seconds: { real: number; simulated: number } }>;
  /** Types a command and returns its card, once the plan is on it. */
  planned: (command: string, pattern: RegExp, withinMs?: number) => Promise<Shown>;
  /** Presses a button of a run's card and waits until its work is done. Throws when it ends in another way. */
  done: (of: { user: string; card: Shown; button: string; withinMs: number }) => Promise<Shown>;
  stop: () => Promise<void>;
};

/** Starts both processes. Deckhand takes the whole of AWS's buckets, as fast as the simulated ones refill. */
export async function startRig({ instances, speed, settings = {}, beside, entry }: RigOptions): Promise<Rig> {
  const folder = tempFolder('bench');
  const flags = ['--port', '0', '--instances', String(instances), '--speed', String(speed), '--data-dir', folder.path];
  const servers = startNode(['src/sandbox/main.ts', '--servers-only', ...flags]);
  const children: Child[] = [servers];
  async function stop(): Promise<void> {
    for (const child of children.toReversed())
      await Promise.race([child.kill('SIGTERM'), sleep(15_000, undefined, { ref: false })]);
    for (const child of children) await child.kill('SIGKILL');
    folder.remove();
  }
  try {
    const [, url] = await printed(servers, /Deckhand sandbox ready: (http:\S+)/, 60_000);
    const [, line] = await printed(servers, /\n(SLACK_BOT_TOKEN=.*) npm start/);
    writeSettings(join(folder.path, 'deckhand.yml'), {
      ...settings,
      aws: { ...wholeBuckets(speed), ...settings['aws'] },
    });
    const environment = {
      ...startEnvironment,
      ...variablesIn(line ?? ''),
      PORT: '0',
      LOG_LEVEL: 'info',
      ...beside?.environment,
    };
    // The first start makes the store, once in its life; what is measured is any later one.
    await (await startDeckhand(environment, beside?.flags, entry)).kill('SIGTERM');
    const deckhand = await startDeckhand(environment, beside?.flags, entry);
    children.push(deckhand);
    // Resets the peak (VmHWM), so that making the store does not count. Source: proc_pid_clear_refs(5).
    writeFileSync(`/proc/${deckhand.process.pid}/clear_refs`, '5');
    const driver = createDriver(url!);
    return { ...driver, ...tools(driver, speed, deckhand), speed, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startDeckhand(
  environment: Readonly<Record<string, string>>,
  flags: readonly string[] = [],
  entry = 'src/main.ts',
): Promise<Child> {
  const child = startNode([...startFlags, ...flags, entry], environment);
  try {
    await printed(child, /Deckhand is ready/, 60_000);
    return child;
  } catch (error) {
    await child.kill('SIGKILL');
    throw error;
  }
}

function tools(driver: Driver, speed: number, deckhand: Child): Omit<Rig, keyof Driver | 'speed' | 'stop'> {
  return {
    counted: async () => {
      const { calls } = (await driver.ec2()) as unknown as { calls: Counts };
      const throttled = Object.values(calls.throttled).reduce((sum, count) => sum + count, 0);
      return { calls: calls.total, throttled, byAction: calls.byAction };
    },
    peakMb: () => memoryMib(deckhand.process.pid!, 'VmHWM'),
    pid: deckhand.process.pid!,
    timed: async (act) => {
      const begin = performance.now();
      const result = await act();
      const real = (performance.now() - begin) / 1_000;
      return { result, seconds: { real, simulated: real * speed } };
    },
    planned: async (command, pattern, withinMs = 60_000) => {
      await driver.command('requester', 'ops', command);
      return driver.read('ops', pattern, withinMs);
    },
    done: async ({ user, card, button, withinMs }) => {
      await driver.press(user, card, button);
      const last = await driver.turn(card, ended, withinMs);
      if (!last.text.startsWith('done:')) throw new Error(`the run did not do its work: ${last.text}\n${last.plain}`);
      return last;
    },
  };
}

/** How the push line of a card begins once its run has ended. */
const ended = /^(done|failed|NEEDS|not run|denied|cancelled|expired)/;

type Counts = { total: number; byAction: Record<string, number>; throttled: Record<string, number> };

/** A simulated AWS at `speed` refills its buckets so much faster, so Deckhand is told higher limits than AWS's. */
function wholeBuckets(speed: number): object {
  const faster = ({ capacity, perSecond }: { capacity: number; perSecond: number }) => ({
    capacity,
    perSecond: perSecond * speed,
  });
  const buckets = fieldsAt(['aws', 'buckets']).map((action) => {
    const { resources, ...requests } = limitOf(action);
    return [action, { ...faster(requests), ...(resources === undefined ? {} : { resources: faster(resources) }) }];
  });
  return { budgetShare: 1, buckets: Object.fromEntries(buckets) };
}

function writeSettings(path: string, sections: Readonly<Record<string, object>>): void {
  const settings = parse(readFileSync(path, 'utf8')) as Record<string, object>;
  for (const [name, section] of Object.entries(sections))
    settings[name] = Array.isArray(section) ? section : { ...settings[name], ...section };
  writeFileSync(path, stringify(settings));
}

/** The variables of a line such as `A=1 B=2`. */
export function variablesIn(line: string): Record<string, string> {
  return Object.fromEntries(
    line.split(' ').map((part) => [part.slice(0, part.indexOf('=')), part.slice(part.indexOf('=') + 1)]),
  );
}
