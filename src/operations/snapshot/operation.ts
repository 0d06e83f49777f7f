import { z } from 'zod';

import { Refusal } from '#errors.ts';
import { mustBePermitted } from '#lib/permissions.ts';
import { readSelector, type Selector } from '#lib/selector.ts';
import { findTargets } from '#lib/targets.ts';
import { defineChange } from '#operations/contract.ts';
import type { CloudAction } from '#ports/cloud.ts';

import { done, planned } from './messages.ts';
import { differences, planSnapshot, type SnapshotPlan } from './plan.ts';
import { snapshot, type SnapshotResult, stages } from './story.ts';

const SnapshotArgs = z.custom<{ selector: Selector }>(
  (value) => typeof value === 'object' && value !== null && 'selector' in value,
);
const example = '/snapshot web-1';

export const snapshotOperation = defineChange<{ selector: Selector }, SnapshotPlan, SnapshotResult>({
  kind: 'change',
  name: 'snapshot',
  command: 'snapshot',
  summary: 'Snapshot the disks of servers (all disks of a server at one instant) or single volumes',
  usage: '<selector>',
  examples: ['web-1', 'env=prod role=db', 'vol-0123456789abcdef0'],
  role: 'operator',
  iam: [
    'ec2:DescribeInstances',
    'ec2:DescribeVolumes',
    'ec2:DescribeSnapshots',
    'ec2:CreateSnapshots',
    'ec2:CreateSnapshot',
    'ec2:DeleteSnapshot',
    'ec2:CreateTags',
  ],
  approval: { kind: 'confirm', expiresMs: 30 * 60_000 },
  args: SnapshotArgs,
  parse(words) {
    const flag = Object.keys(words.flags)[0];
    if (flag !== undefined)
      throw new Refusal('bad-input', `\`--${flag}\` is no option of snapshot. For example: \`${example}\`.`);
    const selector = readSelector(words.plain, example);
    if (selector.snapshots.length > 0)
      throw new Refusal(
        'bad-input',
        `\`${selector.snapshots[0]}\` is a snapshot already. Name a server or a volume. For example: \`${example}\`.`,
      );
    return { selector };
  },
  form: {
    title: 'Snapshot',
    submit: 'Show the plan',
    fields: [{ kind: 'search', id: 'target', label: 'Server or volume', of: 'servers' }],
    line: (values) => values['target'] ?? '',
  },

  async plan(asking, { selector }) {
    const plan = planSnapshot(await findTargets(asking.cloud, selector));
    const actions: CloudAction[] = [
      ...(plan.sets.some((set) => set.attached !== undefined) ? ['CreateSnapshots' as const] : []),
      ...(plan.sets.some((set) => set.attached === undefined) ? ['CreateSnapshot' as const] : []),
      'CreateTags',
    ];
    const first = plan.sets[0]!;
    const host = plan.sets.find((set) => set.attached !== undefined)?.of as `i-${string}` | undefined; // a set with attached volumes is named by its server
    await mustBePermitted(asking.cloud, actions, {
      volumeId: first.volumes[0]!.id,
      ...(host === undefined ? {} : { instanceId: host }),
    });
    return plan;
  },
  async check(asking, plan) {
    const ids = plan.sets.flatMap((set) => set.volumes.map(({ id }) => id));
    return differences(plan, await asking.cloud.volumes({ ids }));
  },
  resources: (plan) => [...new Set(plan.sets.flatMap((set) => set.volumes.map(({ id }) => id)))],
  stages: () => stages,
  story: snapshot,
  words: { planned, done },
});
