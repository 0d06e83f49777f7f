import { z } from 'zod';

import { Refusal } from '#errors.ts';
import { waitForChecks } from '#lib/checks.ts';
import { label, some } from '#lib/format.ts';
import { mustBePermitted } from '#lib/permissions.ts';
import { readSelector, type Selector } from '#lib/selector.ts';
import { findTargets } from '#lib/targets.ts';
import { defineChange } from '#operations/contract.ts';
import type { Story } from '#operations/story-contract.ts';
import type { Instance } from '#ports/cloud.ts';

import { done, planned } from './messages.ts';
import type { RestartPlan, RestartResult } from './plan.ts';

const RestartArgs = z.custom<{ selector: Selector }>(
  (value) => typeof value === 'object' && value !== null && 'selector' in value,
);
const example = '/deck restart web-1';

export const restartOperation = defineChange<{ selector: Selector }, RestartPlan, RestartResult>({
  kind: 'change',
  name: 'restart',
  command: undefined,
  summary: 'Reboot servers, in place, and wait for their status checks',
  usage: '<selector>',
  examples: ['web-1', 'i-0123456789abcdef0'],
  role: 'operator',
  iam: ['ec2:DescribeInstances', 'ec2:DescribeInstanceStatus', 'ec2:RebootInstances'],
  approval: { kind: 'confirm', expiresMs: 30 * 60_000 },
  args: RestartArgs,
  parse(words) {
    const flag = Object.keys(words.flags)[0];
    if (flag !== undefined)
      throw new Refusal('bad-input', `\`--${flag}\` is no option of restart. For example: \`${example}\`.`);
    const selector = readSelector(words.plain, example);
    if (selector.volumes.length + selector.snapshots.length > 0)
      throw new Refusal('bad-input', `Only servers can be restarted. For example: \`${example}\`.`);
    return { selector };
  },

  async plan(asking, { selector }) {
    const { instances } = await findTargets(asking.cloud, selector);
    mustRun(instances);
    await mustBePermitted(asking.cloud, ['RebootInstances'], { instanceId: instances[0]!.id });
    return {
      instances: instances.map((one) => ({
        id: one.id,
        name: one.name,
        env: one.tags['env'] ?? '',
        group: one.autoScalingGroup,
      })),
    };
  },
  async check(asking, plan) {
    const now = await asking.cloud.instances({ ids: plan.instances.map(({ id }) => id) });
    return now.filter(({ state }) => state !== 'running').map((one) => `${label(one)} is ${one.state}.`);
  },
  resources: (plan) => plan.instances.map(({ id }) => id),
  stages: () => ['Reboot', 'Wait for the status checks'],
  story: restart,
  words: { planned, done },
});

/** A reboot leaves nothing to observe, so after a lost answer it counts as sent: never twice. */
async function restart(story: Story, plan: RestartPlan): Promise<RestartResult> {
  const ids = plan.instances.map(({ id }) => id);
  story.stage(0);
  await story.effect('reboot', {
    find: async () => 'sent',
    act: async () => {
      await story.cloud.rebootInstances(ids);
      return 'sent';
    },
  });
  story.stage(1);
  return { checks: await waitForChecks(story, ids, 1) };
}

function mustRun(instances: readonly Instance[]): void {
  if (instances.length === 0) throw new Refusal('not-found', `That names no server. For example: \`${example}\`.`);
  const idle = instances.filter(({ state }) => state !== 'running');
  if (idle.length > 0) {
    throw new Refusal(
      'conflict',
      `${some(
        idle.map((one) => `${label(one)} is ${one.state}`),
        3,
      )}: only running servers can be restarted. Narrow the selector.`,
    );
  }
}
