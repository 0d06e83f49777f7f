import { z } from 'zod';

import type { ControlAnswer } from '#sandbox/parts.ts';
import { Injections, setTroubles } from '#sandbox/troubles.ts';

import { groupTag } from './auto-scaling.ts';
import { idOf } from './chance.ts';
import { changeStorage, missingIn, serversIn, setStorageBoard, storageFaults } from './control-storage.ts';
import type { FaultBoard } from './faults.ts';
import { type Check, checks, type Instance } from './model.ts';
import { instanceInitiated, start, stop } from './power.ts';
import { instanceState, runs } from './states.ts';
import { named, type World } from './world.ts';

const times = z.int().min(1).max(10_000);
const word = z.string().min(1);
/** AWS's five codes. Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/viewing_scheduled_events.html */
const eventCodes = [
  'instance-reboot',
  'system-reboot',
  'system-maintenance',
  'instance-retirement',
  'instance-stop',
] as const;
const Faults = z.strictObject({
  impair: word.optional(),
  check: z.enum(checks).optional(),
  recoversIn: z.number().min(0).max(86_400).optional(),
  heal: word.optional(),
  failNextSnapshot: z.int().min(0).max(1_000).optional(),
  failNextVolume: z.int().min(0).max(1_000).optional(),
  impairZone: word.optional(),
  healZone: word.optional(),
  throttle: z
    .union([z.literal(true), z.strictObject({ action: word.default('*'), times: times.default(10) })])
    .optional(),
  ...Injections,
  consistencyMs: z.int().min(0).max(600_000).optional(),
  autoScaling: z.union([word, z.strictObject({ instance: word, group: z.string() })]).optional(),
  group: z.string().optional(),
  stop: word.optional(),
  start: word.optional(),
  event: z
    .strictObject({ instance: word, code: z.enum(eventCodes), inHours: z.number().min(-720).max(720).default(24) })
    .optional(),
  ...storageFaults,
  reset: z.literal(true).optional(),
  clear: z.literal(true).optional(),
});
type Faults = z.infer<typeof Faults>;

const allowed = Object.keys(Faults.shape).join(', ');
const example = '{"failNextSnapshot": 1} or {"impair": "web-2", "check": "instance"}';

export type ControlOf = { world: () => World; faults: FaultBoard; reset: () => void; changed: () => void };

/** Changes the world and what goes wrong in it. Bad input changes nothing and is answered by 400. */
export function setFaults(of: ControlOf, input: unknown): ControlAnswer {
  const read = Faults.safeParse(input);
  if (!read.success) return refusal(problemOf(read.error));
  const asked = read.data;
  if (Object.keys(asked).length === 0) return refusal('Nothing was asked for.');
  if (asked.check !== undefined && asked.impair === undefined && asked.impairZone === undefined)
    return refusal('check: goes with impair or impairZone.');
  if (asked.recoversIn !== undefined && asked.check !== 'system')
    return refusal('recoversIn: goes with check "system", the only one AWS recovers from by itself.');
  if (asked.group !== undefined && asked.autoScaling === undefined) return refusal('group: goes with autoScaling.');
  // A world that is made anew has the same names.
  const unknown = servers(asked).find((name) => named(of.world(), name) === undefined);
  if (unknown !== undefined)
    return { status: 404, body: { error: `There is no server ${unknown}. Name one by its id or its Name.` } };
  if (asked.trouble !== undefined && asked.impairVolume === undefined)
    return refusal('trouble: goes with impairVolume.');
  const missing = missingIn(of.world(), asked);
  if (missing !== undefined) return { status: 404, body: { error: missing } };
  if (asked.reset === true) of.reset();
  if (asked.clear === true) of.faults.clear();
  setBoard(of.faults, asked);
  changeWorld(of.world(), asked);
  of.changed();
  return { status: 200, body: { ok: true, faults: of.faults.list() } };
}

function problemOf({ issues }: z.ZodError): string {
  const [issue] = issues;
  if (issue === undefined) return 'That cannot be read.';
  if (issue.code === 'unrecognized_keys' && issue.path.length === 0)
    return `There is no fault ${issue.keys.join(', ')}. Allowed are: ${allowed}.`;
  return `${issue.path.join('.')}: ${issue.message}.`.replace(/^: /, '');
}

