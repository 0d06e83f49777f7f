import { Refusal } from '#errors.ts';
import { label, some } from '#lib/format.ts';
import { mustBePermitted } from '#lib/permissions.ts';
import { sourceTag } from '#lib/tags.ts';
import { findTargets, orNothing } from '#lib/targets.ts';
import { type Asking, defineChange } from '#operations/contract.ts';
import type { CloudAction, Instance, Snapshot, Volume } from '#ports/cloud.ts';
import type { VolumeId } from '#ports/ids.ts';

import { parseRestore, type PutBack, type Restore, RestoreArgs } from './arguments.ts';
import { done, planned } from './messages.ts';
import { differences, lineage, planPutBack, planRestore, type RestorePlan, sourceOf } from './plan.ts';
import { restore, type RestoreResult, stagesOf } from './story.ts';

const actions: readonly CloudAction[] = [
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
  summary: 'Put the data of a snapshot back onto a server, in place; the old disk is kept for undo',
  usage: '<volume or server> [--from snap-…|latest|before <time>]',
  examples: ['vol-0123456789abcdef0', 'db-1 --from latest', 'i-0123456789abcdef0 --from before 2026-11-24 10:00'],
  role: 'operator',
  iam: [
    'ec2:DescribeInstances',
    'ec2:DescribeInstanceStatus',
    'ec2:DescribeVolumes',
    'ec2:DescribeSnapshots',
    ...actions.map((action) => `ec2:${action}` as const),
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
        hint: 'latest, snap-…, or before 2026-11-24 10:00 (UTC)',
      },
    ],
    line: (values) => `${values['target'] ?? ''} --from ${values['from'] ?? 'latest'}`,
  },

  async plan(asking, args) {
    const plan = args.kind === 'put-back' ? await readPutBack(asking, args) : await readRestore(asking, args);
    await mustBePermitted(asking.cloud, actions, {
      instanceId: plan.instance.id,
      volumeId: plan.swaps[0]!.out,
      zone: plan.instance.zone,
      device: plan.swaps[0]!.device,
      ...snapshotOf(plan),
    });
    return plan;
  },
  async check(asking, plan) {
    const instance = (await orNothing(asking.cloud.instances({ ids: [plan.instance.id] })))[0];
    return differences(plan, instance, await usableSources(asking, plan));
  },
  resources: (plan) => [plan.instance.id, ...plan.swaps.flatMap((swap) => [swap.out, sourceOf(swap)])],
  stages: (plan) => stagesOf(plan).labels,
  story: restore,
  words: { planned, done },
  inverse: (plan, result) =>
    plan.putsBack
      ? undefined
      : {
          label: 'Undo the restore',
          args: {
            kind: 'put-back',
            instance: plan.instance.id,
            swaps: result.swaps.map((swap) => ({
              device: swap.device,
              deleteOnTermination: swap.deleteOnTermination,
              now: swap.new,
              back: swap.old,
            })),
          },
        },
});

async function readRestore(asking: Asking, { target, from }: Restore): Promise<RestorePlan> {
  const { instance, only } = await findOne(asking, target);
  const volumes = await asking.cloud.volumes({ instanceIds: [instance.id] });
  const considered = only === undefined ? volumes : volumes.filter((volume) => volume.id === only);
  const own = await snapshotsOf(asking, considered);
  const named =
    from.kind === 'snapshot' && !own.some(({ id }) => id === from.id)
      ? await asking.cloud.snapshots({ ids: [from.id] })
      : [];
  return planRestore({ instance, volumes, only, snapshots: [...own, ...named], from, now: asking.now });
}

/** Snapshots of the volumes themselves and of those their data came from. */
async function snapshotsOf(asking: Asking, volumes: readonly Volume[]): Promise<readonly Snapshot[]> {
  const ids = [...new Set(volumes.flatMap(lineage))];
  const sources = [...new Set(volumes.map((volume) => lineage(volume).at(-1)!))];
  const lists = await Promise.all([
    asking.cloud.snapshots({ volumeIds: ids }),
    ...sources.map((source) => asking.cloud.snapshots({ tags: { [sourceTag]: source } })),
  ]);
  return [...new Map(lists.flat().map((snapshot) => [snapshot.id, snapshot])).values()];
}

async function findOne(
  asking: Asking,
  target: Restore['target'],
): Promise<{ instance: Instance; only: VolumeId | undefined }> {
  const selector = {
    all: false,
    instances: 'instance' in target ? [target.instance] : [],
    volumes: 'volume' in target ? [target.volume] : [],
    snapshots: [],
    names: 'name' in target ? [target.name] : [],
    tags: 'tags' in target ? target.tags : {},
  };
  const { instances } = await findTargets(asking.cloud, selector);
  const only = 'volume' in target ? target.volume : undefined;
  if (instances.length > 1) {
    throw new Refusal(
      'too-wide',
      `That names ${instances.length} servers (${some(instances.map(label), 5)}), and a restore takes one at a time. Use an id: \`/restore ${instances[0]!.id}\`.`,
    );
  }
  const [instance] = instances;
  if (instance === undefined) {
    throw new Refusal(
      'unsuitable',
      `${only ?? 'That'} is not attached to a server, so there is nothing to restore in place. Attach it first, or make a volume from its snapshot in the AWS console.`,
    );
  }
  return { instance, only };
}

async function readPutBack(asking: Asking, args: PutBack): Promise<RestorePlan> {
  const [instance] = await asking.cloud.instances({ ids: [args.instance] });
  if (instance === undefined)
    throw new Refusal('not-found', `${args.instance} no longer exists, so its restore cannot be undone.`);
  const lists = await Promise.all(args.swaps.map((swap) => orNothing(asking.cloud.volumes({ ids: [swap.back] }))));
  return planPutBack(args, instance, lists.flat());
}

async function usableSources(asking: Asking, plan: RestorePlan): Promise<ReadonlySet<string>> {
  const usable = await Promise.all(
    plan.swaps.map(async ({ put }) => {
      if (put.kind === 'existing')
        return (await orNothing(asking.cloud.volumes({ ids: [put.volumeId] })))
          .filter(({ state }) => state === 'available')
          .map(({ id }) => id);
      const found = await orNothing(asking.cloud.snapshots({ ids: [put.snapshotId] }));
      return found.filter(({ state, tier }) => state === 'completed' && tier === 'standard').map(({ id }) => id);
    }),
  );
  return new Set<string>(usable.flat());
}

function snapshotOf(plan: RestorePlan) {
  const put = plan.swaps[0]!.put;
  return put.kind === 'create' ? { snapshotId: put.snapshotId } : {};
}
