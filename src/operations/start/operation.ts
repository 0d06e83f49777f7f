import { z } from 'zod';

import { waitForChecks } from '#lib/checks.ts';
import { count, label } from '#lib/format.ts';
import { mustBePermitted } from '#lib/permissions.ts';
import type { Selector } from '#lib/selector.ts';
import { asServer, findServers, readServers, refuseThose } from '#lib/servers.ts';
import { defineChange } from '#operations/contract.ts';
import type { Story } from '#operations/story-contract.ts';

import { done, planned } from './messages.ts';
import type { StartPlan, StartResult } from './plan.ts';

type StartArgs = { selector: Selector };
const example = '/deck start web-1';

export const startOperation = defineChange<StartArgs, StartPlan, StartResult>({
  kind: 'change',
  name: 'start',
  command: undefined,
  summary: 'Start stopped servers and wait for their status checks',
  usage: '<selector>',
  examples: ['web-1', 'i-0123456789abcdef0'],
  role: 'operator',
  iam: ['ec2:DescribeInstances', 'ec2:DescribeInstanceStatus', 'ec2:StartInstances'],
  approval: { kind: 'confirm', expiresMs: 30 * 60_000 },
  args: z.custom<StartArgs>((value) => typeof value === 'object' && value !== null && 'selector' in value),
  parse: (words) => ({ selector: readServers(words, { example }) }),

  async plan({ cloud }, { selector }) {
    const servers = await findServers(cloud, selector, example);
    refuseThose(servers, ({ state }) => state !== 'stopped', {
      code: 'conflict',
      what: (one) => `${label(one)} is ${one.state}`,
      next: 'Only stopped servers can be started. Narrow the selector.',
    });
    await mustBePermitted(cloud, ['StartInstances'], { instanceId: servers[0]!.id });
    return { servers: servers.map(asServer) };
  },
  async check({ cloud }, { servers }) {
    const now = await cloud.instances({ ids: servers.map(({ id }) => id) });
    return now.filter(({ state }) => state !== 'stopped').map((one) => `${label(one)} is ${one.state}.`);
  },
  resources: ({ servers }) => servers.map(({ id }) => id),
  stages: () => ['Start', 'Wait for the status checks'],
  story: start,
  words: { planned, done },
});

/** Nothing to undo: what does not come up is as it was, stopped. */
async function start(story: Story, { servers }: StartPlan): Promise<StartResult> {
  const ids = servers.map(({ id }) => id);
  story.stage(0);
  await story.step('start', () => story.cloud.startInstances(ids));
  await story.poll('running', {
    look: async () =>
      (await story.cloud.instances({ ids })).every(({ state }) => state === 'running') ? true : undefined,
    withinMs: story.limits.wait.startMs,
    what: `${ids.length === 1 ? ids[0] : count(ids.length, 'server')} becoming running`,
  });
  story.stage(1);
  return { checks: await waitForChecks(story, ids, 1) };
}
