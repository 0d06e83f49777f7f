import { z } from 'zod';

import { Refusal } from '#errors.ts';
import { backupsOf } from '#lib/backups.ts';
import { lastDrills } from '#lib/drills.ts';
import { mustBePermitted } from '#lib/permissions.ts';
import { readSelector, type Selector } from '#lib/selector.ts';
import { existing, findTargets } from '#lib/targets.ts';
import { readWords } from '#lib/words.ts';
import { type Asking, defineChange } from '#operations/contract.ts';
import type { VolumeId } from '#ports/ids.ts';
import type { Drill } from '#ports/timed-settings.ts';

import { done, failures, planned } from './messages.ts';
import { drillOne } from './part.ts';
import { differences, type DrillPlan, planTrials, targetOf } from './plan.ts';
import { drill, type DrillResult, stages } from './story.ts';

/** What was typed, or the name of a drill whose selector is read at each run. */
type DrillArgs = { selector: Selector } | { drill: string };
const DrillArgs = z.custom<DrillArgs>(
  (value) => typeof value === 'object' && value !== null && ('selector' in value || 'drill' in value),
);
const example = '/deck drill db-1';

export const drillOperation = defineChange<DrillArgs, DrillPlan, DrillResult>({
  kind: 'change',
  name: 'drill',
  command: undefined,
  summary:
    'Prove that backups can be restored: make disks from the last snapshots beside the fleet, look at them, delete them',
  usage: '<selector> | --name <drill>',
  examples: ['db-1', 'env=prod role=db', '--name weekly'],
  role: 'operator',
  iam: [
    'ec2:DescribeInstances',
    'ec2:DescribeVolumes',
    'ec2:DescribeVolumeStatus',
    'ec2:DescribeSnapshots',
    'ec2:CreateVolume',
    'ec2:AttachVolume',
    'ec2:DetachVolume',
    'ec2:DeleteVolume',
    'ec2:CreateTags',
    'ssm:SendCommand',
    'ssm:GetCommandInvocation',
    'ssm:ListCommands',
  ],
  approval: { kind: 'confirm', expiresMs: 30 * 60_000 },
  args: DrillArgs,
  parse(words) {
    const { name, ...others } = words.flags;
    const flag = Object.keys(others)[0];
    if (flag !== undefined)
      throw new Refusal('bad-input', `\`--${flag}\` is no option of drill. For example: \`${example}\`.`);
    if (name === undefined) {
      const selector = readSelector(words.plain, example);
      if (selector.snapshots.length > 0)
        throw new Refusal(
          'bad-input',
          `Name servers or volumes; a drill takes their last snapshots. For example: \`${example}\`.`,
        );
      return { selector };
    }
    if (name === '' || words.plain.length > 0)
      throw new Refusal('bad-input', 'A drill of deckhand.yml says itself what it takes: `/deck drill --name weekly`.');
    return { drill: name };
  },

  async plan(asking, args) {
    const { cloud, settings } = asking;
    const { selector, of } = meant(asking, args);
    const [{ volumes }, drills, instance] = await Promise.all([
      findTargets(cloud, selector),
      lastDrills(asking.history),
      of?.target === undefined ? undefined : existing((ids) => cloud.instances({ ids }), [of.target]),
    ]);
    const target = of?.target === undefined ? undefined : targetOf(instance?.[0], of.target);
    const snapshots = await backupsOf(cloud, volumes);
    const most = of?.most ?? settings.limits.resources;
    const drilledAt = (id: VolumeId) => drills.get(id)?.at ?? 0;
    const found = planTrials({ volumes, snapshots }, { most, drilledAt, zone: target?.zone });
    const [first] = found.trials;
    if (first !== undefined)
      await mustBePermitted(cloud, ['CreateVolume'], { snapshotId: first.snapshot, zone: first.zone });
    return {
      ...found,
      check: of?.check ?? [],
      ...(of === undefined ? {} : { drill: of.name }),
      ...(target === undefined ? {} : { target }),
      ...(of?.rate === undefined ? {} : { rate: of.rate }),
    };
  },
  async check(asking, plan) {
    const { cloud } = asking;
    const snapshots = await existing(
      (ids) => cloud.snapshots({ ids }),
      plan.trials.map(({ snapshot }) => snapshot),
    );
    const [target] =
      plan.target === undefined ? [undefined] : await existing((ids) => cloud.instances({ ids }), [plan.target.id]);
    return differences(plan, { snapshots, target });
  },
  resources: ({ trials, target }) => [
    ...trials.map(({ snapshot }) => snapshot),
    ...(target === undefined ? [] : [target.id]),
  ],
  stages: () => stages,
  story: drill,
  part: drillOne,
  words: { planned, done },
  failures,
});

function meant({ settings }: Asking, args: DrillArgs): { selector: Selector; of: Drill | undefined } {
  if ('selector' in args) return { selector: args.selector, of: undefined };
  const of = settings.drills.find(({ name }) => name === args.drill);
  if (of === undefined)
    throw new Refusal(
      'not-found',
      `There is no drill \`${args.drill.slice(0, 40)}\` under \`drills\` in deckhand.yml. ${settings.drills.length === 0 ? 'There is none at all' : `There are: ${settings.drills.map(({ name }) => name).join(', ')}`}.`,
    );
  return { selector: readSelector(readWords(of.selector).plain, example), of };
}
