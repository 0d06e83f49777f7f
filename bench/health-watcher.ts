import {
  DescribeInstancesCommand,
  DescribeInstanceStatusCommand,
  DescribeVolumesCommand,
  DescribeVolumeStatusCommand,
  EC2Client,
} from '@aws-sdk/client-ec2';

import { createClouds } from '#aws/clouds.ts';
import { createHealthWatches } from '#fleet/watches.ts';
import type { Containers } from '#ports/containers.ts';
import { createHistory } from '#store/history.ts';
import { openStore } from '#store/open.ts';
import { createDriver } from '#test/journeys/sandbox.ts';
import { createFakeIncidents } from '#test/support/fake-incidents.ts';
import { createFakeSettings } from '#test/support/fake-settings.ts';
import { createCalendar } from '#timers/calendar.ts';
import { createClock } from '#timers/clock.ts';

/** Watches the servers of a simulated EC2 in a process of its own; prints one line of JSON. `URL FOLDER`. */
const [url = '', folder = ''] = process.argv.slice(2);
const rounds = 7;
const region = 'us-east-1';
const credentials = { accessKeyId: 'sandbox', secretAccessKey: 'sandbox' };
const silent = () => {};
const log = { debug: silent, info: silent, warn: silent, error: silent };
const driver = createDriver(url);

const { run, told, close } = await ours();
const { bare, end } = bareSdk();
const result = await measure();
await close();
end();
process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0));

async function measure() {
  // The first looks tell of what the fleet has at first; the store has it afterwards.
  for (let nr = 0; nr < 3; nr++) {
    await run();
    await bare();
  }
  const open = told.open().length;
  const cpu = { ours: [] as number[], bare: [] as number[] };
  const wall: number[] = [];
  for (let nr = 0; nr < rounds; nr++) {
    cpu.bare.push(await cpuOf(bare));
    const begin = performance.now();
    cpu.ours.push(await cpuOf(run));
    wall.push((performance.now() - begin) / 1_000);
  }
  const calls = await callsOf(run);
  const least = await callsOf(bare);
  // As a storm begins: the servers of a whole zone at once.
  const before = told.all.length;
  await driver.faults({ ec2: { impairZone: 'us-east-1a', check: 'system' } });
  const storm: number[] = [];
  for (let nr = 0; nr < 4; nr++) storm.push(await cpuOf(run));
  return {
    ours: median(cpu.ours),
    bare: median(cpu.bare),
    wall: median(wall),
    calls,
    least,
    open,
    storm: Math.max(...storm),
    stormMessages: told.all.length - before,
    stormTitle: told.all.at(-1)?.report.title ?? '',
  };
}

/** As the product is put together, but for Slack. */
async function ours() {
  const store = await openStore({ dataDir: folder, log });
  const history = createHistory(store);
  const clock = createClock();
  const settings = createFakeSettings();
  const clouds = createClouds({
    settings: () => ({ ...settings.current().aws, region }),
    region: undefined,
    credentials,
    containers: {} as Containers,
    clock,
    log,
  });
  const told = createFakeIncidents();
  const watches = createHealthWatches({
    clouds,
    history,
    incidents: told.incidents,
    clock,
    calendar: createCalendar(),
    settings,
    log,
  });
  watches.begin((await history.leases.take('health', 'bench', 3_600_000))!);
  return { run: () => watches.run(clock.now()), told, close: () => store.close() };
}

/** The same lists with AWS's largest pages and nothing around it: what the SDK itself costs. */
function bareSdk() {
  const client = new EC2Client({ region, credentials, maxAttempts: 1 });
  async function pages(read: (NextToken: string | undefined) => Promise<{ NextToken?: string | undefined }>) {
    let token: string | undefined;
    do token = (await read(token)).NextToken || undefined;
    while (token !== undefined);
  }
  async function bare(): Promise<void> {
    const page = (NextToken: string | undefined, MaxResults = 1_000) => ({
      MaxResults,
      ...(NextToken === undefined ? {} : { NextToken }),
    });
    await Promise.all([
      pages((token) => client.send(new DescribeInstancesCommand(page(token)))),
      pages((token) => client.send(new DescribeInstanceStatusCommand({ ...page(token), IncludeAllInstances: true }))),
    ]);
    const [broken, impaired] = [
      [{ Name: 'status', Values: ['error'] }],
      [{ Name: 'volume-status.status', Values: ['impaired'] }],
    ];
    await Promise.all([
      pages((token) => client.send(new DescribeVolumesCommand({ ...page(token, 500), Filters: broken }))),
      pages((token) => client.send(new DescribeVolumeStatusCommand({ ...page(token), Filters: impaired }))),
    ]);
  }
  return { bare, end: () => client.destroy() };
}

/** CPU seconds of this process, all its threads. */
async function cpuOf(act: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage();
  await act();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000_000;
}

type Calls = { total: number; throttled: number; byAction: Record<string, number> };

async function callsOf(act: () => Promise<void>): Promise<Calls> {
  const before = await counted();
  await act();
  const after = await counted();
  const byAction = Object.entries(after.byAction).flatMap(([action, calls]) => {
    const more = calls - (before.byAction[action] ?? 0);
    return more === 0 ? [] : [[action, more] as const];
  });
  return {
    total: after.total - before.total,
    throttled: after.throttled - before.throttled,
    byAction: Object.fromEntries(byAction),
  };
}

async function counted(): Promise<Calls> {
  const { calls } = (await driver.ec2()) as unknown as { calls: Calls & { throttled: Record<string, number> } };
  const throttled = Object.values(calls.throttled).reduce((sum, count) => sum + count, 0);
  return { total: calls.total, throttled, byAction: calls.byAction };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
