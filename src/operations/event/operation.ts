import { z } from 'zod';

import { waitForChecks } from '#lib/checks.ts';
import { label } from '#lib/format.ts';
import { asMoved, mustBeStoppable, stopAndStart } from '#lib/hosts.ts';
import { mustBePermitted } from '#lib/permissions.ts';
import type { Selector } from '#lib/selector.ts';
import { asServer, findServer, readServers, refuseThose } from '#lib/servers.ts';
import type { Words } from '#lib/words.ts';
import { type Asking, defineChange } from '#operations/contract.ts';
import type { Story } from '#operations/story-contract.ts';
import type { FormField } from '#ports/chat.ts';
import type { ScheduledEvent } from '#ports/cloud.ts';

import { done, planned } from './messages.ts';
import { doneBy, mustFit, nextEvent, readAt, type EventPlan, type EventResult } from './plan.ts';

type EventArgs = { selector: Selector; at?: number };
const time: FormField = {
  kind: 'time',
  id: 'at',
  label: 'AWS shall begin',
  hint: 'In your own time zone: at least an hour from now, and no later than AWS lets it be moved, which its alert says',
};
const example = '/deck event web-1 --at "2026-12-01 03:00"';

export const eventOperation = defineChange<EventArgs, EventPlan, EventResult>({
  kind: 'change',
  name: 'event',
  command: undefined,
  summary: 'Do now what AWS plans for a server, or move it to a better time',
  usage: '<server> [--at "<time in UTC>"]',
  examples: ['web-1', 'web-1 --at "2026-12-01 03:00"'],
  role: 'operator',
  iam: [
    'ec2:DescribeInstances',
    'ec2:DescribeInstanceStatus',
    'ec2:DescribeInstanceAttribute',
    'ec2:ModifyInstanceEventStartTime',
    'ec2:RebootInstances',
    'ec2:StopInstances',
    'ec2:StartInstances',
  ],
  approval: { kind: 'approve', count: 1, role: 'approver', expiresMs: 4 * 3_600_000 },
  args: z.custom<EventArgs>((value) => typeof value === 'object' && value !== null && 'selector' in value),
  parse(words) {
    const selector = readServers(words, { example, flags: ['at'] });
    const { at } = words.flags;
    return { selector, ...(at === undefined ? {} : { at: readAt(at, example) }) };
  },
  form: {
    title: 'Move an AWS event',
    submit: 'Show the plan',
    fields: [{ kind: 'search', id: 'target', label: 'Server', of: 'servers' }, time],
    line: ({ target = '', at = '' }) => `${target} --at "${at}"`,
    fill,
  },
  plan,
  async check({ cloud }, { server, event, how }) {
    const found = await eventOf(cloud, { server, event });
    if (found === undefined || found.completed) return [`${event.code} of ${label(server)} is over.`];
    if (how.kind === 'later') return [];
    const now = await cloud.instances({ ids: [server.id] });
    const away = now.filter(({ state }) => state !== 'running').map((one) => `${label(one)} is ${one.state}.`);
    // It may have joined a group while people were asked.
    if (how.kind === 'move' && away.length === 0) await mustBeStoppable(cloud, now);
    return away;
  },
  resources: ({ server }) => [server.id],
  stages: ({ how }) =>
    how.kind === 'later'
      ? ['Move the event']
      : [how.kind === 'move' ? 'Stop and start' : 'Reboot', 'Wait for the status checks', 'See that the event is over'],
  story: (story, of) => (of.how.kind === 'later' ? later(story, of, of.how.at) : now(story, of)),
  words: { planned, done },
});

/** A line with `--at` and no time asks for it; what else it says stays. */
async function fill({ plain, flags }: Words): Promise<readonly FormField[] | undefined> {
  const { at, ...place } = flags;
  if (at !== '') return undefined;
  const initial = [...plain, ...Object.entries(place).map(([name, value]) => `--${name} ${value}`)].join(' ');
  return [{ kind: 'text', id: 'target', label: 'Server', initial }, time];
}

async function plan({ cloud, now: time }: Asking, { selector, at }: EventArgs): Promise<EventPlan> {
  const server = await findServer(cloud, selector, example);
  const [health] = await cloud.health([server.id]);
  const event = nextEvent(health?.events ?? [], label(server));
  const of = {
    server: { ...asServer(server), ...asMoved(server) },
    event: {
      id: event.id ?? '',
      code: event.code,
      description: event.description,
      notBefore: event.notBefore ?? 0,
      deadline: event.deadline ?? 0,
    },
  };
  if (at !== undefined) {
    mustFit(event, at, time);
    await mustBePermitted(cloud, ['ModifyInstanceEventStartTime'], { instanceId: server.id });
    return { ...of, how: { kind: 'later', at } };
  }
  refuseThose([server], ({ state }) => state !== 'running', {
    code: 'conflict',
    what: (one) => `${label(one)} is ${one.state}`,
    next: 'A stopped server gets another host when it is started: `/deck start`.',
  });
  const kind = doneBy(event.code);
  if (kind === 'move') await mustBeStoppable(cloud, [server]);
  const actions = kind === 'move' ? (['StopInstances', 'StartInstances'] as const) : (['RebootInstances'] as const);
  await mustBePermitted(cloud, actions, { instanceId: server.id });
  return { ...of, how: { kind } };
}

async function later(story: Story, { server, event }: EventPlan, at: number): Promise<EventResult> {
  story.stage(0);
  await story.step('move', () => story.cloud.moveEvent({ instanceId: server.id, eventId: event.id, notBefore: at }));
  await story.poll('moved', {
    look: async () => ((await eventOf(story.cloud, { server, event }))?.notBefore === at ? true : undefined),
    withinMs: story.limits.wait.checksMs,
    what: `${event.code} of ${server.id} being moved`,
  });
  return { over: false, notBefore: at, checks: {} };
}

async function now(story: Story, { server, event, how }: EventPlan): Promise<EventResult> {
  story.stage(0);
  if (how.kind === 'move') await stopAndStart(story, [server.id]);
  // As a restart: a reboot leaves nothing to observe, so after a lost answer it counts as sent.
  else
    await story.effect('reboot', {
      find: async () => 'sent',
      act: async () => {
        await story.cloud.rebootInstances([server.id]);
        return 'sent';
      },
    });
  story.stage(1);
  const checks = await waitForChecks(story, [server.id], 1);
  story.stage(2);
  const over = await story.step('event at the end', async () => {
    const left = await eventOf(story.cloud, { server, event });
    return left === undefined || left.completed;
  });
  return { over, notBefore: event.notBefore, checks };
}

/** By its id; where AWS gave none, by what it is. */
async function eventOf(
  cloud: Pick<Story['cloud'], 'health'>,
  { server, event }: Pick<EventPlan, 'server' | 'event'>,
): Promise<ScheduledEvent | undefined> {
  const [health] = await cloud.health([server.id]);
  return health?.events.find((one) => (event.id === '' ? one.code === event.code : one.id === event.id));
}