function refusal(problem: string): ControlAnswer {
  return { status: 400, body: { error: `${problem} Send for example ${example}.` } };
}

function servers(asked: Faults): string[] {
  const named = [asked.impair, asked.heal, memberOf(asked)?.instance, asked.stop, asked.start, asked.event?.instance];
  return [...named, ...serversIn(asked)].filter((name) => name !== undefined);
}

/** `{"autoScaling": "web-2", "group": "web"}` and `{"autoScaling": {"instance": "web-2", "group": "web"}}` are the same. */
function memberOf({ autoScaling, group }: Faults): { instance: string; group: string } | undefined {
  return typeof autoScaling === 'string' ? { instance: autoScaling, group: group ?? 'sandbox-group' } : autoScaling;
}

function setBoard(faults: FaultBoard, asked: Faults): void {
  if (asked.failNextSnapshot !== undefined) faults.failSnapshots(asked.failNextSnapshot);
  if (asked.failNextVolume !== undefined) faults.failVolumes(asked.failNextVolume);
  if (asked.consistencyMs !== undefined) faults.setLag(asked.consistencyMs);
  if (asked.throttle !== undefined) {
    const throttle = asked.throttle === true ? { action: '*', times: 10 } : asked.throttle;
    faults.inject({ ...throttle, code: 'RequestLimitExceeded' });
  }
  setTroubles(faults, asked);
  setStorageBoard(faults, asked);
}

function changeWorld(world: World, asked: Faults): void {
  const change = (name: string | undefined, next: (instance: Instance) => Instance): void => {
    const instance = name === undefined ? undefined : named(world, name);
    if (instance !== undefined) world.tables.instance.put(next(instance));
  };
  const check: Check = asked.check ?? 'instance';
  const impaired = (one: Instance): Instance['impaired'] => ({ ...one.impaired, [check]: world.now() });
  for (const one of zoneOf(world, asked.impairZone)) world.tables.instance.put({ ...one, impaired: impaired(one) });
  for (const one of zoneOf(world, asked.healZone)) world.tables.instance.put({ ...one, impaired: {} });
  change(asked.impair, (one) => ({
    ...one,
    impaired: impaired(one),
    ...(asked.recoversIn === undefined ? {} : { recoversAt: world.now() + asked.recoversIn * 1_000 }),
  }));
  change(asked.heal, ({ recoversAt: _none, ...one }) => ({ ...one, impaired: {} }));
  const member = memberOf(asked);
  change(member?.instance, (one) => ({ ...one, tags: withGroup(one, member?.group ?? '') }));
  const { event } = asked;
  if (event !== undefined)
    change(event.instance, (one) => ({ ...one, events: [...one.events, eventOf(world, event.code, event.inHours)] }));
  const stopped = asked.stop === undefined ? undefined : named(world, asked.stop);
  if (stopped !== undefined && runs(stopped, world.now())) stop(world, stopped, instanceInitiated);
  const started = asked.start === undefined ? undefined : named(world, asked.start);
  if (started !== undefined && instanceState(started, world.now()) === 'stopped') start(world, started);
  changeStorage(world, asked);
}

/** The running servers of a zone. */
function zoneOf(world: World, zone: string | undefined): Instance[] {
  return [...world.tables.instance.all()].filter((one) => one.zone === zone && runs(one, world.now()));
}

/** An empty name takes it out of its group. */
function withGroup({ tags }: Instance, group: string): Instance['tags'] {
  const changed = new Map(tags);
  changed.delete(groupTag);
  return group === '' ? changed : changed.set(groupTag, group);
}

function eventOf(world: World, code: (typeof eventCodes)[number], inHours: number): Instance['events'][number] {
  const notBefore = world.now() + inHours * 3_600_000;
  return {
    id: idOf('instance-event', world.newId('reservation')),
    code,
    description: descriptions[code],
    notBefore,
    notAfter: notBefore + 2 * 3_600_000,
    deadline: notBefore + 7 * 24 * 3_600_000,
  };
}

const descriptions: Readonly<Record<(typeof eventCodes)[number], string>> = {
  'instance-reboot': 'The instance is scheduled for a reboot',
  'system-reboot': 'The instance needs to be rebooted',
  'system-maintenance': 'The instance is scheduled for maintenance of its network or power',
  'instance-retirement': 'The instance is running on degraded hardware',
  'instance-stop': 'The instance is running on degraded hardware',
};
