import { mustBePermitted } from '#lib/permissions.ts';
import { settle } from '#lib/settle.ts';
import { existing, findTargets } from '#lib/targets.ts';
import { type Asking, defineChange } from '#operations/contract.ts';
import type { Story } from '#operations/story-contract.ts';
import type { Cloud } from '#ports/cloud.ts';
import type { InstanceId, ResourceId, SnapshotId, VolumeId } from '#ports/ids.ts';

import { type Edit, parseTag, TagArgs } from './arguments.ts';
import { planFiles, undoFiles } from './files.ts';
import { done, planned } from './messages.ts';
import {
  differences,
  groupByEdit,
  inverseOf,
  planTags,
  type Tagged,
  type TagPlan,
  type TagResult,
  undoCommands,
} from './plan.ts';
import { ruleEdits } from './rule.ts';

export const tagOperation = defineChange<TagArgs, TagPlan, TagResult>({
  kind: 'change',
  name: 'tag',
  command: 'tag',
  summary: 'Set and remove tags, with a preview and undo',
  usage: '<selector> key=value … -key | --rule <rule> key=value … [--replace] | --rule <rule> --propagate [--replace]',
  examples: [
    'web-1 owner=platform',
    '--rule billing owner=platform',
    '--rule billing env=prod --replace',
    '--rule billing --propagate',
    'env=dev role=web set schedule=nights -old',
    'vol-0123456789abcdef0 -temporary',
  ],
  role: 'operator',
  iam: ['ec2:DescribeInstances', 'ec2:DescribeVolumes', 'ec2:DescribeSnapshots', 'ec2:CreateTags', 'ec2:DeleteTags'],
  approval: { kind: 'confirm', expiresMs: 30 * 60_000 },
  breadth: 'tags',
  args: TagArgs,
  parse: parseTag,
  form: {
    title: 'Change tags',
    submit: 'Show the difference',
    fields: [
      { kind: 'search', id: 'target', label: 'Server or volume', of: 'servers' },
      {
        kind: 'text',
        id: 'changes',
        label: 'Changes',
        placeholder: 'owner=platform -old',
        hint: 'key=value sets, -key removes',
      },
    ],
    line: (values) => `${values['target'] ?? ''} set ${values['changes'] ?? ''}`,
  },

  async plan(asking, args) {
    const edits =
      args.kind === 'exact'
        ? await exactEdits(asking, args.edits)
        : args.kind === 'rule'
          ? await ruleEdits(asking, args)
          : (await select(asking, args.selector)).map((of) => ({ of, edit: args.edit }));
    const gone =
      args.kind === 'exact' ? args.edits.map(({ id }) => id).filter((id) => !edits.some(({ of }) => of.id === id)) : [];
    const plan = planTags(edits, { undoes: args.kind === 'exact', gone });
    const removes = plan.changes.some(({ remove }) => remove.length > 0);
    await mustBePermitted(
      asking.cloud,
      removes ? ['CreateTags', 'DeleteTags'] : ['CreateTags'],
      sample(plan.changes[0]!.id),
    );
    return plan;
  },
  async check(asking, plan) {
    return differences(
      plan,
      await read(
        asking.cloud,
        plan.changes.map(({ id }) => id),
      ),
    );
  },
  resources: (plan) => plan.changes.map(({ id }) => id),
  stages: () => ['Change the tags'],
  story: tag,
  words: { planned, done },
  files: (plan, result) => (result === undefined ? planFiles(plan) : undoFiles(plan)),
  inverse: (plan) =>
    plan.undoes
      ? undefined
      : {
          label: 'Undo the tag change',
          args: { kind: 'exact', edits: plan.changes.map((change) => ({ id: change.id, edit: inverseOf(change) })) },
        },
});

