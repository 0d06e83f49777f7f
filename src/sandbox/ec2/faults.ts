import { z } from 'zod';

import type { ControlAnswer } from '#sandbox/parts.ts';

import type { InstanceRow } from './model.ts';
import { start, stop } from './power.ts';
import type { State } from './state.ts';

const Check = z.enum(['system', 'instance', 'ebs']);
const times = z.int().min(1).max(10_000).default(1);

/** Everything that can be broken or changed by hand. */
const Faults = z.strictObject({
  impair: z.string().optional(),
  check: Check.default('instance'),
  heal: z.string().optional(),
  stop: z.string().optional(),
  start: z.string().optional(),
  failNextSnapshot: z.int().min(0).max(100).optional(),
  throttle: z.strictObject({ action: z.string().default('*'), times }).optional(),
  deny: z.array(z.string()).optional(),
  allow: z.union([z.literal('*'), z.array(z.string())]).optional(),
  inject: z
    .strictObject({
      action: z.string(),
      code: z.string().default(''),
      status: z.int().min(400).max(599).default(500),
      message: z.string().default('Injected by the sandbox'),
      times,
      afterWork: z.boolean().default(false),
      hangMs: z.int().min(0).max(600_000).default(0),
      dropSocket: z.boolean().default(false),
    })
    .optional(),
  autoScaling: z.strictObject({ instance: z.string(), group: z.string() }).optional(),
  event: z.strictObject({ instance: z.string(), code: z.string(), inHours: z.number().default(24) }).optional(),
  clear: z.literal(true).optional(),
  reset: z.literal(true).optional(),
});
export type Faults = z.infer<typeof Faults>;

/** Applies one order of the control API; all of it or, when anything is wrong, nothing. */
export function applyFaults(state: State, input: unknown): ControlAnswer {
  const checked = Faults.safeParse(input);
  if (!checked.success)
    return {
      status: 400,
      body: {
        error: `${z.prettifyError(checked.error)}\nAllowed: ${Object.keys(Faults.shape).join(', ')}. See docs/sandbox.md.`,
      },
    };
  const wanted = checked.data;
  const named = [
    wanted.impair,
    wanted.heal,
    wanted.stop,
    wanted.start,
    wanted.autoScaling?.instance,
    wanted.event?.instance,
  ].filter((name) => name !== undefined);
  const missing = named.find((name) => find(state, name) === undefined);
  if (missing !== undefined)
    return {
      status: 400,
      body: { error: `There is no server "${missing}". Use an id or Name from GET /sandbox/api/ec2.` },
    };
  state.settle();
  apply(state, wanted);
  state.changed();
  return { status: 200, body: { ok: true, faults: shownFaults(state) } };
}

function apply(state: State, wanted: Faults): void {
  const { world } = state;
  if (wanted.reset === true) state.reset();
  if (wanted.clear === true) {
    world.injections = [];
    world.denied.clear();
    world.failSnapshots = 0;
  }
  if (wanted.impair !== undefined) find(state, wanted.impair)!.impaired[wanted.check] = state.now();
  if (wanted.heal !== undefined) find(state, wanted.heal)!.impaired = {};
  if (wanted.stop !== undefined) stop(state, find(state, wanted.stop)!);
  if (wanted.start !== undefined) start(state, find(state, wanted.start)!);
  if (wanted.failNextSnapshot !== undefined) world.failSnapshots = wanted.failNextSnapshot;
  for (const action of wanted.deny ?? []) world.denied.add(bare(action));
  if (wanted.allow === '*') world.denied.clear();
  else for (const action of wanted.allow ?? []) world.denied.delete(bare(action));
  if (wanted.throttle !== undefined)
    world.injections.push({
      ...wanted.throttle,
      code: 'RequestLimitExceeded',
      status: 503,
      message: 'Request limit exceeded.',
      afterWork: false,
      hangMs: 0,
      dropSocket: false,
    });
  if (wanted.inject !== undefined) world.injections.push({ ...wanted.inject, action: bare(wanted.inject.action) });
  if (wanted.autoScaling !== undefined)
    find(state, wanted.autoScaling.instance)!.tags['aws:autoscaling:groupName'] = wanted.autoScaling.group;
  if (wanted.event !== undefined)
    find(state, wanted.event.instance)!.events.push({
      code: wanted.event.code,
      description: 'Set in the sandbox',
      notBefore: state.now() + wanted.event.inHours * 3_600_000,
    });
}

/** What is broken at the moment, for the page. */
export function shownFaults({ world }: State): string[] {
  return [
    ...(world.failSnapshots > 0 ? [`the next ${world.failSnapshots} snapshots fail`] : []),
    ...[...world.denied].map((action) => `ec2:${action} is denied`),
    ...world.injections.map(({ action, code, times }) => `${times} × ${action}: ${code === '' ? 'disturbed' : code}`),
  ];
}

function bare(action: string): string {
  return action.replace(/^ec2:/, '');
}

function find({ world }: State, name: string): InstanceRow | undefined {
  return world.instances.get(name) ?? [...world.instances.values()].find(({ tags }) => tags['Name'] === name);
}
