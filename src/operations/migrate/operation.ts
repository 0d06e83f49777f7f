import { z } from 'zod';

import { waitForChecks } from '#lib/checks.ts';
import { label } from '#lib/format.ts';
import { asMoved, mustBeStoppable, stopAndStart } from '#lib/hosts.ts';
import { mustBePermitted } from '#lib/permissions.ts';
import type { Selector } from '#lib/selector.ts';
import { asServer, findServers, readServers, refuseThose } from '#lib/servers.ts';
import { defineChange } from '#operations/contract.ts';

import { done, planned } from './messages.ts';
import type { MigratePlan, MigrateResult } from './plan.ts';

type MigrateArgs = { selector: Selector };
const example = '/deck migrate web-1';

export const migrateOperation = defineChange<MigrateArgs, MigratePlan, MigrateResult>({
  kind: 'change',
  name: 'migrate',
  command: undefined,
  summary: 'Move servers to other hosts by a stop and a start, and wait for their status checks',
  usage: '<selector>',
  examples: ['web-1', 'i-0123456789abcdef0'],
  role: 'operator',
  iam: [
    'ec2:DescribeInstances',
    'ec2:DescribeInstanceStatus',
    'ec2:DescribeInstanceAttribute',
    'ec2:StopInstances',
    'ec2:StartInstances',
  ],
  approval: { kind: 'approve', count: 1, role: 'approver', expiresMs: 4 * 3_600_000 },
  urgent: true,
  args: z.custom<MigrateArgs>((value) => typeof value === 'object' && value !== null && 'selector' in value),
  parse: (words) => ({ selector: readServers(words, { example }) }),

  async plan({ cloud }, { selector }) {
    const servers = await findServers(cloud, selector, example);
    refuseThose(servers, ({ state }) => state !== 'running', {
      code: 'conflict',
      what: (one) => `${label(one)} is ${one.state}`,
      next: 'Only running servers are moved; a stopped one gets another host when it is started: `/deck start`.',
    });
    await mustBeStoppable(cloud, servers);
    await mustBePermitted(cloud, ['StopInstances', 'StartInstances'], { instanceId: servers[0]!.id });
    return { servers: servers.map((one) => ({ ...asServer(one), ...asMoved(one) })) };
  },
  async check({ cloud }, { servers }) {
    const now = await cloud.instances({ ids: servers.map(({ id }) => id) });
    const away = now.filter(({ state }) => state !== 'running').map((one) => `${label(one)} is ${one.state}.`);
    // One may have joined a group, or been protected, while people were asked.
    if (away.length === 0) await mustBeStoppable(cloud, now);
    return away;
  },
  resources: ({ servers }) => servers.map(({ id }) => id),
  stages: () => ['Stop and start', 'Wait for the status checks'],
  async story(story, { servers }) {
    const ids = servers.map(({ id }) => id);
    story.stage(0);
    await stopAndStart(story, ids);
    story.stage(1);
    return { checks: await waitForChecks(story, ids, 1) };
  },
  words: { planned, done },
});