/** Removes, then sets; what was there before is put back when something fails. */
async function tag(story: Story, plan: TagPlan): Promise<TagResult> {
  story.stage(0);
  const back = groupByEdit(plan.changes.map((change) => ({ id: change.id, edit: inverseOf(change) })));
  story.undo(
    'put the old tags back',
    async () => void (await settle(back, (group) => apply(story.cloud, group))),
    undoCommands(plan).join('\n'),
  );
  const groups = groupByEdit(plan.changes.map(({ id, set, remove }) => ({ id, edit: { set, remove } })));
  for (const [at, group] of groups.entries()) {
    await story.step(`group ${at}`, () => apply(story.cloud, group));
    story.stage(0, `${at + 1} of ${groups.length} groups`);
  }
  return { changed: plan.changes.length };
}

async function apply(cloud: Cloud, { edit, ids }: { edit: Edit; ids: readonly ResourceId[] }): Promise<void> {
  // Removing first keeps a resource with 50 tags within AWS's limit.
  if (edit.remove.length > 0) await cloud.deleteTags(ids, edit.remove);
  if (Object.keys(edit.set).length > 0) await cloud.createTags(ids, edit.set);
}

/** A server's own tags, not those of its disks, unless the disks are named by id. */
async function select(asking: Asking, selector: Parameters<typeof findTargets>[1]): Promise<Tagged[]> {
  const snapshots = await asking.cloud.snapshots({ ids: selector.snapshots });
  const only =
    selector.snapshots.length > 0 &&
    selector.instances.length + selector.volumes.length + selector.names.length + Object.keys(selector.tags).length ===
      0 &&
    !selector.all;
  const found = only
    ? { instances: [], volumes: [], named: new Set<string>() }
    : await findTargets(asking.cloud, selector);
  const hosts = new Set<string>(
    found.volumes
      .filter(({ id }) => found.named.has(id))
      .flatMap((volume) => volume.attachments.map((at) => at.instanceId)),
  );
  const instances = found.instances.filter(
    (instance) =>
      !hosts.has(instance.id) ||
      selector.instances.includes(instance.id) ||
      selector.names.includes(instance.name) ||
      matches(instance.tags, selector.tags),
  );
  const volumes = found.volumes.filter(
    (volume) => found.named.has(volume.id) || (volume.attachments.length === 0 && !selector.all),
  );
  return [
    ...instances,
    ...volumes,
    ...snapshots.map((snapshot) => ({ id: snapshot.id, name: snapshot.tags['Name'] ?? '', tags: snapshot.tags })),
  ].map(({ id, name, tags }) => ({ id, name, tags }));
}

function matches(tags: Tagged['tags'], wanted: Tagged['tags']): boolean {
  const entries = Object.entries(wanted);
  return entries.length > 0 && entries.every(([key, value]) => tags[key] === value);
}

async function exactEdits(
  asking: Asking,
  edits: readonly { id: ResourceId; edit: Edit }[],
): Promise<{ of: Tagged; edit: Edit }[]> {
  const now = await read(
    asking.cloud,
    edits.map(({ id }) => id),
  );
  return edits.flatMap(({ id, edit }) => now.filter((of) => of.id === id).map((of) => ({ of, edit })));
}

async function read(cloud: Cloud, ids: readonly ResourceId[]): Promise<Tagged[]> {
  const lists = await Promise.all([
    existing(
      (some) => cloud.instances({ ids: some }),
      ids.filter((id): id is InstanceId => id.startsWith('i-')),
    ),
    existing(
      (some) => cloud.volumes({ ids: some }),
      ids.filter((id): id is VolumeId => id.startsWith('vol-')),
    ),
    existing(
      (some) => cloud.snapshots({ ids: some }),
      ids.filter((id): id is SnapshotId => id.startsWith('snap-')),
    ),
  ]);
  return asTagged(lists.flat());
}

function asTagged(all: readonly { id: ResourceId; name?: string; tags: Tagged['tags'] }[]): Tagged[] {
  return all.map(({ id, name, tags }) => ({ id, name: name ?? tags['Name'] ?? '', tags }));
}

function sample(id: ResourceId) {
  if (id.startsWith('i-')) return { instanceId: id as InstanceId };
  return id.startsWith('vol-') ? { volumeId: id as VolumeId } : { snapshotId: id as SnapshotId };
}
