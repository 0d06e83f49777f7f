import { defineChange } from '#operations/contract.ts';

import { parseRestore, RestoreArgs } from './arguments.ts';
import { done } from './done-messages.ts';
import { readDifferences } from './facts.ts';
import { lists } from './lists.ts';
import { planned } from './messages.ts';
import type { RestorePlan } from './plan.ts';
import { planRestore, planUndo, swapActions } from './planning.ts';
import type { ServerPart } from './server-part.ts';
import { sourceOf } from './server-plan.ts';
import { restoreServer } from './server-story.ts';
import { stageLabels } from './stages.ts';
import { restore, type RestoreResult } from './story.ts';
import { stepFiles } from './terraform-messages.ts';
import { exchangedBy } from './terraform-steps.ts';

export const restoreOperation = defineChange<RestoreArgs, RestorePlan, RestoreResult>({
  kind: 'change',
  name: 'restore',
  command: 'restore',
  summary: 'Put the data of snapshots back onto servers, one or hundreds, in place; the old disks are kept for undo',
  usage:
    '<selector> [--from latest|snap-…|before <time>|set <run>] [--root|--all-disks] [--mixed] [--rate MiB/s] [--at-once N] [--max-failures N|N%]',
  examples: [
    'db-1',
    'env=prod role=db --from before 6h',
    'vol-0123456789abcdef0 --from latest',
    'web-1 --root',
    'role=web --from set r-0123456789 --max-failures 5%',
  ],
  role: 'operator',
  iam: [
    'ec2:DescribeInstances',
    'ec2:DescribeInstanceStatus',
    'ec2:DescribeVolumes',
    'ec2:DescribeVolumeStatus',
    'ec2:DescribeSnapshots',
    'ec2:DescribeReplaceRootVolumeTasks',
    'ec2:DescribeInstanceAttribute',
    'ec2:DescribeInstanceTypes',
    'ec2:DescribeAvailabilityZones',
    'ec2:DescribeSnapshotTierStatus',
    'ec2:ListSnapshotsInRecycleBin',
    'ec2:ListVolumesInRecycleBin',
    'autoscaling:DescribeAutoScalingInstances',
    'kms:DescribeKey',
    'ec2:CreateReplaceRootVolumeTask',
    ...swapActions.map((action) => `ec2:${action}` as const),
  ],
  approval: { kind: 'approve', count: 1, role: 'approver', expiresMs: 4 * 3_600_000 },
  urgent: true,
  args: RestoreArgs,
  parse: parseRestore,
  form: {
    title: 'Restore a volume',
    submit: 'Show the plan',
    fields: [
      { kind: 'search', id: 'target', label: 'Server or volume', of: 'servers' },
      {
        kind: 'text',
        id: 'from',
        label: 'From',
        initial: 'latest',
        hint: 'latest, snap-…, before 2026-11-24 10:00 (UTC), or set r-…',
      },
    ],
    line: (values) => `${values['target'] ?? ''} --from ${values['from'] ?? 'latest'}`,
  },

  plan: (asking, args) => (args.kind === 'put-back' ? planUndo(asking, args) : planRestore(asking, args)),
  check: (asking, plan) => readDifferences(asking.cloud, plan),
  resources: ({ servers }) => [
    ...new Set(
      servers.flatMap(({ instance, swaps }) => [instance.id, ...swaps.flatMap((swap) => [swap.out, sourceOf(swap)])]),
    ),
  ],
  stages: stageLabels,
  story: restore,
  part: (story, plan) => restoreServer(story, plan as unknown as ServerPart), // written by `restore`
  words: { planned, done },
  files: (plan, result) => [
    ...lists(plan, result),
    ...(result === undefined ? [] : stepFiles(plan.terraform, exchangedBy(result))),
  ],
  inverse: (plan, result) =>
    plan.putsBack || result.servers.length === 0
      ? undefined
      : {
          label: 'Undo the restore',
          args: {
            kind: 'put-back',
            servers: result.servers.map(({ id, swaps }) => ({
              instance: id,
              swaps: swaps.map((swap) => ({
                device: swap.device,
                deleteOnTermination: swap.deleteOnTermination,
                now: swap.new,
                back: swap.old,
              })),
            })),
          },
        },
});
