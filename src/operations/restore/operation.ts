import { mustBePermitted } from '#lib/permissions.ts';
import { type Asking, defineChange } from '#operations/contract.ts';
import type { CloudAction, DryRunOf } from '#ports/cloud.ts';

import { parseRestore, type Restore, RestoreArgs } from './arguments.ts';
import { estimate } from './estimate.ts';
import { readDifferences, readPutBack, readServers } from './facts.ts';
import { done, planned } from './messages.ts';
import { allowedFailures, candidateOf, planServers, type RestorePlan } from './plan.ts';
import { sourceOf } from './server-plan.ts';
import { restoreServer } from './server-story.ts';
import { stageLabels } from './stages.ts';
import { restore, type RestoreResult, type ServerPart } from './story.ts';

const swapActions: readonly CloudAction[] = [
  'CreateVolume',
  'DeleteVolume',
  'AttachVolume',
  'DetachVolume',
  'StopInstances',
  'StartInstances',
  'ModifyInstanceAttribute',
  'CreateTags',
];

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

  async plan(asking, args) {
    const plan = args.kind === 'put-back' ? await planUndo(asking, args) : await planRestore(asking, args);
    await mustBePermitted(asking.cloud, actionsOf(plan), dryRunOf(plan));
    return plan;
  },
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

async function planRestore(asking: Asking, args: Restore): Promise<RestorePlan> {
  const found = planServers((await readServers(asking, args)).map(candidateOf));
  const bounds = asking.settings.restore;
  const atOnce = args.atOnce ?? bounds.atOnce;
  const filling = args.rate === undefined ? {} : { filling: { rate: args.rate, quota: bounds.fillingQuota } };
  const { servers } = found;
  return {
    ...found,
    putsBack: false,
    failures: allowedFailures(args.failures ?? bounds.failures, servers.length),
    atOnce,
    ...filling,
    estimate: estimate({ servers, atOnce, ...filling, serverMs: bounds.serverMs, pace: asking.cloud.pace }),
  };
}

async function planUndo(asking: Asking, args: Extract<RestoreArgs, { kind: 'put-back' }>): Promise<RestorePlan> {
  const found = planServers(await readPutBack(asking, args));
  const { servers } = found;
  const { atOnce, failures, serverMs } = asking.settings.restore;
  return {
    ...found,
    putsBack: true,
    failures: allowedFailures(failures, servers.length),
    atOnce,
    estimate: estimate({ servers, atOnce, serverMs, pace: asking.cloud.pace }),
  };
}

/** The undo of a root task is a swap too, so its permissions are asked for as well. */
function actionsOf({ servers }: RestorePlan): readonly CloudAction[] {
  return servers.some(({ method }) => method === 'root-task')
    ? [...swapActions, 'CreateReplaceRootVolumeTask']
    : swapActions;
}

function dryRunOf({ servers }: RestorePlan): DryRunOf {
  const { instance, swaps } = servers[0]!;
  const { device, out, put } = swaps[0]!;
  return {
    instanceId: instance.id,
    volumeId: out,
    zone: instance.zone,
    device,
    ...(put.kind === 'create' ? { snapshotId: put.snapshotId } : {}),
  };
}
